"""Recorded funding rates of a perpetual: read from files, kept in the catalogue, put on the bars of a run.

A file has a time (`ts`, `fundingTime`, `calc_time` ...) and a rate (`rate`, `fundingRate`, `last_funding_rate`), and
where it holds several markets a `symbol` or `instrument`. CSV, Parquet or Feather.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError
from tradedeck.domain.funding import due_ns
from tradedeck.history.batches import Source, arrow, open_source
from tradedeck.history.catalogue import TICK, Catalogue, Key, periods_of
from tradedeck.history.columns import rate_column, time_column
from tradedeck.history.frames import times_in
from tradedeck.history.load import is_file, symbol_in
from tradedeck.history.merging import Counts
from tradedeck.history.rows import corrupt
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.history.staging import flush, staging

FUNDING = "funding"
"""The catalogue's kind."""
_MARKETS = ("symbol", "instrument", "market")
_LATE = 1.5
"""More than so many usual steps between two rates: one is missing in between."""


@dataclass(frozen=True, slots=True)
class FundingSeries:
    """Rates of one symbol, oldest first: `time_ns` when each was due, UTC, strictly rising; `rate` as a fraction.

    The long pays a rate above zero. A rate of 0 was charged like any other; where none is, none is known.
    """

    symbol: str
    time_ns: Ints
    rate: Floats

    def __post_init__(self) -> None:
        """Raise RefusedError unless the columns make sense."""
        if len(self.time_ns) != len(self.rate) or not np.isfinite(self.rate).all():
            raise RefusedError("funding needs one finite rate for each time", code="data.funding")
        if (self.time_ns[1:] <= self.time_ns[:-1]).any():
            raise RefusedError("funding rates must be in the order of their times, one each", code="data.funding")

    def __len__(self) -> int:
        return len(self.time_ns)

    def digest(self) -> str:
        """SHA-256 of the symbol and both columns: the name of exactly this data."""
        sum_ = sha256(f"{self.symbol} {len(self)}".encode())
        for column in (self.time_ns, self.rate):
            sum_.update(np.ascontiguousarray(column).tobytes())
        return sum_.hexdigest()


