"""The provider on a sandbox that speaks Delta's wire and moves step by step."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradedeck.domain.events import Event
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.history import bundled_week
from tradedeck.providers.delta import DeltaVenue
from tradedeck.providers.delta.quota import Quota
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

WAIT_S = 10.0
SYMBOL = "BTCUSD"
ROWS = 700


@dataclass
class Desk:
    """A connected provider, its feed read into a list, and the sandbox behind it."""

    venue: DeltaVenue
    sandbox: RunningSandbox
    http: aiohttp.ClientSession
    events: list[Event] = field(default_factory=list[Event])
    orders: int = 0

    @property
    def market(self) -> Any:
        return self.sandbox.venues["delta"]

    @property
    def house(self) -> Any:
        return self.market.on_news.__self__

    @property
    def account(self) -> Any:
        return self.market.exchange.accounts[DEFAULT_KEY]

    @property
    def last(self) -> Decimal:
        return self.market.exchange.prices[SYMBOL].last

    async def read(self) -> None:
        async for event in self.venue:
            self.events.append(event)

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not happened():
                await asyncio.sleep(0.01)

    def of(self, kind: type[Any], order: Order | None = None) -> list[Any]:
        found: list[Any] = [event for event in self.events if isinstance(event, kind)]
        return [one for one in found if order is None or one.client_order_id == order.client_order_id]

    async def news(self, kind: type[Any], order: Order) -> Any:
        """The first news of this kind about the order, once it is there."""
        await self.until(lambda: self.of(kind, order))
        return self.of(kind, order)[0]

    def advance(self, events: int = 1) -> None:
        self.sandbox.pump.step(events)

    def fall_to(self, price: Decimal) -> None:
        """Let the market go on until it has traded at `price` or below."""
        while self.last > price:
            self.advance()

    async def post(self, path: str, **body: Any) -> None:
        async with self.http.post(f"{self.sandbox.url}/sandbox/v1/{path}", json=body) as reply:
            assert reply.status < 300, await reply.text()

    async def fault(self, kind: str, *, path: str = "/v2/orders", method: str = "POST", times: int = 1) -> None:
        await self.post("faults", faults=[{"path": path, "method": method, "kind": kind, "times": times}])

    async def sent(self) -> dict[str, int]:
        async with self.http.get(f"{self.sandbox.url}/sandbox/v1/requests") as reply:
            return await reply.json()

    def drop_streams(self) -> None:
        for connection in tuple(self.market.hub.connections):
            connection.cut()

    def order(
        self,
        kind: OrderType = OrderType.MARKET,
        side: Side = Side.BUY,
        size: str = "0.01",
        *,
        price: Decimal | None = None,
        stop: Decimal | None = None,
        force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> Order:
        self.orders += 1
        now_ns = self.market.exchange.now_ns
        return Order(
            f"tdabc123-{self.orders}", SYMBOL, side, kind, Decimal(size), price, stop, force, post_only,
            reduce_only, "manual", now_ns, now_ns,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def own_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports come again; a budget that another test used up must not."""
    quotas: dict[tuple[str, str], Quota] = {}
    monkeypatch.setattr("tradedeck.providers.delta.quota._quotas", quotas)


@pytest.fixture(scope="session")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first hours of the bundled week: a sandbox that starts fast."""
    with gzip.open(bundled_week(), "rt") as week:
        lines = [line for _, line in zip(range(ROWS), week, strict=False)]
    path = tmp_path_factory.mktemp("delta") / "hours.csv"
    path.write_text("".join(lines))
    return path


@pytest.fixture
async def sandbox(hours: Path) -> AsyncIterator[RunningSandbox]:
    async with running(SandboxSettings(data=hours, speed=None, skip=60, markets=("delta",))) as started:
        yield started


@pytest.fixture
async def desk(sandbox: RunningSandbox) -> AsyncIterator[Desk]:
    venue = DeltaVenue(DEFAULT_KEY, DEFAULT_SECRET, url=sandbox.url)
    await venue.connect([SYMBOL])
    async with aiohttp.ClientSession() as http:
        desk = Desk(venue, sandbox, http)
        reading = asyncio.create_task(desk.read())
        yield desk
        await venue.close()
        await asyncio.wait_for(reading, WAIT_S)
