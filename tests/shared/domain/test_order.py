"""One order, one state machine: news in any order, any number of times, ends the same."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.errors import CorruptError
from tradedeck.domain.order import TRANSITIONS, Order, OrderState, OrderType, Side, TimeInForce


def order(size: str = "1") -> Order:
    return Order(
        client_order_id="td1-1",
        symbol="BTCUSDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        size=Decimal(size),
        price=Decimal(100),
        stop_price=None,
        time_in_force=TimeInForce.GTC,
        post_only=False,
        reduce_only=False,
        source="manual",
        created_ns=1,
        updated_ns=1,
    )


REPORTED = [
    OrderState.ACCEPTED,
    OrderState.CANCELED,
    OrderState.EXPIRED,
    OrderState.REJECTED,
    OrderState.UNKNOWN,
]
news = st.lists(st.sampled_from([*REPORTED, *(Decimal(part) for part in ("0.2", "0.3", "0.5"))]), max_size=12)


def take(now: Order, item: OrderState | Decimal, seen: set[Decimal]) -> Order:
    """As the engine does: each fill once, states as they come."""
    if isinstance(item, OrderState):
        return now.moved(item, 5, venue_order_id="7" if item is OrderState.ACCEPTED else "")
    if item in seen:
        return now
    seen.add(item)
    return now.with_fill(Decimal(100), item, 5, venue_order_id="7")


@given(news)
def test_only_listed_transitions_happen_and_ends_hold(items: list[OrderState | Decimal]) -> None:
    now, seen = order(), set[Decimal]()
    for item in items:
        after = take(now, item, seen)
        assert after.state is now.state or after.state in TRANSITIONS[now.state]
        assert after.revision == now.revision + (after is not now)
        assert after.filled >= now.filled
        if now.state is OrderState.FILLED:
            assert after.state is OrderState.FILLED
        now = after
    assert now.filled == sum(seen, Decimal(0))
    assert now.filled_quote == now.filled * 100
    assert now.remaining == now.size - now.filled


@given(news, st.randoms(use_true_random=False))
def test_the_order_of_the_news_does_not_change_what_was_filled(
    items: list[OrderState | Decimal], chance: random.Random
) -> None:
    shuffled = [*items, *items]
    chance.shuffle(shuffled)
    ends: list[Order] = []
    for way in (items, shuffled):
        now, seen = order(), set[Decimal]()
        for item in way:
            now = take(now, item, seen)
        ends.append(now)
    assert ends[0].filled == ends[1].filled
    assert (ends[0].state is OrderState.FILLED) == (ends[1].state is OrderState.FILLED)


def test_a_venue_that_turns_out_to_have_a_rejected_order_is_believed() -> None:
    given_up = order().moved(OrderState.UNKNOWN, 2).moved(OrderState.REJECTED, 3, reason="never arrived")
    assert not given_up.is_open
    back = given_up.moved(OrderState.ACCEPTED, 4, venue_order_id="9")
    assert back.is_open
    assert back.venue_order_id == "9"
    assert back.moved(OrderState.REJECTED, 5) is back


def test_a_late_acceptance_of_a_filled_part_stays_partial() -> None:
    part = order().with_fill(Decimal(100), Decimal("0.4"), 3)
    assert part.moved(OrderState.ACCEPTED, 4, venue_order_id="3").state is OrderState.PARTIALLY_FILLED
    assert part.moved(OrderState.ACCEPTED, 4, venue_order_id="3").venue_order_id == "3"


@pytest.mark.parametrize("end", [OrderState.CANCELED, OrderState.EXPIRED])
def test_a_fill_after_the_end_counts_without_reopening(end: OrderState) -> None:
    late = order().moved(OrderState.ACCEPTED, 2).moved(end, 3).with_fill(Decimal(90), Decimal("0.4"), 4)
    assert late.state is end
    assert late.filled == Decimal("0.4")
    assert late.with_fill(Decimal(90), Decimal("0.6"), 5).state is OrderState.FILLED


def test_more_than_was_ordered_is_corrupt() -> None:
    with pytest.raises(CorruptError, match="filled of 1"):
        order().with_fill(Decimal(100), Decimal("1.1"), 2)


def test_the_average_price_weighs_by_size() -> None:
    assert order().average_price is None
    filled = order().with_fill(Decimal(100), Decimal("0.25"), 2).with_fill(Decimal(104), Decimal("0.75"), 3)
    assert filled.average_price == Decimal(103)


def test_sides_and_types_know_what_they_need() -> None:
    assert (Side.BUY.sign, Side.SELL.sign, Side.BUY.opposite, Side.SELL.opposite) == (1, -1, Side.SELL, Side.BUY)
    assert [t for t in OrderType if t.has_price] == [OrderType.LIMIT, OrderType.STOP_LIMIT]
    assert [t for t in OrderType if t.has_stop] == [OrderType.STOP, OrderType.STOP_LIMIT]
