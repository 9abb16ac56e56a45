"""Bars and trades from files, checked row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain, islice, pairwise
from pathlib import Path

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.history.columns import ColumnError, Columns, Kind, aggressor_of, decimal_of, time_ns_of
from tradedeck.history.rows import corrupt, open_rows

_TIMEFRAME_SAMPLE = 16
"""A bar file's timeframe is the smallest step among this many rows."""


def kind_of(path: Path) -> Kind:
    """Whether a file holds bars or trades.

    Raises:
        RefusedError: neither, no such file, or its reader is not installed.
        CorruptError: it is empty or damaged.
    """
    return open_rows(path)[0].kind


def read_market(path: Path, instrument: Instrument) -> Iterator[Bar] | Iterator[Trade]:
    """Bars or trades, as the file holds them. Raises as `read_bars` does."""
    return read_bars(path, instrument) if kind_of(path) == "bars" else read_trades(path, instrument)


def read_bars(path: Path, instrument: Instrument) -> Iterator[Bar]:
    """Bars, oldest first. Times may be in s, ms, us, ns or ISO dates; decimals are taken exactly.

    Raises:
        RefusedError: not a file of bars, no such file, or its reader is not installed.
        CorruptError: a row makes no sense, goes back in time, or the file is cut short.
    """
    columns, rows = open_rows(path)
    _want(path, columns, "bars")
    numbered = (_bar(path, columns, number, row, instrument.symbol) for number, row in rows)
    sample = list(islice(numbered, _TIMEFRAME_SAMPLE))
    timeframe_ns = min((b.open_ns - a.open_ns for (_, a), (_, b) in pairwise(sample)), default=MINUTE_NS)
    last_ns = -1
    for number, bar in chain(sample, numbered):
        if bar.open_ns <= last_ns:
            raise corrupt(path, f"row {number}", "its time is not after that of the row before")
        last_ns = bar.open_ns
        yield Bar(bar.symbol, timeframe_ns, bar.open_ns, bar.open, bar.high, bar.low, bar.close, bar.volume)


def read_trades(path: Path, instrument: Instrument) -> Iterator[Trade]:
    """Trades, oldest first, numbered from 1 where the file has no ids. Raises as `read_bars` does."""
    columns, rows = open_rows(path)
    _want(path, columns, "trades")
    aggressor = aggressor_of(columns)
    last_ns, last_price = -1, ZERO
    for count, (number, row) in enumerate(rows, 1):
        try:
            price, size = (_positive(row[index]) for index in columns.amounts)
            time_ns = time_ns_of(row[columns.time])
            trade_id = str(row[columns.id]) if columns.id >= 0 else str(count)
            side = aggressor(row) or (Side.BUY if price >= last_price else Side.SELL)
        except (ColumnError, IndexError) as error:
            raise corrupt(path, f"row {number}", _why(error)) from None
        if time_ns < last_ns:
            raise corrupt(path, f"row {number}", "its time is before that of the row before")
        last_ns, last_price = time_ns, price
        yield Trade(instrument.symbol, trade_id, price, size, side, time_ns)


def _want(path: Path, columns: Columns, kind: Kind) -> None:
    if columns.kind != kind:
        raise RefusedError(f"{path.name} holds {columns.kind}, not {kind}; name another file", code="history.kind")


def _bar(path: Path, columns: Columns, number: int, row: Sequence[object], symbol: str) -> tuple[int, Bar]:
    try:
        first, high, low, last = (_positive(row[index]) for index in columns.amounts[:4])
        volume = decimal_of(row[columns.amounts[4]])
        open_ns = time_ns_of(row[columns.time])
    except (ColumnError, IndexError) as error:
        raise corrupt(path, f"row {number}", _why(error)) from None
    if not (low <= first <= high and low <= last <= high) or volume < ZERO:
        raise corrupt(path, f"row {number}", "its prices contradict each other or its volume is negative")
    return number, Bar(symbol, MINUTE_NS, open_ns, first, high, low, last, volume)


def _positive(cell: object) -> Decimal:
    number = decimal_of(cell)
    if number <= ZERO:
        raise ColumnError(f"{cell!r} must be above zero")
    return number


def _why(error: Exception) -> str:
    return "the row is too short" if isinstance(error, IndexError) else str(error)
