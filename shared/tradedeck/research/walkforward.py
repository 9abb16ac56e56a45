"""Walk-forward: search on one stretch, trade what was found on the next, and again; only the latter counts.

After Pardo, The Evaluation and Optimization of Trading Strategies (2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.research.optimise import EquityOf, Evaluate, Plan, Progress, StudyResult, Trial, optimise
from tradedeck.research.space import Space

_HALF = 0.5
_FEW_WINDOWS = 5
_FAR = 0.25
"""Parameters that move by a quarter of their range from one window to the next have found nothing lasting."""

Show = Callable[[int, int, Progress], None]
"""Told the window, the number of windows and the progress of its search."""


@dataclass(frozen=True, slots=True)
class Window:
    """Bar indices; the stop is excluded. Between training and test there may be a gap."""

    train_start: int
    train_stop: int
    test_start: int
    test_stop: int


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What trading the windows' choices one after the other would have brought.

    * `equity`, `open_ns`: the account at the close of every tested bar, the windows' returns chained from the
      first window's cash.
    * `efficiency`: the return per bar out of sample by that in sample (Pardo: below 0.5 is a bad sign); NaN where
      training lost money.
    * `table`: a row per window: its times (UTC), `in_score`, `in_return`, `out_return`, `out_drawdown`, `efficiency`.
    * `drift`: a row per window: the chosen parameters and `moved`, the largest move of a parameter since the
      window before as a fraction of its range.
    """

    windows: tuple[Window, ...]
    chosen: tuple[Trial | None, ...]
    equity: Floats
    open_ns: Ints
    efficiency: float
    table: pl.DataFrame
    drift: pl.DataFrame
    interrupted: bool
    warnings: tuple[str, ...]


def windows_of(bars: int, train: int, test: int, *, anchored: bool = False, gap: int = 0) -> tuple[Window, ...]:
    """Tests of `test` bars, one right after the other, each after `train` bars (anchored: after all bars before it).

    `gap` bars between training and test are left out. Bars at the end that fill no test are left over.

    Raises:
        RefusedError: not even one fits, or a length makes no sense.
    """
    if train < 1 or test < 1 or gap < 0:
        raise RefusedError("training and test need at least a bar each", code="walkforward.window")
    starts = range(train + gap, bars - test + 1, test)
    if not starts:
        raise RefusedError(
            f"{bars} bars hold no {train} of training and {test} of test; take shorter windows or more data",
            code="walkforward.window",
        )
    return tuple(Window(0 if anchored else start - gap - train, start - gap, start, start + test) for start in starts)


def walk_forward(
    space: Space,
    evaluate: Evaluate,
    equity: EquityOf,
    series: BarSeries,
    plan: Plan,
    windows: Sequence[Window],
    *,
    warmup: int = 0,
    folder: Path | None = None,
    show: Show | None = None,
) -> WalkForward:
    """Search every window's training, run the best on its test.

    `warmup` bars before a test are run but not counted, so that indicators are warm when it begins. With `folder`
    every window's study is kept there and the whole can be resumed. Ctrl-C ends it with the windows done.

    Raises:
        RefusedError: the plan or the space makes no sense.
        ConflictError: the folder holds other studies.
    """
    done: list[_Step] = []
    interrupted = False
    try:
        for number, window in enumerate(windows):
            found = _train(space, evaluate, series, plan, window, number, len(windows), folder, show)
            if found.interrupted:
                interrupted = True
                break
            done.append(_step(window, found.best, equity, series, warmup))
    except KeyboardInterrupt:
        interrupted = True
    return _joined(space, series, done, interrupted)


@dataclass(frozen=True, slots=True)
class _Step:
    """One window, done: growth of the account after every tested bar (1 is none), and of the whole training."""

    window: Window
    best: Trial | None
    growth: Floats

    @property
    def in_return(self) -> float:
        if self.best is None:
            return 0.0
        summary = self.best.summary
        return summary.profit / (summary.final_equity - summary.profit)

    @property
    def out_return(self) -> float:
        return float(self.growth[-1]) - 1.0

    @property
    def in_rate(self) -> float:
        return self.in_return / (self.window.train_stop - self.window.train_start)

    @property
    def out_rate(self) -> float:
        return self.out_return / len(self.growth)


def _train(
    space: Space, evaluate: Evaluate, series: BarSeries, plan: Plan, window: Window, number: int, count: int,
    folder: Path | None, show: Show | None,
) -> StudyResult:  # fmt: skip
    def told(progress: Progress) -> None:
        if show is not None:
            show(number, count, progress)

    file = None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"window-{number + 1:03}.log"
    return optimise(space, evaluate, series.slice(window.train_start, window.train_stop), plan, file=file, show=told)


