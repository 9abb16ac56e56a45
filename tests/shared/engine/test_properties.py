"""What holds for any run of the engine."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.engine.bench import Bench, bar, new_bench, new_engine, trade
from tradedeck.domain.bar import Bar
from tradedeck.domain.book import Quote
from tradedeck.domain.events import (
    CancelAll,
    CancelOrder,
    Event,
    Filled,
    Halt,
    PlaceOrder,
    Restarted,
    Resume,
    StartStrategy,
    StopStrategy,
    Unknown,
    WarmUp,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderState, OrderType, Side
from tradedeck.domain.position import position_of
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, Limits, replay

MOST_ORDER, MOST_POSITION, MOST_OPEN, MOST_A_MINUTE = Decimal(200), Decimal(500), 4, 9
prices = st.integers(10, 20).map(Decimal)
sizes = st.integers(1, 300).map(lambda n: Decimal(n) / 10)
ids = st.integers(1, 12).map(lambda n: f"td1-{n}")
seldom = st.sampled_from([False] * 9 + [True])
names = st.sampled_from(["s1", "s2"])


@st.composite
def wishes(draw: st.DrawFn) -> PlaceOrder:
    kind = draw(st.sampled_from([*OrderType, OrderType.MARKET, OrderType.LIMIT]))
    return PlaceOrder(
        draw(st.sampled_from(["BTCUSDT"] * 9 + ["NOPE"])),
        draw(st.sampled_from(Side)),
        kind,
        draw(sizes),
        0,
        price=draw(prices) if kind.has_price else None,
        stop_price=draw(prices) if kind.has_stop else None,
        post_only=draw(seldom),
        reduce_only=draw(seldom),
    )


@st.composite
def starts(draw: st.DrawFn) -> StartStrategy:
    history = (bar(0, "11"), bar(1, "12")) if draw(st.booleans()) else ()
    length_ns = draw(st.sampled_from([60, 180])) * 10**9
    every = draw(st.sampled_from(["1", "2", "oops"]))
    return StartStrategy(draw(names), "busy", "BTCUSDT", length_ns, 0, {"every": every}, history)


@st.composite
def warm_ups(draw: st.DrawFn) -> WarmUp:
    return WarmUp(draw(names), (bar(draw(st.integers(0, 5)), "12"),), 0)


def quote_at(price: Decimal) -> Quote:
    return Quote("BTCUSDT", price, ZERO, price, ZERO, 0)


def trade_at(price: Decimal) -> Trade:
    return trade(0, price)


def bar_at(price: Decimal) -> Bar:
    return bar(0, price)


others: st.SearchStrategy[Event] = st.one_of(
    wishes(),
    starts(),
    st.builds(StopStrategy, names, st.just(0)),
    st.builds(CancelOrder, ids, st.just(0)),
    st.builds(CancelAll, st.just(0), st.sampled_from(["", "BTCUSDT"])),
    st.builds(Halt, st.just(0), st.just("test")),
    st.builds(Resume, st.just(0)),
    st.builds(Restarted, st.just(0)),
    st.builds(Unknown, ids, st.just(0), st.just("no answer")),
    warm_ups(),
)
scripts = st.lists(
    st.one_of(
        prices.map(trade_at),
        prices.map(bar_at),
        prices.map(quote_at),
        others,
    ),
    max_size=40,
)


def timed(script: list[Event]) -> list[Event]:
    """The script with a second between events; bars get their own minutes."""
    made: list[Event] = [trade(0, "15")]
    for second, event in enumerate(script, 1):
        match event:
            case Bar():
                made.append(replace(event, open_ns=second * 60 * 10**9))
            case Trade():
                made.append(replace(event, trade_id=str(second), time_ns=second * 10**9))
            case Filled():
                raise AssertionError("the exchange makes the fills")
            case _:
                made.append(replace(event, time_ns=second * 10**9))
    return made


def state_of(engine: Engine) -> tuple[object, ...]:
    """Everything that can be seen of an engine, last prices apart."""
    runners = {name: (r.newest_open_ns, r.start, r.symbols, r.orders.working()) for name, r in engine.runners.items()}
    positions = {source: engine.portfolio.position("BTCUSDT", source) for source in (None, "manual", "s1", "s2")}
    return (engine.orders, engine.open_orders, engine.fills, positions, runners, engine.seq, engine.halted)


def ran(btc: Instrument, script: list[Event]) -> Bench:
    bench = new_bench(btc)
    for event in timed(script):
        bench.take(event)
    return bench


@settings(max_examples=120, deadline=None)
@given(scripts, st.lists(prices, min_size=1, max_size=8))
def test_replaying_the_kept_steps_gives_the_same_engine_that_acts_the_same(
    btc: Instrument, script: list[Event], later: list[Decimal]
) -> None:
    bench = ran(btc, script)
    kept = [step for step in bench.steps if step.durable]
    assert [step.seq for step in kept] == list(range(1, len(kept) + 1))
    again = new_engine(btc)
    replay(again, ((step.before, step.event) for step in kept))
    assert state_of(again) == state_of(bench.engine)
    for number, price in enumerate(later, 1000):
        for event in (trade(number, price), bar(number, price), timed([])[0]):
            first, second = bench.engine.step(event), again.step(event)
            assert (first.orders, first.commands, first.notes) == (second.orders, second.commands, second.notes)
    assert state_of(again) == state_of(bench.engine)


FRESH: dict[str, Any] = {
    "state": OrderState.SUBMITTED, "filled": ZERO, "filled_quote": ZERO, "venue_order_id": "", "reason": "",
}  # fmt: skip


def essence(orders: dict[str, Order]) -> dict[str, tuple[object, ...]]:
    return {name: (o.state, o.filled, o.filled_quote, o.venue_order_id, o.reason) for name, o in orders.items()}


@settings(max_examples=120, deadline=None)
@given(st.lists(wishes() | prices.map(trade_at), max_size=30), st.randoms(use_true_random=False))
def test_reports_twice_and_in_any_order_lead_to_the_same_books(
    btc: Instrument, script: list[Event], chance: random.Random
) -> None:
    bench = ran(btc, script)
    mixed = [*bench.reports, *bench.reports]
    chance.shuffle(mixed)
    again = new_engine(btc)
    # The same orders on their way; what the gate refused never left.
    left = [order for order in bench.engine.orders.values() if order.state is not OrderState.REFUSED]
    again.orders = {order.client_order_id: replace(order, **FRESH) for order in left}
    for report in mixed:
        again.step(report)
    assert essence(again.orders) == essence({order.client_order_id: order for order in left})
    assert set(again.fills) == set(bench.engine.fills)
    assert len(again.fills) == len(bench.engine.fills)
    assert again.position("BTCUSDT") == bench.engine.position("BTCUSDT")


@settings(max_examples=150, deadline=None)
@given(scripts)
def test_positions_are_the_sum_of_the_fills_for_the_account_and_each_source(
    btc: Instrument, script: list[Event]
) -> None:
    engine = ran(btc, script).engine
    assert engine.position("BTCUSDT") == position_of("BTCUSDT", engine.fills, base="BTC", quote="USDT")
    for source in ("manual", "s1", "s2"):
        own = [fill for fill in engine.fills if engine.orders[fill.client_order_id].source == source]
        assert engine.portfolio.position("BTCUSDT", source) == position_of("BTCUSDT", own, base="BTC", quote="USDT")
    assert {n for n, o in engine.orders.items() if o.is_open} == set(engine.open_orders)
    for order in engine.orders.values():
        own_size = sum((f.size for f in engine.fills if f.client_order_id == order.client_order_id), ZERO)
        assert order.filled == own_size


@settings(max_examples=150, deadline=None)
@given(st.lists(wishes() | prices.map(trade_at), max_size=40))
def test_no_wish_that_passes_takes_the_account_beyond_its_limits(btc: Instrument, script: list[Event]) -> None:
    limits = Limits(
        max_order_notional=MOST_ORDER, max_position_notional=MOST_POSITION, max_open_orders=MOST_OPEN,
        max_orders_per_minute=MOST_A_MINUTE,
    )  # fmt: skip
    bench = new_bench(btc, limits)
    sent: dict[str, list[int]] = {}
    for event in timed(script):
        bench.take(event)
        for step in bench.steps:
            for command in step.commands:
                check_sent(bench, command.order, sent)
        bench.steps.clear()


def check_sent(bench: Bench, order: Order, sent: dict[str, list[int]]) -> None:
    if order.cancel_requested:
        return
    engine = bench.engine
    times = sent.setdefault(order.source, [])
    times.append(order.created_ns)
    last = engine.last_price(order.symbol)
    assert last is not None
    if order.reduce_only:
        return
    assert sum(1 for t in times if t > order.created_ns - 60 * 10**9) <= MOST_A_MINUTE
    assert order.size * (order.price or order.stop_price or last) <= MOST_ORDER
    assert len([o for o in engine.open_orders.values() if not o.reduce_only]) <= MOST_OPEN
    waiting = sum((o.remaining for o in engine.open_orders.values() if o.side is order.side), ZERO)
    worst = (engine.position(order.symbol).size + waiting * order.side.sign) * order.side.sign
    assert worst * last <= MOST_POSITION
