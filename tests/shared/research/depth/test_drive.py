"""A strategy of plain Python on a recorded book."""

from __future__ import annotations

from decimal import Decimal
from math import nan

import pytest
from shared.research.depth.recorded import USDM
from shared.sim.depth.books import instrument, market

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import BookView, FillView, Setup, Strategy, TradeView
from tradedeck.research.depth import DepthRun, DepthSettings, replay_depth
from tradedeck.research.depth.desk import DepthBook
from tradedeck.research.depth.run import finished, open_replay, plain
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, SELLER_TOOK
from tradedeck.sim.depth.samples import crossing, quoting

BOOK = ((BID, 0, 100, 5), (ASK, 0, 102, 5))
MS = 1_000_000


class Quoting(Strategy):
    """The sample, as a class."""

    bid = 0
    ask = 0

    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 0.001, low=0.001, high=1)

    def on_book(self, book: BookView) -> None:
        if not book.bid < book.ask:
            return
        working = self.desk.working
        best_bid, best_ask = book.bid, book.ask
        if self.bid not in working:
            self.bid = self.buy(self.size, price=best_bid, post_only=True)
            self.bid_price = best_bid
        elif self.bid_price != best_bid:
            self.cancel(self.bid)
        if self.ask not in working:
            self.ask = self.sell(self.size, price=best_ask, post_only=True)
            self.ask_price = best_ask
        elif self.ask_price != best_ask:
            self.cancel(self.ask)


class Crossing(Strategy):
    """The sample, as a class."""

    seen = 0
    quick = 0.0
    calm = 0.0

    def on_trade(self, trade: TradeView) -> None:
        if self.seen == 0:
            self.quick = self.calm = trade.price
        self.quick += 2 / 101 * (trade.price - self.quick)
        self.calm += 2 / 501 * (trade.price - self.calm)
        self.seen += 1
        if self.seen >= 500:
            self.target(0.001 if self.quick > self.calm else 0.0)


