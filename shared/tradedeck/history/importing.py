"""Files of others into the catalogue: in batches, so that memory does not grow with the file.

Rows go to scratch files by the period they belong to; each period is then put in order, joined with what is there
and written. Everything takes its place at once at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.history.batches import Source, arrow, open_source
from tradedeck.history.catalogue import TICK, Catalogue, Key, periods_of, table_of
from tradedeck.history.frames import Frame, check, cut, frames_of, joined, timeframe_of
from tradedeck.history.funding import FUNDING, import_funding, is_funding
from tradedeck.history.load import symbol_in
from tradedeck.history.merging import Counts, merged, without_faults
from tradedeck.history.records import import_records
from tradedeck.history.staging import flush, staging
from tradedeck.history.timeframes import timeframe_ns_of, timeframe_text

ROW_GROUP = 131_072
Progress = Callable[[str, int], None]
"""Told the name of what is worked on and how many rows of it are done."""


def silent(_name: str, _rows: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. Row numbers in messages are lines of a CSV, else rows from 1."""

    key: Key
    counts: Counts
    files: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to understand files: what is left empty is told from the file itself (a symbol from its name)."""

    venue: str
    symbol: str = ""
    kind: str = ""
    timeframe: str = ""
    repair: bool = False


def import_files(catalogue: Catalogue, paths: Sequence[Path], wanted: Wanted, progress: Progress = silent) -> Imported:
    """Take files of one market into the catalogue: all of them or, when anything is wrong, nothing.

    With `wanted.repair`, rows that make no sense and repeated ones are dropped, disorder is sorted, and new rows win
    over those that are there; all of it is counted. Without it, any of this is refused.

    Raises:
        NotFoundError: no such file.
        RefusedError: not a market's file, or its timeframe or kind is not that of the others.
        CorruptError: a row makes no sense; the message names file and row.
        ConflictError: rows contradict those that are there, or another process is importing.
        UnavailableError: the disk is full; nothing was changed.
    """
    if not paths:
        raise RefusedError("name at least one file to import", code="history.no_files")
    first = open_source(paths[0])
    if wanted.kind == FUNDING or (not wanted.kind and is_funding(first)):
        key, counts = import_funding(catalogue, paths, wanted.venue, wanted.symbol, repair=wanted.repair,
                                     progress=progress)  # fmt: skip
        return Imported(key, counts, len(paths))
    if first.columns is None:
        key, counts = import_records(catalogue, paths, wanted.venue, wanted.symbol or symbol_in(paths[0]), wanted.kind,
                                     repair=wanted.repair, progress=progress)  # fmt: skip
        return Imported(key, counts, len(paths))
    key = _key_of(paths[0], first, wanted)
    with staging(catalogue.folder) as files:
        pieces = Pieces(files.parent / "scratch", key)
        counts = Counts()
        for path in paths:
            _read(path, key, pieces, counts, wanted, progress)
        counts.add(_settle(catalogue, files, pieces, repair=wanted.repair, progress=progress))
    return Imported(key, counts, len(paths))


def add_frames(catalogue: Catalogue, key: Key, frames: Iterable[Frame], *, repair: bool = False) -> Counts:
    """Take rows into the catalogue that are known to make sense, all at once. Raises as `import_files` does."""
    counts = Counts()
    with staging(catalogue.folder) as files:
        pieces = Pieces(files.parent / "scratch", key)
        for frame in frames:
            pieces.put(frame)
            counts.rows += len(frame["time_ns"])
        counts.add(_settle(catalogue, files, pieces, repair=repair, progress=silent))
    return counts


@dataclass(slots=True)
class Pieces:
    """Rows set aside on disk, by period: one file for each column, written at its end."""

    folder: Path
    key: Key
    kinds: dict[str, np.dtype[np.generic]] = field(default_factory=dict[str, np.dtype[np.generic]])
    periods: set[str] = field(default_factory=set[str])

    def put(self, frame: Frame) -> None:
        """Set rows aside.

        Raises:
            RefusedError: ids are numbers here and text there, or missing in some files.
        """
        kinds = {name: column.dtype for name, column in frame.items()}
        if self.kinds and kinds != self.kinds:
            raise RefusedError(
                "the trades' ids are numbers in one place and text or missing in another; import such files apart",
                code="history.ids",
            )
        self.kinds = kinds
        periods = periods_of(self.key, frame["time_ns"])
        for period in np.unique(periods):
            name = str(period)
            rows = periods == period
            whole = bool(rows.all())
            folder = self.folder / name
            folder.mkdir(parents=True, exist_ok=True)
            self.periods.add(name)
            for column, values in frame.items():
                with (folder / column).open("ab") as file:
                    (values if whole else values[rows]).tofile(file)

    def take(self, period: str) -> Frame:
        """The rows of a period, in the order they came; they are gone from the disk then."""
        frame: Frame = {}
        for name, kind in self.kinds.items():
            path = self.folder / period / name
            frame[name] = np.fromfile(path, kind)
            path.unlink()
        return frame


def write_part(path: Path, table: object) -> None:
    """Write a file of the catalogue and flush it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrow("parquet").write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)
    flush(path)


