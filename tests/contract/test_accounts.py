"""What every provider tells of its account: cases 28 and on of the contract."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import (
    Accepted,
    Canceled,
    Filled,
    Place,
    Rejected,
)
from tradedeck.domain.instrument import Kind
from tradedeck.domain.order import OrderType, Side
from tradedeck.ports.capabilities import MarginMode


async def test_p28_working_orders_are_told_whole_whoever_placed_them(client: Any) -> None:
    limit = client.order(OrderType.LIMIT, price=Decimal(50_000), post_only=True)
    stop = client.order(OrderType.STOP, Side.SELL, stop=Decimal(40_000))
    for order in (limit, stop):
        await client.venue.send(Place(order))
    told = {order.client_order_id: order for order in await client.venue.open_orders()}
    assert set(told) == {limit.client_order_id, stop.client_order_id}
    for order in (limit, stop):
        same = told[order.client_order_id]
        assert (same.symbol, same.side, same.size, same.filled) == (order.symbol, order.side, order.size, 0)
        assert (same.price, same.stop_price, same.post_only) == (order.price, order.stop_price, order.post_only)
        assert (same.type, same.is_open, same.source) == (order.type, True, "")
        accepted = client.of(Accepted, order.client_order_id)[0]
        assert same.venue_order_id == accepted.venue_order_id


async def test_p29_fills_are_the_accounts_own_from_a_time_on(client: Any) -> None:
    first, second = client.order(), client.order(side=Side.SELL)
    await client.venue.send(Place(first))
    await client.until(lambda: len(client.of(Filled, first.client_order_id)) == 2)
    since_ns = client.of(Filled)[0].time_ns + 1_000_000
    await client.box.advance(5)
    await client.venue.send(Place(second))
    await client.until(lambda: len(client.of(Filled, second.client_order_id)) == 2)
    both = await client.venue.fills("BTCUSDT", 0)
    assert [one.fill.trade_id for one in both] == list(dict.fromkeys(f.fill.trade_id for f in client.of(Filled)))
    (late,) = await client.venue.fills("BTCUSDT", since_ns)
    told = client.of(Filled, second.client_order_id)[0]
    assert (late.venue_order_id, late.fill.trade_id) == (told.venue_order_id, told.fill.trade_id)
    assert (late.fill.price, late.fill.size, late.fill.fee) == (told.fill.price, told.fill.size, told.fill.fee)


async def test_p30_cancel_all_cancels_stops_too_and_is_content_when_nothing_works(client: Any) -> None:
    orders = [
        client.order(OrderType.LIMIT, price=Decimal(50_000)),
        client.order(OrderType.STOP, Side.SELL, stop=Decimal(40_000)),
    ]
    for order in orders:
        await client.venue.send(Place(order))
    await client.venue.cancel_all("BTCUSDT")
    assert client.box.market.working() == []
    await client.until(lambda: len(client.of(Canceled)) == 2)
    await client.venue.cancel_all("BTCUSDT")


async def test_p31_positions_are_told_where_there_are_any(client: Any) -> None:
    await client.venue.send(Place(client.order(side=Side.SELL)))
    holdings = await client.venue.holdings()
    if client.box.market.rules.kind is Kind.SPOT:
        assert list(holdings) == []
        return
    (short,) = holdings
    assert (short.symbol, short.size) == ("BTCUSDT", Decimal("-0.01"))
    assert short.entry == client.of(Filled)[0].fill.price
    assert short.margin > 0
    assert short.margin_mode is MarginMode.CROSS


async def test_p32_what_the_venue_can_not_do_is_refused_before_it_leaves(client: Any) -> None:
    capabilities = client.venue.capabilities
    long_id = replace(client.order(), client_order_id="x" * (capabilities.client_id_length + 1))
    await client.venue.send(Place(long_id))
    assert "shorten the prefix" in (await client.told(Rejected))[0].reason
    if not capabilities.reduce_only:
        await client.venue.send(Place(client.order(reduce_only=True)))
        assert "reduce-only" in (await client.told(Rejected, 2))[1].reason
    assert await client.box.get("requests") == {}


async def test_p33_leverage_is_set_or_refused_with_the_reason(client: Any) -> None:
    if not client.venue.capabilities.leverage:
        with pytest.raises(RefusedError, match="no leverage"):
            await client.venue.set_leverage("BTCUSDT", 5, MarginMode.CROSS)
        return
    for _ in range(2):
        await client.venue.set_leverage("BTCUSDT", 7, MarginMode.ISOLATED)
    await client.venue.send(Place(client.order()))
    (holding,) = await client.venue.holdings()
    assert (holding.leverage, holding.margin_mode) == (7, MarginMode.ISOLATED)
    with pytest.raises(RefusedError):
        await client.venue.set_leverage("BTCUSDT", 7, MarginMode.CROSS)


async def test_p34_a_dead_mans_switch_cancels_or_is_refused_with_the_reason(client: Any) -> None:
    if client.venue.capabilities.dead_man_s is None:
        with pytest.raises(RefusedError, match="can't cancel by itself"):
            await client.venue.arm_dead_man(["BTCUSDT"], 60.0)
        return
    order = client.order(OrderType.LIMIT, price=Decimal(50_000))
    await client.venue.send(Place(order))
    await client.venue.arm_dead_man(["BTCUSDT"], 60.0)
    await client.venue.arm_dead_man(["BTCUSDT"], 0.0)
    await client.venue.arm_dead_man(["BTCUSDT"], client.venue.capabilities.dead_man_s[0])
    await client.until(lambda: bool(client.of(Canceled, order.client_order_id)))


async def test_p35_the_keys_rights_and_the_budgets_are_told(client: Any) -> None:
    rights = await client.venue.key_rights()
    assert (rights.trade, rights.withdraw, rights.ip_bound) == (True, False, False)
    await client.venue.balances()
    weight = next(budget for budget in client.venue.budgets() if budget.name == "weight 60s")
    assert 0 < weight.used < weight.limit
    assert (weight.window_s, weight.blocked_until_ns) == (60.0, 0)


async def test_p36_a_price_between_ticks_never_leaves_as_another_price(client: Any) -> None:
    rules = client.box.market.rules
    order = client.order(OrderType.LIMIT, price=Decimal(50_000) + rules.tick / 2)
    await client.venue.send(Place(order))
    await client.told(Rejected)
    assert client.box.market.working() == []
