"""When a strategy is woken: signals, timers, books, second markets and longer timeframes."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import isnan

import pytest

from tests.shared.engine.bench import bar, trade
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.book import Book, Level, Quote
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Event, Filled, PlaceOrder, StartStrategy
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, replay
from tradedeck.ports.strategy import BarView, BookView, FillView, Setup, Strategy, TradeView

START = StartStrategy("s1", "s", "BTCUSDT", MINUTE_NS, 0)


class Tells(Strategy):
    """Notes every call."""

    def on_bar(self, bar: BarView) -> None:
        self.note(f"bar {bar.time_ns // MINUTE_NS}")


def engine_of(btc: Instrument, kind: type[Strategy], start: StartStrategy = START) -> Engine:
    instruments = [btc, replace(btc, symbol="ETHUSDT", base="ETH")]
    engine = Engine(instruments, id_prefix="td1", strategies={"s": kind})
    engine.step(start)
    assert engine.runners
    return engine


def told(engine: Engine, *events: Event) -> list[str]:
    return [note.text for event in events for note in engine.step(event).notes]


def eth(number: int, close: str) -> Bar:
    return replace(bar(number, close), symbol="ETHUSDT")


def at(seconds: int, price: str = "10") -> Trade:
    return trade(seconds, price)


class Signals(Tells):
    """Has a signal and a bar handler."""

    def setup(self, setup: Setup) -> None:
        self.line = setup.sma(1)
        self.up, self.down = setup.crosses_above(self.line, 10), setup.crosses_below(self.line, 10)

    def on_signal(self, bar: BarView) -> None:
        self.note("up" if self.up.value else "down")


def test_signals_wake_before_the_bar_and_only_where_one_is_true(btc: Instrument) -> None:
    engine = engine_of(btc, Signals)
    bars = [bar(number, price) for number, price in enumerate(["10", "11", "12", "9", "9"], 1)]
    assert told(engine, *bars) == ["bar 2", "up", "bar 3", "bar 4", "down", "bar 5", "bar 6"]


class Timed(Tells):
    """Wakes every five and every fifteen minutes."""

    def setup(self, setup: Setup) -> None:
        self.line = setup.sma(2)
        setup.every("5m")
        setup.every("15m")

    def on_timer(self, time_ns: int) -> None:
        self.note(f"time {time_ns // MINUTE_NS}")


def test_timers_wake_once_for_all_that_was_missed_and_before_the_bar(btc: Instrument) -> None:
    engine = engine_of(btc, Timed)
    minutes = [2, 3, 4, 5, 21, 22]
    assert told(engine, *[bar(minute, "10") for minute in minutes]) == [
        "bar 4", "time 5", "bar 5", "bar 6", "time 20", "bar 22", "bar 23",
    ]  # fmt: skip


def test_a_boundary_that_passes_before_the_lines_are_warm_is_not_told_later(btc: Instrument) -> None:
    assert told(engine_of(btc, Timed), bar(4, "10"), bar(5, "10"), bar(6, "10")) == ["bar 6", "bar 7"]


def test_a_trade_tells_the_time_too_and_a_shorter_bar(btc: Instrument) -> None:
    history = tuple(bar(number, "10", length_ns=3 * MINUTE_NS) for number in (0, 1))
    engine = engine_of(btc, Timed, replace(START, timeframe_ns=3 * MINUTE_NS, history=history))
    assert told(engine, at(601), at(602), bar(14, "10"), bar(15, "10"), bar(19, "10")) == [
        "time 10", "time 15", "bar 15", "time 20", "bar 18",
    ]  # fmt: skip
    other = replace(at(3000), symbol="ETHUSDT")
    assert told(engine, other) == []


def test_only_trades_that_pass_a_boundary_are_kept(btc: Instrument) -> None:
    engine = engine_of(btc, Timed)
    steps = [engine.step(at(second)) for second in (10, 20, 301, 302)]
    assert [step.durable for step in steps] == [True, False, True, False]


class Books(Strategy):
    """Notes the book."""

    def on_book(self, book: BookView) -> None:
        self.note(f"{book.symbol} {book.bid} x {book.bid_size} / {book.ask} x {book.ask_size}")


def test_books_and_quotes_are_shown_to_those_who_want_them(btc: Instrument) -> None:
    one = Decimal(1)
    quote = Quote("BTCUSDT", Decimal("9.5"), one, Decimal("10.5"), Decimal(2), 7)
    book = Book("BTCUSDT", (Level(Decimal(9), one), Level(Decimal(8), one)), (), 8)
    engine = engine_of(btc, Books)
    assert told(engine, quote, book) == ["BTCUSDT 9.5 x 1.0 / 10.5 x 2.0", "BTCUSDT 9.0 x 1.0 / nan x 0.0"]
    assert engine.step(quote).durable
    careless = engine_of(btc, Tells)
    assert not careless.step(book).durable


class Pair(Tells):
    """Follows a second market."""

    def setup(self, setup: Setup) -> None:
        self.other = setup.market("other", "ETHUSDT")
        self.line = setup.sma(1, market=self.other)

    def on_bar(self, bar: BarView) -> None:
        self.note(f"{bar.time_ns // MINUTE_NS}: {bar.close} {self.other.bar.close} {self.line.value}")

    def on_fill(self, fill: FillView) -> None:
        self.note(f"{fill.symbol} {self.position} {self.other.position}")


def test_a_bar_is_shown_once_all_markets_have_theirs(btc: Instrument) -> None:
    engine = engine_of(btc, Pair)
    assert told(engine, bar(1, "10"), eth(1, "5")) == ["2: 10.0 5.0 5.0"]
    assert told(engine, eth(2, "6"), bar(2, "11")) == ["3: 11.0 6.0 6.0"]


def test_a_market_without_a_bar_keeps_its_older_one(btc: Instrument) -> None:
    engine = engine_of(btc, Pair)
    assert told(engine, eth(0, "5"), bar(1, "10"), bar(2, "11")) == ["2: 10.0 5.0 5.0"]
    assert told(engine, eth(3, "6")) == ["3: 11.0 5.0 5.0"]
    assert told(engine, bar(3, "12")) == ["4: 12.0 6.0 6.0"]


def test_a_second_market_can_be_traded_and_its_bars_are_kept(btc: Instrument) -> None:
    class Hedges(Pair):
        def on_bar(self, bar: BarView) -> None:
            self.buy(1.0)
            self.target(-2.0, market=self.other)
            self.trail(-2.0, distance=1, market=self.other)

    engine = engine_of(btc, Hedges)
    first = [engine.step(event) for event in (bar(1, "10"), eth(1, "20"))]
    assert all(step.durable for step in first)
    orders = [command.order for command in first[1].commands]
    assert [(o.symbol, o.side, o.size, o.stop_price) for o in orders] == [
        ("BTCUSDT", "buy", 1, None), ("ETHUSDT", "sell", 2, None), ("ETHUSDT", "buy", 2, 21),
    ]  # fmt: skip
    fill = Fill("ETHUSDT", "1", "td1-2", Side.SELL, Decimal(20), Decimal(2), Decimal(0), "USDT", True, 9)
    assert told(engine, Filled(fill, "7")) == ["ETHUSDT 0.0 -2.0"]
    assert engine.runners["s1"].desk.equity == 10_000
    moved = engine.step(eth(2, "18"))
    assert [command.order.client_order_id for command in moved.commands] == ["td1-3"]
    assert engine.runners["s1"].desk.equity == 10_004


def test_a_strategy_with_a_market_nobody_trades_does_not_start(btc: Instrument) -> None:
    engine = Engine([btc], id_prefix="td1", strategies={"s": Pair})
    with pytest.raises(RefusedError, match="ETHUSDT is not traded here"):
        engine.check_start(START)
    known = engine_of(btc, Pair)
    assert known.check_start(replace(START, strategy_id="s2")) == ("BTCUSDT", "ETHUSDT")


def test_trades_of_every_followed_market_are_shown(btc: Instrument) -> None:
    class Reads(Strategy):
        def setup(self, setup: Setup) -> None:
            setup.market("other", "ETHUSDT")

        def on_trade(self, trade: TradeView) -> None:
            self.note(f"{trade.symbol} {trade.side}")

    engine = engine_of(btc, Reads)
    assert told(engine, at(1)) == []
    other = replace(at(2), symbol="ETHUSDT", aggressor=Side.SELL)
    assert told(engine, bar(1, "1"), eth(1, "1"), at(1), other) == ["BTCUSDT 1", "ETHUSDT -1"]


class Longer(Tells):
    """A line of three minutes under bars of one."""

    def setup(self, setup: Setup) -> None:
        self.line = setup.line("sma", 1, timeframe="3m", source="high")

    def on_bar(self, bar: BarView) -> None:
        before = "none" if isnan(self.line.previous) else self.line.previous
        self.note(f"{bar.close}: {self.line.value} after {before}")


def test_a_longer_bar_counts_only_once_it_is_complete(btc: Instrument) -> None:
    prices = ["1", "3", "2", "9", "4", "5", "6"]
    assert told(engine_of(btc, Longer), *[bar(number, price) for number, price in enumerate(prices)]) == [
        "2.0: 3.0 after none", "9.0: 3.0 after none", "4.0: 3.0 after none", "5.0: 9.0 after 3.0", "6.0: 9.0 after 3.0",
    ]  # fmt: skip


def test_a_gap_completes_the_longer_bar_before_it(btc: Instrument) -> None:
    bars = [bar(number, str(number)) for number in (1, 2, 3, 8)]
    assert told(engine_of(btc, Longer), *bars)[-1] == "8.0: 8.0 after 3.0"


@pytest.mark.parametrize("kind", [Timed, Pair, Signals, Longer])
def test_a_replayed_journal_wakes_alike(btc: Instrument, kind: type[Strategy]) -> None:
    events: Sequence[Event] = [
        at(10), bar(1, "10"), eth(1, "5"), at(130), bar(2, "11"), at(302), at(303), eth(3, "7"), bar(6, "9"), at(700),
        PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 701 * 10**9),
    ]  # fmt: skip
    engine = engine_of(btc, kind)
    steps = [engine.step(event) for event in events]
    again = engine_of(btc, kind)
    replay(again, [(step.before, step.event) for step in steps if step.durable])
    assert again.seq == engine.seq
    for event in (at(900), bar(15, "12"), eth(15, "4"), bar(16, "8")):
        first, second = engine.step(event), again.step(event)
        assert (first.notes, first.durable) == (second.notes, second.durable)
