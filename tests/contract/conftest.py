"""A sandbox that moves step by step, and clients that know nothing of ours but its address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any

import aiohttp
import pytest

from tests.contract.markets import MARKETS, Market
from tradedeck.domain.events import Event
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.history import bundled_week
from tradedeck.ports.provider import Provider
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

SKIPPED_BARS = 300
WAIT_S = 10.0


@dataclass
class Box:
    """A running sandbox and the ways to move and break it."""

    running: RunningSandbox
    http: aiohttp.ClientSession
    market: Market

    @property
    def url(self) -> str:
        return self.running.url

    async def post(self, path: str, body: Any) -> Any:
        async with self.http.post(f"{self.url}/sandbox/v1/{path}", json=body) as reply:
            assert reply.status < 300, await reply.text()
            return await reply.json()

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self.url}/sandbox/v1/{path}") as reply:
            return await reply.json()

    async def advance(self, events: int = 1) -> Any:
        return await self.post("advance", {"events": events})

    async def fault(self, kind: str, *, method: str = "POST", times: int = 1, ms: int = 0) -> None:
        fault = {"path": self.market.order_path, "method": method, "kind": kind, "times": times, "ms": ms}
        await self.post("faults", {"faults": [fault]})

    @property
    def last(self) -> Decimal:
        return self.market.last

    def drop_streams(self) -> None:
        """Cut every websocket, as a failing network does."""
        for connection in tuple(self.market.hub.connections):
            connection.cut()


@pytest.fixture
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    """The sandbox of the market that the provider under test trades; spot without one."""
    market = "spot"
    if "provider" in request.fixturenames:
        market = PROVIDERS[request.getfixturevalue("provider")].market
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=SKIPPED_BARS, markets=(market,))
    async with running(settings) as sandbox, aiohttp.ClientSession() as http:
        yield Box(sandbox, http, MARKETS[market](sandbox))


def redirected(exchange: Any, url: str) -> Any:
    """ccxt's own class, with nothing changed but where it connects to."""
    stream_url = "ws" + url.removeprefix("http")
    api = exchange.urls["api"]
    api["public"] = api["private"] = f"{url}/api/v3"
    api["sapi"] = f"{url}/sapi/v1"
    if "ws" in api:
        api["ws"]["spot"] = f"{stream_url}/stream/ws"
        api["ws"]["ws-api"]["spot"] = f"{stream_url}/ws-api/v3"
    return exchange


def settings_of(secret: str) -> dict[str, Any]:
    options = {"fetchMarkets": {"types": ["spot"]}}
    return {"apiKey": DEFAULT_KEY, "secret": secret, "options": options}


@pytest.fixture
async def rest(box: Box) -> AsyncIterator[Any]:
    """ccxt.async_support.binance."""
    exchange = redirected(import_module("ccxt.async_support").binance(settings_of(DEFAULT_SECRET)), box.url)
    yield exchange
    await exchange.close()


@pytest.fixture
async def pro(box: Box) -> AsyncIterator[Any]:
    """ccxt.pro.binance."""
    exchange = redirected(import_module("ccxt.pro").binance(settings_of(DEFAULT_SECRET)), box.url)
    yield exchange
    await exchange.close()


@pytest.fixture
def make_rest(box: Box) -> Callable[[str], Any]:
    """Makes a ccxt.async_support.binance with the secret given; close it."""
    return lambda secret: redirected(import_module("ccxt.async_support").binance(settings_of(secret)), box.url)


def ccxt_venue(key: str, secret: str, url: str) -> Provider:
    venue: Provider = import_module("tradedeck.providers.ccxt").CcxtVenue(key, secret, url=url)
    return venue


def binance_venue(key: str, secret: str, url: str) -> Provider:
    venue: Provider = import_module("tradedeck.providers.binance").BinanceVenue(key, secret, url=url)
    return venue


def usdm_venue(key: str, secret: str, url: str) -> Provider:
    venue: Provider = import_module("tradedeck.providers.binance").BinanceUsdm(key, secret, url=url)
    return venue


@dataclass(frozen=True, slots=True)
class Case:
    """A provider and the market it trades."""

    make: Callable[[str, str, str], Provider]
    market: str


PROVIDERS: dict[str, Case] = {
    "binance": Case(binance_venue, "spot"),
    "ccxt": Case(ccxt_venue, "spot"),
    "usdm": Case(usdm_venue, "usdm"),
}


@dataclass
class Client:
    """A provider whose feed is read into a list."""

    venue: Provider
    box: Box
    events: list[Event] = field(default_factory=list[Event])
    _grown: asyncio.Event = field(default_factory=asyncio.Event)
    _orders: int = 0

    async def read(self) -> None:
        async for event in self.venue:
            self.events.append(event)
            self._grown.set()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until what was read satisfies the condition."""
        async with asyncio.timeout(WAIT_S):
            while not happened():
                self._grown.clear()
                try:
                    await asyncio.wait_for(self._grown.wait(), 0.05)
                except TimeoutError:
                    continue

    async def told(self, kind: type[Any], count: int = 1) -> list[Any]:
        """Wait for so many events of a kind."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def of(self, kind: type[Any], client_order_id: str = "") -> list[Any]:
        found: list[Any] = [event for event in self.events if isinstance(event, kind)]
        return [event for event in found if not client_order_id or event.client_order_id == client_order_id]

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
        self._orders += 1
        now_ns = self.box.market.now_ns
        return Order(
            client_order_id=f"tdabc123-{self._orders}",
            symbol="BTCUSDT",
            side=side,
            type=kind,
            size=Decimal(size),
            price=price,
            stop_price=stop,
            time_in_force=force,
            post_only=post_only,
            reduce_only=reduce_only,
            source="manual",
            created_ns=now_ns,
            updated_ns=now_ns,
        )


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> str:
    """The name of the provider under test."""
    return request.param


@pytest.fixture
def make_venue(provider: str) -> Callable[[str, str, str], Provider]:
    """Makes the provider under test from key, secret and url."""
    return PROVIDERS[provider].make


@pytest.fixture
async def client(box: Box, make_venue: Callable[[str, str, str], Provider]) -> AsyncIterator[Client]:
    """The provider under test, connected, its feed being read."""
    venue = make_venue(DEFAULT_KEY, DEFAULT_SECRET, box.url)
    client = Client(venue, box)
    await venue.connect(["BTCUSDT"])
    reading = asyncio.create_task(client.read())
    yield client
    await venue.close()
    await asyncio.wait_for(reading, WAIT_S)