def _key_of(path: Path, source: Source, wanted: Wanted) -> Key:
    assert source.columns is not None
    kind = source.columns.kind
    if wanted.kind not in ("", kind):
        raise RefusedError(f"{path.name} holds {kind}, not {wanted.kind}", code="history.kind")
    symbol = wanted.symbol or symbol_in(path)
    if kind == "trades":
        return Key(kind, wanted.venue, symbol, TICK)
    if wanted.timeframe:
        return Key(kind, wanted.venue, symbol, timeframe_text(timeframe_ns_of(wanted.timeframe)))
    _, frame = next(iter(frames_of(source)), (0, None))
    step_ns = timeframe_of(np.unique(frame["time_ns"])) if frame else 0
    if not step_ns:
        raise RefusedError(f"{path.name} has too few bars to tell their timeframe; give --timeframe 1m",
                           code="history.timeframe")  # fmt: skip
    return Key(kind, wanted.venue, symbol, timeframe_text(step_ns))


def _read(path: Path, key: Key, pieces: Pieces, counts: Counts, wanted: Wanted, progress: Progress) -> None:
    """One file, checked or repaired, set aside."""
    source = open_source(path)
    if source.columns is None or source.columns.kind != key.kind:
        raise RefusedError(f"{path.name} does not hold {key.kind} as the first file does", code="history.kind")
    last: Frame | None = None
    done = 0
    for row, frame in frames_of(source):
        _same_timeframe(path, key, frame, first=last is None)
        kept = frame
        if wanted.repair:
            kept, found = without_faults(frame)
            counts.add(found)
            counts.disorder += _disorder(kept, last)
        else:
            check(source, row, frame, last)
        done += len(frame["time_ns"])
        if len(kept["time_ns"]):
            last = cut(kept, slice(-1, None))
            pieces.put(kept)
        progress(path.name, done)
    counts.rows += done


def _same_timeframe(path: Path, key: Key, frame: Frame, *, first: bool) -> None:
    if not (first and key.kind == "bars" and key.step_ns):
        return
    step_ns = timeframe_of(np.unique(frame["time_ns"]))
    if step_ns and step_ns % key.step_ns:
        raise RefusedError(f"{path.name} has bars of {timeframe_text(step_ns)}, not {key.timeframe}; import it apart",
                           code="history.timeframe")  # fmt: skip


def _disorder(frame: Frame, last: Frame | None) -> int:
    times = frame["time_ns"]
    across = int(bool(last and len(times) and times[0] < last["time_ns"][-1]))
    return across + int((np.diff(times) < 0).sum())


def _settle(catalogue: Catalogue, files: Path, pieces: Pieces, *, repair: bool, progress: Progress) -> Counts:
    """Every period in order, joined with what is there and written where it waits for its place."""
    counts = Counts()
    for period, old in _with_old(catalogue, pieces):
        where = f"{pieces.key} {period}"
        frame, found = merged(old, pieces.take(period), repair=repair, where=where)
        counts.add(found)
        if found.added or found.replaced:
            write_part(files / pieces.key.folder / f"{period}.parquet", table_of(frame))
        progress(f"writing {period}", len(frame["time_ns"]))
    return counts


def _with_old(catalogue: Catalogue, pieces: Pieces) -> Iterator[tuple[str, Frame | None]]:
    for period in sorted(pieces.periods):
        path = catalogue.folder / pieces.key.folder / f"{period}.parquet"
        yield period, joined(frame for _, frame in frames_of(open_source(path))) if path.exists() else None
