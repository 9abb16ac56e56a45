"""Orders on the wire: placed once, counted in contracts, and told with their exact cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.shared.providers.delta.conftest import SYMBOL, Desk
from tradedeck.domain.errors import RefusedError, UnavailableError
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
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck.ports.capabilities import MarginMode


async def test_a_market_order_is_told_with_its_exact_commission_and_once(desk: Desk) -> None:
    order = desk.order(size="0.123")
    await desk.venue.send(Place(order))
    await desk.until(lambda: desk.of(Filled, order))
    await asyncio.sleep(0.3)
    (filled,) = desk.of(Filled, order)
    assert (filled.fill.size, filled.fill.fee_asset, filled.fill.maker) == (Decimal("0.123"), "USD", False)
    assert filled.fill.price == desk.last + Decimal("0.5")
    assert filled.fill.fee == filled.fill.price * Decimal("0.123") * Decimal("0.0005")
    assert filled.venue_order_id == desk.of(Accepted, order)[0].venue_order_id


async def test_a_limit_order_rests_is_amended_in_place_and_canceled(desk: Desk) -> None:
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(order))
    (resting,) = await desk.venue.open_orders()
    assert (resting.client_order_id, resting.price, resting.size) == (order.client_order_id, order.price, order.size)
    known = replace(order, venue_order_id=resting.venue_order_id)
    await desk.venue.amend(known, Decimal("0.02"), Decimal("50000.5"))
    (amended,) = await desk.venue.open_orders()
    assert (amended.venue_order_id, amended.price, amended.size) == (
        resting.venue_order_id,
        Decimal("50000.5"),
        Decimal("0.02"),
    )
    await desk.venue.send(Cancel(known))
    await desk.until(lambda: desk.of(Canceled, order))
    assert await desk.venue.open_order_ids() == []


async def test_a_large_limit_order_fills_in_part_and_then_as_maker(desk: Desk) -> None:
    order = desk.order(OrderType.LIMIT, size="12", price=desk.last + Decimal("0.5"))
    await desk.venue.send(Place(order))
    await desk.until(lambda: desk.of(Filled, order))
    assert [one.fill.size for one in desk.of(Filled, order)] == [Decimal(10)]
    (resting,) = await desk.venue.open_orders()
    assert (resting.state, resting.filled, resting.remaining) == (
        OrderState.PARTIALLY_FILLED,
        Decimal(10),
        Decimal(2),
    )
    desk.fall_to(desk.last - Decimal(1))
    while desk.account.orders[int(resting.venue_order_id)].state != OrderState.FILLED:
        desk.advance()
    await desk.until(lambda: sum(one.fill.size for one in desk.of(Filled, order)) == order.size)
    assert desk.of(Filled, order)[-1].fill.maker
    assert len({one.fill.trade_id for one in desk.of(Filled, order)}) == len(desk.of(Filled, order))


async def test_ioc_expires_its_rest_and_post_only_never_takes(desk: Desk) -> None:
    ioc = desk.order(OrderType.LIMIT, size="12", price=desk.last + Decimal("0.5"), force=TimeInForce.IOC)
    await desk.venue.send(Place(ioc))
    await desk.until(lambda: desk.of(Filled, ioc) and desk.of(Expired, ioc))
    assert sum(one.fill.size for one in desk.of(Filled, ioc)) == Decimal(10)
    crossing = desk.order(OrderType.LIMIT, price=desk.last * 2 // 1, post_only=True)
    await desk.venue.send(Place(crossing))
    rejected = await desk.news(Rejected, crossing)
    assert "move its price away from the market" in rejected.reason
    maker = desk.order(OrderType.LIMIT, price=Decimal(50_000), post_only=True)
    await desk.venue.send(Place(maker))
    (resting,) = await desk.venue.open_orders()
    assert resting.post_only


async def test_a_stop_waits_at_the_venue_and_trades_when_its_price_comes(desk: Desk) -> None:
    await desk.venue.send(Place(desk.order(size="0.01")))
    stop = desk.order(OrderType.STOP, Side.SELL, stop=desk.last - Decimal(5), reduce_only=True)
    await desk.venue.send(Place(stop))
    (waiting,) = await desk.venue.open_orders()
    assert (waiting.type, waiting.stop_price, waiting.reduce_only) == (OrderType.STOP, stop.stop_price, True)
    assert not desk.of(Filled, stop)
    desk.fall_to(stop.stop_price or Decimal(0))
    await desk.until(lambda: desk.of(Filled, stop))
    (accepted, *_) = desk.of(Accepted, stop)
    assert desk.of(Filled, stop)[0].venue_order_id == accepted.venue_order_id, "one number from stop to fill"
    assert await desk.venue.holdings() == []


async def test_a_stop_limit_keeps_both_prices_and_can_be_canceled_while_it_waits(desk: Desk) -> None:
    order = desk.order(OrderType.STOP_LIMIT, Side.SELL, price=Decimal(40_000), stop=Decimal("40000.5"))
    await desk.venue.send(Place(order))
    (kept,) = await desk.venue.open_orders()
    assert (kept.type, kept.price, kept.stop_price) == (OrderType.STOP_LIMIT, order.price, order.stop_price)
    await desk.venue.send(Cancel(order))
    await desk.until(lambda: desk.of(Canceled, order))
    assert await desk.venue.open_orders() == []
    assert [type(one) for one in (await desk.venue.look_up(order)).reports] == [Accepted, Canceled]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": Decimal("0.0015")}, "contracts of 0.001 BTC"),
        ({"time_in_force": TimeInForce.FOK}, "no FOK orders"),
        ({"client_order_id": "x" * 33}, "at most 32 characters"),
        ({"price": Decimal("50000.25")}, "in steps of 0.5"),
        ({"symbol": "BTCUSD_INVERSE"}, "inverse"),
    ],
)
async def test_what_the_venue_would_not_understand_never_leaves(
    desk: Desk, changed: dict[str, object], words: str
) -> None:
    order = replace(desk.order(OrderType.LIMIT, price=Decimal(50_000)), **changed)  # pyright: ignore[reportArgumentType]
    await desk.venue.send(Place(order))
    assert words in (await desk.news(Rejected, order)).reason
    assert await desk.sent() == {}


async def test_what_the_venue_refuses_is_told_in_words(desk: Desk) -> None:
    await desk.venue.set_leverage(SYMBOL, 10, MarginMode.ISOLATED)
    order = desk.order(OrderType.LIMIT, size="229", price=Decimal(60_000))
    await desk.venue.send(Place(order))
    rejected = await desk.news(Rejected, order)
    assert rejected.code == "insufficient_margin"
    assert "add funds" in rejected.reason
    reducing = desk.order(OrderType.LIMIT, price=Decimal(60_000), reduce_only=True)
    await desk.venue.send(Place(reducing))
    assert "no position" in (await desk.news(Rejected, reducing)).reason
    await desk.post("delta", trading_status="disrupted_cancel_only")
    late = desk.order()
    await desk.venue.send(Place(late))
    assert "only cancels" in (await desk.news(Rejected, late)).reason


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "error_500"])
async def test_an_answer_that_never_came_is_unknown_and_nothing_is_sent_twice(desk: Desk, fault: str) -> None:
    await desk.fault(fault)
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(order))
    await desk.until(lambda: desk.of(Unknown, order))
    assert not desk.of(Rejected)
    finding = await desk.venue.look_up(order)
    assert finding.found is (fault != "cut_before")
    assert await desk.sent() == {order.client_order_id: 1}
    if finding.found:
        await desk.until(lambda: desk.of(Accepted, order))


async def test_a_cancel_without_an_answer_says_so_and_one_that_is_too_late_says_why(desk: Desk) -> None:
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(order))
    await desk.fault("cut_before", method="DELETE")
    await desk.venue.send(Cancel(order))
    assert "cancel again if it still works" in (await desk.news(CancelRejected, order)).reason
    done = desk.order()
    await desk.venue.send(Place(done))
    await desk.venue.send(Cancel(done))
    assert "may have ended already" in (await desk.news(CancelRejected, done)).reason


async def test_look_up_believes_the_lists_when_the_query_is_behind(desk: Desk) -> None:
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(order))
    path = f"/v2/orders/client_order_id/{order.client_order_id}"
    await desk.fault("hide_order", path=path, method="GET")
    assert (await desk.venue.look_up(order)).found
    await desk.venue.send(Cancel(order))
    await desk.fault("hide_order", path=path, method="GET")
    assert [type(one) for one in (await desk.venue.look_up(order)).reports] == [Accepted, Canceled]
    await desk.fault("error_500", path=path, method="GET")
    with pytest.raises(UnavailableError):
        await desk.venue.look_up(order)


async def test_look_up_waits_until_order_and_fills_agree(desk: Desk) -> None:
    order = desk.order()
    await desk.venue.send(Place(order))
    assert [type(one) for one in (await desk.venue.look_up(order)).reports] == [Accepted, Filled]
    assert (await desk.venue.look_up(order)).reports[1] == await desk.news(Filled, order)
    await desk.fault("hide_order", path="/v2/fills", method="GET")
    with pytest.raises(UnavailableError, match="do not agree"):
        await desk.venue.look_up(order)
    assert not (await desk.venue.look_up(desk.order())).found


async def test_every_page_of_fills_is_read_oldest_first(desk: Desk) -> None:
    for _ in range(60):
        desk.advance()
        body = {"product_id": 27, "size": 1, "side": "buy", "order_type": "market_order"}
        desk.house.place("sandbox-key", body)
    fills = await desk.venue.fills(SYMBOL, 0)
    assert [int(one.fill.trade_id) for one in fills] == list(range(1, 61))
    assert {one.fill.client_order_id for one in fills} == {""}, "orders of others have no name of ours"
    since_ns = fills[50].fill.time_ns
    assert await desk.venue.fills(SYMBOL, since_ns) == [one for one in fills if one.fill.time_ns >= since_ns]


async def test_an_order_before_the_connection_is_refused_as_it_never_left(desk: Desk) -> None:
    order = desk.order()
    await desk.venue.close()
    await desk.venue.send(Place(order))
    await desk.venue.send(Cancel(order))
    with pytest.raises(UnavailableError):
        await desk.venue.balances()
    with pytest.raises(RefusedError, match="inverse"):
        await desk.venue.fills("BTCUSD_INVERSE", 0)


async def test_a_cancel_whose_answer_is_lost_is_settled_by_the_stream_and_sent_once(desk: Desk) -> None:
    order = desk.order(OrderType.LIMIT, price=Decimal(50_000))
    await desk.venue.send(Place(order))
    await desk.fault("cut_after", method="DELETE")
    await desk.venue.send(Cancel(order))
    assert "did not answer" in (await desk.news(CancelRejected, order)).reason, "the cancel was sent again"
    await desk.news(Canceled, order)


async def test_a_cancel_brings_the_fills_that_the_stream_has_missed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = desk.order(OrderType.LIMIT, size="19", price=desk.last - Decimal("0.5"))
    await desk.venue.send(Place(order))

    def nobody_hears(*_: object) -> None:
        """A hub that loses everything."""

    monkeypatch.setattr(desk.market.hub, "publish", nobody_hears)
    while not desk.account.fills:
        desk.advance()
    await desk.venue.send(Cancel(order))
    await desk.news(Canceled, order)
    kinds = [type(one) for one in desk.events if getattr(one, "client_order_id", "") == order.client_order_id]
    assert kinds.index(Filled) < kinds.index(Canceled)
    assert sum(one.fill.size for one in desk.of(Filled, order)) == sum(done.fill.size for done in desk.account.fills)


async def test_an_answer_that_can_not_be_read_leaves_the_order_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbled(*_: object) -> dict[str, object]:
        return {"product_symbol": SYMBOL, "id": 1, "state": None}

    monkeypatch.setattr("tradedeck.sandbox.delta.house.order_json", garbled)
    order = desk.order()
    await desk.venue.send(Place(order))
    assert "garbled" in (await desk.news(Unknown, order)).reason
    assert not desk.of(Rejected)
