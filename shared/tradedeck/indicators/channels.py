"""Channels: an upper, a middle and a lower line."""

from __future__ import annotations

from math import nan

from tradedeck.indicators.blocks import (
    deviation,
    highest,
    highest_size,
    lowest,
    mean,
    ratio,
    smoothed,
    spread_size,
    total_size,
    wilder,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, factor, length
from tradedeck.indicators.volatility import true_range


def bbands_step(s: State, x: float, n: int, up: float, down: float) -> tuple[float, float, float]:
    """J. Bollinger's bands: the mean, and so many deviations above and below."""
    middle = mean(s, 0, n, x)
    wide = deviation(s, total_size(n), n, x)
    return middle + up * wide, middle, middle - down * wide


def bbw_step(s: State, x: float, n: int, up: float, down: float) -> float:
    """The width of Bollinger's bands over the middle."""
    upper, middle, lower = bbands_step(s, x, n, up, down)
    return ratio(upper - lower, middle)


def percent_b_step(s: State, x: float, n: int, up: float, down: float) -> float:
    """Where x stands in Bollinger's bands: 0 at the lower, 1 at the upper."""
    upper, _, lower = bbands_step(s, x, n, up, down)
    return ratio(x - lower, upper - lower)


def keltner_step(
    s: State, high: float, low: float, close: float, n: int, span: int, times: float
) -> tuple[float, float, float]:
    """C. Keltner's channel in L. Raschke's form: an exponential mean of typical prices, average true ranges about it.

    Whichever is warm first waits, so that both are seeded with the bars that end at the first value.
    """
    first = max(n - 1, span)
    middle = smoothed(s, 0, n, first - (n - 1), 2.0 / (n + 1.0), (high + low + close) / 3.0)
    wide = smoothed(s, 4, span, first - span, 1.0 / span, true_range(s, 2, high, low, close))
    if middle != middle or wide != wide:
        return nan, nan, nan
    return middle + times * wide, middle, middle - times * wide


def donchian_step(s: State, high: float, low: float, n: int) -> tuple[float, float, float]:
    """R. Donchian's channel: the highest high, the lowest low and half way."""
    upper = highest(s, 0, n, high)
    lower = lowest(s, highest_size(n), n, low)
    return upper, (upper + lower) / 2.0, lower


def accbands_step(s: State, high: float, low: float, close: float, n: int) -> tuple[float, float, float]:
    """P. Headley's acceleration bands: they widen with the range."""
    both = high + low
    wide = 4.0 * (high - low) / both if both != 0.0 else 0.0
    size = total_size(n)
    upper = mean(s, 0, n, high * (1.0 + wide))
    lower = mean(s, size, n, low * (1.0 - wide))
    return upper, mean(s, 2 * size, n, close), lower


def envelope_step(s: State, x: float, n: int, percent: float) -> tuple[float, float, float]:
    """The mean, and so many percent above and below."""
    middle = mean(s, 0, n, x)
    return middle * (1.0 + percent / 100.0), middle, middle * (1.0 - percent / 100.0)


def chandelier_step(s: State, high: float, low: float, close: float, n: int, times: float) -> tuple[float, float]:
    """C. Le Beau's exits: so many average true ranges below the highest high, and above the lowest low."""
    wide = wilder(s, 2, n, true_range(s, 0, high, low, close))
    top = highest(s, 4, n, high)
    bottom = lowest(s, 4 + highest_size(n), n, low)
    return top - times * wide, bottom + times * wide


_LINES = "upper middle lower"
_BANDS = (length(default=20, low=2), factor("up", 2, 0, 100), factor("down", 2, 0, 100))

CHANNELS = (
    define("bbands", "Bollinger bands", "x", _BANDS, _LINES, bbands_step,
           lambda n, u, d: total_size(n) + spread_size(n), lambda n, u, d: n),
    define("bbw", "Bollinger band width", "x", _BANDS, "bbw", bbw_step,
           lambda n, u, d: total_size(n) + spread_size(n), lambda n, u, d: n,
           "J. Bollinger, Bollinger on Bollinger Bands, 2001"),
    define("percent_b", "Bollinger %b", "x", _BANDS, "percent_b", percent_b_step,
           lambda n, u, d: total_size(n) + spread_size(n), lambda n, u, d: n,
           "J. Bollinger, Bollinger on Bollinger Bands, 2001"),
    define("keltner", "Keltner channel", "high low close",
           (length(default=20), length("span", 10), factor("times", 2, 0, 100)), _LINES, keltner_step,
           lambda n, p, t: 6, lambda n, p, t: max(n, p + 1)),
    define("donchian", "Donchian channel", "high low", (length(default=20),), _LINES, donchian_step,
           lambda n: 2 * highest_size(n), lambda n: n),
    define("accbands", "Acceleration bands", "high low close", (length(default=20),), _LINES, accbands_step,
           lambda n: 3 * total_size(n), lambda n: n),
    define("envelope", "Moving average envelope", "x", (length(default=20), factor("percent", 2.5, 0, 100)), _LINES,
           envelope_step, lambda n, p: total_size(n), lambda n, p: n, "J. Hurst, The Profit Magic, 1970"),
    define("chandelier", "Chandelier exit", "high low close", (length(default=22), factor("times", 3, 0, 100)),
           "long short", chandelier_step, lambda n, t: 4 + 2 * highest_size(n), lambda n, t: n + 1,
           "C. Le Beau, in A. Elder, Come Into My Trading Room, 2002"),
)  # fmt: skip
