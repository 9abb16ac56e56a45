"""The words of a search: what is asked, what one trial brought, how far it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.result import Summary

Params = Mapping[str, str]

Evaluate = Callable[[Sequence[Params], BarSeries], Sequence[Summary]]
"""Many combinations over one stretch of bars at once; the answers in the same order."""

EquityOf = Callable[[Params, BarSeries], Floats]
"""The account's worth at every bar's close, for one combination."""

_YEAR_NS = 365 * 86_400 * 1_000_000_000


class Method(StrEnum):
    """How combinations are chosen.

    * GRID: every one, in order. RANDOM: by chance, none twice.
    * TPE: tree-structured Parzen estimator (Bergstra et al., 2011): more where it went well.
    * GENETIC: NSGA-II (Deb et al., 2002), for one objective or several.
    """

    GRID = "grid"
    RANDOM = "random"
    TPE = "tpe"
    GENETIC = "genetic"


LEARNING = frozenset({Method.TPE, Method.GENETIC})
"""Methods whose next combinations depend on what was found."""


class Prune(StrEnum):
    """Whether weak combinations are given up on the first part of the data.

    * HALVING: the better third of a batch at a ninth and at a third of the bars goes on (successive
      halving, Jamieson and Talwalkar, 2016).
    * HYPERBAND: batches take turns in starting at a ninth, a third and all of them (Li et al., 2018).

    In a genetic search who was given up stays in its generation, below everyone who came further and ordered by
    its score there: it is a parent only while too few came further.
    """

    NONE = "none"
    HALVING = "halving"
    HYPERBAND = "hyperband"


@dataclass(frozen=True, slots=True)
class Plan:
    """A search. `trials` 0 takes the whole grid; `batch` 0 takes the method's own.

    `assumptions` tells in words what else decides the outcome, the account, say. Everything but `trials` does: a study
    that is resumed must have the same, and may have more trials. The number of workers is no part of it.
    """

    method: Method = Method.GRID
    objectives: tuple[str, ...] = ("sharpe",)
    trials: int = 0
    seed: int = 1
    batch: int = 0
    prune: Prune = Prune.NONE
    assumptions: str = ""

    @property
    def batch_size(self) -> int:
        """Trials that are chosen, evaluated and kept together."""
        return self.batch or (32 if self.method in LEARNING else 128)

    def check(self) -> None:
        """Raise RefusedError for a plan that makes no sense."""
        unknown = [name for name in self.objectives if name not in OBJECTIVES]
        if unknown or not self.objectives:
            known = ", ".join(OBJECTIVES)
            raise RefusedError(f"no objective {''.join(unknown[:1])}; there are: {known}", code="optimise.objective")
        if self.prune is not Prune.NONE and len(self.objectives) > 1:
            raise RefusedError("pruning ranks by one objective: name one", code="optimise.prune")
        if self.trials < 0 or self.batch < 0 or (self.method is not Method.GRID and not self.trials):
            raise RefusedError("say how many trials, such as --trials 200", code="optimise.trials")
        if self.method is Method.GENETIC and self.batch_size < 4:
            raise RefusedError("a generation needs at least 4: raise --batch", code="optimise.batch")


@dataclass(frozen=True, slots=True)
class Trial:
    """One combination: its scores (the more, the better) in the order of the plan's objectives.

    `share` of the bars it was tried on; below 1 it was given up (`pruned`), and its summary is of that part.
    """

    number: int
    params: dict[str, str]
    scores: tuple[float, ...]
    summary: Summary
    share: float = 1.0

    @property
    def pruned(self) -> bool:
        """Given up before the end of the data."""
        return self.share < 1.0

    @property
    def score(self) -> float:
        """The first objective."""
        return self.scores[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is. `eta_s` is NaN until the first batch is done."""

    done: int
    total: int
    best: Trial | None
    elapsed_s: float
    eta_s: float = field(default=math.nan)


def _years(series: BarSeries) -> float:
    return len(series) * series.timeframe_ns / _YEAR_NS


def _annual_return(summary: Summary, series: BarSeries) -> float:
    start = summary.final_equity - summary.profit
    if start <= 0 or summary.final_equity <= 0:
        return -1.0
    growth = math.log(summary.final_equity / start) / _years(series)
    return math.expm1(min(growth, 700.0))


def _per_drawdown(amount: float, summary: Summary) -> float:
    if summary.max_drawdown > 0:
        return amount / summary.max_drawdown
    return math.inf if amount > 0 else math.nan


def _return(summary: Summary, series: BarSeries) -> float:
    del series
    return summary.profit / (summary.final_equity - summary.profit)


OBJECTIVES: dict[str, Callable[[Summary, BarSeries], float]] = {
    "sharpe": lambda summary, series: summary.sharpe,
    "profit": lambda summary, series: summary.profit,
    "return": _return,
    "annual-return": _annual_return,
    "calmar": lambda summary, series: _per_drawdown(_annual_return(summary, series), summary),
    "profit/drawdown": lambda summary, series: _per_drawdown(_return(summary, series), summary),
    "drawdown": lambda summary, series: -summary.max_drawdown,
    "profit-per-trade": lambda summary, series: summary.profit / summary.trades if summary.trades else math.nan,
    "fees": lambda summary, series: -summary.fees,
}
"""What can be sought, the more the better (drawdown and fees are negated). Calmar (Young, 1991) is the annual
return by the largest drawdown; profit/drawdown the same without annualising."""


def scores_of(names: Sequence[str], summary: Summary, series: BarSeries) -> tuple[float, ...]:
    """The objectives of one summary; what cannot be told (no trade) is minus infinity, so it ranks last.

    A search for anything but the fewest trades gains nothing from combinations that never trade: they rank last too.
    """
    if not summary.fills:
        return tuple(-math.inf for _ in names)
    values = (OBJECTIVES[name](summary, series) for name in names)
    return tuple(-math.inf if math.isnan(value) else value for value in values)
