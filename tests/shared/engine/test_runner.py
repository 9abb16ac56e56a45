"""A strategy sees its own timeframe, its own orders, and nothing it should not."""

import re
from dataclasses import replace
from decimal import Decimal
from math import isnan
from typing import Any

import pytest

from tests.shared.engine.bench import Bench, bar, new_bench, trade
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.events import PlaceOrder, StartStrategy, WarmUp
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.engine import Engine
from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy, TradeView


class Watcher(Strategy):
    """Writes down what it sees and does what it is told."""

    def setup(self, setup: Setup) -> None:
        self.lines = [setup.sma(1), setup.ema(1)]
        self.bars: list[BarView] = []
        self.fills: list[FillView] = []
        self.held: list[float] = []
        self.todo: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.answers: list[Any] = []

    def on_bar(self, bar: BarView) -> None:
        self.bars.append(bar)

    def on_trade(self, trade: TradeView) -> None:
        todo, self.todo = self.todo, []
        for name, args, options in todo:
            self.answers.append(getattr(self, name)(*args, **options))

    def leave_a_note(self) -> None:
        self.note(f"at {self.desk.now_ns}")

    def on_fill(self, fill: FillView) -> None:
        self.fills.append(fill)
        self.held.append(self.position)


LAST: list[Watcher] = []


class Kept(Watcher):
    """A watcher that the test can reach."""

    def __init__(self) -> None:
        LAST[:] = [self]


WARM = (bar(0, "100"), bar(1, "100"))


@pytest.fixture
def bench(btc: Instrument) -> Bench:
    made = new_bench(btc)
    made.engine = Engine([btc], id_prefix="td1", strategies={"kept": Kept})
    made.take(trade(0, "100"))
    return made


def started(bench: Bench, **terms: Any) -> Watcher:
    start = StartStrategy("s1", "kept", "BTCUSDT", MINUTE_NS, 5)
    bench.take(replace(start, **terms))
    assert "s1" in bench.engine.runners
    return LAST[0]


def asked(bench: Bench, watcher: Watcher, name: str, *args: Any, **options: Any) -> list[Order]:
    watcher.todo.append((name, args, options))
    number = bench.engine.now_ns // 10**9 + 1
    step = bench.take(trade(number, "100"))
    return [order for order in step.orders if order.source == "s1"]


def test_longer_bars_are_put_together_from_shorter_ones(bench: Bench) -> None:
    watcher = started(bench, timeframe_ns=3 * MINUTE_NS)
    for minute, close in enumerate(["10", "14", "12", "11"]):
        bench.take(bar(minute, close))
    (own,) = watcher.bars
    assert (own.open, own.high, own.low, own.close, own.volume) == (10, 14, 10, 12, 3)
    assert (own.open_ns, own.time_ns) == (0, 3 * MINUTE_NS)


def test_a_longer_bar_with_a_missing_end_comes_when_the_next_begins(bench: Bench) -> None:
    watcher = started(bench, timeframe_ns=3 * MINUTE_NS)
    for minute in (0, 1, 4):
        bench.take(bar(minute, "10"))
    assert [(b.open_ns, b.volume) for b in watcher.bars] == [(0, 2)]


def test_bars_that_can_not_make_the_timeframe_are_left_out(bench: Bench) -> None:
    watcher = started(bench)
    bench.take(bar(1, "10", length_ns=5 * MINUTE_NS))
    assert watcher.bars == []


