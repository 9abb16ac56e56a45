"""Venues at the border: one that replays a recording, one that does what a test tells it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Command, Event, Place, Report
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderType, TimeInForce
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.ports.health import Health


@dataclass
class Clock:
    """Stands still until a test moves it."""

    time_ns: int = 0

    def now_ns(self) -> int:
        return self.time_ns


@dataclass
class ScriptedVenue:
    """Tells what `tell` is given, counts what it is sent, and finds what `findings` hold."""

    listed: Sequence[Instrument]
    name: str = "binance"
    generation: int = 0
    sent: Counter[str] = field(default_factory=Counter[str])
    looked_up: Counter[str] = field(default_factory=Counter[str])
    findings: dict[str, Finding | Exception] = field(default_factory=dict[str, Finding | Exception])
    history: Sequence[Bar] = ()
    trouble: list[Exception] = field(default_factory=list[Exception])
    on_send: Callable[[Command], Awaitable[None]] | None = None
    closed: bool = False
    _news: asyncio.Queue[Event | Exception] = field(default_factory=asyncio.Queue[Event | Exception])

    def tell(self, *news: Event | Exception) -> None:
        for item in news:
            self._news.put_nowait(item)

    async def connect(self, symbols: Sequence[str]) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.generation += 1

    def health(self) -> Health:
        return Health("live" if self.generation else "connecting", generation=self.generation)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            item = await self._news.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def send(self, command: Command) -> None:
        if isinstance(command, Place):
            self.sent[command.order.client_order_id] += 1
        if self.on_send is not None:
            await self.on_send(command)

    async def look_up(self, order: Order) -> Finding:
        self.looked_up[order.client_order_id] += 1
        known = (Accepted(order.client_order_id, order.venue_order_id, order.updated_ns),)
        shown = Finding(True, known) if order.venue_order_id else Finding(False, ())
        finding = self.findings.get(order.client_order_id, shown)
        if isinstance(finding, Exception):
            raise finding
        return finding

    async def instruments(self) -> Sequence[Instrument]:
        return self.listed

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        if self.trouble:
            raise self.trouble.pop(0)
        return [bar for bar in self.history if bar.symbol == symbol][-limit:]

    async def balances(self) -> Sequence[Balance]:
        return ()

    async def open_order_ids(self) -> Sequence[str]:
        return ()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset(OrderType), frozenset(TimeInForce), client_id_length=36, settles_s=0.0)

    async def open_orders(self) -> Sequence[Order]:
        return ()

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        return ()

    async def holdings(self) -> Sequence[Holding]:
        return ()

    async def cancel_all(self, symbol: str) -> None:
        """Nothing works here."""

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        raise RefusedError("no such switch")

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        raise RefusedError("no leverage")

    async def key_rights(self) -> KeyRights:
        return KeyRights(None, None, None)

    def budgets(self) -> Sequence[Budget]:
        return ()

    async def close(self) -> None:
        self.closed = True


def accepts(venue: ScriptedVenue) -> Callable[[Command], Awaitable[None]]:
    """Take every order at once."""

    async def answer(command: Command) -> None:
        order = command.order
        if isinstance(command, Place):
            venue.tell(Accepted(order.client_order_id, "7" + order.client_order_id[-1], order.updated_ns))

    return answer


def found(*reports: Report) -> Finding:
    """What a venue's records say about an order they know."""
    return Finding(found=True, reports=reports)


async def until(true: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Wait for something that must come."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.005)
