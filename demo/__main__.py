"""`make demo`: everything at once, on real parts, with no account and no network.

Ends by itself without a display; with one, the desktop stays open until Ctrl-C.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from demo.books import Block, Journals, cloud_block, post_json, venue_block
from demo.browser import Phone, chromium, photograph_console
from demo.plan import DAY_BARS, EMAIL, HISTORY_BARS, KEY_VARIABLES, LOCK, OUT, PASSWORD, SPEED, STATE, SYMBOL, Addresses
from demo.processes import Program
from tradedeck.domain.errors import ConflictError, TradedeckError, UnavailableError
from tradedeck.domain.money import floor_to, text

START_S, DAY_S, EQUAL_S = 60.0, 180.0, 30.0
LEAST_STRATEGY_FILLS, LEAST_DESKTOP, LEAST_PHONE = 50, 5, 2
PHONE_SIZE = "0.01"


def main() -> int:
    """Run it; 0 when the three books agree to the last digit."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier demos did")
    fresh = parser.parse_args().fresh
    started = time.monotonic()
    try:
        with ExitStack() as stack:
            stack.enter_context(only_demo())
            if fresh:
                shutil.rmtree(STATE, ignore_errors=True)
            shutil.rmtree(OUT, ignore_errors=True)
            for folder in (OUT, STATE):
                folder.mkdir(exist_ok=True)
            return Demo(stack, started).run()
    except KeyboardInterrupt:
        # Ctrl-C reached the browser's driver too; that its line broke is no news.
        logging.getLogger("asyncio").disabled = True
        print("\nstopped", flush=True)
        return 130
    except PlaywrightError as error:
        print(f"make demo: the browser got stuck: {error.message.splitlines()[0]}; see {OUT}/logs", file=sys.stderr)
        return 1
    except TradedeckError as error:
        print(f"make demo: {error.message}", file=sys.stderr)
        return 1


@contextmanager
def only_demo() -> Generator[None]:
    """One demo at a time in this folder.

    Raises:
        ConflictError: another one runs.
    """
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConflictError("a demo is already running here; wait for it, or end it with Ctrl-C") from error
        yield


