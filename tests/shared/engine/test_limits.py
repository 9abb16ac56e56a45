"""The gate says which limit, and only when it is one."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.shared.engine.bench import Bench, new_bench, trade
from tradedeck.domain.events import Note, PlaceOrder
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.engine import Limits

TIGHT = Limits(
    max_order_notional=Decimal(1000), max_position_notional=Decimal(2000), max_open_orders=3, max_orders_per_minute=5
)


def wish(size: str, price: str | None = None, side: Side = Side.BUY, second: int = 1) -> PlaceOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    amount = None if price is None else Decimal(price)
    return PlaceOrder("BTCUSDT", side, kind, Decimal(size), second * 10**9, price=amount)


@pytest.fixture
def bench(btc: Instrument) -> Bench:
    made = new_bench(btc, TIGHT)
    made.take(trade(1, "100"))
    return made


def refusal(bench: Bench, asked: PlaceOrder) -> str:
    """Why `asked` was refused; empty when it went out."""
    step = bench.take(asked)
    if step.commands:
        assert step.orders[0].state is OrderState.SUBMITTED
        return ""
    assert step.orders[0].state is OrderState.REFUSED
    (note,) = step.notes
    assert note == Note(asked.time_ns, f"order refused: {step.orders[0].reason}", "warn", asked.source, code=note.code)
    assert note.code
    return step.orders[0].reason


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (replace(wish("1"), symbol="NOPE"), "NOPE is not traded here"),
        (wish("0.000001"), "between"),
        (wish("-1"), "between"),
        (wish("1", "99.999"), "steps of"),
        (wish("0.01", "99"), "below the minimum"),
        (wish("1", "111"), "more than 10 % beyond"),
        (wish("1", "89", Side.SELL), "more than 10 % beyond"),
        (wish("10.01"), "over the limit of 1000"),
        (replace(wish("1"), type=OrderType.LIMIT), "limit order on BTCUSDT takes a price"),
        (replace(wish("1", "99"), type=OrderType.MARKET), "takes no price"),
        (replace(wish("1", "99"), type=OrderType.STOP_LIMIT), "stop-limit order on BTCUSDT takes a price and a stop"),
        (replace(wish("1"), post_only=True), "post-only needs a limit"),
        (replace(wish("1"), reduce_only=True), "reduce-only: the position is 0"),
    ],
)
def test_a_wish_beyond_a_rule_is_refused_in_words(bench: Bench, asked: PlaceOrder, words: str) -> None:
    assert words in refusal(bench, asked)


def test_without_a_price_nothing_goes_out(btc: Instrument) -> None:
    assert "no price for BTCUSDT yet" in refusal(new_bench(btc), wish("1", "99"))


def test_a_passive_price_far_away_is_harmless(bench: Bench) -> None:
    assert refusal(bench, wish("1", "10")) == ""


def test_orders_in_flight_count_towards_the_position(bench: Bench) -> None:
    assert refusal(bench, wish("10", "99")) == ""
    assert refusal(bench, wish("10", "99")) == ""
    assert "could pass 2000" in refusal(bench, wish("0.1"))
    assert refusal(bench, wish("9", "101", Side.SELL)) == ""


def test_a_cheap_bid_is_valued_at_the_market(bench: Bench) -> None:
    assert refusal(bench, wish("20", "50")) == ""
    assert "could pass 2000" in refusal(bench, wish("1", "50"))


def test_an_order_that_shrinks_a_position_grown_too_large_passes(bench: Bench) -> None:
    assert refusal(bench, wish("9")) == ""
    assert refusal(bench, wish("9")) == ""
    bench.take(trade(2, "150"))
    assert "could pass" in refusal(bench, wish("1"))
    assert refusal(bench, wish("2", side=Side.SELL)) == ""


def test_only_so_many_orders_are_open_at_once(bench: Bench) -> None:
    for _ in range(3):
        assert refusal(bench, wish("1", "90")) == ""
    assert "3 orders are open already" in refusal(bench, wish("1", "90"))


def test_only_so_many_orders_leave_within_a_minute(bench: Bench) -> None:
    for _ in range(5):
        assert refusal(bench, wish("0.1")) == ""
    assert "must slow down" in refusal(bench, wish("0.1", second=60))
    assert refusal(bench, wish("0.1", second=61)) == ""
    assert refusal(bench, replace(wish("0.1", second=61), source="s1")) == ""


def test_reduce_only_never_turns_a_position_round(bench: Bench) -> None:
    assert refusal(bench, wish("2")) == ""
    first = replace(wish("1.5", "101", Side.SELL), reduce_only=True)
    assert refusal(bench, first) == ""
    assert "1.5 is already on its way" in refusal(bench, replace(first, size=Decimal(1)))
    assert refusal(bench, replace(first, size=Decimal("0.5"))) == ""
    assert "reduce-only" in refusal(bench, replace(wish("1"), reduce_only=True))


def test_what_protects_a_position_keeps_only_the_venues_rules(bench: Bench) -> None:
    assert refusal(bench, wish("9")) == ""
    assert refusal(bench, wish("9")) == ""
    exits = [replace(wish("18", price, Side.SELL), protects=True) for price in ("200", "300")] * 4
    assert [refusal(bench, asked) for asked in exits] == [""] * 8
    assert "below the minimum" in refusal(bench, replace(wish("0.01", "99", Side.SELL), protects=True))
    assert "below the minimum" in refusal(bench, replace(wish("0.01", side=Side.SELL), protects=True))


def test_what_claims_to_protect_more_than_is_held_is_an_order_like_any_other(btc: Instrument, bench: Bench) -> None:
    assert refusal(bench, wish("9")) == ""
    assert "over the limit of 1000 an order" in refusal(bench, replace(wish("18", side=Side.SELL), protects=True))
    assert "more than 10 % beyond" in refusal(bench, replace(wish("1", "120"), protects=True))
    assert "no price" in refusal(new_bench(btc, TIGHT), replace(wish("1"), protects=True))
