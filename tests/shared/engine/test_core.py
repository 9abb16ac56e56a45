"""What the engine does with single events."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.shared.engine.bench import Bench, Busy, bar, new_bench, new_engine, trade
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.book import Book, Quote
from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.domain.events import (
    Accepted,
    Cancel,
    CancelAll,
    Canceled,
    CancelOrder,
    CancelRejected,
    Expired,
    Filled,
    Halt,
    Note,
    PlaceOrder,
    Rejected,
    Restarted,
    Resume,
    StartStrategy,
    StopStrategy,
    Unknown,
)
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.engine import Engine, strategy_parameters
from tradedeck.strategies import BUNDLED

BUY = PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 5, price=Decimal(90))
START = StartStrategy("s1", "busy", "BTCUSDT", MINUTE_NS, 5)


@pytest.fixture
def engine(btc: Instrument) -> Engine:
    made = new_engine(btc)
    made.step(trade(0, "100"))
    return made


@pytest.fixture
def bench(btc: Instrument) -> Bench:
    made = new_bench(btc)
    made.take(trade(0, "100"))
    return made


def fill(number: str, size: str = "1", name: str = "td1-1", fee: str = "0", asset: str = "USDT") -> Filled:
    made = Fill("BTCUSDT", number, name, Side.BUY, Decimal(90), Decimal(size), Decimal(fee), asset, True, 9)
    return Filled(made, "77")


def test_ids_count_up_under_their_prefix_whether_refused_or_not(engine: Engine) -> None:
    asked = [BUY, replace(BUY, size=Decimal(0)), BUY]
    assert [engine.step(wish).orders[0].client_order_id for wish in asked] == ["td1-1", "td1-2", "td1-3"]


def test_market_news_that_changes_nothing_is_not_durable_but_stays_with_the_next_step(engine: Engine) -> None:
    newer = trade(1, "101")
    assert not engine.step(newer).durable
    assert not engine.step(Quote("BTCUSDT", Decimal(1), Decimal(1), Decimal(2), Decimal(1), 3)).durable
    assert not engine.step(Book("BTCUSDT", (), (), 4)).durable
    assert engine.seq == 0
    step = engine.step(BUY)
    assert (step.seq, step.before) == (1, (newer,))
    assert engine.step(Resume(6)).before == ()


def test_news_of_an_order_placed_elsewhere_is_noted_once_and_left_alone(engine: Engine) -> None:
    first, second = (engine.step(Accepted("web-1", "5", 7)) for _ in range(2))
    assert "EXTERNAL order web-1" in first.notes[0].text
    assert not second.notes
    assert not first.durable
    assert engine.orders == {}


def test_stale_news_is_not_kept(engine: Engine) -> None:
    engine.step(BUY)
    assert engine.step(Accepted("td1-1", "77", 7)).durable
    for again in (Accepted("td1-1", "77", 7), Unknown("td1-1", 8, "late")):
        assert not engine.step(again).durable
    assert engine.step(fill("1")).durable
    assert not engine.step(fill("1")).durable
    assert not engine.step(Canceled("td1-1", 9)).durable


@pytest.mark.parametrize("end", [Canceled("td1-1", 8, "asked"), Expired("td1-1", 8, "ioc")])
def test_an_ended_order_leaves_the_open_ones_and_a_late_fill_is_told(engine: Engine, end: Canceled | Expired) -> None:
    engine.step(BUY)
    engine.step(end)
    assert engine.open_orders == {}
    late = engine.step(fill("1", "0.5"))
    assert "filled after it was" in late.notes[0].text
    assert engine.position("BTCUSDT").size == Decimal("0.5")


def test_refusals_by_the_venue_and_missing_answers_are_told(engine: Engine) -> None:
    engine.step(BUY)
    engine.step(BUY)
    assert "td1-1 rejected: too poor" in engine.step(Rejected("td1-1", 7, "too poor")).notes[0].text
    assert "td1-2 fate unknown: timeout" in engine.step(Unknown("td1-2", 7, "timeout")).notes[0].text
    assert engine.orders["td1-2"].is_open
    assert engine.step(Unknown("td1-2", 7, "timeout")).orders == ()


def test_more_filled_than_ordered_stops_everything(engine: Engine) -> None:
    engine.step(BUY)
    with pytest.raises(CorruptError):
        engine.step(fill("1", "2"))


def test_a_fee_in_a_third_asset_is_listed_and_not_guessed(engine: Engine) -> None:
    engine.step(BUY)
    step = engine.step(fill("1", fee="0.01", asset="BNB"))
    assert engine.portfolio.foreign_fees == list(step.fills)
    assert engine.position("BTCUSDT").fees == 0


def test_open_profit_follows_the_last_price(engine: Engine) -> None:
    engine.step(BUY)
    engine.step(fill("1"))
    engine.step(trade(2, "95"))
    assert engine.portfolio.unrealised("BTCUSDT") == 5
    engine.step(bar(1, "94"))
    assert engine.portfolio.unrealised("BTCUSDT") == 4
    assert engine.portfolio.unrealised("ETHUSDT") == 0


def test_a_cancel_is_asked_for_and_may_be_refused(engine: Engine) -> None:
    engine.step(BUY)
    step = engine.step(CancelOrder("td1-1", 6))
    assert [type(command) for command in step.commands] == [Cancel]
    assert step.orders[0].cancel_requested
    back = engine.step(CancelRejected("td1-1", 7, "too late"))
    assert not back.orders[0].cancel_requested
    assert "not canceled: too late" in back.notes[0].text
    assert engine.step(CancelRejected("td1-1", 7, "too late")).orders == ()
    for absent in ("td1-9", "x"):
        assert "nothing to cancel" in engine.step(CancelOrder(absent, 8)).notes[0].text


def test_everything_can_be_canceled_at_once_or_by_symbol_and_source(bench: Bench) -> None:
    for source in ("manual", "manual", "s9"):
        bench.take(replace(BUY, source=source))
    assert len(bench.take(CancelAll(6, symbol="ETHUSDT")).commands) == 0
    assert len(bench.take(CancelAll(6, source="s9")).commands) == 1
    assert len(bench.take(CancelAll(6)).commands) == 2
    assert bench.engine.open_orders == {}


def test_a_halt_stops_strategies_cancels_orders_and_lets_only_reductions_through(bench: Bench) -> None:
    bench.take(replace(BUY, type=OrderType.MARKET, price=None))
    bench.take(BUY)
    bench.take(START)
    step = bench.take(Halt(6, "too hot"))
    assert len(step.commands) == 1
    assert bench.engine.runners == {}
    assert bench.engine.halted == "too hot"
    assert "trading is halted (too hot)" in bench.take(BUY).orders[0].reason
    assert "trading is halted" in bench.take(START).notes[0].text
    out = PlaceOrder("BTCUSDT", Side.SELL, OrderType.MARKET, Decimal(1), 7, reduce_only=True)
    assert bench.take(out).commands
    bench.take(Resume(8))
    assert bench.take(BUY).commands


def test_after_a_restart_what_was_on_its_way_has_an_unknown_fate(engine: Engine) -> None:
    engine.step(BUY)
    engine.step(BUY)
    engine.step(Accepted("td1-2", "5", 6))
    step = engine.step(Restarted(9))
    assert [(o.client_order_id, o.state) for o in step.orders] == [("td1-1", OrderState.UNKNOWN)]
    assert step.commands == ()


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (replace(START, name="nope"), "no strategy nope"),
        (replace(START, symbol="NOPE"), "NOPE is not traded"),
        (replace(START, params={"every": "1.5"}), "whole number from 1 to 100"),
        (replace(START, params={"every": "101"}), "whole number from 1 to 100"),
        (replace(START, params={"every": "NaN"}), "not a finite number"),
        (replace(START, params={"size": "9"}), "from 0.1 to 5, not 9"),
        (replace(START, params={"sise": "1"}), "no parameter sise; there are: every, size"),
    ],
)
def test_a_wrong_start_is_refused_in_words_and_nothing_runs(engine: Engine, start: StartStrategy, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        engine.check_start(start)
    assert "not started" in engine.step(start).notes[0].text
    assert engine.runners == {}


def test_a_strategy_runs_once_under_its_id_and_stops_with_its_orders(bench: Bench) -> None:
    bench.take(START)
    assert "runs already" in bench.take(START).notes[0].text
    bench.take(replace(BUY, source="s1"))
    step = bench.take(StopStrategy("s1", 9))
    assert len(step.commands) == 1
    assert "does not run" in bench.take(StopStrategy("s1", 9)).notes[0].text
    assert list(bench.engine.started) == ["s1"]


def test_a_strategy_that_fails_is_stopped_and_the_account_goes_on(bench: Bench) -> None:
    bench.take(replace(START, params={"every": "1"}, history=(bar(1, "100"), bar(2, "100"))))
    bench.take(trade(1, "100"))
    broken = bench.take(trade(2, "13"))
    assert "busy stopped by its own error: ValueError: unlucky" in broken.notes[0].text
    assert bench.engine.runners == {}
    assert bench.take(replace(BUY, price=Decimal(10))).commands


def test_declared_parameters_can_be_listed_without_running_anything() -> None:
    assert [(p.name, p.kind, p.default, p.low, p.high) for p in strategy_parameters(Busy)] == [
        ("every", "integer", "3", "1", "100"),
        ("size", "number", "0.5", "0.1", "5"),
    ]
    assert all(strategy_parameters(kind) for kind in BUNDLED.values())


def test_two_own_orders_that_trade_with_each_other_are_both_filled(engine: Engine) -> None:
    engine.step(BUY)
    engine.step(replace(BUY, side=Side.SELL, price=Decimal(110)))
    engine.step(fill("1"))
    sold = replace(fill("1", name="td1-2").fill, side=Side.SELL)
    assert engine.step(Filled(sold, "78")).fills == (sold,)
    assert not engine.open_orders
    assert engine.position("BTCUSDT").size == 0


def test_an_order_that_left_under_earlier_rules_is_open_again_after_the_replay(btc: Instrument) -> None:
    events = (trade(0, "100"), replace(BUY, price=Decimal("90.01")), Accepted("td1-1", "77", 6))
    stricter = new_engine(replace(btc, tick=Decimal(1)))
    for event in events:
        stricter.step(event)
    assert stricter.open_orders["td1-1"].state is OrderState.ACCEPTED
    assert stricter.step(CancelOrder("td1-1", 7)).commands


def test_what_is_no_event_is_a_mistake_of_the_program(engine: Engine) -> None:
    with pytest.raises(AssertionError, match="knows no Note"):
        engine.step(Note(1, "no event"))  # pyright: ignore[reportArgumentType]
