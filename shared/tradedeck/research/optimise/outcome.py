"""What a search found: the best, every trial in a table, how stable the best is, and whether it is likely luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tradedeck.history.series import BarSeries
from tradedeck.research import metrics
from tradedeck.research.optimise.search import Search, Show, best_of
from tradedeck.research.optimise.stability import stability_of
from tradedeck.research.optimise.terms import EquityOf, Evaluate, Method, Plan, Trial
from tradedeck.research.space import Space

_FEW_TRADES = 30
_FEW_DAYS = 90
_SURE = 0.95


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A search's findings.

    * `table`: a row per trial: number, the searched parameters, the objectives, the summary's figures, `share`
      of the bars it was tried on.
    * `pareto`: the rows no other row beats in every objective; with one objective, the best.
    * `stability`: a row per full trial: parameters, score, `neighbours` and `median`, the median score of the
      point and its neighbours (at most a step away on every axis); `stable` is the trial with the best median.
    * `deflated_sharpe`: the probability that the best's Sharpe ratio is not the luck of having tried so many
      (Bailey and Lopez de Prado, 2014); NaN where it cannot be told.
    """

    plan: Plan
    trials: tuple[Trial, ...]
    total: int
    interrupted: bool
    best: Trial | None
    stable: Trial | None
    table: pl.DataFrame
    pareto: pl.DataFrame
    stability: pl.DataFrame
    deflated_sharpe: float
    warnings: tuple[str, ...]


def optimise(
    space: Space,
    evaluate: Evaluate,
    series: BarSeries,
    plan: Plan,
    *,
    equity: EquityOf | None = None,
    file: Path | None = None,
    show: Show | None = None,
) -> StudyResult:
    """Search `space` for what scores best over `series`.

    `equity` runs the best once more, for the deflated Sharpe ratio. With `file` the search can be resumed, also
    after the process was killed. `show` is told after every batch. Ctrl-C ends it with what is done.

    Raises:
        RefusedError: the plan or the space makes no sense.
        ConflictError: `file` holds another search, or another process works at it.
    """
    search = Search(space, evaluate, series, plan, file=file, show=show)
    search.run()
    trials = tuple(search.trials)
    best = best_of(trials)
    if best is not None and best.score == -math.inf:
        best = None
    stability = stability_of(space, trials)
    deflated = _deflated(best, trials, series, equity) if best is not None and equity is not None else math.nan
    table = table_of(space, plan, trials)
    return StudyResult(
        plan=plan,
        trials=trials,
        total=search.total,
        interrupted=search.interrupted,
        best=best,
        stable=_stable(stability, trials),
        table=table,
        pareto=table[_unbeaten(trials)],
        stability=stability,
        deflated_sharpe=deflated,
        warnings=tuple(_warnings(space, plan, trials, best, series, stability, deflated)),
    )


def table_of(space: Space, plan: Plan, trials: Sequence[Trial]) -> pl.DataFrame:
    """Every trial as a row; numeric parameters as numbers."""
    columns: dict[str, pl.Series] = {"number": pl.Series([trial.number for trial in trials], dtype=pl.Int64)}
    for axis in space.axes:
        texts = pl.Series([trial.params[axis.name] for trial in trials], dtype=pl.String)
        columns[axis.name] = _numeric(texts) if axis.ordered else texts
    for place, name in enumerate(plan.objectives):
        columns[name] = pl.Series([trial.scores[place] for trial in trials], dtype=pl.Float64)
    for name in ("profit", "final_equity", "max_drawdown", "sharpe", "fees"):
        values = [getattr(trial.summary, name) for trial in trials]
        columns.setdefault(name, pl.Series(values, dtype=pl.Float64))
    for name in ("trades", "fills"):
        columns[name] = pl.Series([getattr(trial.summary, name) for trial in trials], dtype=pl.Int64)
    columns["share"] = pl.Series([trial.share for trial in trials], dtype=pl.Float64)
    return pl.DataFrame(columns)


