"""Best bids and asks as a book of what was seen of it.

A replay knows levels only, so each quote becomes the level rows that lead to it: the side that withdraws first,
its new level before those it leaves are emptied, the old best last. So the two sides never cross on the way, and
each best price moves once. A level behind the best price keeps the size it was last seen with, until the best
price is worse than it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import Ints
from tradedeck.research.depth.files import floats, found, lots, read_frame, takers, ticks, times
from tradedeck.research.depth.run import open_replay, plain
from tradedeck.research.depth.series import DepthSeries
from tradedeck.research.depth.settings import DepthSettings
from tradedeck.sim.depth.book import ask_lots, bid_lots, clear, set_ask, set_bid
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, CLEAR, HOME, TOP, TOP_ASK, TOP_BID, TOPS

if TYPE_CHECKING:
    import polars as pl

_TOP = TOPS + TOP * HOME
_VENUE_TIMES = ("ts", "transaction_time", "event_time", "timestamp", "time")
_HOME_TIMES = ("ts_recv_ns", "local_timestamp")
BID_NAMES = ("bid", "best_bid_price", "bid_price")
BID_SIZE_NAMES = ("bid_size", "best_bid_qty", "bid_qty", "bid_amount")
ASK_NAMES = ("ask", "best_ask_price", "ask_price")
ASK_SIZE_NAMES = ("ask_size", "best_ask_qty", "ask_qty", "ask_amount")
TRADE_SIZE_NAMES = ("size", "qty", "quantity", "amount")

Quote = tuple[int, int, int, int]
"""Bid in ticks and its lots, ask in ticks and its lots; no lots for no price."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one file; a clock is None where the file does not have it."""

    kind: Ints
    venue_ns: Ints | None
    local_ns: Ints | None
    price: Ints
    lots: Ints


def read_quotes(
    quotes: Path, trades: Path | None, instrument: Instrument, *, least_delay_ns: int = 1_000_000
) -> DepthSeries:
    """Best bids and asks (CSV or Parquet, such as Binance's bookTicker), with the tape or without, as one series.

    `quotes`: a venue time (`ts`, `transaction_time`, `event_time`, `timestamp`), the time of receipt
    (`ts_recv_ns`, `local_timestamp`) or both; `bid`, `bid_size`, `ask`, `ask_size` (or `best_bid_price`,
    `best_bid_qty` and so on). `trades`: `price`, `size`, `side` (who took) or `is_buyer_maker`, and times alike.
    Where a file has but one of its times, the other is `least_delay_ns` away. A recorder's clock that is behind
    the venue's is moved as in `read_depth`.

    Raises:
        RefusedError: a file is missing a column, or its prices aren't whole ticks.
        CorruptError: a file can't be read, or a bid is not below its ask.
    """
    grid = grid_of(instrument)
    parts = [_quotes(quotes, grid)]
    if trades is not None:
        parts.append(_trades(trades, grid))
    return _joined(instrument.symbol, parts, least_delay_ns)


def quotes_of(series: DepthSeries, instrument: Instrument) -> DepthSeries:
    """What a stream of quotes would have told of a whole book: a quote at every row that changes it, and the tape."""
    shown = list(_shown(series, instrument))
    source, kind, price, size = _levels(shown, series.symbol)
    traded = np.flatnonzero(series.kind >= BUYER_TOOK)
    order = np.argsort(np.concatenate([source, traded]), kind="stable")
    place = np.concatenate([source, traded])[order]
    happened = series.venue_ns.copy()
    told = series.kind < BUYER_TOOK
    happened[told] = np.maximum.accumulate(happened[told])
    return DepthSeries(
        series.symbol,
        np.concatenate([kind, series.kind[traded]])[order],
        happened[place],
        series.local_ns[place],
        np.concatenate([price, series.price[traded]])[order],
        np.concatenate([size, series.lots[traded]])[order],
        quotes=True,
    )


def middles(series: DepthSeries, instrument: Instrument) -> tuple[Ints, Ints]:
    """When the best prices moved, and what bid and ask come to together, in ticks.

    Raises:
        RefusedError: there never are both.
    """
    both = [
        (at, bid + ask) for at, (bid, bid_size, ask, ask_size) in _shown(series, instrument) if bid_size and ask_size
    ]
    if not both:
        raise RefusedError("the recording never has both a bid and an ask", code="depth.quotes")
    columns = np.array(both, np.int64)
    return series.venue_ns[columns[:, 0]], columns[:, 1]


def _shown(series: DepthSeries, instrument: Instrument) -> Iterator[tuple[int, Quote]]:
    """The best prices after every row of the book, with the row's number."""
    replay = plain(open_replay(series, instrument, DepthSettings()))
    levels, state = replay.levels, replay.state
    rows = zip(series.kind.tolist(), series.price.tolist(), series.lots.tolist(), strict=True)
    for at, (kind, price, size) in enumerate(rows):
        if kind == BID:
            set_bid(levels, state, HOME, price, size)
        elif kind == ASK:
            set_ask(levels, state, HOME, price, size)
        elif kind == CLEAR:
            clear(levels, state, HOME)
        if kind < BUYER_TOOK:
            bid, ask = state[_TOP + TOP_BID], state[_TOP + TOP_ASK]
            yield at, (bid, bid_lots(levels, state, HOME, bid), ask, ask_lots(levels, state, HOME, ask))


