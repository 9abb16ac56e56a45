"""A person with a phone-sized Chromium: signs up, opens the chart, trades, cancels, sees it in the cloud's figures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from demo.browser import FLAGS
from tests.cloud.driving import RunningCloud, folder, start_cloud
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET

pytestmark = pytest.mark.browser

TEST_ID = "flt-semantics-identifier"
PASSWORD = "a sentence is better"
STOP_S = 15
PATIENCE_MS = 15_000
LATER_MS = 150
"""Flutter attaches its editor one frame after the focus; what is typed earlier is lost."""


@contextmanager
def program(*command: str, **environment: str) -> Generator[str]:
    """A child that says `ready {"url": ...}`; its URL."""
    child = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line.startswith("ready "), line
    yield json.loads(line.removeprefix("ready "))["url"]
    child.send_signal(signal.SIGINT)
    assert child.wait(STOP_S) == 0
    child.stdout.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with program("tradedeck.cli", "sandbox", "--speed", "60", "--skip", "600", "--port", "0") as url:
        yield url


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningCloud]:
    with folder() as home:
        running = start_cloud(home / "cloud")
        yield running
        assert running.stop() == 0


@pytest.fixture
def phone(sandbox: str, cloud: RunningCloud, tmp_path: Path) -> Iterator[str]:
    addresses = ("--cloud", cloud.grpc, "--cloud-http", cloud.url, "--venue-url", sandbox)
    keys = {"TRADEDECK_VENUE_KEY": DEFAULT_KEY, "TRADEDECK_VENUE_SECRET": DEFAULT_SECRET}
    with program("tradedeck_mobile", "--web", "--port", "0", "--data", str(tmp_path), *addresses, **keys) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        driver.selectors.set_test_id_attribute(TEST_ID)
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def ui(chromium: Browser, phone: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 412, "height": 915}, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    open_app(page, phone)
    yield page
    context.close()


def open_app(page: Page, url: str) -> None:
    page.goto(url)
    # Flutter paints on a canvas; this switches on the tree that screen readers use.
    page.wait_for_selector("flt-semantics-placeholder", state="attached", timeout=60_000)
    page.evaluate("document.querySelector('flt-semantics-placeholder').click()")
    page.wait_for_selector("flt-semantics-host flt-semantics", state="attached")


def write(field: Locator, words: str) -> None:
    for _ in range(4):
        field.click()
        field.page.wait_for_timeout(LATER_MS)
        field.fill(words)
        field.page.wait_for_timeout(LATER_MS)
        if field.input_value() == words:
            return
    expect(field).to_have_value(words)


def push(ui: Page, identifier: str) -> None:
    ui.get_by_test_id(identifier).get_by_role("button").click()


def sign_up(ui: Page, email: str) -> None:
    push(ui, "login.switch")
    expect(ui.get_by_role("button", name="I have an account")).to_be_visible()
    write(ui.get_by_role("textbox", name="E-mail"), email)
    write(ui.get_by_role("textbox", name="Password"), PASSWORD)
    push(ui, "login.submit")
    expect(ui.get_by_test_id("home.worth")).to_be_visible(timeout=PATIENCE_MS)


def order(ui: Page, side: str, size: str, *, limit: str = "") -> None:
    push(ui, f"symbol.{side}")
    expect(ui.get_by_test_id("ticket.kind.market")).to_be_visible()
    if limit:
        ui.get_by_test_id("ticket.kind.limit").click()
        expect(ui.get_by_role("textbox", name="Price, USDT")).to_be_visible()
    write(ui.get_by_role("textbox", name="Size, BTC"), size)
    if limit:
        write(ui.get_by_role("textbox", name="Price, USDT"), limit)
    push(ui, "ticket.review")
    expect(ui.get_by_test_id("ticket.summary")).to_be_visible()
    push(ui, "ticket.confirm")
    expect(ui.get_by_test_id("ticket.summary")).to_be_hidden()


def test_a_person_logs_in_opens_the_chart_places_orders_and_cancels_one(ui: Page, phone: str, sandbox: str) -> None:
    sign_up(ui, "grace@example.com")
    expect(ui.get_by_test_id("mode")).to_have_text("LIVE · main")
    ui.get_by_role("tab", name="Markets").click()
    ui.get_by_test_id("market.BTCUSDT").click()
    expect(ui.get_by_test_id("chart")).to_be_visible(timeout=PATIENCE_MS)
    order(ui, "buy", "0.01")
    order(ui, "buy", "0.02", limit="50000")
    ui.get_by_role("button", name="Back").click()

    ui.get_by_role("tab", name="Orders").click()
    cancels = ui.locator(f"[{TEST_ID}^='order.'][{TEST_ID}$='.cancel']")
    expect(cancels).to_have_count(1)
    name = (cancels.get_attribute(TEST_ID) or "").removesuffix(".cancel")
    expect(ui.get_by_test_id(f"{name}.state")).to_have_text("Working")
    cancels.get_by_role("button").click()
    push(ui, "cancel.confirm")
    expect(cancels).to_have_count(0)
    ui.get_by_test_id("orders.all").click()
    expect(ui.get_by_test_id(f"{name}.state")).to_have_text("Canceled")

    ui.get_by_role("tab", name="Home").click()
    expect(ui.get_by_test_id("position.BTCUSDT.size")).to_have_text("0.01", timeout=PATIENCE_MS)
    with urlopen(f"{sandbox}/sandbox/v1/books") as answer:
        books = json.load(answer)
    expect(ui.get_by_test_id("home.fees")).to_have_text(books["fees"])
    assert (books["orders"], books["fills"]) == (2, 1)

    open_app(ui, phone)
    expect(ui.get_by_test_id("position.BTCUSDT.size")).to_be_visible(timeout=PATIENCE_MS)


def test_wrong_fields_and_a_wrong_password_are_said_in_words(ui: Page) -> None:
    push(ui, "login.submit")
    expect(ui.get_by_text("Enter a valid e-mail address")).to_be_visible()
    write(ui.get_by_role("textbox", name="E-mail"), "nobody@example.com")
    write(ui.get_by_role("textbox", name="Password"), PASSWORD)
    push(ui, "login.submit")
    expect(ui.get_by_test_id("notice")).to_be_visible()
