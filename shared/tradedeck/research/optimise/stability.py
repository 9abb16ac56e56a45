"""How much of a score survives a small change of the parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from tradedeck.domain.errors import RefusedError
from tradedeck.research.optimise.terms import Trial
from tradedeck.research.space import Space

_STEP = 1.0 + 1e-9


def stability_of(space: Space, trials: Sequence[Trial]) -> pl.DataFrame:
    """A row per combination tried on all bars: number, parameters, `score`, `neighbours`, `median`.

    `median` is that of the scores of the point and of every other point that was tried at most one step away on
    every axis (a tenth of the width where a range has no steps; names without an order are all a step apart).
    Work grows with the square of the trials: 10,000 take a second or two.
    """
    full = list({tuple(trial.params.values()): trial for trial in reversed(trials) if not trial.pruned}.values())[::-1]
    places = np.array([space.place(trial.params) for trial in full]).reshape(len(full), len(space.axes))
    places[:, [not axis.ordered for axis in space.axes]] = 0.0
    places = np.asfortranarray(places)
    scores = np.array([trial.score for trial in full])
    near = [_around(places, row) for row in range(len(full))]
    return pl.DataFrame({
        "number": pl.Series([trial.number for trial in full], dtype=pl.Int64),
        **{axis.name: pl.Series([t.params[axis.name] for t in full], dtype=pl.String) for axis in space.axes},
        "score": pl.Series(scores, dtype=pl.Float64),
        "neighbours": pl.Series([len(rows) - 1 for rows in near], dtype=pl.Int64),
        "median": pl.Series([_median(scores[rows]) for rows in near], dtype=pl.Float64),
    })  # fmt: skip


def heat_map(space: Space, trials: Sequence[Trial], x: str, y: str) -> pl.DataFrame:
    """Scores over two parameters: a column `y`, and a column per value of `x`; NaN where nothing was tried.

    Where several trials share both values (of a space with more axes), the median of their scores.

    Raises:
        RefusedError: `x` or `y` is not searched, or has no steps.
    """
    axes = {axis.name: axis for axis in space.axes}
    for name in (x, y):
        if name not in axes or not axes[name].values:
            raise RefusedError(f"{name} has no steps to draw a map of", code="optimise.map")
    cells: dict[tuple[str, str], list[float]] = {}
    for trial in trials:
        if not trial.pruned:
            cells.setdefault((trial.params[x], trial.params[y]), []).append(trial.score)
    return pl.DataFrame(
        {
            y: axes[y].values,
            **{
                column: [_median(np.array(cells.get((column, row), [math.nan]))) for row in axes[y].values]
                for column in axes[x].values
            },
        }
    )


def _around(places: np.ndarray, row: int) -> np.ndarray:
    near = np.ones(len(places), np.bool_)
    for axis in places.T:
        near &= np.abs(axis - axis[row]) <= _STEP
    return np.flatnonzero(near)


def _median(scores: np.ndarray) -> float:
    """The lower of the two in the middle of an even number: no mean of minus infinity and a number."""
    return float(np.sort(scores)[(len(scores) - 1) // 2])
