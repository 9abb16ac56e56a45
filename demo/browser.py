"""A real Chromium for the phone's and the console's part."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from tradedeck.domain.errors import UnavailableError

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE: ViewportSize = {"width": 412, "height": 915}
SCREEN: ViewportSize = {"width": 1440, "height": 900}
WAIT_MS = 30_000
TAPS, TAP_MS = 4, 5_000
"""How often a tap is tried, and how long its effect may take each time."""
FLUTTER_MS = 60_000


@contextmanager
def chromium() -> Generator[Browser]:
    """A headless browser.

    Raises:
        UnavailableError: no Chromium is installed.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise UnavailableError("no Chromium: sudo apt-get install chromium, then try again")
    with ExitStack() as stack:
        try:
            driver = stack.enter_context(sync_playwright())
        except Exception as error:
            raise UnavailableError(f"the browser's driver does not start ({error}); run `make setup` again") from error
        driver.selectors.set_test_id_attribute("flt-semantics-identifier")
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Phone:
    """The phone's app in a browser the size of a phone."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.step = "start"
        self.page = browser.new_context(viewport=PHONE, has_touch=True).new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.goto(url)
        self.page.wait_for_selector("flt-semantics-placeholder", state="attached", timeout=FLUTTER_MS)
        # Flutter paints on a canvas; this gives its controls names that can be found.
        self.page.evaluate("document.querySelector('flt-semantics-placeholder').click()")
        self.page.wait_for_selector("flt-semantics-host flt-semantics", state="attached")

    def log_in(self, email: str, password: str) -> None:
        """With the demo's account."""
        self.step = "log in"
        self._type("E-mail", email)
        self._type("Password", password)
        self._tap_until("login.submit", self.page.get_by_role("tab", name="Markets"))

    def open_symbol(self, symbol: str) -> None:
        """From the list of markets to the chart."""
        self.step = f"open {symbol}"
        self.page.get_by_role("tab", name="Markets").click()
        self._tap_until(f"market.{symbol}", self.page.get_by_test_id("symbol.last"))

    def order(self, side: str, kind: str, size: str, price: str = "") -> None:
        """Fill the sheet, review, confirm."""
        self.step = f"{side} {kind} order"
        self._tap_until(f"symbol.{side}", self.page.get_by_test_id("ticket.review"))
        self.tap(f"ticket.kind.{kind}")
        self._type("Size", size)
        if price:
            self._type("Price", price)
        self._tap_until("ticket.review", self.page.get_by_test_id("ticket.confirm"))
        self.tap("ticket.confirm")
        self.page.get_by_test_id("ticket.confirm").wait_for(state="detached")

    def cancel_first(self) -> None:
        """Cancel the newest open order of this phone."""
        self.step = "cancel an order"
        self.page.get_by_role("button", name="Back").first.click()
        self.page.get_by_role("tab", name="Orders").click()
        cancel = self.page.locator("[flt-semantics-identifier^='order.'][flt-semantics-identifier$='.cancel']").first
        sure = self.page.get_by_test_id("cancel.confirm")
        for _ in range(TAPS):
            self._click(cancel)
            if appears(sure):
                break
        self.tap("cancel.confirm")
        sure.wait_for(state="detached")

    def go(self, tab: str) -> None:
        """To another tab."""
        self.page.get_by_role("tab", name=tab).click()

    def tap(self, identifier: str) -> None:
        """Tap what carries an identifier."""
        self._click(self.page.get_by_test_id(identifier).first)

    def _tap_until(self, identifier: str, wanted: Locator) -> None:
        """Tap until something appears: a tap while Flutter is drawing anew goes nowhere."""
        for _ in range(TAPS):
            self.tap(identifier)
            if appears(wanted):
                return
        wanted.wait_for()

    def last_price(self) -> str:
        """What the symbol's screen shows."""
        shown = self.page.get_by_test_id("symbol.last")
        return (shown.inner_text() or shown.get_attribute("aria-label") or "").replace(",", "")

    def _click(self, locator: Locator) -> None:
        locator.wait_for(state="attached")
        inner = locator.locator("[role=button]")
        (inner.first if inner.count() else locator).dispatch_event("click")

    def _type(self, name: str, text: str) -> None:
        field = self.page.get_by_role("textbox", name=name)
        for _ in range(3):
            # Input before Flutter has attached its editor is dropped.
            field.click()
            self.page.wait_for_timeout(120)
            field.fill(text)
            self.page.wait_for_timeout(120)
            if field.input_value() == text:
                return


def appears(wanted: Locator) -> bool:
    """Whether something shows up soon."""
    try:
        wanted.first.wait_for(timeout=TAP_MS)
    except TooLate:
        return False
    return True


def photograph_console(browser: Browser, url: str, email: str, password: str, shot: Path) -> None:
    """Log in to the web console and take its overview."""
    page: Page = browser.new_context(viewport=SCREEN, color_scheme="dark").new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.wait_for_timeout(1200)
    page.screenshot(path=str(shot))
