"""Moving averages of one series."""

from __future__ import annotations

from math import exp, nan

from tradedeck.indicators.blocks import (
    BEFORE_SIZE,
    SMOOTH_SIZE,
    before,
    delayed,
    ema,
    highest,
    highest_size,
    lowest,
    mean,
    ratio,
    ring_size,
    smoothed,
    total,
    total_size,
    weighted_size,
    wilder,
    wma,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, factor, length


def sma_step(s: State, x: float, n: int) -> float:
    """The mean of the last n values."""
    return mean(s, 0, n, x)


def ema_step(s: State, x: float, n: int) -> float:
    """Exponential mean seeded with the mean of the first n values."""
    return ema(s, 0, n, x)


def rma_step(s: State, x: float, n: int) -> float:
    """Wilder's smoothing seeded with the mean of the first n values."""
    return wilder(s, 0, n, x)


def wma_step(s: State, x: float, n: int) -> float:
    """Weights 1, 2 ... n from the oldest to the newest."""
    return wma(s, 0, n, x)


def dema_step(s: State, x: float, n: int) -> float:
    """2 e - e(e), P. Mulloy 1994."""
    one = ema(s, 0, n, x)
    return 2.0 * one - ema(s, 2, n, one)


def tema_step(s: State, x: float, n: int) -> float:
    """3 e - 3 e(e) + e(e(e)), P. Mulloy 1994."""
    one = ema(s, 0, n, x)
    two = ema(s, 2, n, one)
    return 3.0 * one - 3.0 * two + ema(s, 4, n, two)


def trima_step(s: State, x: float, n: int) -> float:
    """A mean of means: weights rise to the middle and fall again."""
    inner = n // 2 + 1
    return mean(s, total_size(inner), (n + 1) // 2, mean(s, 0, inner, x))


def kama_step(s: State, x: float, n: int) -> float:
    """P. Kaufman's adaptive average: quick when the way is straight, slow when it is noise."""
    last = before(s, 2, x)
    oldest = delayed(s, 4, n, x)
    way = total(s, 4 + ring_size(n), n, abs(x - last))
    change = x - oldest
    if change != change:
        return nan
    value = s[1] if s[0] > 0.0 else last
    straight = 1.0 if way <= change or way < 1e-14 else abs(change / way)
    pace = straight * (2.0 / 3.0 - 2.0 / 31.0) + 2.0 / 31.0
    s[0] = 1.0
    s[1] = value + (x - value) * (pace * pace)
    return s[1]


def t3_step(s: State, x: float, n: int, v: float) -> float:
    """T. Tillson's T3: six exponential means, mixed by the volume factor v."""
    three = ema(s, 4, n, ema(s, 2, n, ema(s, 0, n, x)))
    four = ema(s, 6, n, three)
    five = ema(s, 8, n, four)
    six = ema(s, 10, n, five)
    a = -v * v * v
    b = 3.0 * (v * v - a)
    c = -6.0 * v * v - 3.0 * (v - a)
    d = 1.0 + 3.0 * v - a + 3.0 * v * v
    return a * six + b * five + c * four + d * three


def root(n: int) -> int:
    """The whole square root of n."""
    k = 1
    while (k + 1) * (k + 1) <= n:
        k += 1
    return k


def hma_step(s: State, x: float, n: int) -> float:
    """A. Hull's average: wma of 2 wma(n / 2) - wma(n) over the root of n."""
    half = weighted_size(n)
    raw = 2.0 * wma(s, half, n // 2, x) - wma(s, 0, n, x)
    return wma(s, half + weighted_size(n // 2), root(n), raw)


def zlema_step(s: State, x: float, n: int) -> float:
    """Zero-lag exponential mean: of x plus what x has gained in half the length."""
    return ema(s, 0, n, 2.0 * x - delayed(s, 2, (n - 1) // 2, x))


def vwma_step(s: State, x: float, volume: float, n: int) -> float:
    """The mean of the last n values weighted by volume."""
    return ratio(total(s, 0, n, x * volume), total(s, total_size(n), n, volume))


def alma_step(s: State, x: float, n: int, offset: float, sigma: float) -> float:
    """A. Legoux: weights are a bell whose peak lies at `offset` of the window, n / sigma wide."""
    if x != x:
        return nan
    weights = ring_size(n)
    if s[weights + n] == 0.0:
        peak = offset * (n - 1)
        width = n / sigma
        for i in range(n):
            s[weights + i] = exp(-((i - peak) * (i - peak)) / (2.0 * width * width))
            s[weights + n] += s[weights + i]
    delayed(s, 0, n, x)
    if s[1] == 0.0:
        return nan
    oldest = int(s[0])
    value = 0.0
    for i in range(n):
        slot = oldest + i
        if slot >= n:
            slot -= n
        value += s[weights + i] * s[2 + slot]
    return value / s[weights + n]


def mcginley_step(s: State, x: float, n: int) -> float:
    """J. McGinley's dynamic: m + (x - m) / (0.6 n (x / m)^4), seeded with the mean of the first n values."""
    if x == x and s[0] >= n and s[1] != 0.0 and x != 0.0:
        speed = x / s[1]
        s[1] += (x - s[1]) / (0.6 * n * (speed * speed * speed * speed))
        return s[1]
    return smoothed(s, 0, n, 0, 0.0, x)


def midpoint_step(s: State, x: float, n: int) -> float:
    """Half way between the highest and the lowest of the last n values."""
    return (highest(s, 0, n, x) + lowest(s, highest_size(n), n, x)) / 2.0


def midprice_step(s: State, high: float, low: float, n: int) -> float:
    """Half way between the highest high and the lowest low."""
    return (highest(s, 0, n, high) + lowest(s, highest_size(n), n, low)) / 2.0


_N = (length(default=30),)
_TWO_UP = (length(default=30, low=2),)

AVERAGES = (
    define("sma", "Simple moving average", "x", _N, "sma", sma_step, total_size, lambda n: n),
    define("ema", "Exponential moving average", "x", _N, "ema", ema_step, lambda n: SMOOTH_SIZE, lambda n: n),
    define("rma", "Wilder's moving average", "x", _N, "rma", rma_step, lambda n: SMOOTH_SIZE, lambda n: n),
    define("wma", "Weighted moving average", "x", _TWO_UP, "wma", wma_step, weighted_size, lambda n: n),
    define("dema", "Double exponential moving average", "x", _N, "dema", dema_step, lambda n: 4, lambda n: 2 * n - 1),
    define("tema", "Triple exponential moving average", "x", _N, "tema", tema_step, lambda n: 6, lambda n: 3 * n - 2),
    define("trima", "Triangular moving average", "x", _TWO_UP, "trima", trima_step, lambda n: n + 7, lambda n: n),
    define("kama", "Kaufman's adaptive moving average", "x", _TWO_UP, "kama", kama_step,
           lambda n: 2 + BEFORE_SIZE + ring_size(n) + total_size(n), lambda n: n + 1),
    define("t3", "Tillson's T3", "x", (length(default=5), factor("volume_factor", 0.7, 0, 1)), "t3", t3_step,
           lambda n, v: 12, lambda n, v: 6 * (n - 1) + 1),
    define("hma", "Hull moving average", "x", (length(default=20, low=4),), "hma", hma_step,
           lambda n: weighted_size(n) + weighted_size(n // 2) + weighted_size(root(n)), lambda n: n + root(n) - 1),
    define("zlema", "Zero-lag exponential moving average", "x", (length(default=30, low=3),), "zlema", zlema_step,
           lambda n: 2 + ring_size((n - 1) // 2), lambda n: n + (n - 1) // 2),
    define("vwma", "Volume-weighted moving average", "x volume", _N, "vwma", vwma_step, lambda n: 2 * total_size(n),
           lambda n: n),
    define("alma", "Arnaud Legoux moving average", "x",
           (length(default=9), factor("offset", 0.85, 0, 1), factor("sigma", 6, 0.1, 100)), "alma", alma_step,
           lambda n, o, g: ring_size(n) + n + 1, lambda n, o, g: n, "A. Legoux, D. Kouzis-Loukas, 2009"),
    define("mcginley", "McGinley dynamic", "x", (length(),), "mcginley", mcginley_step, lambda n: 2, lambda n: n,
           "J. R. McGinley, MTA Journal, 1997"),
    define("midpoint", "Midpoint of a series", "x", (length(low=2),), "midpoint", midpoint_step,
           lambda n: 2 * highest_size(n), lambda n: n),
    define("midprice", "Midpoint of prices", "high low", (length(low=2),), "midprice", midprice_step,
           lambda n: 2 * highest_size(n), lambda n: n),
)  # fmt: skip
