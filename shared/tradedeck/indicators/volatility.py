"""Volatility: how far prices range."""

from __future__ import annotations

from math import log, log10, nan, sqrt

from tradedeck.indicators.blocks import (
    before,
    delayed,
    deviation,
    ema,
    highest,
    highest_size,
    lowest,
    mean,
    ratio,
    ring_size,
    spread_size,
    total,
    total_size,
    wilder,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, factor, length


def true_range(s: State, at: int, high: float, low: float, close: float) -> float:
    """The range of a bar with the gap from the close before it; NaN at the first bar."""
    last = before(s, at, close)
    if last != last:
        return nan
    return max(high, last) - min(low, last)


def trange_step(s: State, high: float, low: float, close: float) -> float:
    """The range of a bar with the gap from the close before it."""
    return true_range(s, 0, high, low, close)


def atr_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """Wilder's mean of true ranges."""
    return wilder(s, 2, n, true_range(s, 0, high, low, close))


def natr_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """The average true range in percent of the close."""
    return 100.0 * ratio(atr_step(s, high, low, close, n), close)


def adr_step(s: State, high: float, low: float, n: int) -> float:
    """The mean range of a bar."""
    return mean(s, 0, n, high - low)


def cvi_step(s: State, high: float, low: float, n: int, back: int) -> float:
    """M. Chaikin's volatility: how much the smoothed range has grown, in percent."""
    span = ema(s, 0, n, high - low)
    past = delayed(s, 2, back, span)
    return 100.0 * ratio(span - past, past)


def massi_step(s: State, high: float, low: float, n: int, window: int) -> float:
    """D. Dorsey's mass index: the smoothed range over itself smoothed again, summed."""
    one = ema(s, 0, n, high - low)
    return total(s, 4, window, ratio(one, ema(s, 2, n, one)))


def rvi_step(s: State, x: float, n: int, window: int) -> float:
    """D. Dorsey's relative volatility: an RSI of the deviation instead of the change."""
    change = x - before(s, 0, x)
    wide = deviation(s, 6, window, x)
    up = wilder(s, 2, n, wide if change > 0.0 else wide * 0.0)
    down = wilder(s, 4, n, wide if change < 0.0 else wide * 0.0)
    return 100.0 * ratio(up, up + down)


def chop_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """E. Dreiss' choppiness: 100 when the true ranges only add up, 0 when all is one move."""
    way = total(s, 2, n, true_range(s, 0, high, low, close))
    at = 2 + total_size(n)
    span = highest(s, at, n, high) - lowest(s, at + highest_size(n), n, low)
    if way != way:
        return nan
    return 100.0 * log10(way / span) / log10(n) if way > 0.0 and span > 0.0 else 0.0


def hv_step(s: State, x: float, n: int, periods: float) -> float:
    """Historical volatility: the sample deviation of log returns, a year of `periods` bars, in percent."""
    last = before(s, 0, x)
    change = nan
    if x > 0.0 and last > 0.0:
        change = log(x / last)
    return 100.0 * sqrt(periods * n / (n - 1.0)) * deviation(s, 2, n, change)


def parkinson_step(s: State, high: float, low: float, n: int, periods: float) -> float:
    """Volatility from ranges, a year of `periods` bars, in percent."""
    wide = nan
    if high > 0.0 and low > 0.0:
        wide = log(high / low)
    return 100.0 * sqrt(periods * mean(s, 0, n, wide * wide) / (4.0 * log(2.0)))


def ulcer_step(s: State, x: float, n: int) -> float:
    """P. Martin's ulcer index: the root of the mean square of the fall from the high, in percent."""
    top = highest(s, 0, n, x)
    fall = 100.0 * ratio(x - top, top)
    square = mean(s, highest_size(n), n, fall * fall)
    return sqrt(square) if square > 0.0 or square != square else 0.0


_BAR = "high low close"
_YEAR = factor("periods", 365, 1, 1e9)

VOLATILITY = (
    define("trange", "True range", _BAR, (), "trange", trange_step, lambda: 2, lambda: 2),
    define("atr", "Average true range", _BAR, (length(),), "atr", atr_step, lambda n: 4, lambda n: n + 1),
    define("natr", "Normalized average true range", _BAR, (length(),), "natr", natr_step, lambda n: 4,
           lambda n: n + 1),
    define("adr", "Average daily range", "high low", (length(),), "adr", adr_step, total_size, lambda n: n),
    define("cvi", "Chaikin's volatility", "high low", (length(default=10), length("back", 10)), "cvi", cvi_step,
           lambda n, b: 2 + ring_size(b), lambda n, b: n + b),
    define("massi", "Mass index", "high low", (length(default=9, low=2), length("window", 25)), "massi", massi_step,
           lambda n, w: 4 + total_size(w), lambda n, w: 2 * n + w - 2),
    define("rvi", "Relative volatility index", "x", (length(), length("window", 10, 2)), "rvi", rvi_step,
           lambda n, w: 6 + spread_size(w), lambda n, w: n + max(w, 1) - 1),
    define("chop", "Choppiness index", _BAR, (length(low=2),), "chop", chop_step,
           lambda n: 2 + total_size(n) + 2 * highest_size(n), lambda n: n + 1,
           "E. W. Dreiss, Australian Commodity Exchange, 1993"),
    define("hv", "Historical volatility", "x", (length(default=20, low=2), _YEAR), "hv", hv_step,
           lambda n, p: 2 + spread_size(n), lambda n, p: n + 1, "J. Hull, Options, Futures and Other Derivatives"),
    define("parkinson", "Parkinson's volatility", "high low", (length(default=20), _YEAR), "parkinson",
           parkinson_step, lambda n, p: total_size(n), lambda n, p: n, "M. Parkinson, Journal of Business 53, 1980"),
    define("ulcer", "Ulcer index", "x", (length(),), "ulcer", ulcer_step, lambda n: highest_size(n) + total_size(n),
           lambda n: 2 * n - 1, "P. Martin, The Investor's Guide to Fidelity Funds, 1989"),
)  # fmt: skip
