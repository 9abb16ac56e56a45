"""What only the perpetuals have: conditional orders that become others, amendments, fundings, listen keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from tests.shared.providers.binance.test_messages import ORDER
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Event, Filled, Place
from tradedeck.domain.events import Cancel as CancelIt
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.history import bundled_week
from tradedeck.providers.binance import BinanceUsdm
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

KEY, SECRET = "sandbox-key", "sandbox-secret"


@dataclass
class Desk:
    """A connected venue, what it told, and the sandbox behind it."""

    venue: BinanceUsdm
    sandbox: RunningSandbox
    events: list[Event] = field(default_factory=list[Event])

    @property
    def exchange(self) -> Any:
        return self.sandbox.venues["usdm"].exchange

    @property
    def last(self) -> Decimal:
        return self.exchange.prices["BTCUSDT"].last

    def play(self, events: int = 1) -> None:
        self.sandbox.pumps["usdm"].step(events)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def read(self) -> None:
        async for event in self.venue:
            self.events.append(event)

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not happened():
                await asyncio.sleep(0.01)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with running(SandboxSettings(data=bundled_week(), speed=None, skip=300, markets=("usdm",))) as sandbox:
        desk = Desk(BinanceUsdm(KEY, SECRET, url=sandbox.url), sandbox)
        await desk.venue.connect(["BTCUSDT"])
        reading = asyncio.create_task(desk.read())
        yield desk
        await desk.venue.close()
        await reading


def plain(price: Decimal | None = None, size: str = "0.1", side: Side = Side.BUY) -> Order:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    order = replace(ORDER, side=side, type=kind, size=Decimal(size), price=price)
    return replace(order, time_in_force=TimeInForce.GTC)


def stop_at(price: Decimal, limit: Decimal | None = None) -> Order:
    kind = OrderType.STOP if limit is None else OrderType.STOP_LIMIT
    order = replace(plain(limit, "0.1", Side.SELL), client_order_id="td1-stop", type=kind)
    return replace(order, stop_price=price)


async def triggered(desk: Desk, stop: Order) -> None:
    """Send a stop and let the market reach it."""
    await desk.venue.send(Place(stop))
    conditionals = desk.exchange.accounts[KEY].conditionals
    while any(one.state == "waiting" for one in conditionals.values()):
        desk.play()


async def test_what_a_stop_became_is_told_under_its_own_id(desk: Desk) -> None:
    stop = stop_at(desk.last - Decimal("0.1"))
    await triggered(desk, stop)
    await desk.until(lambda: bool(desk.of(Filled)))
    (filled,) = desk.of(Filled)
    assert filled.client_order_id == "td1-stop"
    assert desk.of(Accepted)[0].venue_order_id.startswith("algo-")
    assert filled.venue_order_id.isdigit()
    found = await desk.venue.look_up(stop)
    assert [type(report) for report in found.reports] == [Accepted, Filled]
    assert found.reports[1] == filled
    (told,) = await desk.venue.fills("BTCUSDT", 0)
    assert told.fill == filled.fill


async def test_fills_of_a_stop_have_its_id_after_a_restart_too(desk: Desk) -> None:
    await triggered(desk, stop_at(desk.last - Decimal("0.1")))
    fresh = BinanceUsdm(KEY, SECRET, url=desk.sandbox.url)
    await fresh.connect(["BTCUSDT"])
    assert [one.fill.client_order_id for one in await fresh.fills("BTCUSDT", 0)] == ["td1-stop"]
    await fresh.close()


async def test_a_stop_that_has_become_an_order_is_still_canceled(desk: Desk) -> None:
    far_above = desk.last * 2
    stop = stop_at(desk.last - Decimal("0.1"), far_above.quantize(Decimal("0.1")))
    await triggered(desk, stop)
    assert [order.client_order_id for order in desk.exchange.accounts[KEY].open_orders("BTCUSDT")]
    await desk.venue.send(CancelIt(stop))
    assert not desk.exchange.accounts[KEY].open_orders("BTCUSDT")
    await desk.until(lambda: any(report.client_order_id == "td1-stop" for report in desk.of(Canceled)))


async def test_a_waiting_stop_is_looked_up_and_canceled(desk: Desk) -> None:
    stop = stop_at(Decimal(40_000))
    assert not (await desk.venue.look_up(stop)).found
    await desk.venue.send(Place(stop))
    assert [type(report) for report in (await desk.venue.look_up(stop)).reports] == [Accepted]
    await desk.venue.send(CancelIt(stop))
    assert [type(report) for report in (await desk.venue.look_up(stop)).reports] == [Accepted, Canceled]


async def test_an_amended_order_keeps_its_number(desk: Desk) -> None:
    order = plain(Decimal(50_000))
    await desk.venue.send(Place(order))
    await desk.venue.amend(order, size=Decimal("0.2"), price=Decimal(51_000))
    (kept,) = await desk.venue.open_orders()
    assert (kept.size, kept.price) == (Decimal("0.2"), Decimal(51_000))
    assert kept.venue_order_id == desk.of(Accepted)[0].venue_order_id
    with pytest.raises(RefusedError, match=r"steps of 0\.1"):
        await desk.venue.amend(order, size=Decimal("0.2"), price=Decimal("51000.05"))


async def test_a_reduce_only_order_without_a_position_is_refused_with_advice(desk: Desk) -> None:
    await desk.venue.send(Place(replace(plain(side=Side.SELL), reduce_only=True)))
    await desk.until(lambda: bool(desk.events))
    assert "(-2022): a reduce-only order must make a position smaller" in str(desk.events[0])


async def test_a_funding_is_told_as_it_was_charged(desk: Desk) -> None:
    while not desk.exchange.prices["BTCUSDT"].next_funding_ns:
        desk.play()
    due_ns = desk.exchange.prices["BTCUSDT"].next_funding_ns
    while desk.exchange.now_ns < due_ns + 60 * 10**9:
        desk.play(5)
        await asyncio.sleep(0)
    await desk.until(lambda: bool(desk.of(FundingRate)))
    funding = desk.of(FundingRate)[0]
    assert (funding.symbol, funding.time_ns) == ("BTCUSDT", due_ns)


async def test_an_expired_listen_key_opens_the_accounts_stream_anew(desk: Desk) -> None:
    tell: Any = desk.sandbox.venues["usdm"].on_news
    front = tell.__self__
    (key,) = front.listen_keys
    front.expire(key)
    await desk.until(lambda: desk.venue.health().generation == 2)
    assert key not in front.listen_keys
    await desk.venue.send(Place(plain()))
    await desk.until(lambda: len(desk.of(Filled)) == 2)


async def test_one_symbol_too_many_is_refused() -> None:
    venue = BinanceUsdm(KEY, SECRET, url="http://127.0.0.1:1")
    with pytest.raises(RefusedError, match="at most 66 symbols"):
        await venue.connect([f"S{number}USDT" for number in range(67)])


async def test_an_account_that_holds_both_sides_at_once_is_refused_with_advice(unused_tcp_port: int) -> None:
    answers: dict[str, Any] = {
        "/fapi/v1/time": {"serverTime": 1},
        "/fapi/v1/exchangeInfo": {"symbols": []},
        "/fapi/v1/positionSide/dual": {"dualSidePosition": True},
    }

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(answers[request.path])

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    venue = BinanceUsdm(KEY, SECRET, url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(RefusedError, match="set it to one-way positions"):
        await venue.connect(["BTCUSDT"])
    await runner.cleanup()
