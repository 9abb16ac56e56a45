"""A person with a real browser logs in and watches orders arrive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from shutil import which
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.browser import FLAGS
from tests.cloud.driving import PASSWORD, RunningCloud, fill_line, mark_line, new_user, order_line
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact

pytestmark = pytest.mark.browser
LIVE_MS = 10_000
Answer = TypeVar("Answer")


class Device:
    """Pushes while the browser watches, on a thread of its own: the browser's driver has a loop on this one."""

    def __init__(self, cloud: RunningCloud) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.user = self._do(self._stack.enter_async_context(new_user(cloud, "grace")))

    def push(self, lines: Sequence[DeviceFact]) -> None:
        status, answer = self._do(self.user.push(lines))
        assert status == 200, answer

    def close(self) -> None:
        self._do(self._stack.aclose())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._thread.submit(self._runner.run, work).result()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def device(cloud: RunningCloud) -> Iterator[Device]:
    made = Device(cloud)
    yield made
    made.close()


@pytest.fixture
def page(chromium: Browser, cloud: RunningCloud, device: Device) -> Iterator[Page]:
    """Logged in; anything the browser complains about fails the test."""
    complaints: list[str] = []
    context = chromium.new_context(base_url=cloud.url, viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("E-mail").fill(device.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    yield page
    context.close()
    assert complaints == []


def test_orders_and_fills_arrive_while_the_page_is_open(page: Page, device: Device) -> None:
    page.goto("/orders")
    expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    device.push([order_line(1, "a-1", state="accepted")])
    row = page.locator("tr[data-key='a-1']")
    expect(row).to_contain_text("accepted", timeout=LIVE_MS)
    device.push(
        [order_line(2, "a-1", state="filled", filled="0.5", revision=2), fill_line(3, "1", client_order_id="a-1")]
    )
    expect(row).to_contain_text("filled", timeout=LIVE_MS)
    row.click()
    expect(page.locator("#detail")).to_contain_text("60000")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()


def test_the_overview_grows_from_empty_to_a_curve(page: Page, device: Device) -> None:
    expect(page.get_by_role("heading", name="No live trades yet")).to_be_visible()
    device.push([fill_line(1, "1", price="100", size="2", fee="1.5"), mark_line(2, "110")])
    expect(page.locator("#net-profit")).to_have_text("+18.50", timeout=LIVE_MS)
    expect(page.locator("#equity canvas").first).to_be_visible(timeout=LIVE_MS)
    minute = 60_000_000_000
    first = mark_line(2, "110").time_ns
    device.push([mark_line(2 + n, f"{110 + n}", first + n * minute) for n in range(1, 11)])
    expect(page.locator("#net-profit")).to_have_text("+38.50", timeout=LIVE_MS)
    expect(page.locator("#equity")).to_have_attribute("data-points", "11", timeout=LIVE_MS)
    expect(page.locator("#positions")).to_contain_text("+2.00")


def test_everything_has_a_key(page: Page, device: Device) -> None:
    device.push([order_line(n, f"a-{n}") for n in range(1, 4)])
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(page.locator("tr.selected")).to_have_attribute("data-key", "a-2")
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("a-2")
    page.keyboard.press("/")
    page.keyboard.type("ethusdt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No orders match")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("c")
    expect(page.locator("html")).to_have_attribute("data-pair", "blind")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_list_is_saved_as_a_file(page: Page, device: Device) -> None:
    device.push([order_line(n, f"a-{n}") for n in range(1, 4)])
    page.goto("/orders")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == "orders.csv"
    assert len(download.value.path().read_text().splitlines()) == 4


def test_paper_never_looks_like_live(page: Page, device: Device) -> None:
    device.push([fill_line(1, "1", mode="paper")])
    page.get_by_role("link", name="Paper", exact=True).click()
    expect(page.get_by_text("paper: not real money")).to_be_visible()
    frame = page.locator("main").evaluate("(main) => getComputedStyle(main).boxShadow")
    assert "inset" in frame


def test_logging_out_closes_every_page(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/login$"))
    page.goto("/fills")
    expect(page).to_have_url(re.compile(r"/login\?next=/fills$"))
