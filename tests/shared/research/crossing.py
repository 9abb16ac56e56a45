"""A small honest evaluator for searches: SMA crosses over closes, with fees, by numpy alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.result import Summary

CASH = 10_000.0
FEE = 0.0002
_DAYS = 365
_BARS_A_DAY = 1440


@dataclass(frozen=True)
class Parameter:
    """A declaration as `engine.strategy_parameters` gives it."""

    name: str
    kind: str
    default: str
    low: str
    high: str
    options: tuple[str, ...] = ()


DECLARED = (
    Parameter("fast", "integer", "20", "1", "500"),
    Parameter("slow", "integer", "50", "2", "1000"),
    Parameter("weight", "number", "1", "0.1", "1"),
    Parameter("side", "choice", "long", "", "", ("long", "short")),
)


def equity(params: Mapping[str, str], series: BarSeries) -> Floats:
    """The account at every close: in the market with `weight` of it while the fast average is on the right side."""
    return _run(params, series)[0]


def evaluate(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
    """A summary per combination; Sharpe from daily steps of 1440 bars, or of the bars when there are few."""
    return [_summary(dict(params), series) for params in combos]


def _summary(params: dict[str, str], series: BarSeries) -> Summary:
    curve, trades = _run(params, series)
    step = _BARS_A_DAY if len(curve) >= 3 * _BARS_A_DAY else 60
    days: Floats = np.r_[CASH, curve[step - 1 :: step]]
    returns: Floats = days[1:] / days[:-1] - 1
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    sharpe = float(np.mean(returns)) / deviation * math.sqrt(_DAYS * _BARS_A_DAY / step) if deviation else math.nan
    peak: Floats = np.array(list(accumulate(curve.tolist(), max, initial=CASH))[1:], np.float64)
    return Summary(
        params=params,
        profit=float(curve[-1]) - CASH,
        final_equity=float(curve[-1]),
        max_drawdown=max((1 - curve / peak).tolist()),
        sharpe=sharpe,
        trades=trades // 2,
        fills=trades,
        fees=trades * FEE * CASH,
    )


def _run(params: Mapping[str, str], series: BarSeries) -> tuple[Floats, int]:
    close = series.close
    side = (_mean(close, int(params["fast"])) > _mean(close, int(params["slow"]))).astype(np.float64)
    if params.get("side", "long") == "short":
        side = -(_mean(close, int(params["fast"])) < _mean(close, int(params["slow"]))).astype(np.float64)
    held = np.r_[0.0, side[:-1]] * float(params.get("weight", "1"))
    moves = np.r_[0.0, close[1:] / close[:-1] - 1]
    turns: Floats = np.abs(held - np.r_[0.0, held[:-1]])
    growth: Floats = 1 + held * moves - turns * FEE
    return CASH * growth.cumprod(), int(np.count_nonzero(turns))


def _mean(close: Floats, length: int) -> Floats:
    mean = np.full(len(close), np.nan)
    if len(close) >= length:
        sums = np.cumsum(np.r_[0.0, close])
        mean[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return mean
