"""What the connection survives: cuts, gaps, silence, a wrong clock, and our own death."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from tests.shared.providers.delta.conftest import SYMBOL, Desk
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.book import Quote
from tradedeck.domain.errors import RateLimitedError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.domain.events import Accepted, Canceled, Filled, Place, Rejected, Unknown
from tradedeck.domain.order import OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.ports.capabilities import MarginMode
from tradedeck.providers.delta import DeltaVenue
from tradedeck.providers.delta.orders import CAPABILITIES
from tradedeck.providers.delta.quota import Quota
from tradedeck.providers.delta.rest import Rest
from tradedeck.providers.delta.signer import Signer
from tradedeck.providers.delta.streams import Stream, Streams
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox


async def test_prices_come_exact_and_bars_once_their_minute_is_over(desk: Desk) -> None:
    desk.advance(26)
    await desk.until(lambda: len(desk.of(Bar)) == 5)
    trades, bars = desk.of(Trade), desk.of(Bar)
    assert len({trade.trade_id for trade in trades}) == len(trades) == 21
    assert [bar.timeframe_ns for bar in bars] == [MINUTE_NS] * 5
    assert [later.open_ns - bar.open_ns for bar, later in itertools.pairwise(bars)] == [MINUTE_NS] * 4
    assert bars[0].close == trades[3].price
    assert trades[0].size % Decimal("0.001") == 0
    quote = desk.of(Quote)[-1]
    assert (quote.bid, quote.ask) == (desk.last - Decimal("0.5"), desk.last + Decimal("0.5"))
    assert list(await desk.venue.bars(SYMBOL, MINUTE_NS, 5)) == bars
    with pytest.raises(RefusedError, match="no bars of 7 s"):
        await desk.venue.bars(SYMBOL, 7_000_000_000, 5)


async def test_a_reconnect_finds_the_fill_that_nobody_heard(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order = desk.order(OrderType.LIMIT, price=desk.last - Decimal(1))
    await desk.venue.send(Place(order))
    with monkeypatch.context() as deaf:
        deaf.setattr(desk.market.hub, "publish", _nobody_hears)
        desk.fall_to(desk.last - Decimal(5))
    assert desk.account.fills
    await asyncio.sleep(0.3)
    assert not desk.of(Filled, order)
    desk.drop_streams()
    filled = await desk.news(Filled, order)
    assert (filled.fill.price, filled.fill.maker) == (order.price, True)
    assert desk.venue.health().generation == 2


def _nobody_hears(*_: object) -> None:
    """A hub that loses everything."""


async def test_a_gap_in_the_numbers_counts_as_a_reconnect_and_reads_what_was_missed(desk: Desk) -> None:
    first = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(first))
    await desk.news(Accepted, first)
    assert desk.venue.health().generation == 1
    desk.house.skip_number("orders", DEFAULT_KEY, SYMBOL)
    await desk.venue.send(Place(desk.order(OrderType.LIMIT, price=Decimal(50_000))))
    await desk.until(lambda: desk.venue.health().generation == 2)
    desk.house.restart_numbers()
    await desk.venue.send(Place(desk.order(OrderType.LIMIT, price=Decimal(50_000))))
    await desk.until(lambda: desk.venue.health().generation == 3)
    assert desk.venue.health().state == "live"


async def test_the_dead_man_switch_cancels_at_the_venue_and_can_be_disarmed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    stop = desk.order(OrderType.STOP, Side.SELL, stop=Decimal(40_000))
    for one in (order, stop):
        await desk.venue.send(Place(one))
    with pytest.raises(RefusedError, match="5 to 3600 seconds"):
        await desk.venue.arm_dead_man([SYMBOL], 1.0)
    await desk.venue.arm_dead_man([SYMBOL], 60.0)
    await desk.venue.arm_dead_man([SYMBOL], 0.0)
    (heartbeat,) = desk.house.beats.values()
    assert not heartbeat.armed
    monkeypatch.setattr("tradedeck.providers.delta.orders.CAPABILITIES", replace(CAPABILITIES, dead_man_s=(0.01, 60.0)))
    await desk.venue.arm_dead_man([SYMBOL], 0.05)
    assert "dead-man switch" in (await desk.news(Canceled, order)).reason
    await desk.news(Canceled, stop)
    assert await desk.venue.open_orders() == []


async def test_cancel_all_really_cancels_orders_and_stops_of_anybody(desk: Desk) -> None:
    await desk.venue.send(Place(desk.order(OrderType.LIMIT, price=Decimal(50_000))))
    await desk.venue.send(Place(desk.order(OrderType.STOP, Side.SELL, stop=Decimal(40_000))))
    desk.house.place(
        DEFAULT_KEY, {"product_id": 27, "size": 1, "side": "buy", "order_type": "limit_order", "limit_price": "1000"}
    )
    assert len(await desk.venue.open_orders()) == 3
    await desk.venue.cancel_all(SYMBOL)
    assert await desk.venue.open_orders() == []
    await desk.until(lambda: len(desk.of(Canceled)) == 2)


async def test_holdings_balances_rights_and_budget_are_told(desk: Desk) -> None:
    await desk.venue.set_leverage(SYMBOL, 10, MarginMode.ISOLATED)
    order = desk.order(side=Side.SELL, size="0.1")
    await desk.venue.send(Place(order))
    entry = (await desk.news(Filled, order)).fill.price
    (held,) = await desk.venue.holdings()
    assert (held.size, held.entry, held.leverage) == (Decimal("-0.1"), entry, 10)
    assert held.margin == entry * Decimal("0.1") / 10
    assert held.liquidation is not None
    assert held.liquidation > held.entry
    (balance,) = await desk.venue.balances()
    assert balance.locked == held.margin
    assert balance.free + balance.locked == Decimal(1_000_000) - entry * Decimal("0.1") * Decimal("0.0005")
    (budget,) = desk.venue.budgets()
    assert 0 < budget.used < budget.limit == 10_000
    assert (await desk.venue.key_rights()).ip_bound
    with pytest.raises(RefusedError, match="whole account"):
        await desk.venue.set_leverage(SYMBOL, 10, MarginMode.CROSS)
    with pytest.raises(RefusedError, match="choose less"):
        await desk.venue.set_leverage(SYMBOL, 1_000, MarginMode.ISOLATED)


async def test_a_used_up_budget_stops_questions_here_until_the_venue_opens_it_again(desk: Desk) -> None:
    await desk.post("delta", quota=1)
    with pytest.raises(RateLimitedError) as told:
        await desk.venue.balances()
    assert 1 < told.value.retry_after_s <= 300
    order = desk.order()
    await desk.venue.send(Place(order))
    assert "budget" in (await desk.news(Rejected, order)).reason
    assert await desk.sent() == {}, "it did not leave"
    assert desk.venue.budgets()[0].blocked_until_ns > 0


async def test_a_clock_that_is_off_is_measured_and_an_expired_signature_is_told(desk: Desk) -> None:
    desk.venue._signer.set_clock(0, 0, 0)
    desk.venue._signer._ahead_ns = -60_000_000_000
    order = desk.order()
    await desk.venue.send(Place(order))
    assert "older than 5 seconds" in (await desk.news(Rejected, order)).reason
    assert await desk.venue.balances()


@pytest.mark.parametrize(("key", "secret", "words"), [(DEFAULT_KEY, "wrong", "secret"), ("nobody", "x", "not know")])
async def test_a_wrong_key_is_told_as_such(sandbox: RunningSandbox, key: str, secret: str, words: str) -> None:
    venue = DeltaVenue(key, secret, url=sandbox.url)
    with pytest.raises(UnauthenticatedError, match=words):
        await venue.connect([SYMBOL])
    await venue.close()


async def test_an_address_that_is_not_allowed_is_explained_with_the_way_out(desk: Desk) -> None:
    await desk.post("delta", not_allowed=[DEFAULT_KEY])
    with pytest.raises(UnauthenticatedError, match=r"allow-list.*through the cloud"):
        await desk.venue.balances()
    order = desk.order()
    await desk.venue.send(Place(order))
    rejected = await desk.news(Rejected, order)
    assert rejected.code == "ip_not_whitelisted_for_api_key"
    assert not desk.of(Unknown)


async def test_without_a_key_there_are_prices_and_bars_but_no_account(sandbox: RunningSandbox) -> None:
    venue = DeltaVenue("", "", url=sandbox.url)
    await venue.connect([SYMBOL])
    assert venue.health().state == "live"
    assert len(await venue.bars(SYMBOL, MINUTE_NS, 5)) == 5
    with pytest.raises(RefusedError):
        await venue.balances()
    await venue.close()


async def test_symbols_that_are_not_traded_here_are_refused_with_the_reason(sandbox: RunningSandbox) -> None:
    venue = DeltaVenue(DEFAULT_KEY, DEFAULT_SECRET, url=sandbox.url)
    for symbol, words in (("BTCUSD_INVERSE", "inverse"), ("C-BTC-60000-271230", "call options"), ("NOPE", "not list")):
        with pytest.raises(RefusedError, match=words):
            await venue.connect([symbol])
    assert venue.health().state == "connecting"
    await venue.close()
    with pytest.raises(RefusedError, match="india, global"):
        DeltaVenue("", "", site="mars")


async def test_a_venue_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    venue = DeltaVenue("k", "s", url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(UnavailableError):
        await venue.connect([SYMBOL])
    await venue.close()


async def test_a_stream_that_falls_silent_is_dialled_again(unused_tcp_port: int) -> None:
    dials: list[str] = []

    async def mute(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        dials.append(request.path)
        async for message in socket:
            if message.json()["type"] == "subscribe":
                await socket.send_json({"type": "subscriptions", "channels": []})
        return socket

    app = web.Application()
    app.router.add_get("/", mute)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    signer = Signer("", "")
    rest = Rest("", signer, Quota())
    stream = Stream("market", f"ws://127.0.0.1:{unused_tcp_port}/", (("trades", (SYMBOL,)),))
    heard: list[Any] = []
    streams = Streams(rest.session, signer, [stream], heard.append, lambda: None, silence_s=0.05)
    await streams.start(5.0)
    async with asyncio.timeout(5.0):
        while streams.health().generation < 3:
            await asyncio.sleep(0.01)
    await streams.stop()
    await rest.close()
    await runner.cleanup()
    assert len(dials) >= 3
    assert not heard