class Once(Strategy):
    """Does one thing when it first knows the book, and writes down what comes of it."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, float, float, bool]] = []

    def on_book(self, book: BookView) -> None:
        if not self.told and book.bid < book.ask and not self.desk.working:
            self.act(book)

    def act(self, book: BookView) -> None:
        """What a test wants done."""

    def on_fill(self, fill: FillView) -> None:
        self.told.append((fill.order, fill.side, fill.price, fill.size, fill.maker))


def run(strategy: type[Strategy], *rows: tuple[int, int, int, int], settings: DepthSettings | None = None) -> DepthRun:
    series = market(*BOOK, *rows, (BID, 90, 50, 1))
    return replay_depth(strategy, series, instrument(), {}, settings or DepthSettings())


def test_the_class_quotes_as_the_native_sample_does():
    series = USDM.series().slice(0, 20_000)
    settings = DepthSettings(to_venue_ns=(2 * MS,), to_home_ns=(3 * MS,))
    replay = plain(open_replay(series, USDM.instrument, settings))
    quoting(replay, 1)
    expected = finished(replay, series, USDM.instrument, settings).fills
    fills = replay_depth(Quoting, series, USDM.instrument, {}, settings).fills
    columns = ["venue_ns", "local_ns", "sign", "price", "lots", "maker"]
    assert len(expected) > 20
    assert fills[columns].tolist() == expected[columns].tolist()


def test_the_class_crosses_as_the_native_sample_does():
    series = USDM.series()
    settings = DepthSettings(to_venue_ns=(2 * MS,), to_home_ns=(3 * MS,))
    replay = plain(open_replay(series, USDM.instrument, settings))
    crossing(replay, 100, 500, 1, 0.1)
    expected = finished(replay, series, USDM.instrument, settings).fills
    assert len(expected) > 2
    assert replay_depth(Crossing, series, USDM.instrument, {}, settings).fills.tolist() == expected.tolist()


def test_parameters_are_checked():
    with pytest.raises(RefusedError, match="size must be from"):
        replay_depth(Quoting, USDM.series(), USDM.instrument, {"size": "7"}, DepthSettings())
    with pytest.raises(RefusedError, match="no parameter sise"):
        replay_depth(Quoting, USDM.series(), USDM.instrument, {"sise": "1"}, DepthSettings())


def test_what_a_run_comes_to_is_exact():
    class Buyer(Once):
        def act(self, book: BookView) -> None:
            self.buy(7)

    result = run(Buyer, (ASK, 5, 103, 9), (SELLER_TOOK, 9, 101, 1))
    assert result.fills[["price", "lots", "maker"]].tolist() == [(102, 5, 0)]
    assert result.position == 5
    assert result.fees == Decimal("1.020")
    assert result.cash == 1_000_000 - 510 - Decimal("1.020")
    assert result.profit == (101 - 102) * 5 - Decimal("1.020")


def test_makers_and_takers_pay_what_the_settings_say():
    class Both(Once):
        def act(self, book: BookView) -> None:
            self.buy(1, price=book.bid)
            self.buy(1)

    settings = DepthSettings(maker=Decimal("-0.01"), taker=Decimal("0.1"))
    assert run(Both, (SELLER_TOOK, 9, 99, 1), settings=settings).fees == Decimal("10.2") - 1


def test_a_strategy_knows_its_position_when_it_is_told_of_a_fill():
    positions: list[float] = []

    class Watching(Once):
        def act(self, book: BookView) -> None:
            self.buy(3)

        def on_fill(self, fill: FillView) -> None:
            positions.append(self.position)
            super().on_fill(fill)

    run(Watching)
    assert positions == [3]


def test_a_cancel_asked_at_once_leaves_when_the_order_is_confirmed():
    class Hasty(Once):
        def act(self, book: BookView) -> None:
            self.told.append((0, 0, 0, 0, False))
            self.cancel(self.buy(1, price=book.bid))

    result = run(Hasty, (SELLER_TOOK, 30, 99, 9), settings=DepthSettings(to_venue_ns=(5 * MS,), to_home_ns=(5 * MS,)))
    assert len(result.fills) == 0


def test_a_replaced_order_is_followed_by_its_successor():
    numbers: list[int] = []

    class Changing(Once):
        def act(self, book: BookView) -> None:
            first = self.buy(2, price=book.bid)
            numbers.extend((first, self.replace(first, price=99), self.replace(first, price=98)))

    result = run(Changing, (BUYER_TOOK, 10, 102, 1), (SELLER_TOOK, 30, 99, 9), (SELLER_TOOK, 40, 98, 9))
    assert numbers == [1, 2, 0]
    assert result.fills[["order", "price", "lots"]].tolist() == [(2, 99, 2)]


def test_a_successor_keeps_what_is_not_named_and_takes_what_is():
    class Changing(Once):
        def act(self, book: BookView) -> None:
            self.replace(self.buy(2, price=book.bid), size=5)
            self.replace(self.sell(1, price=book.ask), price=101)

    result = run(Changing, (SELLER_TOOK, 30, 99, 9), (BUYER_TOOK, 40, 103, 9))
    assert result.fills[["order", "sign", "price", "lots"]].tolist() == [(2, 1, 100, 5), (4, -1, 101, 1)]


def test_a_successor_canceled_before_it_is_placed_never_is():
    class Wavering(Once):
        def act(self, book: BookView) -> None:
            self.told.append((0, 0, 0, 0, False))
            self.cancel(self.replace(self.buy(2, price=book.bid), price=99))

    assert len(run(Wavering, (SELLER_TOOK, 30, 98, 9)).fills) == 0


def test_an_order_filled_before_its_cancel_has_no_successor():
    class Late(Once):
        def act(self, book: BookView) -> None:
            self.replace(self.buy(2, price=book.ask), price=99)

    result = run(Late, (SELLER_TOOK, 30, 98, 9))
    assert result.fills[["order", "price"]].tolist() == [(1, 102)]


def test_a_stop_waits_at_the_venue_and_is_told_of_like_any_other_order():
    class Stopping(Once):
        def act(self, book: BookView) -> None:
            self.buy(2, stop=104)
            self.told.append((0, 0, 0, 0, False))

    result = run(Stopping, (ASK, 5, 103, 1), (ASK, 6, 102, 0), (ASK, 9, 103, 0), (ASK, 9, 105, 8))
    assert result.fills[["venue_ns", "price", "lots", "maker"]].tolist() == [(9 * MS, 105, 2, 0)]


def test_a_stop_limit_rests_once_it_is_set_off_and_a_canceled_stop_never_is():
    class Stopping(Once):
        def act(self, book: BookView) -> None:
            self.told.append((0, 0, 0, 0, False))
            self.sell(1, stop=99, price=101)
            self.cancel(self.sell(1, stop=99))

    rows = ((BID, 5, 100, 0), (BID, 5, 98, 5), (BUYER_TOOK, 9, 102, 9))
    result = run(Stopping, *rows)
    assert result.fills[["order", "price", "lots", "maker"]].tolist() == [(1, 101, 1, 1)]


def test_a_waiting_stop_is_no_part_of_a_target():
    class Careful(Once):
        def act(self, book: BookView) -> None:
            self.told.append((0, 0, 0, 0, False))
            self.buy(3, stop=110)
            self.target(2)

    assert run(Careful).position == 2


def test_a_stop_can_not_be_replaced():
    class Changing(Once):
        def act(self, book: BookView) -> None:
            self.replace(self.buy(1, stop=110), price=105)

    with pytest.raises(RefusedError, match="no replacing of stops"):
        run(Changing)


def test_without_trades_the_middle_of_the_book_values_what_is_held():
    worth: list[float] = []

    class Holding(Once):
        def act(self, book: BookView) -> None:
            self.buy(2)

        def on_fill(self, fill: FillView) -> None:
            super().on_fill(fill)
            worth.append(self.desk.equity)

    result = run(Holding, (BID, 5, 101, 1), settings=DepthSettings(taker=Decimal(0)))
    assert worth == [1_000_000 - 2]
    assert result.profit == 2 * (Decimal("101.5") - 102)


@pytest.mark.parametrize("act", ["oco", "trail"])
def test_closing_by_stops_is_refused(act: str):
    class Stopping(Once):
        def act(self, book: BookView) -> None:
            if act == "oco":
                self.oco(1, take=110, loss=90)
            else:
                self.trail(1, distance=3)

    with pytest.raises(RefusedError, match="a depth replay knows no"):
        run(Stopping)


def test_a_strategy_without_a_book_is_not_woken_by_it():
    seen: list[float] = []

    class Tape(Strategy):
        def on_trade(self, trade: TradeView) -> None:
            seen.append(trade.price)
            self.note("a print", price=trade.price)
            self.target_weight(0.0)

    run(Tape, (BUYER_TOOK, 10, 102, 1), (SELLER_TOOK, 11, 100, 1))
    assert seen == [102, 100]


def test_sizes_deeper_in_the_book_are_there():
    shown: list[tuple[float, float]] = []

    class Deep(Strategy):
        def on_book(self, book: BookView) -> None:
            assert isinstance(book, DepthBook)
            shown.append((book.bid_size_at(99), book.ask_size_at(103)))

    run(Deep, (BID, 5, 99, 3), (ASK, 6, 103, 4))
    assert shown[2] == (3, 4)


def test_a_target_counts_market_orders_on_their_way():
    asked: list[int] = []

    class Steady(Strategy):
        def on_trade(self, trade: TradeView) -> None:
            asked.append(self.target(2))

    settings = DepthSettings(to_venue_ns=(20 * MS,), to_home_ns=(20 * MS,))
    result = run(Steady, *((BUYER_TOOK, at, 102, 1) for at in (5, 10, 60)), settings=settings)
    assert asked == [1, 0, 0]
    assert result.position == 2


def test_equity_is_cash_and_the_position_at_the_last_trade():
    worth: list[float] = []

    class Holding(Once):
        def act(self, book: BookView) -> None:
            self.buy(2)

        def on_trade(self, trade: TradeView) -> None:
            worth.append(self.desk.equity)

    run(Holding, (BUYER_TOOK, 10, 105, 1))
    assert worth == [1_000_000 - 204 + 210]


def test_a_book_shows_sizes_by_price():
    shown: list[tuple[float, ...]] = []

    class Looking(Once):
        def act(self, book: BookView) -> None:
            shown.append((book.bid, book.bid_size, book.ask, book.ask_size, float(book.time_ns)))
            self.told.append((0, 0, nan, nan, False))

    run(Looking)
    assert shown == [(100, 5, 102, 5, 0)]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"take": 105}, "no brackets"),
        ({"stop": -1}, "no price"),
        ({"price": 100, "tif": "day"}, "no the time in force day|no time in force day"),
        ({"reduce_only": True}, "reduce-only"),
        ({"trail": 3}, "no brackets and trailing stops"),
    ],
)
def test_what_a_book_can_not_do_is_refused(order: dict[str, object], message: str):
    class Asking(Once):
        def act(self, book: BookView) -> None:
            self.buy(1, **order)  # pyright: ignore[reportArgumentType]

    with pytest.raises(RefusedError, match=message):
        run(Asking)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sma", (3,)),
        ("ema", (3,)),
        ("rsi", (3,)),
        ("atr", (3,)),
        ("line", ("macd",)),
        ("market", ("other", "ZZ")),
        ("every", ("1m",)),
        ("funding", ()),
        ("crosses_above", (None, 1.0)),
        ("crosses_below", (None, 1.0)),
    ],
)
def test_what_needs_bars_is_refused_before_it_starts(name: str, arguments: tuple[object, ...]):
    class Declaring(Strategy):
        def setup(self, setup: Setup) -> None:
            getattr(setup, name)(*arguments)

    with pytest.raises(RefusedError, match="a depth replay has"):
        run(Declaring)


def test_an_order_of_less_than_a_lot_is_refused():
    class Tiny(Once):
        def act(self, book: BookView) -> None:
            self.buy(0.5)

    with pytest.raises(RefusedError, match="less than a lot"):
        run(Tiny)


def test_many_orders_find_room():
    class Busy(Strategy):
        def on_trade(self, trade: TradeView) -> None:
            for _ in range(1_000):
                self.buy(1)

    result = run(Busy, *((BUYER_TOOK, at, 102, 1) for at in range(1, 9)))
    assert len(result.fills) == result.position == 8_000
