"""The desktop of the demo: the real terminal, driven through its own widgets as a person would.

Run as a program of its own: `python -m demo.desktop --data DIR --venue-url URL --cloud HOST:PORT --shot FILE`.
Prints `ready {}` when it can trade and `ready {...}` again when its part is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from demo.books import get_json
from demo.plan import EMAIL, PARAMETERS, PASSWORD, STRATEGY, SYMBOL
from tradedeck.domain.errors import ConflictError, TradedeckError
from tradedeck.domain.money import floor_to, text
from tradedeck.kit.logs import Secret
from tradedeck_desktop.__main__ import prepare_qt, run_on_qt
from tradedeck_desktop.settings import Settings

WAIT_S = 120.0
LOOK_S = 0.05
BETWEEN_ORDERS_S = 1.2
TICK = Decimal("0.01")
SIZE = "0.015"


def main() -> int:
    """Start the terminal and drive it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--venue-url", required=True)
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--shot", type=Path, required=True)
    chosen = parser.parse_args()
    prepare_qt(offscreen=False)
    run_on_qt(lambda: drive(chosen))
    return 0


async def drive(chosen: argparse.Namespace) -> None:
    """Everything, on the loop that Qt runs."""
    await Drive(chosen).run()


class Drive:
    """One run of the desktop's part."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        from tradedeck_desktop.app import App

        self._chosen = chosen
        settings = Settings(
            data=chosen.data,
            venue_url=chosen.venue_url,
            venue_key=os.environ["TRADEDECK_VENUE_KEY"],
            venue_secret=Secret(os.environ["TRADEDECK_VENUE_SECRET"]),
            cloud=chosen.cloud,
            symbols=(SYMBOL,),
        )
        self._app = App(settings)

    async def run(self) -> None:
        """Start, trade, wait for the market's end, show, stop when told to."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_signal(_number: int, _frame: object) -> None:
            loop.call_soon_threadsafe(told.set)

        signal.signal(signal.SIGINT, on_signal)
        signal.signal(signal.SIGTERM, on_signal)
        work = asyncio.create_task(self._work())
        stop = asyncio.create_task(told.wait())
        await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await stop
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await self._app.stop()

    async def _work(self) -> None:
        await self._app.start()
        await self._app.wait_ready(WAIT_S)
        await self._sign_in()
        say({})
        await self._until(lambda: self._last() is not None, "the first price")
        await self._start_strategy()
        await self._trade_by_hand()
        await self._until_market_ends()
        await self._show()
        say({"orders": len(self._engine.orders), "fills": len(self._engine.fills)})

    @property
    def _engine(self) -> Any:
        session = self._app.terminal.session
        assert session is not None
        return session.engine

    def _last(self) -> Decimal | None:
        session = self._app.terminal.session
        return session.engine.last_price(SYMBOL) if session is not None and session.ready else None

    async def _sign_in(self) -> None:
        try:
            await self._app.sign_in(EMAIL, PASSWORD, new=True)
        except ConflictError:
            await self._app.sign_in(EMAIL, PASSWORD)

    async def _start_strategy(self) -> None:
        """Pick it, type its parameters, press Start."""
        panel = self._app.window.strategies
        for running in list(self._engine.runners):
            self._app.terminal.tasks.start(self._stop(running))
        self._app.window.docks.show("Strategies")
        panel.choice.setCurrentText(STRATEGY)
        for name, value in PARAMETERS.items():
            await typed(panel.fields[name], value)
        click(panel.start)
        await self._until(lambda: bool(self._engine.runners), "the strategy to start")

    async def _stop(self, strategy_id: str) -> None:
        session = self._app.terminal.session
        assert session is not None
        await session.stop_strategy(strategy_id)

    async def _trade_by_hand(self) -> None:
        """Six orders of different kinds through the ticket; one of them is cancelled in the orders table."""
        await self._order("Buy", "Market")
        await self._order("Buy", "Limit", price="0.998")
        await self._order("Sell", "Limit", price="1.003", post_only=True)
        await self._order("Buy", "Stop", stop="1.005")
        await self._order("Sell", "Stop limit", stop="0.995", price="0.993")
        await self._order("Buy", "Limit", price="0.97")
        await self._cancel_newest()

    async def _order(self, side: str, kind: str, *, price: str = "", stop: str = "", post_only: bool = False) -> None:
        """Fill in the ticket; prices are shares of the last one."""
        ticket, before = self._app.window.ticket, len(self._manual())
        click(ticket.buy if side == "Buy" else ticket.sell)
        ticket.type.setCurrentText(kind)
        ticket.post_only.setChecked(post_only)
        await typed(ticket.size_field, SIZE)
        if price:
            await typed(ticket.price_field, self._near(price))
        if stop:
            await typed(ticket.stop_field, self._near(stop))
        click(ticket.submit)
        click(ticket.submit)
        await self._until(lambda: len(self._manual()) > before, f"a {kind} order")
        await asyncio.sleep(BETWEEN_ORDERS_S)

    def _near(self, share: str) -> str:
        last = self._last()
        assert last is not None
        return text(floor_to(last * Decimal(share), TICK))

    def _manual(self) -> list[Any]:
        return [order for order in self._engine.orders.values() if order.source == "manual"]

    async def _cancel_newest(self) -> None:
        """Select the newest order of the ticket in the table and press Delete."""
        order = self._manual()[-1]
        await self._until(lambda: bool(self._engine.orders[order.client_order_id].venue_order_id), "the answer")
        panel = self._app.window.orders
        self._app.window.docks.show("Orders")
        await asyncio.sleep(LOOK_S * 2)
        panel.select(order.client_order_id)
        press_delete(panel.table)
        await self._until(lambda: not self._engine.orders[order.client_order_id].is_open, "the cancel to be confirmed")

    async def _until_market_ends(self) -> None:
        url = f"{self._chosen.venue_url}/sandbox/v1/state"
        async with asyncio.timeout(WAIT_S):
            while not (await asyncio.to_thread(get_json, url))["finished"]:
                await asyncio.sleep(0.3)
        await asyncio.sleep(1.0)

    async def _show(self) -> None:
        """Take the picture when the cloud has everything."""
        sync = self._app.sync
        assert sync is not None
        await self._until(lambda: sync.state.state == "up_to_date", "the cloud to have everything")
        self._app.window.docks.show("Orders")
        await asyncio.sleep(0.5)
        self._app.window.grab().save(str(self._chosen.shot))

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not done():
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            notes = [line.note.text for line in self._app.terminal.notes.rows[-5:]]
            raise TradedeckError(f"the desktop waited too long for {what}; its log ends with {notes}") from None


def click(button: Any) -> None:
    """A real mouse click."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def typed(field: Any, value: str) -> None:
    """Replace a field's text by typing."""
    from PySide6.QtTest import QTest

    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, value)
    await asyncio.sleep(0)


def press_delete(table: Any) -> None:
    """The Delete key on a table."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.keyClick(table, Qt.Key.Key_Delete)


def say(told: dict[str, object]) -> None:
    """A line for the demo."""
    print(f"ready {json.dumps(told)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
