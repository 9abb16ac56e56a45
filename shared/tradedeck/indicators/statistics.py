"""Statistics of a moving window."""

from __future__ import annotations

from math import atan, ceil, nan, pi, sqrt

from tradedeck.indicators.blocks import (
    before,
    delayed,
    deviation,
    highest,
    highest_size,
    lowest,
    mean,
    ratio,
    regression,
    spread_size,
    total,
    total_size,
    variance,
    weighted_size,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, factor, length


def stddev_step(s: State, x: float, n: int, times: float) -> float:
    """The population standard deviation, times a factor."""
    return deviation(s, 0, n, x) * times


def var_step(s: State, x: float, n: int) -> float:
    """The population variance."""
    return variance(s, 0, n, x)


def avgdev_step(s: State, x: float, n: int) -> float:
    """The mean distance from the mean."""
    middle = mean(s, 0, n, x)
    if middle != middle:
        return nan
    away = 0.0
    for i in range(n):
        away += abs(s[3 + i] - middle)
    return away / n


def zscore_step(s: State, x: float, n: int) -> float:
    """The distance from the mean in standard deviations."""
    wide = deviation(s, 0, n, x)
    return ratio(x - s[0], wide) if wide == wide else nan


def linearreg_step(s: State, x: float, n: int) -> float:
    """The end of the least-squares line."""
    start, slope = regression(s, 0, n, x)
    return start + slope * (n - 1.0)


def linearreg_slope_step(s: State, x: float, n: int) -> float:
    """The slope of the least-squares line a bar."""
    _, slope = regression(s, 0, n, x)
    return slope


def linearreg_angle_step(s: State, x: float, n: int) -> float:
    """The slope as an angle in degrees."""
    _, slope = regression(s, 0, n, x)
    return atan(slope) * (180.0 / pi)


def linearreg_intercept_step(s: State, x: float, n: int) -> float:
    """The beginning of the least-squares line."""
    start, _ = regression(s, 0, n, x)
    return start


def tsf_step(s: State, x: float, n: int) -> float:
    """The least-squares line drawn on to the next bar."""
    start, slope = regression(s, 0, n, x)
    return start + slope * n


def fosc_step(s: State, x: float, n: int) -> float:
    """T. Chande's forecast oscillator: x less what was forecast a bar before, in percent."""
    forecast = before(s, weighted_size(n), tsf_step(s, x, n))
    return 100.0 * ratio(x - forecast, x)


def joint_size(n: int) -> int:
    """Floats for `joint`."""
    return 7 + 2 * n


def joint(s: State, at: int, n: int, x: float, y: float) -> None:
    """Two series together. State: means, sums of squares of x and y and of products about them, position, gone round.

    When s[at + 6] is 1 the window is full; then come the windows of x and y.
    """
    if x != x or y != y:
        return
    place = s[at + 5]
    slot = at + 7 + int(place)
    p = s[slot]
    q = s[slot + n]
    s[slot] = x
    s[slot + n] = y
    place += 1.0
    if place == n:
        s[at + 5] = 0.0
        s[at + 6] = 1.0
        joint_anew(s, at, n)
        return
    s[at + 5] = place
    a = s[at]
    b = s[at + 1]
    s[at] += (x - p) / n
    s[at + 1] += (y - q) / n
    s[at + 2] += (x - p) * (x - s[at] + p - a)
    s[at + 3] += (y - q) * (y - s[at + 1] + q - b)
    s[at + 4] += (x - a) * (y - s[at + 1]) - (p - a) * (q - s[at + 1])


def joint_anew(s: State, at: int, n: int) -> None:
    """Sum the windows of `joint` anew."""
    a = 0.0
    b = 0.0
    for i in range(n):
        a += s[at + 7 + i]
        b += s[at + 7 + n + i]
    a /= n
    b /= n
    xx = 0.0
    yy = 0.0
    xy = 0.0
    for i in range(n):
        x = s[at + 7 + i] - a
        y = s[at + 7 + n + i] - b
        xx += x * x
        yy += y * y
        xy += x * y
    s[at] = a
    s[at + 1] = b
    s[at + 2] = xx
    s[at + 3] = yy
    s[at + 4] = xy


def correl_step(s: State, high: float, low: float, n: int) -> float:
    """Pearson's correlation of highs and lows, -1 to 1."""
    joint(s, 0, n, high, low)
    if s[6] == 0.0:
        return nan
    both = s[2] * s[3]
    return s[4] / sqrt(both) if both > 0.0 else 0.0


def beta_step(s: State, high: float, low: float, n: int) -> float:
    """How much lows change in percent when highs change by one."""
    a = before(s, 0, high)
    b = before(s, 2, low)
    joint(s, 4, n, ratio(high - a, a), ratio(low - b, b))
    return ratio(s[8], s[6]) if s[10] > 0.0 else nan


def max_step(s: State, x: float, n: int) -> float:
    """The highest value."""
    return highest(s, 0, n, x)


def min_step(s: State, x: float, n: int) -> float:
    """The lowest value."""
    return lowest(s, 0, n, x)


def minmax_step(s: State, x: float, n: int) -> tuple[float, float]:
    """The lowest and the highest value."""
    return lowest(s, highest_size(n), n, x), highest(s, 0, n, x)


def sum_step(s: State, x: float, n: int) -> float:
    """The sum."""
    return total(s, 0, n, x)


def percentrank_step(s: State, x: float, n: int) -> float:
    """How many of the n values before are below x, in percent."""
    full = s[1] > 0.0
    below = 0
    for i in range(n):
        if s[2 + i] < x:
            below += 1
    delayed(s, 0, n, x)
    return 100.0 * below / n if full and x == x else nan


def sorted_in(s: State, at: int, n: int, x: float) -> None:
    """Keep the last n values in order. State: a ring of them, then the same in order.

    The oldest leaves its place, what lies between moves by one, and x takes the place left free.
    """
    hole = int(s[at])
    oldest = delayed(s, at, n, x)
    order = at + 2 + n
    if oldest == oldest:
        hole = rank(s, order, n, oldest)
        while hole + 1 < n and s[order + hole + 1] < x:
            s[order + hole] = s[order + hole + 1]
            hole += 1
    while hole > 0 and s[order + hole - 1] > x:
        s[order + hole] = s[order + hole - 1]
        hole -= 1
    s[order + hole] = x


def rank(s: State, at: int, n: int, x: float) -> int:
    """How many of n rising values are below x."""
    low = 0
    high = n
    while low < high:
        half = (low + high) // 2
        if s[at + half] < x:
            low = half + 1
        else:
            high = half
    return low


def percentile_step(s: State, x: float, n: int, percent: float) -> float:
    """The nearest-rank percentile: the least value that so many percent are not above."""
    if x != x:
        return nan
    sorted_in(s, 0, n, x)
    if s[1] == 0.0:
        return nan
    return s[2 + n + max(ceil(percent / 100.0 * n) - 1, 0)]


_FIT = (length(low=2),)
_WINDOW = (length(default=30, low=2),)

STATISTICS = (
    define("stddev", "Standard deviation", "x", (length(default=5, low=2), factor("times", 1, 0, 100)), "stddev",
           stddev_step, lambda n, t: spread_size(n), lambda n, t: n),
    define("var", "Variance", "x", (length(default=5),), "var", var_step, spread_size, lambda n: n),
    define("avgdev", "Average deviation", "x", _FIT, "avgdev", avgdev_step, total_size, lambda n: n),
    define("zscore", "Z-score", "x", (length(default=20, low=2),), "zscore", zscore_step, spread_size, lambda n: n,
           "R. A. Fisher, Statistical Methods for Research Workers, 1925"),
    define("linearreg", "Linear regression", "x", _FIT, "linearreg", linearreg_step, weighted_size, lambda n: n),
    define("linearreg_slope", "Linear regression slope", "x", _FIT, "linearreg_slope", linearreg_slope_step,
           weighted_size, lambda n: n),
    define("linearreg_angle", "Linear regression angle", "x", _FIT, "linearreg_angle", linearreg_angle_step,
           weighted_size, lambda n: n),
    define("linearreg_intercept", "Linear regression intercept", "x", _FIT, "linearreg_intercept",
           linearreg_intercept_step, weighted_size, lambda n: n),
    define("tsf", "Time series forecast", "x", _FIT, "tsf", tsf_step, weighted_size, lambda n: n),
    define("fosc", "Forecast oscillator", "x", (length(default=5, low=2),), "fosc", fosc_step,
           lambda n: weighted_size(n) + 2, lambda n: n + 1),
    define("correl", "Correlation of highs and lows", "high low", _WINDOW, "correl", correl_step, joint_size,
           lambda n: n),
    define("beta", "Beta of lows on highs", "high low", (length(default=5, low=2),), "beta", beta_step,
           lambda n: 4 + joint_size(n), lambda n: n + 1),
    define("max", "Highest value", "x", _WINDOW, "max", max_step, highest_size, lambda n: n),
    define("min", "Lowest value", "x", _WINDOW, "min", min_step, highest_size, lambda n: n),
    define("minmax", "Lowest and highest value", "x", _WINDOW, "min max", minmax_step,
           lambda n: 2 * highest_size(n), lambda n: n),
    define("sum", "Sum", "x", _WINDOW, "sum", sum_step, total_size, lambda n: n),
    define("percentrank", "Percent rank", "x", (length(default=100),), "percentrank", percentrank_step,
           lambda n: 2 + n, lambda n: n + 1),
    define("percentile", "Percentile", "x", (length(default=30), factor("percent", 50, 0, 100)), "percentile",
           percentile_step, lambda n, p: 2 + 2 * n, lambda n, p: n),
)  # fmt: skip