def rates_at(bars: BarSeries, funding: FundingSeries) -> Floats:
    """The rate due at each bar of `bars`, NaN where none is: what `backtest(funding=...)` takes.

    A rate is due at the first bar that opens at or after its time; of several at one bar it is their sum. Those from
    before the bars are left out.
    """
    rates = np.full(len(bars), np.nan)
    due = np.searchsorted(bars.open_ns, funding.time_ns, side="left")
    first_ns = int(bars.open_ns[0]) - bars.timeframe_ns if len(bars) else 0
    fits = (funding.time_ns > first_ns) & (due < len(bars))
    rates[due[fits]] = 0.0
    np.add.at(rates, due[fits], funding.rate[fits])
    return rates


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch for which rates are missing: so many, as far as the usual step between them tells."""

    start_ns: int
    end_ns: int
    missing: int


def holes_in(bars: BarSeries, funding: FundingSeries) -> list[Hole]:
    """Where rates are missing while the bars go on: before the first one, between two, after the last."""
    start, end = int(bars.open_ns[0]), int(bars.open_ns[-1])
    step = int(np.median(np.diff(funding.time_ns))) if len(funding) > 1 else end - start
    known = funding.time_ns[(funding.time_ns > start - step) & (funding.time_ns <= end)].tolist()
    if not known:
        return [Hole(start, end, (end - start) // step)] if step else []
    found = [
        Hole(one, other, round((other - one) / step) - 1)
        for one, other in pairwise(known)
        if other - one > _LATE * step
    ]
    # Whether a rate was due at the very ends nobody knows.
    ends = [Hole(start, known[0], (known[0] - start) // step), Hole(known[-1], end, (end - known[-1]) // step)]
    return sorted([*found, *(hole for hole in ends if hole.missing > 0)], key=lambda hole: hole.start_ns)


def load_funding(name: Path | str, symbol: str = "", *, catalogue: Catalogue | None = None) -> FundingSeries:
    """The rates of a file, or of a market in the catalogue as `Catalogue.find` takes it.

    `symbol` says which of a file's markets; when left out it is told from the only one, else from the file's name.

    Raises:
        NotFoundError: no such file or market, or no rates of that symbol.
        RefusedError: not funding rates, or several markets and none is named.
        ConflictError: two rates of one time contradict each other.
        CorruptError: a row makes no sense.
    """
    if is_file(name):
        times, rates, wanted = _read(Path(name), symbol)
        time_ns, rate = _ordered(Path(name).name, [(times, rates)], repair=False)
    else:
        catalogue = catalogue or Catalogue()
        key = catalogue.find(str(name), kind=FUNDING)
        wanted = symbol or key.symbol
        time_ns, rate = _ordered(str(key), _held(catalogue, key), repair=False)
    return FundingSeries(wanted, time_ns, rate)


def is_funding(source: Source) -> bool:
    """Whether a file holds funding rates."""
    return source.columns is None and rate_column(source.names) >= 0


def import_funding(
    catalogue: Catalogue,
    paths: Sequence[Path],
    venue: str,
    symbol: str,
    *,
    repair: bool,
    progress: Callable[[str, int], None],
) -> tuple[Key, Counts]:
    """Take files of rates into the catalogue, among those that are there.

    Raises:
        RefusedError: not funding rates, or several markets and none is named.
        ConflictError: a rate contradicts the one that is there; with `repair` the new one wins.
        CorruptError: a row makes no sense.
    """
    read: list[tuple[Ints, Floats]] = []
    wanted = symbol
    for path in paths:
        times, rates, wanted = _read(path, wanted)
        read.append((times, rates))
        progress(path.name, len(times))
    key = Key(FUNDING, venue, wanted, TICK)
    held = _ordered(str(key), _held(catalogue, key), repair=repair)
    time_ns, rate = _ordered(str(key), [held, *read], repair=repair)
    counts = Counts(rows=sum(len(times) for times, _ in read))
    counts.added = len(time_ns) - len(held[0])
    kept = np.searchsorted(time_ns, held[0])
    counts.replaced = int((rate[kept] != held[1]).sum())
    counts.known = counts.rows - counts.added - counts.replaced
    with staging(catalogue.folder) as files:
        years = periods_of(key, time_ns)
        for year in np.unique(years):
            path = files / key.folder / f"{year}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            arrow("parquet").write_table(_table(time_ns[years == year], rate[years == year]), path)
            flush(path)
    return key, counts


def _table(time_ns: Ints, rate: Floats) -> Any:
    pa = arrow()
    return pa.table({"ts": pa.array(time_ns, pa.timestamp("ns", "UTC")), "rate": pa.array(rate)})


def _held(catalogue: Catalogue, key: Key) -> list[tuple[Ints, Floats]]:
    return [_read(path, key.symbol)[:2] for path in catalogue.parts(key)]


def _read(path: Path, symbol: str) -> tuple[Ints, Floats, str]:
    """Times and rates of one file, in its order, and of which symbol: the given one, or the only one there is."""
    source = open_source(path)
    if not is_funding(source):
        raise RefusedError(f"{path.name} holds no funding rates; it needs a time and a rate", code="history.kind")
    time, rate = source.names[time_column(source.names)], source.names[rate_column(source.names)]
    market = next((name for name in source.names if name.strip().lower() in _MARKETS), "")
    times, rates, seen = [np.empty(0, np.int64)], [np.empty(0)], set[str]()
    for batch in source.batches:
        names = [str(name) for name in batch.table.column(market).to_pylist()] if market else []
        seen.update(names)
        rows = np.array([symbol in ("", name) for name in names], np.bool_) if market else slice(None)
        times.append(times_in(source, batch, time)[rows])
        rates.append(_numbers(path, batch.row, batch.table.column(rate))[rows])
    if len(seen) > 1 and not symbol:
        raise RefusedError(
            f"{path.name} holds {', '.join(sorted(seen))}; say which with --symbol", code="history.symbol"
        )
    if not sum(map(len, times)):
        which = f" of {symbol}" if symbol else ""
        raise NotFoundError(f"{path.name} has no funding rates{which}", code="history.nothing")
    return np.concatenate(times), np.concatenate(rates), symbol or next(iter(seen), symbol_in(path))


def _numbers(path: Path, row: int, column: Any) -> Floats:
    try:
        numbers = np.asarray(column.cast(arrow().float64()).to_numpy(zero_copy_only=False), np.float64)
    except arrow().ArrowException as error:
        raise corrupt(path, f"after row {row - 1}", str(error)) from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise corrupt(path, f"row {row + int(bad.argmax())}", "the rate is no number")
    return numbers


def _ordered(name: str, parts: Iterable[tuple[Ints, Floats]], *, repair: bool) -> tuple[Ints, Floats]:
    """All rates by the time they were due, each once; of two at one time the last read stays with `repair`."""
    both = [*parts]
    time_ns = np.array([due_ns(one) for times, _ in both for one in times.tolist()], np.int64)
    rate = np.concatenate([np.empty(0), *(rates for _, rates in both)])
    order = np.argsort(time_ns, kind="stable")
    time_ns, rate = time_ns[order], rate[order]
    same = time_ns[1:] == time_ns[:-1]
    differs = same & (rate[1:] != rate[:-1])
    if differs.any() and not repair:
        at = np.datetime64(int(time_ns[1:][differs][0]), "ns").astype("datetime64[s]")
        raise ConflictError(
            f"{name} has two funding rates for {at}Z; take one out, or let the later win with --repair",
            code="history.conflict",
        )
    last = np.r_[~same, True] if len(time_ns) else np.empty(0, np.bool_)
    return time_ns[last], rate[last]