def test_a_bar_is_shown_once_and_never_an_older_one(bench: Bench) -> None:
    watcher = started(bench)
    for minute in (1, 2, 2, 1, 3):
        bench.take(bar(minute, "10"))
    assert [b.open_ns // MINUTE_NS for b in watcher.bars] == [1, 2, 3]


def test_history_warms_lines_without_waking(bench: Bench) -> None:
    watcher = started(bench, history=(bar(1, "10"), bar(2, "12")))
    assert watcher.bars == []
    assert [line.value for line in watcher.lines] == [12.0, 12.0]
    bench.take(WarmUp("s1", (bar(2, "12"), replace(bar(3, "9"), symbol="ETHUSDT"), bar(3, "11")), 9))
    assert (watcher.lines[0].value, watcher.lines[0].previous) == (11.0, 12.0)
    bench.take(WarmUp("gone", (bar(9, "11"),), 9))
    bench.take(bar(3, "11"))
    assert watcher.bars == []


def test_nothing_is_shown_before_every_line_has_a_value(bench: Bench) -> None:
    watcher = started(bench)
    assert asked(bench, watcher, "buy", 1.0) == []
    bench.take(bar(1, "100"))
    assert len(watcher.bars) == 1
    assert [order.size for order in asked(bench, watcher, "target", 1.0)] == [1]


def test_orders_take_the_shape_of_their_options_and_round_to_the_venues_steps(bench: Bench) -> None:
    watcher = started(bench, history=WARM)
    shapes: list[tuple[dict[str, Any], OrderType, str | None, str | None]] = [
        ({}, OrderType.MARKET, None, None),
        ({"price": 99.999}, OrderType.LIMIT, "99.99", None),
        ({"stop": 104.001}, OrderType.STOP, None, "104.01"),
        ({"price": 105, "stop": 104}, OrderType.STOP_LIMIT, "105", "104"),
    ]
    for options, kind, price, stop in shapes:
        (order,) = asked(bench, watcher, "buy", 0.123456, **options)
        assert (order.type, order.size, order.side) == (kind, Decimal("0.12345"), Side.BUY)
        assert (order.price, order.stop_price) == (price and Decimal(price), stop and Decimal(stop))
    (order,) = asked(bench, watcher, "sell", 0.1, price=100.001, tif="ioc", post_only=True, reduce_only=True)
    assert (order.price, order.time_in_force) == (Decimal("100.01"), TimeInForce.IOC)
    assert (order.post_only, order.reduce_only) == (True, True)
    assert watcher.answers == [1, 2, 3, 4, 5]
    assert (watcher.fills[0].order, watcher.fills[0].side, watcher.fills[0].size) == (1, 1, 0.12345)


def test_targets_and_closing_trade_only_the_strategys_own_size(bench: Bench) -> None:
    watcher = started(bench, history=WARM)
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(9), 6))
    assert watcher.position == 0
    assert [o.size for o in asked(bench, watcher, "target", 2.0)] == [2]
    assert watcher.position == 2
    assert asked(bench, watcher, "target", 2.000009) == []
    assert [(o.side, o.size) for o in asked(bench, watcher, "target", -1.0)] == [(Side.SELL, 3)]
    assert [(o.side, o.size) for o in asked(bench, watcher, "close")] == [(Side.BUY, 1)]
    assert asked(bench, watcher, "close") == []
    assert bench.engine.position("BTCUSDT").size == 9
    assert [f.size for f in watcher.fills] == [2, 3, 1]
    assert watcher.held == [2, -1, 0]
    assert watcher.answers == [1, 0, 2, 3, 0]


def test_a_weight_is_a_part_of_the_equity_at_the_newest_close(bench: Bench) -> None:
    watcher = started(bench, history=WARM, capital=Decimal(5000))
    assert [o.size for o in asked(bench, watcher, "target_weight", 0.5)] == [25]
    (order,) = bench.engine.orders.values()
    paid = order.filled_quote * Decimal("0.001")
    assert watcher.desk.equity == pytest.approx(float(5000 - paid + 25 * 100 - order.filled_quote))
    bench.take(bar(2, "110"))
    assert watcher.desk.equity == pytest.approx(float(5000 - paid + 25 * 110 - order.filled_quote))
    assert watcher.desk.last_close(None) == 110


