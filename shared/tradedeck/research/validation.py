"""Is it real? Cross-validation without leaks, and the probability that a search was overfitted.

After Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12, and Bailey, Borwein,
Lopez de Prado and Zhu, The probability of backtest overfitting (2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.optimise import EquityOf, Evaluate, Params
from tradedeck.research.optimise.terms import scores_of

_CHUNK = 512
"""Splits looked at together: bounds the memory of `pbo` to this many rows of all strategies."""
_ROUNDING = 1e-12
_IDLE_WINS = {"drawdown", "fees"}


@dataclass(frozen=True, slots=True)
class Split:
    """Stretches of bars to search on and to test on; both in the order of time, none shared."""

    train: tuple[range, ...]
    test: tuple[range, ...]


def purged_kfold(bars: int, folds: int, *, purge: int = 0, embargo: int = 0) -> tuple[Split, ...]:
    """Each of `folds` equal parts is the test once, the rest trains.

    `purge` bars on both sides of a test are left out of training (at least as long as a position or an indicator
    reaches), and `embargo` more after it.

    Raises:
        RefusedError: there are fewer bars than folds, or fewer than two folds.
    """
    return combinatorial_purged(bars, folds, 1, purge=purge, embargo=embargo)


def combinatorial_purged(bars: int, groups: int, tests: int, *, purge: int = 0, embargo: int = 0) -> tuple[Split, ...]:
    """Every choice of `tests` out of `groups` equal parts is the test once (CPCV); purge and embargo as above.

    Raises:
        RefusedError: there are fewer bars than groups, or the tests leave nothing to train on.
    """
    if not 1 <= tests < groups <= bars or purge < 0 or embargo < 0:
        raise RefusedError(
            f"{groups} parts with {tests} to test on cannot be made of {bars} bars: take two parts or more, "
            "and leave one to train on",
            code="validation.split",
        )
    edges = [bars * number // groups for number in range(groups + 1)]
    splits: list[Split] = []
    for chosen in combinations(range(groups), tests):
        test = _merged([range(edges[group], edges[group + 1]) for group in chosen])
        banned = [range(part.start - purge, part.stop + purge + embargo) for part in test]
        splits.append(Split(_without(bars, banned), test))
    return tuple(splits)


def paths_of(groups: int, tests: int) -> list[list[int]]:
    """How the tests of `combinatorial_purged` make whole histories: for each path, the split of every group.

    There are C(groups, tests) * tests / groups of them; every split's every test group is used exactly once.
    """
    users: list[list[int]] = [[] for _ in range(groups)]
    for number, chosen in enumerate(combinations(range(groups), tests)):
        for group in chosen:
            users[group].append(number)
    return [list(path) for path in zip(*users, strict=True)]


def cross_validate(
    evaluate: Evaluate, combos: Sequence[Params], series: BarSeries, splits: Sequence[Split], objective: str = "sharpe"
) -> pl.DataFrame:
    """For every split: which combination training picks, and what it is worth in the test.

    Columns: `split`, the picked parameters, `in_score`, `out_score`, and `rank`, the picked one's place among all
    in the test (1 is the best of all, 0.5 the middle: training told nothing). A score over several stretches is
    their mean weighted by bars; a stretch without a trade scores nothing.

    Raises:
        RefusedError: nothing to choose from, a split has nothing to train on, or the objective is one that not
            trading wins.
    """
    if objective in _IDLE_WINS:
        raise RefusedError(f"{objective} is best for those who do not trade; take another", code="validation.objective")
    if len(combos) < 2:
        raise RefusedError("cross-validation needs at least two combinations to choose from", code="validation.few")
    known: dict[range, Floats] = {}

    def scores(stretches: Sequence[range]) -> Floats:
        total = np.zeros(len(combos))
        for stretch in stretches:
            if stretch not in known:
                part = series.slice(stretch.start, stretch.stop)
                found = [scores_of([objective], summary, part)[0] for summary in evaluate(combos, part)]
                known[stretch] = np.nan_to_num(np.array(found), nan=0.0, posinf=0.0, neginf=0.0)
            total += known[stretch] * len(stretch)
        return total / sum(map(len, stretches))

    rows: list[dict[str, object]] = []
    for number, split in enumerate(splits):
        if not split.train:
            raise RefusedError("purge and embargo leave nothing to train on; shorten them", code="validation.split")
        trained, tested = scores(split.train), scores(split.test)
        pick = int(np.argmax(trained))
        rows.append(
            {
                "split": number,
                **combos[pick],
                "in_score": float(trained[pick]),
                "out_score": float(tested[pick]),
                "rank": _rank(tested, pick),
            }
        )
    return pl.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What CSCV says of a search.

    `probability` (PBO): how often the best in sample is below the median out of sample; 0.5 is what noise gives.
    `logits` of its relative rank out of sample, one a split. `slope`: of its Sharpe ratio out of sample over that
    in sample (below 0: the better it looked, the worse it did). `loss`: how often it lost money out of sample.
    """

    probability: float
    logits: Floats
    slope: float
    loss: float


