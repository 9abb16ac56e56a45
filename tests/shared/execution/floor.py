"""A live session on the sandbox: the real provider, a real socket, and an account that others can touch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from tests.shared.execution.venues import until
from tradedeck.domain.events import Note, Step
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.engine import Limits
from tradedeck.execution import Patience, Policy, Session, live
from tradedeck.history import bundled_week
from tradedeck.providers.binance import BinanceVenue
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running
from tradedeck.sim.exchange import Ticket
from tradedeck.store import Store, StoreWorker

PATIENCE = Patience(grace_s=0.3, agree=3, period_s=0.05, drift_s=0.3)
LIMITS = Limits(max_order_notional=Decimal(10**7), max_position_notional=Decimal(10**8))


class QuickVenue(BinanceVenue):
    """The venue itself; its records are trusted to be as quick as a sandbox's."""

    capabilities = replace(BinanceVenue.capabilities, settles_s=0.1)


@dataclass
class Floor:
    """A sandbox, and the sessions of one device on it."""

    box: RunningSandbox
    http: aiohttp.ClientSession
    path: Path
    notes: list[Note] = field(default_factory=list[Note])
    open: list[tuple[Session, StoreWorker]] = field(default_factory=list[tuple[Session, StoreWorker]])
    trades: int = 0
    _foreign: int = 0

    def session(self, policy: Policy | None = None, patience: Patience = PATIENCE) -> Session:
        worker = StoreWorker(Store(self.path))
        venue = QuickVenue(DEFAULT_KEY, DEFAULT_SECRET, url=self.box.url)
        made = live(
            venue,
            worker,
            account="main",
            device_id="abc123",
            symbols=["BTCUSDT"],
            limits=LIMITS,
            patience=patience,
            policy=policy,
        )
        made.subscribe(self._note)
        self.open.append((made, worker))
        return made

    async def running(self, policy: Policy | None = None, patience: Patience = PATIENCE) -> Session:
        """A session that is ready and knows a price."""
        session = self.session(policy, patience)
        await session.start()
        await session.wait_ready(10)
        await self.news()
        return session

    async def news(self) -> None:
        """A price that the session has heard."""
        before = self.trades
        await self.advance()
        await until(lambda: self.trades > before)

    async def stop(self) -> None:
        for session, worker in self.open:
            await session.stop()
            await worker.close()
        self.open.clear()

    async def admin(self, path: str, body: Any) -> None:
        async with self.http.post(f"{self.box.url}/sandbox/v1/{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def advance(self, events: int = 1) -> None:
        await self.admin("advance", {"events": events})

    async def faults(self, *faults: dict[str, Any]) -> None:
        await self.admin("faults", {"faults": list(faults)})

    async def posts(self) -> dict[str, int]:
        async with self.http.get(f"{self.box.url}/sandbox/v1/requests") as answer:
            return await answer.json()

    def cut(self) -> None:
        """Cut every websocket, as a failing network does."""
        for connection in tuple(self.box.sandbox.hub.connections):
            connection.cut()

    @property
    def venue_orders(self) -> Sequence[Order]:
        return list(self.box.sandbox.exchange.accounts[DEFAULT_KEY].orders.values())

    def elsewhere(self, side: Side, size: str, price: str = "") -> str:
        """Somebody else trades on the same account: at the market, or resting at a price; the order's client id."""
        self._foreign += 1
        name = f"web-{self._foreign}"
        kind = OrderType.LIMIT if price else OrderType.MARKET
        limit = Decimal(price) if price else None
        self.box.sandbox.place(
            DEFAULT_KEY,
            Ticket(name, "BTCUSDT", side, kind, Decimal(size), limit, None, TimeInForce.GTC, post_only=False),
        )
        return name

    def said(self, words: str) -> bool:
        return any(words in note.text for note in self.notes)

    def _note(self, step: Step) -> None:
        self.notes.extend(step.notes)
        self.trades += isinstance(step.event, Trade)


async def rest_bid(session: Session, size: str = "0.01", below: str = "100") -> Order:
    """Rest a bid under the market."""
    price = session.engine.last_price("BTCUSDT")
    assert price is not None
    limit = (price - Decimal(below)).quantize(Decimal("0.01"))
    return await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(size), price=limit)


async def buy_now(session: Session, size: str = "0.01") -> Order:
    return await session.place("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(size))


@asynccontextmanager
async def open_floor(folder: Path) -> AsyncGenerator[Floor]:
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=300, weight_limit=10**9)
    async with running(settings) as box, aiohttp.ClientSession() as http:
        floor = Floor(box, http, folder / "device.db")
        try:
            yield floor
        finally:
            await asyncio.wait_for(floor.stop(), 10)