def test_before_the_first_close_the_newest_trade_counts(btc: Instrument) -> None:
    class Asks(Strategy):
        def on_trade(self, trade: TradeView) -> None:
            self.note(f"{self.desk.symbol} {self.desk.last_close(None)} {self.desk.equity}")

    engine = Engine([btc], id_prefix="td1", strategies={"asks": Asks})
    engine.step(StartStrategy("s1", "asks", "BTCUSDT", MINUTE_NS, 5))
    assert isnan(engine.runners["s1"].desk.last_close(None))
    assert engine.step(trade(1, "100")).notes[0].text == "BTCUSDT 100.0 10000.0"


def test_canceling_all_leaves_other_peoples_orders(bench: Bench) -> None:
    watcher = started(bench, history=WARM)
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 6, price=Decimal(90)))
    (own,) = asked(bench, watcher, "buy", 1.0, price=90)
    assert watcher.desk.working == (1,)
    asked(bench, watcher, "cancel_all")
    canceled = bench.engine.orders[own.client_order_id]
    assert (canceled.state, canceled.reason) == (OrderState.CANCELED, "canceled by the strategy")
    assert [o.source for o in bench.engine.open_orders.values()] == ["manual"]
    assert asked(bench, watcher, "cancel", 1) == asked(bench, watcher, "cancel", 77) == []


@pytest.mark.parametrize(
    ("size", "options", "words"),
    [
        (1.0, {"limit": 1}, "unexpected keyword argument 'limit'"),
        (float("nan"), {}, "an order's size can't be nan"),
        (1.0, {"price": float("inf")}, "an order's price can't be inf"),
        (1.0, {"tif": "gtd"}, "tif is one of gtc, day, ioc, fok, not gtd"),
        (1.0, {"take": 90, "loss": 110}, "take .* must be above loss"),
        (1.0, {"trail": 0.0}, "distance must be above zero"),
        (1.0, {"show": 0.1}, "only a plain limit order can be an iceberg"),
        (1.0, {"post_only": True}, "post-only needs a plain limit order"),
    ],
)
def test_a_strategy_that_asks_nonsense_is_stopped_and_nothing_leaves(
    bench: Bench, size: Any, options: dict[str, Any], words: str
) -> None:
    watcher = started(bench, history=WARM)
    watcher.todo += [("buy", (1.0,), {}), ("buy", (size,), options)]
    step = bench.take(trade(7, "100"))
    assert step.commands == ()
    assert re.search(f"stopped by its own error: .*{words}", step.notes[0].text)
    assert bench.engine.runners == {}


def test_a_size_of_no_lot_is_refused_as_an_order(bench: Bench) -> None:
    watcher = started(bench, history=WARM)
    (order,) = asked(bench, watcher, "buy", 0.000001)
    assert order.state is OrderState.REFUSED
    assert watcher.answers == [1]
    assert watcher.desk.working == ()


def test_a_strategy_that_overrides_nothing_runs_and_does_nothing(btc: Instrument) -> None:
    bench = new_bench(btc)
    bench.engine = Engine([btc], id_prefix="td1", strategies={"idle": Strategy})
    bench.take(StartStrategy("s1", "idle", "BTCUSDT", MINUTE_NS, 5))
    for event in (trade(1, "100"), bar(1, "100")):
        assert bench.take(event).commands == ()
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 9, source="s1"))
    assert bench.engine.portfolio.position("BTCUSDT", "s1").size == 1


def test_an_order_that_was_not_asked_for_here_has_no_number(bench: Bench) -> None:
    watcher = started(bench)
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 9, source="s1"))
    assert [(fill.order, fill.size) for fill in watcher.fills] == [(0, 1.0)]


def test_times_and_notes_of_a_strategy_are_those_of_its_event(bench: Bench) -> None:
    watcher = started(bench, history=WARM)
    watcher.todo += [("leave_a_note", (), {}), ("note", ("here",), {"price": 99.999})]
    step = bench.take(trade(3, "100"))
    plain, marked = step.notes
    assert (plain.text, plain.source, plain.price) == ("at 3000000000", "s1", None)
    assert (marked.text, marked.price, marked.symbol) == ("here", Decimal("99.99"), "BTCUSDT")
