"""What is doubtful about recorded data: holes, stillness, leaps, odd times. It is told, not mended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history.batches import open_source
from tradedeck.history.frames import BAR_FIELDS, Frame, frames_of, joined, repeated, timeframe_of, value_faults
from tradedeck.history.series import BarSeries, Floats, Ints

STALE_BARS = 5
"""A run of so many unchanged bars without volume is told."""
OUTLIER_Z = 50.0
"""How many robust standard deviations make a return an outlier. Markets leap: below this it is mostly news."""
_HALF_TO_SIGMA = 0.6744897501960817
_MOST_TO_SIGMA = 1.6448536269514722
_MEAN_TO_SIGMA = 0.7978845608028654


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in the grid of bars: where bars are missing, from `start_ns` to before `end_ns` (UTC), and how many."""

    start_ns: int
    end_ns: int
    missing: int


@dataclass(frozen=True, slots=True)
class Run:
    """Bars from `start_ns` to `end_ns` (both opening times, UTC) that all repeat one price, without volume."""

    start_ns: int
    end_ns: int
    bars: int


@dataclass(frozen=True, slots=True)
class Outlier:
    """A leap: the log return to the row at `time_ns`, and its robust z-score."""

    time_ns: int
    log_return: float
    z: float


@dataclass(frozen=True, slots=True)
class DataReport:
    """What was found. Times are UTC nanoseconds; `step_ns` is the bars' timeframe, 0 for trades.

    `duplicates` repeat the key of the row before (a bar's time, a trade's id), `disorder` goes back in time,
    `faulty` has numbers that make no sense, `off_grid` are bars that do not open where the others do.
    """

    symbol: str
    rows: int
    first_ns: int
    last_ns: int
    step_ns: int
    gaps: tuple[Gap, ...] = ()
    stale: tuple[Run, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    off_grid: tuple[int, ...] = ()
    duplicates: int = 0
    disorder: int = 0
    faulty: int = 0

    @property
    def missing(self) -> int:
        """Bars that are not there."""
        return sum(gap.missing for gap in self.gaps)

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found."""
        return not (
            self.gaps or self.stale or self.outliers or self.off_grid or self.duplicates or self.disorder or self.faulty
        )


def report_on(series: BarSeries) -> DataReport:
    """What is doubtful about a series of bars."""
    frame: Frame = dict(zip(BAR_FIELDS, (series.open_ns, *_prices(series), series.volume), strict=True))
    return report_of(frame, series.symbol, series.timeframe_ns)


def report_on_file(path: Path, symbol: str = "") -> DataReport:
    """What is doubtful about a file of bars or trades, also when it could not be imported as it is.

    Raises:
        NotFoundError: no such file, or no rows.
        RefusedError: neither bars nor trades.
        CorruptError: a cell can't be read at all.
    """
    source = open_source(path)
    if source.columns is None:
        raise RefusedError(f"{path.name} is neither bars nor trades; only those are checked", code="history.kind")
    frame = joined(frame for _, frame in frames_of(source))
    if not frame:
        raise NotFoundError(f"{path.name} has no rows", code="history.nothing")
    step_ns = timeframe_of(np.unique(frame["time_ns"])) if "open" in frame else 0
    return report_of(frame, symbol or path.name, step_ns)


def report_of(frame: Frame, symbol: str, step_ns: int) -> DataReport:
    """What is doubtful about rows of bars (`step_ns` from one to the next) or of trades (0)."""
    faulty = np.logical_or.reduce(list(value_faults(frame).values()))
    disorder = int((np.diff(frame["time_ns"]) < 0).sum())
    sound = {name: column[~faulty] for name, column in frame.items()}
    if disorder:
        order = np.argsort(sound["time_ns"], kind="stable")
        sound = {name: column[order] for name, column in sound.items()}
    times = sound["time_ns"]
    if not len(times):
        return DataReport(symbol, len(faulty), 0, 0, step_ns, faulty=int(faulty.sum()))
    off_grid, gaps = grid_faults(times, step_ns) if step_ns else ((), ())
    return DataReport(
        symbol, len(faulty), int(times[0]), int(times[-1]), step_ns, gaps,
        _stale(sound) if "open" in sound else (), _outliers(times, sound["close" if "open" in sound else "price"]),
        off_grid, int(repeated(sound, None).sum()), disorder, int(faulty.sum()),
    )  # fmt: skip


def grid_faults(times: Ints, step_ns: int) -> tuple[tuple[int, ...], tuple[Gap, ...]]:
    """Times off the regular grid, and the grid's holes. The grid goes where most of the bars open."""
    phases, counts = np.unique(times % step_ns, return_counts=True)
    phase = int(phases[counts.argmax()])
    off = times[times % step_ns != phase]
    slots = (times - phase) // step_ns
    after = np.flatnonzero(np.diff(slots) > 1)
    holes = zip((slots[after] + 1).tolist(), slots[after + 1].tolist(), strict=True)
    gaps = tuple(Gap(first * step_ns + phase, stop * step_ns + phase, stop - first) for first, stop in holes)
    return tuple(off.tolist()), gaps


def robust_z(values: Floats) -> Floats:
    """How far each value is from the median, in standard deviations that a few outliers do not move.

    The deviation is the larger of two estimates that are both exact for a normal distribution: the median distance
    over 0.6745, and the 90th percentile of distances over 1.6449 (for returns of a tick or none, most are the same
    and the median distance is next to nothing). Where even that is zero, 1.2533 times the mean distance.

    Source: B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers (1993).
    """
    away = values - np.median(values)
    distance = np.abs(away)
    half, most = np.quantile(distance, (0.5, 0.9))
    spread = max(float(half) / _HALF_TO_SIGMA, float(most) / _MOST_TO_SIGMA) or float(distance.mean()) / _MEAN_TO_SIGMA
    return away / spread if spread > 0 else np.zeros_like(values)


def _prices(series: BarSeries) -> tuple[Floats, ...]:
    return series.open, series.high, series.low, series.close


def _stale(frame: Frame) -> tuple[Run, ...]:
    close = frame["close"]
    still = frame["volume"] == 0
    for name in ("open", "high", "low"):
        still &= frame[name] == close
    # A run goes on while the price is that of the bar before.
    joins = np.zeros(len(still), np.bool_)
    joins[1:] = still[1:] & still[:-1] & (close[1:] == close[:-1])
    starts = np.flatnonzero(still & ~joins)
    ends = np.flatnonzero(still & ~np.append(joins[1:], np.False_))
    times = frame["time_ns"]
    runs = (Run(int(times[a]), int(times[b]), int(b - a + 1)) for a, b in zip(starts, ends, strict=True))
    return tuple(run for run in runs if run.bars >= STALE_BARS)


def _outliers(times: Ints, price: Floats) -> tuple[Outlier, ...]:
    if len(price) < 3:
        return ()
    returns = np.diff(np.log(price))
    z = robust_z(returns)
    found = np.flatnonzero(np.abs(z) >= OUTLIER_Z)
    return tuple(Outlier(int(times[at + 1]), float(returns[at]), float(z[at])) for at in found)
