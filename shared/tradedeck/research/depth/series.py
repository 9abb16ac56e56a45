"""Recorded order books and trades as columns."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import Ints
from tradedeck.research.depth.files import equals, floats, ints, lots, read_frame, takers, ticks, times
from tradedeck.sim.depth.layout import ASK, BID, CLEAR, NEVER, ROW

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class DepthSeries:
    """Rows of one instrument's book and tape in the sequence they arrived; all columns of one length.

    `kind`: a level of the bids or asks with its new absolute size (0 removes it), a clear of the whole book
    before a snapshot, a trade with the side that took; see `sim.depth.layout`. `venue_ns` is when the venue
    did it, `local_ns` (never falling) when the strategy may know, both UTC; prices in ticks, sizes in lots.
    `quotes`: the rows tell of the best bid and ask only (see `quotes`), not of the levels behind them.
    """

    symbol: str
    kind: Ints
    venue_ns: Ints
    local_ns: Ints
    price: Ints
    lots: Ints
    quotes: bool = False

    def __len__(self) -> int:
        return len(self.kind)

    def slice(self, start: int, stop: int) -> DepthSeries:
        """Rows `start` to `stop`, without a copy. A book that starts inside is whole only from the next clear on."""
        cut = slice(start, stop)
        return DepthSeries(
            self.symbol,
            self.kind[cut],
            self.venue_ns[cut],
            self.local_ns[cut],
            self.price[cut],
            self.lots[cut],
            self.quotes,
        )

    def digest(self) -> str:
        """SHA-256 of symbol and every column: the name of exactly this data."""
        sum_ = sha256(f"{self.symbol} {len(self)}{' quotes' if self.quotes else ''}".encode())
        for column in (self.kind, self.venue_ns, self.local_ns, self.price, self.lots):
            sum_.update(np.ascontiguousarray(column).tobytes())
        return sum_.hexdigest()


def read_depth(depth: Path, trades: Path, instrument: Instrument, *, least_delay_ns: int = 1_000_000) -> DepthSeries:
    """A recorder's two files (Parquet or CSV) as one series, from the first snapshot on.

    `depth`: `ts` (venue time), `ts_recv_ns`, `kind` snapshot or diff, `u` (last update id), `side` bid or ask,
    `price`, `size`; `trades`: `ts`, `ts_recv_ns`, `price`, `size`, `side` (who took). When the recorder's
    clock is behind the venue's, all its times move so that the quickest row takes `least_delay_ns`. Sizes round
    to whole lots: books hold remainders from before the lot was what it is.

    Raises:
        RefusedError: a file is missing a column, holds no snapshot, or its prices aren't whole ticks.
        CorruptError: a file can't be read.
    """
    levels = _levels(read_frame(depth))
    prints = read_frame(trades)
    kind = np.concatenate([levels[0], takers(prints)])
    local_ns = np.concatenate([levels[2], ints(prints, "ts_recv_ns")])
    venue_ns = np.concatenate([levels[1], times(prints, "ts")])
    price = np.concatenate([levels[3], floats(prints, "price")])
    size = np.concatenate([levels[4], floats(prints, "size")])
    shown = (local_ns >= levels[2][0]) & (venue_ns > 0)
    order = np.flatnonzero(shown)
    order = order[np.argsort(local_ns[order], kind="stable")]
    delay = int((local_ns - venue_ns)[order].min())
    if delay < 0:
        local_ns = local_ns + (least_delay_ns - delay)
    grid = grid_of(instrument)
    return DepthSeries(
        instrument.symbol,
        kind[order].astype(np.int64),
        venue_ns[order],
        local_ns[order],
        ticks(price[order], grid, depth.name),
        lots(size[order], grid),
    )


def rows_of(series: DepthSeries) -> tuple[Ints, Ints]:
    """The rows as a replay takes them, as the strategy and as the venue sees them, each with a last row NEVER.

    One array for both when the two clocks agree about the sequence.
    """
    columns = (series.kind, series.venue_ns, series.local_ns, series.price, series.lots)
    home = np.empty((len(series) + 1, ROW), np.int64)
    for k, column in enumerate(columns):
        home[:-1, k] = column
    home[-1] = NEVER
    if bool(np.all(series.venue_ns[1:] >= series.venue_ns[:-1])):
        return home.reshape(-1), home.reshape(-1)
    venue = home.copy()
    venue[:-1] = home[:-1][np.argsort(series.venue_ns, kind="stable")]
    return home.reshape(-1), venue.reshape(-1)


def _levels(depth: pl.DataFrame) -> tuple[Ints, Ints, Ints, NDArray[np.float64], NDArray[np.float64]]:
    """Kind, venue time, local time, price and size of the rows that follow a snapshot, clears put in."""
    snapshot = equals(depth, "kind", "snapshot")
    if not snapshot.any():
        raise RefusedError("the depth file holds no snapshot to start from", code="depth.snapshot")
    update = ints(depth, "u")
    local_ns = ints(depth, "ts_recv_ns")
    starts = np.flatnonzero(snapshot & (np.diff(update, prepend=-1) != 0))
    rows: list[Ints] = []
    told: list[Ints] = []
    for start, end in zip(starts, [*starts[1:], len(update)], strict=True):
        # A snapshot holds what updates up to its id did; those after it may have arrived before it.
        newer = ~snapshot & (update > update[start])
        early = np.flatnonzero(newer[:start])
        later = start + np.flatnonzero(newer[start:end] | (update[start:end] == update[start]))
        first = later[snapshot[later]]
        rows += [first[:1], first, early, later[~snapshot[later]]]
        told += [local_ns[first[:1]], local_ns[first], np.full(len(early), local_ns[start]), local_ns[rows[-1]]]
    order = np.concatenate(rows)
    kind = np.where(equals(depth, "side", "bid"), BID, ASK).astype(np.int64)[order]
    price = floats(depth, "price")[order]
    size = floats(depth, "size")[order]
    cleared = np.cumsum([0, *(len(piece) for piece in rows[:-1])])[::4]
    kind[cleared], price[cleared], size[cleared] = CLEAR, 0.0, 0.0
    return kind, times(depth, "ts")[order], np.concatenate(told), price, size
