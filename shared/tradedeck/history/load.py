"""A market file as one series of columns: what research and fast engines start from.

Floats, read in whole columns; `reading.read_bars` gives the same rows as exact decimals, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history.aggregate import longer
from tradedeck.history.batches import Source, open_source, table_source
from tradedeck.history.catalogue import Catalogue, rows_in
from tradedeck.history.columns import Kind
from tradedeck.history.frames import Frame, check, cut, frames_of, timeframe_of
from tradedeck.history.series import BarSeries, TradeSeries
from tradedeck.history.timeframes import timeframe_ns_of

_ROOM = 1 << 20
"""Rows made room for when a file does not say how many it has."""
_ENDINGS = (".csv", ".gz", ".zip", ".parquet", ".feather", ".arrow", ".arrows", ".ipc", ".txt")


def load_bars(
    name: Path | str,
    symbol: str = "",
    start_ns: int = 0,
    end_ns: int = 0,
    timeframe: str = "",
    *,
    catalogue: Catalogue | None = None,
) -> BarSeries:
    """Bars that opened from `start_ns` on and before `end_ns` (UTC nanoseconds; 0 for no bound).

    `name` is a file, or a market in the catalogue (the default one when left out) as `Catalogue.find` takes it.
    With `timeframe` such as 1h, shorter bars are put together (see `aggregate.longer`).

    Raises:
        NotFoundError: no such file or market, or no bars in that time.
        RefusedError: not bars, another timeframe that does not divide this one, or pyarrow is not installed.
        CorruptError: a row makes no sense or goes back in time; the message names it.
    """
    found = _found(name, "bars", start_ns, end_ns, timeframe, catalogue)
    series = series_from(_read(found, "bars", start_ns, end_ns), symbol or found.symbol, found.step_ns)
    return longer(series, timeframe_ns_of(timeframe)) if timeframe else series


def load_trades(
    name: Path | str, symbol: str = "", start_ns: int = 0, end_ns: int = 0, *, catalogue: Catalogue | None = None
) -> TradeSeries:
    """Trades of a file or of a market in the catalogue. Arguments and errors as in `load_bars`."""
    found = _found(name, "trades", start_ns, end_ns, "", catalogue)
    return trades_from(_read(found, "trades", start_ns, end_ns), symbol or found.symbol)


def from_arrow(table: Any, symbol: str) -> BarSeries:
    """Bars of a pyarrow table: a time column and open, high, low, close, volume, under any of their usual names.

    Raises:
        NotFoundError: it has no rows.
        RefusedError: columns are missing.
        CorruptError: a row makes no sense; the message names it, counting from 1.
    """
    return series_from(_read(_Found("the table", [table_source(table)], symbol), "bars", 0, 0), symbol)


def from_polars(frame: Any, symbol: str) -> BarSeries:
    """Bars of a polars DataFrame. Raises as `from_arrow` does."""
    return from_arrow(frame.to_arrow(), symbol)


def series_from(frame: Frame, symbol: str, step_ns: int = 0) -> BarSeries:
    """A frame of bars as a series; without `step_ns` it is told from them, and a single bar counts as one minute."""
    return BarSeries(
        symbol, step_ns or timeframe_of(frame["time_ns"]) or MINUTE_NS, frame["time_ns"], frame["open"], frame["high"],
        frame["low"], frame["close"], frame["volume"],
    )  # fmt: skip


def trades_from(frame: Frame, symbol: str) -> TradeSeries:
    """A frame of trades as a series."""
    return TradeSeries(symbol, frame["time_ns"], frame["price"], frame["size"], frame["side"])


def symbol_in(path: Path) -> str:
    """The symbol in a file's name: its first part of capitals and digits, or the whole stem."""
    stem = path.name.split(".")[0]
    return next((part for part in stem.replace("-", "_").split("_") if len(part) > 2 and part.isupper()), stem)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where rows are: of which symbol, and where it is known how long a bar is and how many rows there may be."""

    name: str
    sources: Iterable[Source]
    symbol: str
    step_ns: int = 0
    rows: int = 0


def is_file(name: Path | str) -> bool:
    """Whether a name means a file rather than a market: there is one, or it ends as market files do."""
    return Path(name).exists() or str(name).lower().endswith(_ENDINGS)


def _found(
    name: Path | str, kind: Kind, start_ns: int, end_ns: int, timeframe: str, catalogue: Catalogue | None
) -> _Found:
    if is_file(name):
        source = open_source(Path(name), start_ns, end_ns)
        return _Found(Path(name).name, [source], symbol_in(Path(name)), rows=source.rows)
    catalogue = catalogue or Catalogue()
    key = catalogue.find_for(str(name), kind, timeframe)
    parts = catalogue.parts_between(key, start_ns, end_ns)
    sources = (open_source(part, start_ns, end_ns) for part in parts)
    return _Found(str(key), sources, key.symbol, key.step_ns, rows_in(parts))


def _read(found: _Found, kind: Kind, start_ns: int, end_ns: int) -> Frame:
    grown: Frame = {}
    rows, last = 0, None
    for source in found.sources:
        if source.columns is None or source.columns.kind != kind:
            held = source.columns.kind if source.columns else "records of another kind"
            raise RefusedError(f"{source.path.name} holds {held}, not {kind}; name another file", code="history.kind")
        for row, frame in frames_of(source):
            check(source, row, frame, last)
            last = cut(frame, slice(-1, None))
            low = int(np.searchsorted(frame["time_ns"], start_ns)) if start_ns else 0
            high = int(np.searchsorted(frame["time_ns"], end_ns)) if end_ns else len(frame["time_ns"])
            grown = _put(grown, rows, cut(frame, slice(low, high)), found.rows)
            rows += max(high - low, 0)
    if not rows:
        when = " in that time" if start_ns or end_ns else ""
        raise NotFoundError(f"{found.name} has no {kind}{when}", code="history.nothing")
    return cut(grown, slice(0, rows))


def _put(grown: Frame, rows: int, frame: Frame, expected: int) -> Frame:
    """`frame` after the first `rows` of `grown`, which is made larger when full; pages never written cost nothing."""
    for name in frame.keys() - {"id"}:
        column = frame[name]
        held = grown.get(name)
        if held is None:
            held = np.empty(max(expected, _ROOM), column.dtype)
        if rows + len(column) > len(held):
            held = np.concatenate((held[:rows], np.empty(max(len(held), len(column)), column.dtype)))
        held[rows : rows + len(column)] = column
        grown[name] = held
    return grown
