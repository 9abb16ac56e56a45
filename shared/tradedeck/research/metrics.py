"""Figures of an equity curve, by the field's formulas.

`returns` are simple returns, one a day unless said otherwise, as fractions (0.01 is 1 %). Crypto trades every
day, so a year has 365 of them. A figure that cannot be computed (too few returns, a division by zero) is NaN;
nothing here raises or warns. Where empyrical has the same figure, ours equals it; see the tests.
"""

from __future__ import annotations

from math import e, isfinite, nan, sqrt
from statistics import NormalDist

import numpy as np

from tradedeck.history.series import Floats, Ints

DAYS = 365
"""Periods a year of daily returns on a market that never closes."""
DAY_NS = 86_400_000_000_000
EULER = 0.5772156649015329
_FLAT = 1e-15
"""A standard deviation below this is rounding noise of equal returns."""


def returns_of(equity: Floats, start: float) -> Floats:
    """Simple returns of a curve that was worth `start` before its first point: equity[i] / equity[i-1] - 1.

    From nothing or from debt there is no return: NaN, and so are the figures made of it.
    """
    if not len(equity):
        return np.empty(0)
    before = np.concatenate(([start], equity[:-1]))
    return np.divide(equity, before, out=np.full(len(equity), nan), where=before > 0) - 1.0


def daily(equity: Floats, close_ns: Ints) -> tuple[Floats, Ints]:
    """The last value of each UTC day and that day's number since 1970; `close_ns` is when each point was known.

    A bar that closes at midnight still belongs to the day it ends.
    """
    if not len(equity):
        return np.empty(0), np.empty(0, np.int64)
    days = (close_ns - 1) // DAY_NS
    last = np.append(days[1:] != days[:-1], True)
    return equity[last], days[last]


def total_return(returns: Floats) -> float:
    """What one unit has gained at the end: prod(1 + r) - 1."""
    return float(np.prod(1.0 + returns)) - 1.0 if len(returns) else nan


def cagr(returns: Floats, periods: int = DAYS) -> float:
    """Compound annual growth rate: (1 + total) ** (periods / n) - 1."""
    growth = total_return(returns) + 1.0
    if not isfinite(growth) or growth < 0:
        return nan
    try:
        return float(growth ** (periods / len(returns))) - 1.0
    except OverflowError:
        return nan


def volatility(returns: Floats, periods: int = DAYS) -> float:
    """Sample standard deviation (n - 1), times sqrt(periods)."""
    return _std(returns) * sqrt(periods)


def sharpe(returns: Floats, periods: int = DAYS) -> float:
    """Sharpe ratio (1994) over a risk-free rate of zero: mean / sample deviation * sqrt(periods)."""
    deviation = _std(returns)
    return float(np.mean(returns)) / deviation * sqrt(periods) if deviation > _FLAT else nan


def sortino(returns: Floats, periods: int = DAYS) -> float:
    """Sortino ratio: mean * periods over the annual downside deviation sqrt(mean(min(r, 0)^2)) * sqrt(periods)."""
    if len(returns) < 2:
        return nan
    downside = sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(np.mean(returns)) * sqrt(periods) / downside if downside > _FLAT else nan


def underwater(curve: Floats, start: float = 1.0) -> Floats:
    """How far below its highest point so far a curve is: 0 or a negative fraction; `start` counts as a point."""
    peak = np.maximum.accumulate(np.concatenate(([start], curve)))[1:]
    return np.divide(curve, peak, out=np.full(len(curve), nan), where=peak > 0) - 1.0


def max_drawdown(returns: Floats) -> float:
    """The deepest drawdown of what the returns grow to, a fraction of the peak (0.05: it fell by 5 %)."""
    curve: Floats = np.cumprod(1.0 + returns, dtype=np.float64)
    return abs(float(np.min(underwater(curve), initial=0.0))) if len(returns) else nan


def longest_drawdown(under: Floats) -> int:
    """Most points in a row below an earlier high; `under` is what `underwater` gives."""
    below = np.concatenate(([0], (under < 0).astype(np.int8), [0]))
    edges = np.flatnonzero(np.diff(below))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def calmar(returns: Floats, periods: int = DAYS) -> float:
    """Calmar ratio (Young 1991): compound annual growth over the depth of the deepest drawdown."""
    depth = max_drawdown(returns)
    return cagr(returns, periods) / depth if depth > 0 else nan


def omega(returns: Floats) -> float:
    """Omega at a threshold of zero (Keating and Shadwick 2002): sum of gains over sum of losses."""
    if len(returns) < 2:
        return nan
    losses = -float(np.sum(np.minimum(returns, 0.0)))
    return float(np.sum(np.maximum(returns, 0.0))) / losses if losses > 0 else nan


def value_at_risk(returns: Floats, cutoff: float = 0.05) -> float:
    """Historical value at risk of one period: the `cutoff` quantile of the returns, interpolated."""
    return float(np.percentile(returns, 100 * cutoff)) if len(returns) else nan


