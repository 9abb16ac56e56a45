"""Market rows in columns: from Arrow batches to plain arrays, and whether they make sense.

A frame is a dict of numpy arrays of one length. Bars: `time_ns open high low close volume`.
Trades: `time_ns price size side` and `id` where the file has ids; side is +1 for a buyer who took, -1 a seller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradedeck.history.batches import BATCH_ROWS, Batch, Source, arrow
from tradedeck.history.columns import ColumnError, Columns, time_ns_of
from tradedeck.history.rows import corrupt
from tradedeck.history.series import Floats, Ints

Frame = dict[str, NDArray[Any]]

PRICES = ("open", "high", "low", "close")
BAR_FIELDS = ("time_ns", *PRICES, "volume")
TRADE_FIELDS = ("time_ns", "price", "size", "side")
ID_CHARS = 36
"""Longest id of a trade: a UUID."""
_AMOUNTS: Mapping[str, tuple[str, ...]] = {"bars": (*PRICES, "volume"), "trades": ("price", "size")}
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
"""A number below the limit counts in so many nanoseconds; the same rule as `columns.time_ns_of`."""
_BUYS, _SELLS = ("buy", "b", "1"), ("sell", "s", "-1")
_NO = False
_TRUE_WORDS = ("true", "1", "t")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that can't stay: its place in the frame, what kind of fault, and why in words."""

    at: int
    kind: str
    why: str


def frames_of(source: Source) -> Iterator[tuple[int, Frame]]:
    """A source's rows as frames, each with the number of its first row.

    Raises:
        CorruptError: a time or a side can't be understood, or the file is damaged.
    """
    assert source.columns is not None, "only bars and trades have frames"
    for batch in source.batches:
        yield batch.row, _frame(source, source.columns, batch)


def times_in(source: Source, batch: Batch, name: str) -> Ints:
    """A column of times as UTC nanoseconds. Raises as `frames_of` does."""
    return _times(source, batch, batch.table.column(name))


def joined(frames: Iterable[Frame]) -> Frame:
    """Frames one after another; the inputs are given up column by column, so that little is held twice."""
    kept = list(frames)
    if not kept:
        return {}
    result: Frame = {}
    for name in list(kept[0]):
        columns = [frame.pop(name) for frame in kept]
        result[name] = columns[0] if len(columns) == 1 else np.concatenate(columns)
    return result


def cut(frame: Frame, rows: slice | NDArray[Any]) -> Frame:
    """Some rows of a frame."""
    return {name: column[rows] for name, column in frame.items()}


def amounts_of(frame: Frame) -> tuple[str, ...]:
    """The columns that hold numbers to check: prices, and a size or volume at the end."""
    return _AMOUNTS["bars" if "open" in frame else "trades"]


def value_faults(frame: Frame) -> dict[str, NDArray[np.bool_]]:
    """Rows whose numbers make no sense, by the kind of fault: not finite, not above zero, contradicting."""
    *prices, amount = amounts_of(frame)
    bars = "open" in frame
    # A sum is finite exactly when all its parts are, and costs one pass.
    with np.errstate(invalid="ignore", over="ignore"):
        unfinite = ~np.isfinite(sum(frame[name] for name in (*prices, amount)))
        low, high = (frame["low"], frame["high"]) if bars else (frame["price"], frame["price"])
        worthless = (low <= 0) | (np.minimum.reduce([frame[name] for name in prices]) <= 0)
        empty = frame[amount] < 0 if bars else frame[amount] <= 0
    faults = {"not finite": unfinite, "not above zero": worthless, "size": empty}
    if bars:
        first, last = frame["open"], frame["close"]
        faults["contradicting"] = ~((low <= first) & (first <= high) & (low <= last) & (last <= high)) & ~unfinite
    return faults


def first_fault(frame: Frame, last: Frame | None) -> Fault | None:
    """The first row that must be refused, looking at values and at the row before it (`last` of the frame before)."""
    found: list[Fault] = []
    words = {
        "not finite": "a number is missing or not finite",
        "not above zero": "a price must be above zero",
        "size": "its volume is negative" if "open" in frame else "its size must be above zero",
        "contradicting": "its prices contradict each other",
    }
    for kind, rows in value_faults(frame).items():
        if rows.any():
            found.append(Fault(int(rows.argmax()), kind, words[kind]))
    before = np.concatenate(([last["time_ns"][-1]] if last else [np.iinfo(np.int64).min], frame["time_ns"][:-1]))
    if (back := frame["time_ns"] < before).any():
        found.append(Fault(int(back.argmax()), "disorder", "its time is before that of the row before"))
    if (same := repeated(frame, last)).any():
        found.append(Fault(int(same.argmax()), "duplicate", "it repeats the row before: the same " + _key_words(frame)))
    return min(found, key=lambda fault: fault.at, default=None)


def repeated(frame: Frame, last: Frame | None) -> NDArray[np.bool_]:
    """Rows with the key of the row before: the time of a bar, the id of a trade; trades without ids never are."""
    key = "time_ns" if "open" in frame else "id"
    if key not in frame:
        return np.zeros(len(frame["time_ns"]), np.bool_)
    column = frame[key]
    same = np.zeros(len(column), np.bool_)
    same[1:] = column[1:] == column[:-1]
    if last and len(column):
        same[0] = column[0] == last[key][-1]
    return same


def check(source: Source, row: int, frame: Frame, last: Frame | None) -> None:
    """Refuse a frame with a faulty row.

    Raises:
        CorruptError: the first such row by its number, and what is wrong with it.
    """
    if fault := first_fault(frame, last):
        raise corrupt(source.path, f"row {row + fault.at}", fault.why)


