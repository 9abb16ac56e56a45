"""Best prices alone: as a book of what was seen, and with the fills that a whole book gives at its touch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.research.depth.recorded import SPOT, USDM, Recorded
from shared.sim.depth.books import MS, Row, fills, instrument, market, to_end, until

from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.ports.strategy import BookView, Strategy, TradeView
from tradedeck.research.depth import (
    DepthSeries,
    DepthSettings,
    Filling,
    Trigger,
    quotes_of,
    read_quotes,
    replay_depth,
    run_loop,
)  # fmt: skip
from tradedeck.research.depth.run import open_replay, plain
from tradedeck.sim.depth.layout import (
    ASK,
    BID,
    BUYER_TOOK,
    GTC,
    LIMIT_ORDER,
    ON_BOOK,
    SELLER_TOOK,
    WAKES,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.replay import place
from tradedeck.sim.depth.samples import quoting

RECORDED = pytest.mark.parametrize("recorded", [USDM, SPOT], ids=lambda recorded: recorded.name)
COLUMNS = ["venue_ns", "local_ns", "sign", "price", "lots", "maker"]


class Restless(Strategy):
    """Draws what to do from the best prices when they change, and from the tape; nothing deeper matters to it."""

    seen: tuple[float, ...] = ()
    step = 0

    def on_book(self, book: BookView) -> None:
        best = (book.bid, book.bid_size, book.ask, book.ask_size)
        if best != self.seen and book.bid < book.ask:
            self.seen = best
            self.act(book.bid, book.ask)

    def on_trade(self, trade: TradeView) -> None:
        self.step += int(trade.price + trade.size)

    def act(self, bid: float, ask: float) -> None:
        self.step += 1
        for order in self.desk.working[self.step % 3 :]:
            self.cancel(order)
        match self.step % 7:
            case 0:
                self.buy(1)
            case 1:
                self.sell(1)
            case 2:
                self.buy(2, price=bid - self.step % 3)
            case 3:
                self.sell(2, price=ask + self.step % 3)
            case 4:
                self.buy(1, price=ask, tif="ioc")
            case 5:
                self.buy(1, stop=ask + self.step % 2)
            case _:
                self.sell(1, stop=bid - self.step % 2)


class AtTouch(Strategy):
    """Rests at the best prices only while they are the best."""

    seen: tuple[float, float] = (0.0, 0.0)

    def on_book(self, book: BookView) -> None:
        if (book.bid, book.ask) != self.seen and book.bid < book.ask:
            self.seen = (book.bid, book.ask)
            for order in self.desk.working:
                self.cancel(order)
            self.buy(2, price=book.bid, post_only=True)
            self.sell(2, price=book.ask, post_only=True)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([BID, ASK, BID, ASK, BUYER_TOOK, SELLER_TOOK]),
        st.integers(0, 2),
        st.integers(96, 105),
        st.integers(0, 9),
    ),
    max_size=60,
)


def book(rows: list[tuple[int, int, int, int]], delay_ms: int = 0) -> DepthSeries:
    """Random rows, each a whole event at a time of its own or shared with the one before."""
    made: list[Row] = [(BID, 0, 99, 5), (ASK, 0, 102, 5)]
    now = 0
    for kind, wait, price, lots in rows:
        now += wait
        made.append((kind, now, price, max(lots, 1) if kind >= BUYER_TOOK else lots))
    return market(*made, delay_ms=delay_ms)


def filled(strategy: type[Strategy], series: DepthSeries, assumed: DepthSettings) -> list[tuple[int, ...]]:
    # What happens at one moment has no sequence that both could agree on.
    return sorted(replay_depth(strategy, series, instrument(), {}, assumed).fills[COLUMNS].tolist())


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from([Filling.TOUCH, Filling.THROUGH]), st.sampled_from(list(Trigger)), st.integers(0, 3))
def test_where_no_queue_counts_quotes_fill_as_the_whole_book(
    rows: list[tuple[int, int, int, int]], filling: Filling, trigger: Trigger, delay_ms: int
) -> None:
    series = book(rows, delay_ms)
    assumed = DepthSettings(
        partial=False, filling=filling, trigger=trigger, to_venue_ns=(delay_ms * MS,), to_home_ns=(MS,)
    )
    assert filled(Restless, quotes_of(series, instrument()), assumed) == filled(Restless, series, assumed)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_at_the_touch_the_queue_is_the_whole_books(rows: list[tuple[int, int, int, int]]) -> None:
    series = book([(kind, 1, price, lots) for kind, _, price, lots in rows])
    assert filled(AtTouch, quotes_of(series, instrument()), DepthSettings()) == filled(AtTouch, series, DepthSettings())


@RECORDED
@pytest.mark.parametrize("filling", [Filling.QUEUE, Filling.TOUCH, Filling.THROUGH])
def test_on_recorded_books_quotes_fill_alike(recorded: Recorded, filling: Filling) -> None:
    class Quoting(AtTouch):
        def buy(self, size: float, **order: object) -> int:
            return super().buy(0.001, **order)  # pyright: ignore[reportArgumentType]

        def sell(self, size: float, **order: object) -> int:
            return super().sell(0.001, **order)  # pyright: ignore[reportArgumentType]

    whole = recorded.series()
    assumed = DepthSettings(filling=filling, to_venue_ns=(2 * MS,), to_home_ns=(2 * MS,))
    expected = replay_depth(Quoting, whole, recorded.instrument, {}, assumed)
    found = replay_depth(Quoting, quotes_of(whole, recorded.instrument), recorded.instrument, {}, assumed)
    assert len(expected.fills) > 20
    assert found.fills.tolist() == expected.fills.tolist()
    assert found.profit == expected.profit


@RECORDED
def test_recorded_quotes_are_read_with_the_tape(recorded: Recorded) -> None:
    series = recorded.best()
    frame = pl.read_parquet(recorded.quotes)
    assert series.quotes
    assert np.count_nonzero(series.kind >= BUYER_TOOK) == len(pl.read_parquet(recorded.trades))
    assert bool(np.all(np.diff(series.local_ns) >= 0))
    assert (series.local_ns - series.venue_ns).min() == 1_000_000, "a recorder's clock that is behind moves"
    shown: list[tuple[float, float]] = []

    class Looking(Strategy):
        def on_book(self, book: BookView) -> None:
            shown.append((book.bid, book.ask))

    replay_depth(Looking, series, recorded.instrument, {}, DepthSettings())
    best = frame.select("ts_recv_ns", "bid", "ask").group_by("ts_recv_ns", maintain_order=True).last()
    told = list(dict.fromkeys(best.select("bid", "ask").iter_rows()))
    assert np.array(list(dict.fromkeys(shown))) == pytest.approx(np.array(told))


@RECORDED
def test_native_code_fills_on_quotes_as_plain_python(recorded: Recorded) -> None:
    pytest.importorskip("numba")
    series = recorded.best()
    assumed = DepthSettings(recorded_delay=True, filling=Filling.QUEUE)
    replay = plain(open_replay(series, recorded.instrument, assumed, room=50_000))
    assert quoting(replay, 1) == 0
    found = run_loop(quoting, series, recorded.instrument, assumed, 1)
    assert len(found.fills) > 20
    assert [tuple(row)[:6] for row in found.fills.tolist()] == [
        (order, at, known, sign, price, lots) for order, at, known, sign, price, lots, _ in table(replay)
    ]


def table(replay: Replay) -> list[tuple[int, ...]]:
    """The fills of a replay as rows."""
    from tradedeck.sim.depth.layout import FILL, FILLS

    rows = np.array(replay.fills[: FILL * replay.state[FILLS]]).reshape(-1, FILL)
    return [tuple(row) for row in rows.tolist()]


def best_prices(*quotes: tuple[int, int, int, int, int]) -> DepthSeries:
    """Quotes by hand: milliseconds, bid, its size, ask, its size."""
    rows: list[Row] = []
    for ms, bid, bid_size, ask, ask_size in quotes:
        rows += [(BID, ms, bid, bid_size), (ASK, ms, ask, ask_size)]
    return replace(market(*rows), quotes=True)


def resting(series: DepthSeries, price: int, lots: int) -> list[tuple[int, int, int, int, bool]]:
    """The fills of a bid that is placed when the first quote is known."""
    replay = plain(open_replay(series, instrument(), DepthSettings()))
    replay.state[WAKES] = ON_BOOK
    until(replay, ON_BOOK)
    place(replay, 1, LIMIT_ORDER, GTC, price, lots)
    to_end(replay)
    return fills(replay)


SEEN_LATER: list[Row] = [(BID, 0, 100, 5), (ASK, 0, 102, 5), (BID, 5, 99, 4), (BID, 5, 100, 0)]


def test_behind_the_best_price_everybody_who_is_shown_there_is_ahead() -> None:
    series = replace(market(*SEEN_LATER, (SELLER_TOOK, 10, 99, 3), (SELLER_TOOK, 11, 99, 3)), quotes=True)
    assert resting(series, 99, 2) == [(1, 11, 99, 2, True)]


def test_once_the_best_price_is_worse_nobody_is_ahead() -> None:
    series = replace(market(*SEEN_LATER, (SELLER_TOOK, 10, 98, 1)), quotes=True)
    rows = [(BID, 0, 100, 5), (ASK, 0, 102, 5), (BID, 5, 97, 4), (BID, 5, 100, 0), (SELLER_TOOK, 10, 98, 1)]
    assert resting(series, 98, 1) == []
    assert resting(replace(market(*rows), quotes=True), 98, 1) == [(1, 10, 98, 1, True)]


def test_a_larger_order_takes_what_was_seen_and_the_rest_lapses(tmp_path: Path) -> None:
    frame = pl.DataFrame({
        "ts": [1, 2, 3], "bid": [99, 99, 99], "bid_size": [5, 5, 5], "ask": [103, 102, 102], "ask_size": [4, 3, 2],
    })  # fmt: skip
    frame.write_csv(tmp_path / "quotes.csv")

    class Greedy(Strategy):
        asked = False

        def on_book(self, book: BookView) -> None:
            if book.ask_size == 2 and not self.asked:
                self.asked = True
                self.buy(10)

    series = read_quotes(tmp_path / "quotes.csv", None, instrument())
    found = replay_depth(Greedy, series, instrument(), {}, DepthSettings())
    assert found.fills[["price", "lots"]].tolist() == [(102, 2), (103, 4)]


@pytest.mark.parametrize(
    ("names", "unit"),
    [
        (("transaction_time", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty"), 10**6),
        (("local_timestamp", "bid_price", "bid_amount", "ask_price", "ask_amount"), 10**3),
        (("ts_recv_ns", "bid", "bid_size", "ask", "ask_size"), 1),
    ],
)
def test_columns_have_the_names_that_venues_give_them(tmp_path: Path, names: tuple[str, ...], unit: int) -> None:
    start = 1_723_161_254_000_000_000
    columns = ([start // unit, start // unit + 1], [99, 100], [5, 5], [103, 103], [4, 4])
    pl.DataFrame(dict(zip(names, columns, strict=True))).write_csv(tmp_path / "quotes.csv")
    prints = pl.DataFrame({
        "time": ["2024-08-08T23:54:15Z"], "price": [103.0], "qty": [2.0], "is_buyer_maker": ["false"]
    })  # fmt: skip
    prints.write_csv(tmp_path / "trades.csv")
    series = read_quotes(tmp_path / "quotes.csv", tmp_path / "trades.csv", instrument())
    assert series.kind.tolist() == [BID, ASK, BID, BUYER_TOOK]
    assert set((series.local_ns - series.venue_ns).tolist()) == {1_000_000}
    assert series.venue_ns[-1] == start + 10**9
    assert series.venue_ns[0] in {start, start - 1_000_000}


def test_a_side_without_a_price_is_empty(tmp_path: Path) -> None:
    frame = pl.DataFrame({
        "ts": [1, 2], "bid": [99.0, None], "bid_size": [5.0, 0.0], "ask": [103.0, 103.0], "ask_size": [4.0, 4.0],
    })  # fmt: skip
    frame.write_parquet(tmp_path / "quotes.parquet")
    series = read_quotes(tmp_path / "quotes.parquet", None, instrument())
    assert series.price.tolist() == [99, 103, 99]
    assert series.lots.tolist() == [5, 4, 0]


def test_a_bid_at_the_ask_is_no_quote(tmp_path: Path) -> None:
    frame = pl.DataFrame({"ts": [1], "bid": [103], "bid_size": [5], "ask": [103], "ask_size": [4]})
    frame.write_csv(tmp_path / "quotes.csv")
    with pytest.raises(CorruptError, match="row 1 the bid is not below the ask"):
        read_quotes(tmp_path / "quotes.csv", None, instrument())


def test_quotes_without_a_time_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"bid": [1], "bid_size": [5], "ask": [3], "ask_size": [4]}).write_csv(tmp_path / "quotes.csv")
    with pytest.raises(RefusedError, match="no column ts_recv_ns"):
        read_quotes(tmp_path / "quotes.csv", None, instrument())


def test_trades_need_no_guessing_of_trades() -> None:
    with pytest.raises(RefusedError, match="no need to guess"):
        open_replay(USDM.best(), USDM.instrument, DepthSettings(filling=Filling.SHRINK))


def test_quotes_and_a_book_of_the_same_rows_are_not_the_same_data() -> None:
    whole = market((BID, 0, 100, 5))
    quotes = best_prices((0, 100, 5, 101, 5)).slice(0, 1)
    assert quotes.quotes
    assert quotes.kind.tolist() == whole.kind.tolist()
    assert quotes.digest() != whole.digest()