class Demo:
    """One run. What is started is stopped when the stack closes, the last first."""

    def __init__(self, stack: ExitStack, started: float) -> None:
        self._stack = stack
        self._started = started
        self._desktop: Program | None = None
        self._journals = Journals([])

    def run(self) -> int:
        """Start, play a day, compare, report."""
        where = self._start()
        self._say(f"playing a day of {SYMBOL} at {SPEED} times its speed")
        post_json(f"{where.venue}/sandbox/v1/resume", {})
        with chromium() as browser:
            phone = Phone(browser, where.phone)
            try:
                self._use_phone(phone)
            except PlaywrightError as error:
                phone.page.screenshot(path=str(OUT / "stuck.png"))
                said = error.message.splitlines()[0]
                raise UnavailableError(
                    f"the phone got stuck at '{phone.step}' ({said}); see {OUT}/stuck.png"
                ) from error
            self._wait_for_desktop()
            phone.go("Home")
            phone.page.wait_for_timeout(2500)
            phone.page.screenshot(path=str(OUT / "mobile.png"))
            photograph_console(browser, where.cloud_http, EMAIL, PASSWORD, OUT / "web.png")
        report = self._compare(where)
        (OUT / "report.json").write_text(json.dumps(report, indent=2) + "\n")
        self._print(report)
        self._check(self._journals)
        if has_display():
            self._say("the desktop stays open; Ctrl-C ends everything")
            threading.Event().wait()
        return 0 if report["equal"] else 1

    def _start(self) -> Addresses:
        self._say("starting cloud and exchange")
        cloud_options = ["--data", str(STATE / "cloud"), "--http-port", "0", "--grpc-port", "0"]
        cloud = self._program("cloud", ["tradedeck.cli", "cloud", "up", *cloud_options])
        market = ["--speed", str(SPEED), "--skip", str(HISTORY_BARS), "--bars", str(DAY_BARS), "--paused"]
        box = self._program(
            "sandbox", ["tradedeck.cli", "sandbox", "--state", str(STATE / "sandbox.db"), "--port", "0", *market]
        )
        venue = box.ready(START_S)["url"]
        doors = cloud.ready(START_S)
        grpc = f"127.0.0.1:{doors['grpc']}"
        self._say("starting desktop and phone")
        there = ["--venue-url", venue, "--cloud", grpc]
        shot = str(OUT / "desktop.png")
        self._desktop = self._program(
            "desktop", ["demo.desktop", "--data", str(STATE / "desktop"), "--shot", shot, *there]
        )
        phone = self._program(
            "phone", ["tradedeck.cli", "mobile", "--web", "--port", "0", "--data", str(STATE / "phone"), *there]
        )
        address = phone.ready(START_S)["url"]
        self._desktop.ready(START_S)
        http = f"http://127.0.0.1:{doors['http']}"
        return Addresses(venue, http, address, Path(doors["dsn_file"]))

    def _program(self, name: str, command: list[str]) -> Program:
        program = Program(name, command, OUT / "logs" / f"{name}.log", KEY_VARIABLES)
        self._stack.callback(program.stop)
        return program

    def _use_phone(self, phone: Phone) -> None:
        """Log in, look at the chart, place two orders, cancel one."""
        self._say("phone: log in, two orders, one cancel")
        phone.log_in(EMAIL, PASSWORD)
        phone.open_symbol(SYMBOL)
        phone.order("buy", "market", PHONE_SIZE)
        low = text(floor_to(Decimal(phone.last_price()) * Decimal("0.96"), Decimal("0.01")))
        phone.order("buy", "limit", PHONE_SIZE, low)
        phone.cancel_first()

    def _wait_for_desktop(self) -> None:
        assert self._desktop is not None
        told = self._desktop.ready(DAY_S)
        self._say(f"desktop: {told['orders']} orders, {told['fills']} fills")

    def _compare(self, where: Addresses) -> dict[str, Any]:
        """Read the figures in three places, giving the last facts a moment to arrive."""
        deadline = time.monotonic() + EQUAL_S
        while True:
            journals = Journals([STATE / "desktop" / "device.db", STATE / "phone" / "device.db"])
            venue, devices = venue_block(where.venue), journals.totals().as_text()
            cloud = cloud_block(where.dsn_file.read_text(), EMAIL)
            equal = venue == devices == cloud
            if equal or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        self._journals = journals
        manual = journals.manual_orders("desktop") + journals.manual_orders("phone")
        return report_of(
            equal=equal, venue=venue, devices=devices, cloud=cloud,
            strategy_fills=journals.strategy_fills(), manual=manual, seconds=time.monotonic() - self._started,
        )  # fmt: skip

    def _check(self, journals: Journals) -> None:
        counts = {
            "fills of the strategy": (journals.strategy_fills(), LEAST_STRATEGY_FILLS),
            "orders by hand at the desktop": (journals.manual_orders("desktop"), LEAST_DESKTOP),
            "orders from the phone": (journals.manual_orders("phone"), LEAST_PHONE),
        }
        for what, (found, least) in counts.items():
            if found < least:
                raise UnavailableError(f"only {found} {what} where there should be {least}; see {OUT}/logs")

    def _say(self, text_: str) -> None:
        print(f"{time.monotonic() - self._started:5.1f} s  {text_}", flush=True)

    def _print(self, report: dict[str, Any]) -> None:
        width = max(len(str(value)) for value in report["venue"].values()) + 2
        print(f"\n{'':12}" + "".join(f"{place:>{max(width, 12)}}" for place in ("venue", "devices", "cloud")))
        for field in report["venue"]:
            row = [str(report[place][field]) for place in ("venue", "devices", "cloud")]
            print(f"{field:12}" + "".join(f"{value:>{max(width, 12)}}" for value in row))
        verdict = "agree to the last digit" if report["equal"] else "DIFFER"
        print(f"\nThe three books {verdict}. {report['strategy_fills']} strategy fills,"
              f" {report['manual_orders']} orders by hand, {report['seconds']} s.")  # fmt: skip
        print(f"See {OUT}/report.json, desktop.png, mobile.png, web.png")


def report_of(
    *, equal: bool, venue: Block, devices: Block, cloud: Block, strategy_fills: int, manual: int, seconds: float
) -> dict[str, Any]:
    """The report, in the form that `demo-out/report.json` has."""
    return {
        "equal": equal,
        "venue": venue,
        "devices": devices,
        "cloud": cloud,
        "strategy_fills": strategy_fills,
        "manual_orders": manual,
        "seconds": round(seconds, 1),
    }


def has_display() -> bool:
    """Whether there is a screen to show the desktop on."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