def pbo(returns: Floats, *, blocks: int = 16) -> Overfitting:
    """The probability of backtest overfitting by combinatorially symmetric cross-validation.

    `returns`: a row per period, a column per combination tried, all of them, the bad ones too. The rows are cut
    into `blocks` equal parts (rows left over are dropped); every half of them is in sample once. 16 make 12,870
    splits.

    Raises:
        RefusedError: fewer than two combinations, an odd number of blocks, or fewer than two rows a block.
    """
    size = returns.shape[0] // blocks if blocks else 0
    if returns.ndim != 2 or returns.shape[1] < 2 or blocks < 2 or blocks % 2 or size < 2:
        raise RefusedError(
            "the probability of overfitting needs two combinations, an even number of blocks and two rows in each",
            code="validation.pbo",
        )
    cut = returns[: size * blocks].reshape(blocks, size, -1)
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)
    halves = _halves(blocks)
    logits, inside, outside = (np.empty(len(halves)) for _ in range(3))
    for first in range(0, len(halves), _CHUNK):
        rows = slice(first, first + _CHUNK)
        mask = halves[rows]
        trained = _sharpe(mask @ sums, mask @ squares, size * blocks // 2)
        tested = _sharpe((1 - mask) @ sums, (1 - mask) @ squares, size * blocks // 2)
        picks = trained.argmax(axis=1)
        each = np.arange(len(mask))
        inside[rows], outside[rows] = trained[each, picks], tested[each, picks]
        below = (tested < outside[rows, None]).sum(axis=1) + (tested == outside[rows, None]).sum(axis=1) / 2 + 0.5
        place = below / (returns.shape[1] + 1)
        logits[rows] = np.log(place / (1 - place))
    return Overfitting(
        probability=float((logits <= 0).mean()),
        logits=logits,
        slope=_slope(inside, outside),
        loss=float((outside < 0).mean()),
    )


def returns_matrix(equity: EquityOf, combos: Sequence[Params], series: BarSeries, periods: int) -> Floats:
    """What `pbo` reads: the returns of every combination over `periods` equal parts of the series.

    Raises:
        RefusedError: there are fewer bars than periods and one.
    """
    if periods < 2 or len(series) <= periods:
        raise RefusedError(f"{len(series)} bars cannot be cut into {periods} periods", code="validation.periods")
    marks = [(len(series) - 1) * number // periods for number in range(periods + 1)]
    curves = np.array([equity(params, series)[marks] for params in combos])
    return (curves[:, 1:] / curves[:, :-1] - 1.0).T


def _merged(parts: Sequence[range]) -> tuple[range, ...]:
    """Neighbours as one stretch."""
    merged: list[range] = []
    for part in parts:
        if merged and merged[-1].stop == part.start:
            merged[-1] = range(merged[-1].start, part.stop)
        else:
            merged.append(part)
    return tuple(merged)


def _without(bars: int, banned: Sequence[range]) -> tuple[range, ...]:
    left: list[range] = []
    start = 0
    for part in banned:
        if part.start > start:
            left.append(range(start, part.start))
        start = max(start, part.stop)
    if start < bars:
        left.append(range(start, bars))
    return tuple(left)


def _halves(blocks: int) -> NDArray[np.float64]:
    """Every choice of half of the blocks as a row of zeros and ones."""
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    mask = np.zeros((len(chosen), blocks))
    np.put_along_axis(mask, chosen, 1.0, axis=1)
    return mask


def _sharpe(sums: Floats, squares: Floats, count: int) -> Floats:
    """Mean by sample deviation; nothing where it does not move."""
    mean = sums / count
    variance = (squares - count * mean**2) / (count - 1)
    moving = variance > _ROUNDING * np.maximum(squares / count, np.finfo(np.float64).tiny)
    return np.where(moving, mean / np.sqrt(np.where(moving, variance, 1.0)), 0.0)


def _slope(inside: Floats, outside: Floats) -> float:
    spread = inside - inside.mean()
    below = float((spread**2).sum())
    return float((spread * outside).sum()) / below if below > 0 else math.nan


def _rank(scores: Floats, pick: int) -> float:
    """The part of the others that are no better; ties count half."""
    below = float((scores < scores[pick]).sum()) + (float((scores == scores[pick]).sum()) - 1) / 2
    return below / (len(scores) - 1)