def expected_shortfall(returns: Floats, cutoff: float = 0.05) -> float:
    """Conditional value at risk of one period: the mean of the worst floor((n - 1) * cutoff) + 1 returns."""
    if not len(returns):
        return nan
    worst = int((len(returns) - 1) * cutoff)
    return float(np.mean(np.partition(returns, worst)[: worst + 1]))


def tail_ratio(returns: Floats) -> float:
    """The 95th percentile over the size of the 5th."""
    if not len(returns):
        return nan
    low = abs(float(np.percentile(returns, 5)))
    return abs(float(np.percentile(returns, 95))) / low if low > 0 else nan


def skewness(returns: Floats) -> float:
    """Third standardised moment, of the population (Fisher-Pearson g1)."""
    return _moment(returns, 3)


def kurtosis(returns: Floats) -> float:
    """Fourth standardised moment less 3, of the population; 0 for a normal distribution."""
    return _moment(returns, 4) - 3.0


def beta(returns: Floats, benchmark: Floats) -> float:
    """Slope of the returns on the benchmark's (CAPM): cov / var. Both of one length."""
    if len(returns) < 2:
        return nan
    moves = benchmark - np.mean(benchmark)
    spread = float(np.mean(moves**2))
    return float(np.mean(moves * (returns - np.mean(returns)))) / spread if spread > _FLAT**2 else nan


def alpha(returns: Floats, benchmark: Floats, periods: int = DAYS) -> float:
    """Jensen's alpha over a risk-free rate of zero, compounded: (1 + mean(r - beta * b)) ** periods - 1."""
    slope = beta(returns, benchmark)
    if not isfinite(slope):
        return nan
    growth = 1.0 + float(np.mean(returns - slope * benchmark))
    try:
        return growth**periods - 1.0 if growth >= 0 else nan
    except OverflowError:
        return nan


def rolling_sharpe(returns: Floats, window: int = 30, periods: int = DAYS) -> Floats:
    """Sharpe ratio of the last `window` returns at each one; NaN for the first window - 1."""
    out = np.full(len(returns), nan)
    if window < 2 or len(returns) < window:
        return out
    views = np.lib.stride_tricks.sliding_window_view(returns, window)
    deviation = np.std(views, axis=1, ddof=1)
    flat = deviation <= _FLAT
    ratio = np.mean(views, axis=1) / np.where(flat, 1.0, deviation) * sqrt(periods)
    out[window - 1 :] = np.where(flat, nan, ratio)
    return out


def monthly(returns: Floats, days: Ints) -> list[tuple[int, int, float]]:
    """(year, month, return) of each calendar month, UTC; `days` are day numbers since 1970."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    told = np.unique(months)
    return [(1970 + int(m) // 12, int(m) % 12 + 1, total_return(returns[months == m])) for m in told]


def probabilistic_sharpe(sharpe: float, observations: int, skew: float, kurtosis: float, against: float = 0.0) -> float:
    """The probability that the true Sharpe ratio is above `against` (Bailey and Lopez de Prado 2012).

    Phi((SR - against) * sqrt(n - 1) / sqrt(1 - skew * SR + (kurtosis + 2) / 4 * SR^2)). `sharpe` and `against`
    are per period, not annualised; `kurtosis` is in excess of the normal distribution's 3.
    """
    spread = 1.0 - skew * sharpe + (kurtosis + 2.0) / 4.0 * sharpe**2
    if observations < 2 or not isfinite(sharpe - against) or not spread > 0:
        return nan
    return NormalDist().cdf((sharpe - against) * sqrt(observations - 1) / sqrt(spread))


def expected_best_sharpe(trials: int, deviation: float) -> float:
    """The Sharpe ratio that the best of `trials` worthless strategies is expected to show by luck.

    deviation * ((1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N * e))), Z the inverse normal and g Euler's constant
    (Bailey and Lopez de Prado 2014). `deviation` is that of the trials' Sharpe ratios, per period.
    """
    if trials < 2:
        return 0.0
    inverse = NormalDist().inv_cdf
    return deviation * ((1 - EULER) * inverse(1 - 1 / trials) + EULER * inverse(1 - 1 / (trials * e)))


def deflated_sharpe(
    sharpe: float, trials_sharpe_std: float, trials: int, observations: int, skew: float, kurtosis: float
) -> float:
    """The probability that the best of `trials` variants is better than luck (Bailey and Lopez de Prado 2014).

    The probabilistic Sharpe ratio against `expected_best_sharpe(trials, trials_sharpe_std)`; all Sharpe ratios
    per period, `kurtosis` in excess of 3.
    """
    return probabilistic_sharpe(sharpe, observations, skew, kurtosis, expected_best_sharpe(trials, trials_sharpe_std))


def _std(returns: Floats) -> float:
    return float(np.std(returns, ddof=1)) if len(returns) > 1 else nan


def _moment(returns: Floats, order: int) -> float:
    if len(returns) < 2:
        return nan
    moves = returns - np.mean(returns)
    deviation = sqrt(float(np.mean(moves**2)))
    return float(np.mean(moves**order)) / deviation**order if deviation > _FLAT else nan
