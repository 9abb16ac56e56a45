"""A result says what is stable, what is at an edge, and when the best is likely luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from shared.research.crossing import DECLARED, equity, evaluate
from shared.research.runs import week

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research import metrics
from tradedeck.research.optimise import Evaluate, Plan, StudyResult, heat_map, optimise, stability_of
from tradedeck.research.result import Summary
from tradedeck.research.space import Space, space_of

YEAR = BarSeries("BTCUSDT", 86_400_000_000_000, np.arange(365) * 86_400_000_000_000, *[np.ones(365)] * 5)


def scored(height: Callable[[int, int], float], trades: int = 100) -> Evaluate:
    """An evaluator whose Sharpe ratio is a known function of two parameters."""

    def judge(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        return [
            Summary(dict(p), 10.0, 110.0, 0.1, height(int(p["fast"]), int(p["slow"])), trades, 2 * trades, 0.0)
            for p in combos
        ]

    return judge


def grid() -> Space:
    return space_of(DECLARED, ["fast=1:9", "slow=11:19"])


def find(height: Callable[[int, int], float]) -> StudyResult:
    return optimise(grid(), scored(height), YEAR, Plan())


def hill(fast: int, slow: int) -> float:
    return 3 - abs(fast - 3) / 4 - abs(slow - 14) / 4


def test_a_lonely_peak_is_told_and_the_plateau_is_the_stable_choice() -> None:
    found = find(lambda fast, slow: 9.0 if (fast, slow) == (7, 17) else hill(fast, slow))
    assert found.best is not None
    assert found.stable is not None
    assert (found.best.params["fast"], found.best.params["slow"]) == ("7", "17")
    assert (found.stable.params["fast"], found.stable.params["slow"]) == ("3", "14")
    assert any("lonely peak" in warning for warning in found.warnings)


def test_a_smooth_hill_in_the_middle_is_not_warned_about() -> None:
    found = find(hill)
    assert found.best == found.stable
    assert found.warnings == ()


def test_a_best_at_an_edge_is_told() -> None:
    found = find(lambda fast, slow: fast + slow)
    assert [warning for warning in found.warnings if "edge" in warning] == [
        "fast=9 is at the edge of its range: the best may lie outside",
        "slow=19 is at the edge of its range: the best may lie outside",
    ]


def test_stability_is_the_median_of_the_point_and_its_neighbours() -> None:
    found = find(lambda fast, slow: fast * 100 + slow)
    corner = found.stability.row(0, named=True)
    assert (corner["neighbours"], corner["median"]) == (3, 112)
    middle = found.stability.filter((pl.col("fast") == "5") & (pl.col("slow") == "15")).row(0, named=True)
    assert (middle["neighbours"], middle["score"], middle["median"]) == (8, 515, 515)


def test_a_heat_map_has_a_row_and_a_column_per_value() -> None:
    found = find(lambda fast, slow: fast * 100 + slow)
    cells = heat_map(grid(), found.trials, "fast", "slow")
    assert cells.columns == ["slow", *map(str, range(1, 10))]
    assert cells["slow"].to_list() == [str(slow) for slow in range(11, 20)]
    assert cells["4"].to_list() == [400 + slow for slow in range(11, 20)]
    with pytest.raises(RefusedError, match="weight"):
        heat_map(grid(), found.trials, "fast", "weight")


def test_nothing_tried_leaves_an_empty_stability() -> None:
    assert stability_of(grid(), []).is_empty()


def test_the_deflated_sharpe_ratio_counts_every_combination_tried() -> None:
    series = week()
    space = space_of(DECLARED, ["fast=5:50:5", "slow=60:200:20"])
    found = optimise(space, evaluate, series, Plan(), equity=equity)
    assert found.best is not None
    values, _ = metrics.daily(equity(found.best.params, series), series.open_ns + series.timeframe_ns)
    returns = metrics.returns_of(values, 10_000.0)
    tried = np.array([trial.summary.sharpe for trial in found.trials]) / math.sqrt(365)
    expected = metrics.deflated_sharpe(
        metrics.sharpe(returns, 1), float(np.std(tried, ddof=1)), 80, 7, metrics.skewness(returns),
        metrics.kurtosis(returns),
    )  # fmt: skip
    assert found.deflated_sharpe == pytest.approx(expected, rel=1e-12)
    assert 0 < found.deflated_sharpe < 0.95
    assert any("after 80 trials" in warning for warning in found.warnings)
    assert any("7 days" in warning for warning in found.warnings)


def test_the_best_of_many_coins_is_called_luck_and_a_real_edge_is_not() -> None:
    chance = np.random.default_rng(1)
    space = space_of(DECLARED, ["fast=1:200"])

    def account(edge: float) -> tuple[Evaluate, Callable[[Mapping[str, str], BarSeries], Floats]]:
        moves = chance.normal(0, 0.01, (200, 365))
        moves[100] += edge
        curves = 100 * np.cumprod(1 + moves, axis=1)

        def curve(params: Mapping[str, str], series: BarSeries) -> Floats:
            return curves[int(params["fast"]) - 1]

        def judge(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
            return [
                Summary(
                    dict(p), float(curve(p, series)[-1]) - 100, float(curve(p, series)[-1]), 0.1,
                    metrics.sharpe(metrics.returns_of(curve(p, series), 100.0)), 99, 198, 0.0,
                )
                for p in combos
            ]  # fmt: skip

        return judge, curve

    judge, curve = account(0.0)
    luck = optimise(space, judge, YEAR, Plan(), equity=curve)
    assert luck.deflated_sharpe < 0.9
    judge, curve = account(0.004)
    edge = optimise(space, judge, YEAR, Plan(), equity=curve)
    assert edge.best is not None
    assert edge.best.params["fast"] == "101"
    assert edge.deflated_sharpe > 0.95
