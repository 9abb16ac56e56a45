"""A strategy sees its own timeframe, its own orders, and nothing it should not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.shared.engine.bench import Bench, bar, new_bench, trade
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.events import PlaceOrder, StartStrategy, WarmUp
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine
from tradedeck.ports.strategy import Setup, Strategy


class Watcher(Strategy):
    """Writes down what it sees and does what it is told."""

    def setup(self, setup: Setup) -> None:
        self.lines = [setup.sma(1), setup.ema(1), setup.rsi(1), setup.atr(1)]
        self.bars: list[Bar] = []
        self.fills: list[Fill] = []
        self.todo: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def on_bar(self, bar: Bar) -> None:
        self.bars.append(bar)

    def on_trade(self, trade: Trade) -> None:
        todo, self.todo = self.todo, []
        for name, args, options in todo:
            getattr(self, name)(*args, **options)

    def leave_a_note(self) -> None:
        self.desk.note(f"at {self.desk.now_ns}")

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)


LAST: list[Watcher] = []


class Kept(Watcher):
    """A watcher that the test can reach."""

    def __init__(self) -> None:
        LAST[:] = [self]


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
    assert own.timeframe_ns == 3 * MINUTE_NS


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


def test_history_warms_indicators_without_waking(bench: Bench) -> None:
    watcher = started(bench, history=(bar(1, "10"), bar(2, "12")))
    assert watcher.bars == []
    assert [line.value for line in watcher.lines] == [12.0, 12.0, 100.0, 2.0]
    bench.take(WarmUp("s1", (bar(2, "12"), bar(3, "11")), 9))
    assert watcher.lines[0].value == 11.0
    assert watcher.lines[0].previous == 12.0
    bench.take(WarmUp("gone", (bar(9, "11"),), 9))
    bench.take(bar(3, "11"))
    assert watcher.bars == []


def test_orders_take_the_shape_of_their_options_and_round_to_the_venues_steps(bench: Bench) -> None:
    watcher = started(bench)
    shapes: list[tuple[dict[str, Any], OrderType, str | None, str | None]] = [
        ({}, OrderType.MARKET, None, None),
        ({"price": Decimal("99.999")}, OrderType.LIMIT, "99.99", None),
        ({"stop": Decimal("104.001")}, OrderType.STOP, None, "104.01"),
        ({"price": Decimal(105), "stop": Decimal(104)}, OrderType.STOP_LIMIT, "105", "104"),
    ]
    for options, kind, price, stop in shapes:
        (order,) = asked(bench, watcher, "buy", Decimal("0.123456"), **options)
        assert (order.type, order.size, order.side) == (kind, Decimal("0.12345"), Side.BUY)
        assert (order.price, order.stop_price) == (price and Decimal(price), stop and Decimal(stop))
    (order,) = asked(
        bench, watcher, "sell", Decimal("0.1"), price=Decimal("100.001"), time_in_force=TimeInForce.IOC, post_only=True,
        reduce_only=True,
    )  # fmt: skip
    assert (order.price, order.time_in_force) == (Decimal("100.01"), TimeInForce.IOC)
    assert (order.post_only, order.reduce_only) == (True, True)


def test_targets_and_closing_trade_only_the_strategys_own_size(bench: Bench) -> None:
    watcher = started(bench)
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(9), 6))
    assert watcher.position == 0
    assert [o.size for o in asked(bench, watcher, "target", Decimal(2))] == [2]
    assert watcher.position == 2
    assert asked(bench, watcher, "target", Decimal(2)) == []
    assert [(o.side, o.size) for o in asked(bench, watcher, "target", Decimal(-1))] == [(Side.SELL, 3)]
    assert [(o.side, o.size) for o in asked(bench, watcher, "close")] == [(Side.BUY, 1)]
    assert asked(bench, watcher, "close") == []
    assert bench.engine.position("BTCUSDT").size == 9
    assert [f.size for f in watcher.fills] == [2, 3, 1]


def test_canceling_all_leaves_other_peoples_orders(bench: Bench) -> None:
    watcher = started(bench)
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 6, price=Decimal(90)))
    (own,) = asked(bench, watcher, "buy", Decimal(1), price=Decimal(90))
    assert watcher.desk.open_order_ids == (own.client_order_id,)
    asked(bench, watcher, "cancel_all")
    assert bench.engine.orders[own.client_order_id].state is OrderState.CANCELED
    assert [o.source for o in bench.engine.open_orders.values()] == ["manual"]


@pytest.mark.parametrize(
    ("size", "options", "words"),
    [
        (Decimal(1), {"limit": Decimal(1)}, "an order has no option limit"),
        (Decimal("NaN"), {}, "not a finite number"),
        (Decimal(1), {"price": Decimal("Infinity")}, "stopped by its own error"),
        (0.5, {}, "stopped by its own error"),
    ],
)
def test_a_strategy_that_asks_nonsense_is_stopped_and_nothing_leaves(
    bench: Bench, size: Any, options: dict[str, Any], words: str
) -> None:
    watcher = started(bench)
    watcher.todo.append(("buy", (size,), options))
    step = bench.take(trade(7, "100"))
    assert step.commands == ()
    assert words in step.notes[0].text
    assert bench.engine.runners == {}


def test_a_strategy_that_overrides_nothing_runs_and_does_nothing(btc: Instrument) -> None:
    bench = new_bench(btc)
    bench.engine = Engine([btc], id_prefix="td1", strategies={"idle": Strategy})
    bench.take(StartStrategy("s1", "idle", "BTCUSDT", MINUTE_NS, 5))
    for event in (trade(1, "100"), bar(1, "100")):
        assert bench.take(event).commands == ()
    bench.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 9, source="s1"))
    assert bench.engine.portfolio.position("BTCUSDT", "s1").size == 1


def test_times_and_notes_of_a_strategy_are_those_of_its_event(bench: Bench) -> None:
    watcher = started(bench)
    watcher.todo.append(("leave_a_note", (), {}))
    step = bench.take(trade(3, "100"))
    assert (step.notes[0].text, step.notes[0].source, watcher.desk.source) == ("at 3000000000", "s1", "s1")
