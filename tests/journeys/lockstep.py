"""A provider over the sandbox's real wire that plays the market one event at a time.

Each market event is asked for only when everything before it has been worked off, and the fills it
causes are handed on before it: the order in which a venue without latency would have told them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp

from tradedeck.domain.bar import Bar
from tradedeck.domain.events import Command, Event, Filled, Step
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState
from tradedeck.domain.trade import Trade
from tradedeck.execution import Session
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.ports.health import Health
from tradedeck.ports.provider import Provider

PATIENCE_S = 10.0
MAX_WAITING = 1000


class Lockstep:
    """Wraps a provider; once told to `go` it plays `events` market events, then it is `done`."""

    def __init__(self, inner: Provider, admin_url: str, account: str, events: int) -> None:
        self._inner, self._admin, self._account, self._events = inner, admin_url, account, events
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MAX_WAITING)
        self._seen_fills: set[str] = set()
        self._to_send = self._sent = self._yielded = self._shown = 0
        self.name = inner.name
        self.session: Session | None = None
        self.go = asyncio.Event()
        self.done = asyncio.Event()

    def watch(self, session: Session) -> None:
        """Follow what `session` makes of the events."""
        self.session = session
        session.subscribe(self._on_step)

    async def __aiter__(self) -> AsyncIterator[Event]:
        reader = asyncio.create_task(self._read())
        await self.go.wait()
        self._shown = 0
        try:
            async with aiohttp.ClientSession() as http:
                for _ in range(self._events):
                    for event in await self._advance(http):
                        self._yielded += 1
                        yield event
                    while not await self._settled(http):
                        while not self._queue.empty():
                            self._yielded += 1
                            yield self._taken(self._queue.get_nowait())
        finally:
            self.done.set()
            reader.cancel()

    def _on_step(self, step: Step) -> None:
        self._shown += 1
        self._to_send += len(step.commands)

    async def _settled(self, http: aiohttp.ClientSession) -> bool:
        """Whether everything so far has been answered, and every answer been taken in."""
        await asyncio.sleep(0.001)
        assert self.session is not None
        waiting = [
            order
            for order in self.session.engine.open_orders.values()
            if order.state is OrderState.SUBMITTED or order.cancel_requested
        ]
        if not self._queue.empty() or self._shown < self._yielded or self._sent < self._to_send or waiting:
            return False
        async with http.get(f"{self._admin}/sandbox/v1/books", params={"account": self._account}) as answer:
            return len(self._seen_fills) >= (await answer.json())["fills"]

    async def _read(self) -> None:
        async for event in self._inner:
            await self._queue.put(event)

    async def _advance(self, http: aiohttp.ClientSession) -> list[Event]:
        """Play one market event; what it led to, fills first."""
        async with http.post(f"{self._admin}/sandbox/v1/advance", json={"events": 1}) as answer:
            told: dict[str, Any] = await answer.json()
        market: list[Event] = []
        reports: list[Event] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(market) < 1 or len(self._seen_fills) < told["fills"].get(self._account, 0):
                event = self._taken(await self._queue.get())
                (market if isinstance(event, Bar | Trade) else reports).append(event)
        return [*reports, *market]

    def _taken(self, event: Event) -> Event:
        if isinstance(event, Filled):
            self._seen_fills.add(event.fill.trade_id)
        return event

    async def send(self, command: Command) -> None:
        await self._inner.send(command)
        self._sent += 1

    async def connect(self, symbols: Sequence[str]) -> None:
        await self._inner.connect(symbols)

    async def instruments(self) -> Sequence[Instrument]:
        return await self._inner.instruments()

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        return await self._inner.bars(symbol, timeframe_ns, limit)

    async def balances(self) -> Sequence[Balance]:
        return await self._inner.balances()

    async def look_up(self, order: Order) -> Finding:
        return await self._inner.look_up(order)

    async def open_order_ids(self) -> Sequence[str]:
        return await self._inner.open_order_ids()

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    async def open_orders(self) -> Sequence[Order]:
        return await self._inner.open_orders()

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        return await self._inner.fills(symbol, since_ns)

    async def holdings(self) -> Sequence[Holding]:
        return await self._inner.holdings()

    async def cancel_all(self, symbol: str) -> None:
        await self._inner.cancel_all(symbol)

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        await self._inner.arm_dead_man(symbols, seconds)

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        await self._inner.set_leverage(symbol, leverage, mode)

    async def key_rights(self) -> KeyRights:
        return await self._inner.key_rights()

    def budgets(self) -> Sequence[Budget]:
        return self._inner.budgets()

    def health(self) -> Health:
        return self._inner.health()

    async def close(self) -> None:
        await self._inner.close()