def timeframe_of(time_ns: Ints) -> int:
    """A market's timeframe: the most frequent step between its first bars; 0 with fewer than two bars."""
    if len(time_ns) < 2:
        return 0
    steps, counts = np.unique(np.diff(time_ns[:BATCH_ROWS]), return_counts=True)
    return int(steps[counts.argmax()])


def _key_words(frame: Frame) -> str:
    return "time" if "open" in frame else "id"


def _frame(source: Source, columns: Columns, batch: Batch) -> Frame:
    cells = batch.table.column
    names = source.names

    def at(index: int) -> Any:
        return cells(names[index])

    frame: Frame = {"time_ns": _times(source, batch, at(columns.time))}
    for name, index in zip(_AMOUNTS[columns.kind], columns.amounts, strict=True):
        frame[name] = _floats(at(index))
    if columns.kind == "trades":
        side = at(columns.side) if columns.side >= 0 else None
        makes = at(columns.buyer_makes) if columns.buyer_makes >= 0 else None
        frame["side"] = _sides(source, batch, frame["price"], side, makes)
        if columns.id >= 0:
            frame["id"] = _ids(source, batch, at(columns.id))
    return frame


def _floats(column: Any) -> Floats:
    pc = arrow("compute")
    column = pc.cast(column, arrow().float64())
    return _plain(column.fill_null(float("nan")) if column.null_count else column, np.float64)


def _plain(column: Any, kind: type[np.generic]) -> NDArray[Any]:
    """Arrow's numbers as an array over the same memory; Arrow's own `to_numpy` would import pandas for it."""
    width = np.dtype(kind).itemsize
    values = column.buffers()[1]
    return np.frombuffer(values, kind, len(column), column.offset * width) if len(column) else np.empty(0, kind)


def _flags(column: Any) -> NDArray[np.bool_]:
    return _plain(arrow("compute").cast(column.fill_null(_NO), arrow().uint8()), np.uint8) > 0


def _times(source: Source, batch: Batch, column: Any) -> Ints:
    pa, pc = arrow(), arrow("compute")
    if column.null_count:
        missing = pc.index(pc.is_null(column), value=True).as_py()
        raise corrupt(source.path, f"row {batch.row + missing}", "its time is missing")
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # Cast to nanoseconds by Arrow, which refuses what would not fit.
        cast = pc.cast(column, pa.timestamp("ns", getattr(kind, "tz", None)))
        return _plain(pc.cast(cast, pa.int64()), np.int64)
    if pa.types.is_integer(kind):
        return _scaled(source, batch, _plain(pc.cast(column, pa.int64()), np.int64))
    return _written_times(source, batch, column)


def _scaled(source: Source, batch: Batch, numbers: Ints) -> Ints:
    if numbers.size and int(numbers.min()) < 0:
        at = int((numbers < 0).argmax())
        raise corrupt(source.path, f"row {batch.row + at}", f"'{numbers[at]}' is not a time")
    factors = np.select([numbers < limit for limit, _ in _UNITS], [factor for _, factor in _UNITS], 1)
    return numbers * factors


def _written_times(source: Source, batch: Batch, column: Any) -> Ints:
    """ISO dates and numbers with decimals, exactly: whole columns where Arrow can, else cell by cell."""
    pa, pc = arrow(), arrow("compute")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            return _scaled(source, batch, _plain(pc.cast(column, pa.int64()), np.int64))
        except pa.ArrowInvalid:
            pass
        for zone in (None, "UTC"):
            try:
                moments = pc.cast(column, pa.timestamp("ns", zone))
                return _plain(pc.cast(moments, pa.int64()), np.int64)
            except pa.ArrowInvalid:
                continue
    result = np.empty(len(column), np.int64)
    for at, cell in enumerate(column.to_pylist()):
        try:
            result[at] = time_ns_of(cell)
        except ColumnError as error:
            raise corrupt(source.path, f"row {batch.row + at}", error) from None
    return result


def _ids(source: Source, batch: Batch, column: Any) -> NDArray[Any]:
    """Ids as whole numbers where they are such, else as ASCII text of at most ID_CHARS."""
    pa, pc = arrow(), arrow("compute")
    try:
        if not column.null_count:
            return _plain(pc.cast(column, pa.int64()), np.int64)
    except pa.ArrowInvalid:
        pass
    texts = [str(cell or "") for cell in column.to_pylist()]
    for at, text in enumerate(texts):
        if not (0 < len(text) <= ID_CHARS and text.isascii()):
            raise corrupt(source.path, f"row {batch.row + at}", f"{text!r} can't be a trade's id")
    return np.array(texts, f"S{ID_CHARS}")


def _sides(source: Source, batch: Batch, price: Floats, side: Any, makes: Any) -> NDArray[np.int8]:
    """Who took liquidity: as the file says, else a buyer where the price did not fall."""
    pa, pc = arrow(), arrow("compute")

    def among(column: Any, words: tuple[str, ...]) -> NDArray[np.bool_]:
        found = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(column, pa.string()))), pa.array(words))
        return _flags(found)

    if side is not None:
        buys, sells = among(side, _BUYS), among(side, _SELLS)
        if not (known := buys | sells).all():
            at = int((~known).argmax())
            why = f"{side[at].as_py()!r} is not a side; write buy or sell"
            raise corrupt(source.path, f"row {batch.row + at}", why)
        return np.where(buys, 1, -1).astype(np.int8)
    if makes is not None:
        return np.where(among(makes, _TRUE_WORDS), -1, 1).astype(np.int8)
    return np.where(np.diff(price, prepend=0.0) >= 0, 1, -1).astype(np.int8)
