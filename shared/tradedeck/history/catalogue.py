"""The markets on this disk: a folder of Parquet files, `kind/venue/symbol/timeframe/period.parquet`.

Any tool that reads Parquet reads them. Bars: `ts open high low close volume`, `ts` the opening time in UTC.
Trades: `ts id price size side`. One file holds a year of bars of a minute or longer, a month of shorter ones, or a
day of trades and other records.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history.batches import arrow, open_source
from tradedeck.history.frames import Frame, frames_of, joined
from tradedeck.history.series import Ints
from tradedeck.history.staging import settle
from tradedeck.history.timeframes import timeframe_ns_of, timeframe_text

TICK = "tick"
"""The timeframe of what is not bars."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REGULAR = re.compile(r"\d+(ms|s|m|h|d|w)")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One market in the catalogue. `kind` is bars, trades or another kind of record; `timeframe` as 1m, or tick."""

    kind: str
    venue: str
    symbol: str
    timeframe: str

    def __post_init__(self) -> None:
        for name in (self.kind, self.venue, self.symbol, self.timeframe):
            if not _NAME.fullmatch(name):
                raise RefusedError(
                    f"{name!r} can't name a market; use letters, digits, dot and dash, such as BTCUSDT",
                    code="history.name",
                )

    @property
    def folder(self) -> Path:
        """Where its files are, below the catalogue."""
        return Path(self.kind, self.venue, self.symbol, self.timeframe)

    @property
    def step_ns(self) -> int:
        """Nanoseconds from bar to bar; 0 where there is no regular grid."""
        return timeframe_ns_of(self.timeframe) if _REGULAR.fullmatch(self.timeframe) else 0

    def __str__(self) -> str:
        return f"{self.venue}/{self.symbol}/{self.timeframe}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is there of one market. Times are UTC nanoseconds; `gaps` and `missing` count holes in the grid of bars."""

    key: Key
    rows: int
    first_ns: int
    last_ns: int
    gaps: int
    missing: int
    bytes: int