def _step(window: Window, best: Trial | None, equity: EquityOf, series: BarSeries, warmup: int) -> _Step:
    length = window.test_stop - window.test_start
    if best is None:
        return _Step(window, None, np.ones(length))
    first = max(0, window.test_start - warmup)
    curve = equity(best.params, series.slice(first, window.test_stop))
    before = window.test_start - first
    base = float(curve[before - 1]) if before else best.summary.final_equity - best.summary.profit
    return _Step(window, best, curve[before:] / base)


def _joined(space: Space, series: BarSeries, steps: Sequence[_Step], interrupted: bool) -> WalkForward:
    account = next((s.best.summary.final_equity - s.best.summary.profit for s in steps if s.best is not None), 1.0)
    parts: list[Floats] = []
    for step in steps:
        parts.append(account * step.growth)
        account = float(parts[-1][-1])
    table, drift = _table(series, steps), _drift(space, steps)
    trained = sum(step.in_rate for step in steps)
    efficiency = _ratio(sum(step.out_rate for step in steps), trained)
    return WalkForward(
        windows=tuple(step.window for step in steps),
        chosen=tuple(step.best for step in steps),
        equity=np.concatenate(parts) if parts else np.empty(0),
        open_ns=_times(series, steps),
        efficiency=efficiency,
        table=table,
        drift=drift,
        interrupted=interrupted,
        warnings=tuple(_warnings(steps, efficiency, drift)),
    )


def _times(series: BarSeries, steps: Sequence[_Step]) -> Ints:
    parts = [series.open_ns[step.window.test_start : step.window.test_stop] for step in steps]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _table(series: BarSeries, steps: Sequence[_Step]) -> pl.DataFrame:
    def times(bars: Sequence[int]) -> pl.Series:
        return pl.Series([int(series.open_ns[bar]) for bar in bars], dtype=pl.Datetime("ns", "UTC"))

    def figures(values: Sequence[float]) -> pl.Series:
        return pl.Series(values, dtype=pl.Float64)

    return pl.DataFrame({
        "window": pl.Series(range(1, len(steps) + 1), dtype=pl.Int64),
        "train_from": times([step.window.train_start for step in steps]),
        "train_to": times([step.window.train_stop - 1 for step in steps]),
        "test_from": times([step.window.test_start for step in steps]),
        "test_to": times([step.window.test_stop - 1 for step in steps]),
        "in_score": figures([step.best.score if step.best is not None else math.nan for step in steps]),
        "in_return": figures([step.in_return for step in steps]),
        "out_return": figures([step.out_return for step in steps]),
        "out_drawdown": figures([_drawdown(step.growth) for step in steps]),
        "efficiency": figures([_ratio(step.out_rate, step.in_rate) for step in steps]),
    })  # fmt: skip


def _drift(space: Space, steps: Sequence[_Step]) -> pl.DataFrame:
    moved: list[float] = []
    last: Trial | None = None
    for step in steps:
        if last is None or step.best is None:
            moved.append(math.nan)
        else:
            moved.append(max(_moves(space, last, step.best)))
        last = step.best or last
    return pl.DataFrame(
        {
            "window": pl.Series(range(1, len(steps) + 1), dtype=pl.Int64),
            **{
                axis.name: pl.Series(
                    [step.best.params[axis.name] if step.best is not None else None for step in steps], dtype=pl.String
                )
                for axis in space.axes
            },
            "moved": pl.Series(moved, dtype=pl.Float64),
        }
    )


def _moves(space: Space, before: Trial, after: Trial) -> list[float]:
    """How far each parameter moved, as a fraction of its range; a name that changed has moved all the way."""
    moves: list[float] = []
    for axis in space.axes:
        then, now = before.params[axis.name], after.params[axis.name]
        moves.append(abs(axis.place(now) - axis.place(then)) / axis.span if axis.ordered else float(then != now))
    return moves


def _drawdown(growth: Floats) -> float:
    peak = 1.0
    worst = 0.0
    for value in growth.tolist():
        peak = max(peak, value)
        worst = max(worst, 1 - value / peak)
    return worst


def _ratio(out_rate: float, in_rate: float) -> float:
    return out_rate / in_rate if in_rate > 0 else math.nan


def _warnings(steps: Sequence[_Step], efficiency: float, drift: pl.DataFrame) -> list[str]:
    if not steps:
        return []
    found: list[str] = []
    if len(steps) < _FEW_WINDOWS:
        found.append(f"{len(steps)} windows are few: take shorter ones or more data")
    if math.prod(1 + step.out_return for step in steps) <= 1:
        found.append("out of sample it loses money")
    elif efficiency < _HALF:
        found.append(f"out of sample keeps {efficiency:.0%} of what training promised")
    if math.isnan(efficiency):
        found.append("even training lost money: there is nothing to carry over")
    moved = [value for value in drift["moved"].to_list() if not math.isnan(value)]
    if moved and float(np.median(moved)) > _FAR:
        found.append("the best parameters jump from window to window: they follow noise")
    return found
