"""The contract every provider keeps. The numbered cases run for each of them against the same sandbox."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.domain.events import (
    Accepted,
    Cancel,
    Canceled,
    CancelRejected,
    Expired,
    Filled,
    Place,
    Rejected,
    Unknown,
)
from tradedeck.domain.instrument import Kind
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.ports.provider import Provider


async def test_p01_instruments_carry_the_venues_exact_rules(client: Any) -> None:
    (instrument,) = await client.venue.instruments()
    assert (instrument.symbol, instrument.base, instrument.quote) == ("BTCUSDT", "BTC", "USDT")
    rules = client.box.market.rules
    assert instrument.venue == client.venue.name == rules.venue
    assert (instrument.kind, instrument.tick, instrument.lot) == (rules.kind, rules.tick, rules.lot)
    assert instrument.min_size == rules.lot
    assert (instrument.max_size, instrument.min_notional) == (rules.max_size, rules.min_notional)
    assert (instrument.fees.maker, instrument.fees.taker) == (rules.maker, rules.taker)


async def test_p02_bars_are_closed_exact_and_end_at_the_newest(client: Any) -> None:
    bars = await client.venue.bars("BTCUSDT", MINUTE_NS, 10)
    assert len(bars) == 10
    assert [b.open_ns - a.open_ns for a, b in itertools.pairwise(bars)] == [MINUTE_NS] * 9
    newest = client.box.market.closed_candles[-1]
    assert bars[-1].time_ns == newest.open_ns + MINUTE_NS
    assert (bars[-1].close, bars[-1].volume) == (newest.close, newest.volume)
    assert len(await client.venue.bars("BTCUSDT", 5 * MINUTE_NS, 3)) == 3


async def test_p03_trades_and_closed_bars_come_once_exact_and_in_order(client: Any) -> None:
    await client.box.advance(25)
    await client.until(lambda: len(client.of(Trade)) == 20 and len(client.of(Bar)) == 5)
    trades, bars = client.of(Trade), client.of(Bar)
    assert [int(t.trade_id) for t in trades] == list(range(1201, 1221))
    assert [b.timeframe_ns for b in bars] == [MINUTE_NS] * 5
    for index, bar in enumerate(bars):
        inside = trades[4 * index : 4 * index + 4]
        assert bar.open == inside[0].price
        assert bar.close == inside[-1].price
        assert bar.volume == sum(t.size for t in inside)


async def test_p04_a_market_order_is_accepted_and_filled_before_send_returns(client: Any) -> None:
    order = client.order()
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Filled, order.client_order_id)))
    accepted, filled = client.of(Accepted)[0], client.of(Filled)[0]
    assert accepted.venue_order_id == filled.venue_order_id
    rules = client.box.market.rules
    assert filled.fill.price == client.box.last + rules.tick
    assert filled.fill.size == Decimal("0.01")
    assert filled.fill.fee == filled.fill.price * Decimal("0.01") * rules.taker
    assert (filled.fill.fee_asset, filled.fill.maker) == ("USDT", False)
    assert filled.time_ns == client.box.market.now_ns


async def test_p05_reply_and_user_stream_tell_the_same_fill(client: Any) -> None:
    order = client.order()
    await client.venue.send(Place(order))
    await client.until(lambda: len(client.of(Filled)) == 2)
    first, second = client.of(Filled)
    assert first == second


async def test_p06_a_resting_order_is_canceled(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=Decimal(50_000))
    await client.venue.send(Place(order))
    assert await client.venue.open_order_ids() == [order.client_order_id]
    await client.venue.send(Cancel(order))
    await client.until(lambda: bool(client.of(Canceled, order.client_order_id)))
    assert await client.venue.open_order_ids() == []


async def test_p07_a_resting_order_that_is_reached_is_filled_as_maker(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=client.box.last)
    await client.venue.send(Place(order))
    while not (await client.box.advance(1))["fills"]["sandbox-key"]:
        pass
    await client.until(lambda: bool(client.of(Filled)))
    fill = client.of(Filled)[0].fill
    assert (fill.price, fill.maker, fill.client_order_id) == (order.price, True, order.client_order_id)


async def test_p08_ioc_that_finds_nothing_expires(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=Decimal(50_000), force=TimeInForce.IOC)
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Expired, order.client_order_id)))


async def test_p09_post_only_that_would_take_is_rejected(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=client.box.last * 2, post_only=True)
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Rejected, order.client_order_id)))
    assert client.box.market.rules.would_take in client.of(Rejected)[0].reason


async def test_p10_a_stop_waits_and_then_trades(client: Any) -> None:
    stop = client.order(OrderType.STOP, Side.SELL, stop=client.box.last - client.box.market.rules.tick)
    await client.venue.send(Place(stop))
    await client.until(lambda: bool(client.of(Accepted, stop.client_order_id)))
    assert not client.of(Filled)
    while not (await client.box.advance(1))["fills"]["sandbox-key"]:
        pass
    await client.until(lambda: bool(client.of(Filled, stop.client_order_id)))


async def test_p11_a_stop_limit_keeps_both_prices(client: Any) -> None:
    stop = Decimal(40_000) + client.box.market.rules.tick
    order = client.order(OrderType.STOP_LIMIT, Side.SELL, price=Decimal(40_000), stop=stop, size="0.5")
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Accepted, order.client_order_id)))
    (kept,) = client.box.market.working()
    assert (kept.price, kept.stop_price) == (order.price, order.stop_price)
    assert (kept.client_order_id, kept.size, kept.side) == (order.client_order_id, order.size, order.side)


async def test_p12_post_only_rests_as_a_maker_order(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=Decimal(50_000), post_only=True)
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Accepted, order.client_order_id)))
    (kept,) = client.box.market.working()
    assert kept.post_only


async def test_p13_what_the_venue_refuses_is_rejected(client: Any) -> None:
    rules = client.box.market.rules
    too_small = client.order(OrderType.LIMIT, size=str(rules.lot), price=Decimal(100))
    too_large = client.order(OrderType.LIMIT, size="1000", price=Decimal(60_000))
    for order in (too_small, too_large):
        await client.venue.send(Place(order))
    await client.until(lambda: len(client.of(Rejected)) == 2)
    small, large = (report.reason for report in client.of(Rejected))
    assert "notional" in small.lower()
    assert rules.too_poor in large
    assert not client.of(Unknown)


async def test_p14_canceling_what_has_ended_is_told(client: Any) -> None:
    order = client.order()
    await client.venue.send(Place(order))
    await client.venue.send(Cancel(order))
    await client.until(lambda: bool(client.of(CancelRejected, order.client_order_id)))


@pytest.mark.parametrize("fault", ["cut_after", "error_500", "cut_before"])
async def test_p15_an_answer_that_never_came_is_unknown_and_nothing_is_sent_twice(client: Any, fault: str) -> None:
    await client.box.fault(fault, times=1)
    order = client.order()
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Unknown, order.client_order_id)))
    assert not client.of(Rejected)
    assert await client.box.get("requests") == {order.client_order_id: 1}
    finding = await client.venue.look_up(order)
    assert finding.found is (fault != "cut_before")


async def test_p16_look_up_tells_acceptance_fills_and_end(client: Any) -> None:
    filled, canceled = client.order(), client.order(OrderType.LIMIT, price=Decimal(50_000))
    unknown = client.order()
    for order in (filled, canceled):
        await client.venue.send(Place(order))
    await client.venue.send(Cancel(canceled))
    assert [type(r) for r in (await client.venue.look_up(filled)).reports] == [Accepted, Filled]
    assert (await client.venue.look_up(filled)).reports[1] == client.of(Filled)[0]
    assert [type(r) for r in (await client.venue.look_up(canceled)).reports] == [Accepted, Canceled]
    assert not (await client.venue.look_up(unknown)).found


async def test_p17_look_up_believes_the_lists_when_the_query_is_behind(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=Decimal(50_000))
    await client.venue.send(Place(order))
    await client.box.fault("hide_order", method="GET")
    assert (await client.venue.look_up(order)).found


async def test_p18_look_up_without_an_answer_is_unavailable_not_a_miss(client: Any) -> None:
    order = client.order()
    await client.venue.send(Place(order))
    await client.box.fault("error_500", method="GET", times=5)
    with pytest.raises(UnavailableError):
        await client.venue.look_up(order)


async def test_p19_balances_are_exact_and_leave_out_what_is_empty(client: Any) -> None:
    await client.venue.send(Place(client.order(OrderType.LIMIT, price=Decimal(50_000), size="1")))
    balances = {balance.asset: balance for balance in await client.venue.balances()}
    is_spot = client.box.market.rules.kind is Kind.SPOT
    assert balances["USDT"].locked == Decimal(50_000) * (Decimal("1.001") if is_spot else Decimal("0.05"))
    assert balances["USDT"].free + balances["USDT"].locked == client.box.market.rules.deposit
    assert ("BTC" in balances) is is_spot


async def test_p20_a_dropped_connection_comes_back_with_a_new_generation(client: Any) -> None:
    before = client.venue.health()
    assert (before.state, before.generation) == ("live", 1)
    client.box.drop_streams()
    await client.until(lambda: client.venue.health().generation == 2)
    assert client.venue.health().state == "live"
    await client.box.advance(5)
    await client.until(lambda: bool(client.of(Bar)))


async def test_p21_a_wrong_secret_is_told_as_such(box: Any, make_venue: Callable[..., Provider]) -> None:
    venue = make_venue("sandbox-key", "wrong", box.url)
    with pytest.raises(UnauthenticatedError):
        await venue.connect(["BTCUSDT"])
    await venue.close()


async def test_p22_a_venue_that_is_not_there_is_unavailable(
    box: Any, make_venue: Callable[..., Provider], unused_tcp_port: int
) -> None:
    venue = make_venue("sandbox-key", "sandbox-secret", f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(UnavailableError):
        await venue.connect(["BTCUSDT"])
    await venue.close()


async def test_p23_a_symbol_that_is_not_listed_is_refused(box: Any, make_venue: Callable[..., Provider]) -> None:
    venue = make_venue("sandbox-key", "sandbox-secret", box.url)
    with pytest.raises(RefusedError):
        await venue.connect(["NOPEUSDT"])
    await venue.close()


async def test_p24_orders_of_other_devices_are_told_too(
    client: Any, box: Any, make_venue: Callable[..., Provider]
) -> None:
    other = make_venue("sandbox-key", "sandbox-secret", box.url)
    await other.connect(["BTCUSDT"])
    order = client.order()
    await other.send(Place(order))
    await client.until(lambda: bool(client.of(Filled, order.client_order_id)))
    await other.close()


async def test_p25_a_cancel_whose_answer_is_lost_is_settled_by_the_account_stream(client: Any) -> None:
    order = client.order(OrderType.LIMIT, price=Decimal(50_000))
    await client.venue.send(Place(order))
    await client.box.fault("cut_after", method="DELETE")
    await client.venue.send(Cancel(order))
    await client.until(lambda: bool(client.of(Canceled, order.client_order_id) and client.of(CancelRejected)))
    assert "did not answer" in client.of(CancelRejected)[0].reason, "the cancel was sent again"
    assert [type(r) for r in (await client.venue.look_up(order)).reports] == [Accepted, Canceled]


async def test_p26_a_cancel_brings_the_fills_that_the_stream_has_missed(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = client.order(OrderType.LIMIT, price=client.box.last, size="9")
    await client.venue.send(Place(order))
    client.box.market.silence_account(monkeypatch)
    while not (await client.box.advance(1))["fills"]["sandbox-key"]:
        pass
    await client.venue.send(Cancel(order))
    await client.until(lambda: bool(client.of(Canceled, order.client_order_id)))
    kinds: list[type[Any]] = [
        type(e) for e in client.events if getattr(e, "client_order_id", "") == order.client_order_id
    ]
    assert kinds.index(Filled) < kinds.index(Canceled)


async def test_p27_an_answer_with_an_amount_that_is_none_leaves_the_order_unknown(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.box.market.garble_answers(monkeypatch)
    order = client.order()
    await client.venue.send(Place(order))
    await client.until(lambda: bool(client.of(Unknown, order.client_order_id)))
    assert not client.of(Rejected)


# The account: what execution asks of it beside orders.
