"""Facts say exactly what the domain says."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Resume, Step
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.wire.codec import Origin, facts_of, fill_fact, fill_of, mark_fact, order_fact, order_of
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact, FillFact, OrderFact

ORIGIN = Origin("binance", "main", "live")
amounts = st.decimals("0", "1000000000", places=9)
times = st.integers(0, 2**62)
words = st.text(max_size=20)
orders = st.builds(
    Order,
    client_order_id=words, symbol=st.just("BTCUSDT"), side=st.sampled_from(Side), type=st.sampled_from(OrderType),
    size=amounts, price=st.none() | amounts, stop_price=st.none() | amounts,
    time_in_force=st.sampled_from(TimeInForce), post_only=st.booleans(), reduce_only=st.booleans(), source=words,
    created_ns=times, updated_ns=times, state=st.sampled_from(OrderState), filled=amounts, venue_order_id=words,
    reason=words, revision=st.integers(1, 2**31 - 1),
)  # fmt: skip
fills = st.builds(
    Fill,
    symbol=st.just("BTCUSDT"), trade_id=words, client_order_id=words, side=st.sampled_from(Side), price=amounts,
    size=amounts, fee=amounts, fee_asset=words, maker=st.booleans(), time_ns=times,
)  # fmt: skip


@given(orders)
def test_an_order_comes_back_from_its_bytes(order: Order) -> None:
    there = OrderFact.FromString(order_fact(order, ORIGIN).SerializeToString())
    assert order_of(there) == order
    assert (there.venue, there.account, there.mode) == ("binance", "main", "live")


@given(orders)
def test_a_page_long_reason_is_cut(order: Order) -> None:
    assert order_fact(replace(order, reason="x" * 100_000), ORIGIN).ByteSize() < 2_000


@given(fill=fills)
def test_a_fill_comes_back_from_its_bytes(btc: Instrument, fill: Fill) -> None:
    there = FillFact.FromString(fill_fact(fill, ORIGIN, btc).SerializeToString())
    assert fill_of(there) == fill
    assert (there.base, there.quote) == ("BTC", "USDT")


@given(order=orders, fill=fills)
def test_a_step_tells_its_orders_before_its_fills(btc: Instrument, order: Order, fill: Fill) -> None:
    step = Step(1, Resume(5), orders=(order,), fills=(fill,))
    facts = [DeviceFact.FromString(body) for body in facts_of(step, ORIGIN, {"BTCUSDT": btc})]
    assert [fact.WhichOneof("kind") for fact in facts] == ["order", "fill"]
    assert (order_of(facts[0].order), fill_of(facts[1].fill)) == (order, fill)
    assert [fact.time_ns for fact in facts] == [5, 5]


@given(amounts, times)
def test_a_mark_is_a_fact_too(price: Decimal, time_ns: int) -> None:
    mark = DeviceFact.FromString(mark_fact("binance", "BTCUSDT", price, time_ns)).mark
    assert (Decimal(mark.price), mark.time_ns, mark.symbol, mark.venue) == (price, time_ns, "BTCUSDT", "binance")


@pytest.mark.parametrize("amount", ["NaN", "inf", "", "1e9999999", "1,5"])
def test_amounts_that_are_none_are_refused_at_the_door(btc: Instrument, amount: str) -> None:
    fact = FillFact(side="buy", price=amount, size="1", fee="0")
    with pytest.raises(RefusedError):
        fill_of(fact)
    with pytest.raises(RefusedError):
        order_of(OrderFact(side="buy", type="limit", time_in_force="gtc", state="accepted", size=amount, filled="0"))


def test_words_that_are_not_ours_are_no_values() -> None:
    good = OrderFact(side="buy", type="limit", time_in_force="gtc", state="accepted", size="1", filled="0")
    assert order_of(good).price is None
    assert replace(order_of(good), reason="x").reason == "x"
    for field in ("side", "type", "time_in_force", "state"):
        bad = OrderFact()
        bad.CopyFrom(good)
        setattr(bad, field, "sideways")
        with pytest.raises(ValueError, match="sideways"):
            order_of(bad)