def _quotes(path: Path, grid: Grid) -> _Rows:
    frame = read_frame(path)
    columns = [floats(frame, *names) for names in (BID_NAMES, BID_SIZE_NAMES, ASK_NAMES, ASK_SIZE_NAMES)]
    sides: list[list[int]] = []
    for price, size in (columns[:2], columns[2:]):
        there = np.isfinite(price) & np.isfinite(size) & (price > 0)
        sides.append(ticks(np.where(there, price, 0.0), grid, path.name).tolist())
        sides.append(lots(np.where(there, size, 0.0), grid).tolist())
    source, kind, price, size = _levels(enumerate(zip(*sides, strict=True)), path.name)  # pyright: ignore[reportArgumentType]
    # One stream tells in sequence: a clock that jumps back does not change what came after what.
    venue_ns, local_ns = (
        None if clock is None else np.maximum.accumulate(clock)[source] for clock in _clocks(frame)
    )  # fmt: skip
    return _Rows(kind, venue_ns, local_ns, price, size)


def _trades(path: Path, grid: Grid) -> _Rows:
    frame = read_frame(path)
    price = ticks(floats(frame, "price"), grid, path.name)
    return _Rows(takers(frame), *_clocks(frame), price, lots(floats(frame, *TRADE_SIZE_NAMES), grid))


def _levels(quotes: Iterable[tuple[int, Quote]], name: str) -> tuple[Ints, Ints, Ints, Ints]:
    """Level rows of numbered quotes: the quote's number, kind, price and lots of each."""
    rows: list[tuple[int, int, int, int]] = []
    # Levels seen on each side, the best one last; asks negated.
    bids: list[int] = []
    asks: list[int] = []
    last: Quote = (0, 0, 0, 0)
    for number, quote in quotes:
        bid, bid_size, ask, ask_size = quote
        if bid_size > 0 and ask_size > 0 and bid >= ask:
            raise CorruptError(f"{name}: in row {number + 1} the bid is not below the ask", code="depth.quote")
        ask_withdraws = bool(asks) and (ask_size <= 0 or -ask < asks[-1])
        for kind in (ASK, BID) if ask_withdraws else (BID, ASK):
            if kind == BID and quote[:2] != last[:2]:
                _moved(rows, number, BID, bids, bid, bid_size)
            elif kind == ASK and quote[2:] != last[2:]:
                _moved(rows, number, ASK, asks, -ask, ask_size)
        last = quote
    columns = np.array(rows, np.int64).reshape(-1, 4)
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def _moved(
    rows: list[tuple[int, int, int, int]], number: int, kind: int, levels: list[int], best: int, size: int
) -> None:
    """One side's best price is `best` now: its row, and those of levels that it leaves."""
    kept = 0
    if size > 0:
        kept = bisect_left(levels, best)
        rows.append((number, kind, abs(best), size))
    left = [level for level in levels[kept:] if size <= 0 or level != best]
    rows.extend((number, kind, abs(level), 0) for level in left)
    levels[kept:] = [best] if size > 0 else []


def _clocks(frame: pl.DataFrame) -> tuple[Ints | None, Ints | None]:
    venue = times(frame, *_VENUE_TIMES) if found(frame, *_VENUE_TIMES) else None
    if venue is None or found(frame, *_HOME_TIMES):
        return venue, times(frame, *_HOME_TIMES)
    return venue, None


def _joined(symbol: str, parts: list[_Rows], least_delay_ns: int) -> DepthSeries:
    """All rows in the sequence they were known; a recorder's clock that is before the venue's is moved."""
    delays = [
        int((part.local_ns - part.venue_ns).min())
        for part in parts
        if part.local_ns is not None and part.venue_ns is not None and len(part.kind)
    ]
    move = least_delay_ns - min(delays) if min(delays, default=0) < 0 else 0
    venue_ns: list[Ints] = []
    local_ns: list[Ints] = []
    for part in parts:
        if part.local_ns is not None:
            local_ns.append(part.local_ns + move)
            venue_ns.append(local_ns[-1] - least_delay_ns if part.venue_ns is None else part.venue_ns)
        elif part.venue_ns is not None:
            venue_ns.append(part.venue_ns)
            local_ns.append(part.venue_ns + least_delay_ns)
    known = np.concatenate(local_ns)
    order = np.argsort(known, kind="stable")
    kind, price, size = (
        np.concatenate([getattr(part, name) for part in parts])[order] for name in ("kind", "price", "lots")
    )
    return DepthSeries(symbol, kind, np.concatenate(venue_ns)[order], known[order], price, size, quotes=True)
