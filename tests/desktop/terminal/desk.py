"""An open terminal with its venue, as the tests here see them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from tradedeck.history import bundled_week
from tradedeck.kit.logs import Secret
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings
from tradedeck_desktop.app import App
from tradedeck_desktop.settings import Settings
from tradedeck_desktop.terminal import Terminal
from tradedeck_desktop.window import Window

WAIT_S = 10.0
POLL_S = 0.02
OPENING_EVENTS = 5
SKIPPED_BARS = 300
READY_S = 30.0


@dataclass
class Desk:
    """A terminal that is open, and the venue behind it."""

    app: App
    box: RunningSandbox

    @property
    def window(self) -> Window:
        return self.app.window

    @property
    def terminal(self) -> Terminal:
        return self.app.terminal

    @property
    def last(self) -> Decimal:
        price = self.box.sandbox.exchange.books["BTCUSDT"].last
        assert price is not None
        return price

    @property
    def venue_orders(self) -> dict[str, str]:
        """State by client id, as the venue has it."""
        orders = self.box.sandbox.books(DEFAULT_KEY).orders
        return {order.client_order_id: order.state.value for order in orders.values()}

    async def open_market(self) -> None:
        """Play a few trades and wait for a price: nothing may be ordered before."""
        self.advance(OPENING_EVENTS)
        await self.until(lambda: self.window.price_label.text() != "–")

    def advance(self, events: int = 1) -> None:
        """Let the market move."""
        self.box.pump.step(events)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the terminal shows it; what its log says goes into the failure."""
        end_s = time.monotonic() + WAIT_S
        while not true():
            told = [line.note.text for line in self.terminal.notes.rows]
            assert time.monotonic() < end_s, f"waited {WAIT_S} s; the log says {told}"
            await asyncio.sleep(POLL_S)

    async def say(self, label: Callable[[], str], part: str) -> None:
        """Wait until a text has `part` in it."""
        await self.until(lambda: part in label())


def sandbox_settings(port: int = 0) -> SandboxSettings:
    """A market that moves when told."""
    return SandboxSettings(data=bundled_week(), speed=None, skip=SKIPPED_BARS, port=port)


def device_settings(folder: Path, url: str, mode: str = "live") -> Settings:
    """The terminal of a device that keeps its things in `folder`."""
    return Settings(folder / "device", url, DEFAULT_KEY, Secret(DEFAULT_SECRET), mode=mode)


class OpenDesk(Protocol):
    """Opens a terminal in the test's folder, at `box` where given; opening again is a restart."""

    def __call__(self, mode: str = "live", box: RunningSandbox | None = None) -> AbstractAsyncContextManager[Desk]: ...


Play = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a story on asyncio inside Qt, as the program does."""