def _numeric(texts: pl.Series) -> pl.Series:
    try:
        return texts.cast(pl.Int64)
    except pl.exceptions.InvalidOperationError:
        return texts.cast(pl.Float64)


def _unbeaten(trials: Sequence[Trial]) -> list[int]:
    """Rows of full trials that no other is at least as good as everywhere and better somewhere; the first of equals."""
    rows = [row for row, trial in enumerate(trials) if not trial.pruned and trial.score > -math.inf]
    if not rows:
        return []
    scores = np.array([trials[row].scores for row in rows])
    kept: list[int] = []
    for place, row in enumerate(rows):
        no_worse = (scores >= scores[place]).all(axis=1)
        better = (scores > scores[place]).any(axis=1)
        twin = no_worse & ~better
        if not (no_worse & better).any() and not twin[:place].any():
            kept.append(row)
    return kept


def _stable(stability: pl.DataFrame, trials: Sequence[Trial]) -> Trial | None:
    if stability.is_empty():
        return None
    ranked = stability.sort("median", "score", descending=True, maintain_order=True)
    return trials[int(ranked["number"][0])]


def _deflated(best: Trial, trials: Sequence[Trial], series: BarSeries, equity: EquityOf) -> float:
    curve = equity(best.params, series)
    values, _ = metrics.daily(curve, series.open_ns + series.timeframe_ns)
    returns = metrics.returns_of(values, best.summary.final_equity - best.summary.profit)
    tried = {tuple(trial.params.values()): trial.summary.sharpe for trial in trials if not trial.pruned}
    sharpes = np.array([value for value in tried.values() if math.isfinite(value)]) / math.sqrt(metrics.DAYS)
    return metrics.deflated_sharpe(
        metrics.sharpe(returns, 1),
        float(np.std(sharpes, ddof=1)) if len(sharpes) > 1 else 0.0,
        len({tuple(trial.params.values()) for trial in trials}),
        len(returns),
        metrics.skewness(returns),
        metrics.kurtosis(returns),
    )


def _warnings(
    space: Space, plan: Plan, trials: Sequence[Trial], best: Trial | None, series: BarSeries,
    stability: pl.DataFrame, deflated: float,
) -> list[str]:  # fmt: skip
    """Reasons to distrust the best, in plain words."""
    if best is None:
        return ["no combination traded at all: widen the ranges or take more data"] if trials else []
    found: list[str] = []
    if best.summary.profit <= 0:
        found.append("even the best combination loses money")
    if best.summary.trades < _FEW_TRADES:
        found.append(f"the best made {best.summary.trades} trades: too few to tell skill from luck")
    days = len(series) * series.timeframe_ns / metrics.DAY_NS
    if days < _FEW_DAYS:
        found.append(f"{days:.0f} days of data are few: what worked in them may be chance")
    if deflated < _SURE:
        found.append(
            f"after {len(trials)} trials the best is better than luck with a probability of {deflated:.0%} only"
        )
    lonely = _lonely(best, stability)
    if lonely:
        found.append(lonely)
    if plan.method is not Method.GENETIC or len(plan.objectives) == 1:
        found += _edges(space, best)
    return found


def _lonely(best: Trial, stability: pl.DataFrame) -> str:
    around = stability.filter(pl.col("number") == best.number)
    if around.is_empty() or around["neighbours"][0] < 2 or not math.isfinite(best.score):
        return ""
    median = float(around["median"][0])
    if median >= best.score - abs(best.score) / 2:
        return ""
    return f"a lonely peak: its score is {best.score:.3g}, the median around it {median:.3g}; see `stable` instead"


def _edges(space: Space, best: Trial) -> list[str]:
    return [
        f"{axis.name}={best.params[axis.name]} is at the edge of its range: the best may lie outside"
        for axis in space.axes
        if len(axis.values) > 2 and axis.ordered and best.params[axis.name] in {axis.values[0], axis.values[-1]}
    ]
