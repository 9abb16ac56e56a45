"""Columns of recorded files, whatever they are called there and in whatever unit their times are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.domain.grid import MAX_STEPS, Grid
from tradedeck.history.series import Floats, Ints
from tradedeck.sim.depth.layout import BUYER_TOOK, SELLER_TOOK

if TYPE_CHECKING:
    import polars as pl

_OFF_GRID = 0.01
# A number below this limit is in a unit of so many nanoseconds: seconds until the year 5138, and so on.
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))


def read_frame(path: Path) -> pl.DataFrame:
    """A CSV (also packed as .gz) or Parquet file.

    Raises:
        RefusedError: there is no such file.
        CorruptError: it can't be read.
    """
    import polars as pl

    packed = path.name.lower().endswith((".csv", ".csv.gz"))
    try:
        return pl.read_csv(path, infer_schema_length=None) if packed else pl.read_parquet(path)
    except FileNotFoundError as error:
        raise RefusedError(f"no such file: {path}", code="depth.file") from error
    except pl.exceptions.PolarsError as error:
        kind = "CSV" if packed else "Parquet"
        raise CorruptError(f"{path} can't be read as {kind}: {error}", code="depth.file") from error


def found(frame: pl.DataFrame, *names: str) -> str:
    """The first of `names` that is a column; "" when none is."""
    return next((name for name in names if name in frame.columns), "")


def column(frame: pl.DataFrame, *names: str) -> pl.Series:
    """The first of `names` that is a column. Raises RefusedError when none is."""
    name = found(frame, *names)
    if not name:
        raise RefusedError(f"the file has no column {' or '.join(names)}", code="depth.column")
    return frame[name]


def equals(frame: pl.DataFrame, name: str, value: str) -> NDArray[np.bool_]:
    """Where a column is `value`."""
    return (column(frame, name) == value).to_numpy()


def ints(frame: pl.DataFrame, *names: str) -> Ints:
    """Whole numbers."""
    import polars as pl

    return column(frame, *names).cast(pl.Int64).to_numpy()


def floats(frame: pl.DataFrame, *names: str) -> Floats:
    """Numbers; what is missing is NaN."""
    import polars as pl

    return column(frame, *names).cast(pl.Float64).to_numpy()


def times(frame: pl.DataFrame, *names: str) -> Ints:
    """UTC nanoseconds of times, ISO texts or numbers of s, ms, us or ns (told by the largest).

    Raises:
        CorruptError: one is no time.
    """
    import polars as pl

    told = column(frame, *names)
    try:
        if told.dtype == pl.String:
            told = told.str.to_datetime(time_unit="ns", time_zone="UTC")
        if told.dtype.is_temporal():
            return told.dt.epoch("ns").to_numpy()
        values = told.cast(pl.Int64).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise CorruptError(f"a time in the column {told.name} makes no sense: {error}", code="depth.time") from None
    largest = int(values.max()) if len(values) else 0
    return values * next((unit for limit, unit in _UNITS if largest < limit), 1)


def takers(frame: pl.DataFrame) -> Ints:
    """Who took in each trade, as the kind of a row."""
    if "side" not in frame.columns and (makes := found(frame, "is_buyer_maker")):
        sold = (frame[makes].cast(str).str.to_lowercase() == "true").to_numpy()
        return np.where(sold, SELLER_TOOK, BUYER_TOOK).astype(np.int64)
    return np.where(equals(frame, "side", "buy"), BUYER_TOOK, SELLER_TOOK).astype(np.int64)


def ticks(prices: Floats, grid: Grid, name: str) -> Ints:
    """Prices as whole ticks. Raises RefusedError when one isn't, naming the file."""
    steps = prices * grid.tick_den / grid.tick_num
    whole = np.rint(steps)
    off = np.flatnonzero(~(np.abs(steps - whole) < _OFF_GRID) | (np.abs(whole) > MAX_STEPS))
    if len(off):
        tick = grid.price(1)
        raise RefusedError(f"{name}: {prices[off[0]]} is not a whole number of ticks of {tick}", code="depth.grid")
    return whole.astype(np.int64)


def lots(sizes: Floats, grid: Grid) -> Ints:
    """Sizes to the nearest lot: books hold remainders from before the lot was what it is."""
    return np.rint(sizes * grid.lot_den / grid.lot_num).astype(np.int64)
