"""`python -m benchmarks.execution.ours URL FOLDER SYMBOLS`: a live session whose strategy answers marked trades."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.execution.serving import serve
from benchmarks.execution.taps import Taps
from benchmarks.execution.wire import MARKED_SIZE, ORDER_SIZE, SYMBOL
from tradedeck.domain.events import Command, Event, Place, Step
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, Limits
from tradedeck.execution import Session, live
from tradedeck.execution.journal import StepJournal
from tradedeck.ports.strategy import Strategy, TradeView
from tradedeck.providers.binance import BinanceVenue
from tradedeck.store import Store, StoreWorker

PER_CONNECTION = 100
"""Symbols of one connection to the venue."""
READY_S = 30.0
STAGES = ("parse_and_queue", "engine", "journal", "dispatch", "sign_and_write")
_MARKED = float(MARKED_SIZE)
_BOUNDLESS = Limits(
    max_order_notional=Decimal(10**9), max_position_notional=Decimal(10**9), max_open_orders=10**6,
    max_orders_per_minute=10**9,
)  # fmt: skip


class Answering(Strategy):
    """Buys at the price of each marked trade."""

    def on_trade(self, trade: TradeView) -> None:
        """Compare, order."""
        if trade.size == _MARKED:
            self.buy(ORDER_SIZE, price=trade.price, tif="ioc")


class Stages:
    """Where the time goes: moments on the way of a marked trade, by its price."""

    def __init__(self) -> None:
        self.moments: dict[str, dict[str, int]] = {}
        self.handled_ns: dict[str, int] = {}
        self.handled = 0

    def attach(self) -> None:
        """Note when the engine, the journal and the venue are called and return."""
        step, append, send = Engine.step, StepJournal.append, BinanceVenue.send

        def tapped_step(engine: Engine, event: Event) -> Step:
            if not isinstance(event, Trade):
                return step(engine, event)
            self.handled += 1
            if str(event.size) != MARKED_SIZE:
                return step(engine, event)
            price, started_ns = str(event.price), time.monotonic_ns()
            done = step(engine, event)
            self.handled_ns[price] = started_ns
            self.moments[price] = {"step": started_ns, "stepped": time.monotonic_ns()}
            return done

        async def tapped_append(journal: StepJournal, done: Step) -> None:
            await append(journal, done)
            if done.commands and isinstance(done.event, Trade):
                self.moments.setdefault(str(done.event.price), {})["kept"] = time.monotonic_ns()

        async def tapped_send(venue: BinanceVenue, command: Command) -> None:
            if isinstance(command, Place):
                self.moments.setdefault(f"{command.order.price:.2f}", {})["sent"] = time.monotonic_ns()
            await send(venue, command)

        patched: list[tuple[Any, str, Callable[..., Any]]] = [
            (Engine, "step", tapped_step), (StepJournal, "append", tapped_append), (BinanceVenue, "send", tapped_send),
        ]  # fmt: skip
        for kind, name, tapped in patched:
            setattr(kind, name, tapped)

    def take(self, taps: Taps) -> dict[str, list[float]]:
        """Microseconds of each stage; then starts anew."""
        moments, self.moments = self.moments, {}
        told: dict[str, list[float]] = {name: [] for name in STAGES}
        for price, at in moments.items():
            read_ns, written_ns = taps.read_ns.get(price), taps.written_ns.get(price)
            if read_ns is None or written_ns is None or not {"step", "stepped", "kept", "sent"} <= at.keys():
                continue
            line = [read_ns, at["step"], at["stepped"], at["kept"], at["sent"], written_ns]
            for name, (start, end) in zip(told, pairwise(line), strict=True):
                told[name].append((end - start) / 1e3)
        return told


async def main() -> None:
    """Trade until standard input ends."""
    url, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    symbols = [SYMBOL, *(f"S{number:03d}USDT" for number in range(1, count))]
    taps, stages = Taps(), Stages()
    taps.attach()
    stages.attach()
    with tempfile.TemporaryDirectory(dir=folder) as home:
        worker = StoreWorker(Store(Path(home) / "device.db"))
        sessions = [
            await _session(url, worker, symbols[start : start + PER_CONNECTION], start)
            for start in range(0, count, PER_CONNECTION)
        ]

        def told() -> dict[str, Any]:
            handled_ns, handled = stages.handled_ns, stages.handled
            stages.handled_ns, stages.handled = {}, 0
            parts = stages.take(taps)
            return {"inside_us": taps.inside_us(), "stages": parts, "handled_ns": handled_ns, "handled": handled}

        await serve(told)
        for session in sessions:
            await session.stop()
        await worker.close()


async def _session(url: str, worker: StoreWorker, symbols: list[str], start: int) -> Session:
    session = live(
        BinanceVenue(f"key-{start}", "secret", url=url), worker, account=f"measured-{start}",
        device_id="measuring", symbols=symbols, strategies={"answering": Answering}, limits=_BOUNDLESS,
    )  # fmt: skip
    await session.start()
    await session.wait_ready(READY_S)
    if start == 0:
        await session.start_strategy("answering", SYMBOL, {}, warm_up_bars=0)
    return session


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main())