def default_folder() -> Path:
    """Where markets are kept: the variable TRADEDECK_DATA, else the platform's own place for data."""
    if chosen := os.environ.get("TRADEDECK_DATA"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "tradedeck" / "markets"


def periods_of(key: Key, time_ns: Ints) -> NDArray[np.datetime64]:
    """The file each row belongs in, as a date of its year, month or day."""
    short = "M" if 0 < key.step_ns < MINUTE_NS else "Y"
    unit = {"bars": short, "funding": "Y"}.get(key.kind, "D")
    return time_ns.astype("datetime64[ns]").astype(f"datetime64[{unit}]")


class Catalogue:
    """The markets in `folder`, the default one when left out. What a dead process left behind is settled first."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()
        if self.folder.is_dir():
            settle(self.folder)

    def keys(self) -> list[Key]:
        """Every market, sorted."""
        folders = {path.parent for path in self.folder.glob("[!.]*/*/*/*/*.parquet")}
        return sorted(Key(*folder.relative_to(self.folder).parts) for folder in folders)

    def parts(self, key: Key) -> list[Path]:
        """The files of a market, oldest first."""
        return sorted((self.folder / key.folder).glob("*.parquet"))

    def find(self, name: str, *, kind: str = "", timeframe: str = "") -> Key:
        """The one market that `name` means: `symbol`, `venue/symbol` or `venue/symbol/timeframe`.

        Raises:
            NotFoundError: there is none.
            RefusedError: there are several; the message lists them.
        """
        wanted = name.split("/")
        ask_frame = timeframe or (wanted[2] if len(wanted) > 2 else "")
        found = [
            key
            for key in self.keys()
            if (kind in ("", key.kind)) and wanted in _names(key) and (not ask_frame or _same(ask_frame, key.timeframe))
        ]
        if not found:
            asked = " ".join(part for part in (kind, name, timeframe) if part)
            raise NotFoundError(
                f"there is no {asked} in {self.folder}; see what is there with: tradedeck data list",
                code="history.not_here",
            )
        if len(found) > 1:
            choices = ", ".join(f"{key.kind} {key}" for key in found)
            raise RefusedError(f"{name} may be {choices}; say which", code="history.ambiguous")
        return found[0]

    def find_for(self, name: str, kind: str, timeframe: str) -> Key:
        """As `find`, but where bars of `timeframe` are not kept, the longest ones that they can be made of.

        Raises:
            NotFoundError: there is nothing they can be made of.
            RefusedError: `name` may be several markets.
        """
        try:
            return self.find(name, kind=kind, timeframe=timeframe)
        except NotFoundError:
            if kind != "bars" or not timeframe:
                raise
            return self.shorter(name, timeframe_ns_of(timeframe))

    def shorter(self, name: str, timeframe_ns: int) -> Key:
        """The longest of a market's bars that bars of `timeframe_ns` can be made of. Raises as `find` does."""
        wanted = name.split("/")
        fits = [
            key
            for key in self.keys()
            if key.kind == "bars" and 0 < key.step_ns < timeframe_ns and timeframe_ns % key.step_ns == 0
            and wanted in _names(key)
        ]  # fmt: skip
        best = max(fits, key=lambda key: key.step_ns, default=None)
        return self.find(name, kind="bars", timeframe=best.timeframe if best else timeframe_text(timeframe_ns))

    def parts_between(self, key: Key, start_ns: int, end_ns: int) -> list[Path]:
        """The files of a market that may hold rows in that time (0: no bound), oldest first."""
        return [path for path in self.parts(key) if _may_hold(path, start_ns, end_ns)]

    def frames(self, key: Key, start_ns: int = 0, end_ns: int = 0) -> Iterator[Frame]:
        """The files of bars or trades that may hold rows in that time, as one frame each, oldest first."""
        for path in self.parts_between(key, start_ns, end_ns):
            frame = joined(frame for _, frame in frames_of(open_source(path, start_ns, end_ns)))
            if frame:
                yield frame

    def times(self, key: Key) -> Ints:
        """The times of all rows, UTC nanoseconds, oldest first."""
        return times_of(self.parts(key))

    def entry(self, key: Key) -> Entry:
        """What is there of `key`."""
        times = self.times(key)
        steps = np.diff(times) // key.step_ns - 1 if key.step_ns and len(times) else np.empty(0, np.int64)
        holes = steps[steps > 0]
        size = sum(path.stat().st_size for path in self.parts(key))
        return Entry(key, len(times), int(times[0]), int(times[-1]), len(holes), int(holes.sum()), size)


def times_of(paths: list[Path]) -> Ints:
    """The `ts` column of the catalogue's files, one after another."""
    pa, parquet = arrow(), arrow("parquet")
    chunks = [
        chunk
        for path in paths
        for chunk in parquet.ParquetFile(path).read(columns=["ts"], use_threads=False).column(0).cast(pa.int64()).chunks
    ]
    columns = [np.frombuffer(chunk.buffers()[1], np.int64, len(chunk), chunk.offset * 8) for chunk in chunks]
    return np.concatenate(columns) if columns else np.empty(0, np.int64)


def rows_in(paths: list[Path]) -> int:
    """How many rows the catalogue's files hold, by what they say of themselves."""
    return sum(arrow("parquet").read_metadata(path).num_rows for path in paths)


def table_of(frame: Frame) -> Any:
    """A frame as the table that is kept: times with their zone, sides in words."""
    pa = arrow()
    columns = {"ts": pa.array(frame["time_ns"], pa.timestamp("ns", "UTC"))}
    if "open" in frame:
        return pa.table(columns | {name: pa.array(frame[name]) for name in ("open", "high", "low", "close", "volume")})
    if "id" in frame:
        ids = pa.array(frame["id"].tolist() if frame["id"].dtype.kind == "S" else frame["id"])
        columns["id"] = ids.cast(pa.string()) if pa.types.is_binary(ids.type) else ids
    columns |= {name: pa.array(frame[name]) for name in ("price", "size")}
    words = pa.DictionaryArray.from_arrays(pa.array((frame["side"] < 0).astype(np.int8)), pa.array(["buy", "sell"]))
    return pa.table(columns | {"side": words})


def _names(key: Key) -> tuple[list[str], ...]:
    return [key.symbol], [key.venue, key.symbol], [key.venue, key.symbol, key.timeframe]


def _same(timeframe: str, other: str) -> bool:
    regular = _REGULAR.fullmatch(timeframe) and _REGULAR.fullmatch(other)
    return timeframe_ns_of(timeframe) == timeframe_ns_of(other) if regular else timeframe == other


def _may_hold(path: Path, start_ns: int, end_ns: int) -> bool:
    """By its name: the period a file is for."""
    first = np.datetime64(path.stem)
    low, high = first.astype("datetime64[ns]").astype(np.int64), (first + 1).astype("datetime64[ns]").astype(np.int64)
    return int(high) > start_ns and (not end_ns or int(low) < end_ns)
