"""Momentum of one series: how fast, and how far from where it was."""

from __future__ import annotations

from math import nan

from tradedeck.indicators.blocks import (
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
from tradedeck.indicators.definition import State, define, length, longer


def gains(s: State, at: int, x: float) -> tuple[float, float]:
    """How much x has risen and fallen since the value before; one of them is 0."""
    change = x - before(s, at, x)
    return (change if not change < 0.0 else 0.0), (-change if not change > 0.0 else 0.0)


def rsi(s: State, at: int, n: int, x: float) -> float:
    """J. W. Wilder's index from six floats of state; 0 when nothing has moved, as TA-Lib has it."""
    up, down = gains(s, at, x)
    gain = wilder(s, at + 2, n, up)
    loss = wilder(s, at + 4, n, down)
    return 100.0 * ratio(gain, gain + loss)


def rsi_step(s: State, x: float, n: int) -> float:
    """Smoothed gains as a share of all movement, 0 to 100."""
    return rsi(s, 0, n, x)


def cmo_step(s: State, x: float, n: int) -> float:
    """T. Chande's momentum oscillator with Wilder's smoothing, -100 to 100."""
    up, down = gains(s, 0, x)
    gain = wilder(s, 2, n, up)
    loss = wilder(s, 4, n, down)
    return 100.0 * ratio(gain - loss, gain + loss)


def cmou_step(s: State, x: float, n: int) -> float:
    """T. Chande's momentum oscillator as published: plain sums."""
    up, down = gains(s, 0, x)
    gain = total(s, 2, n, up)
    loss = total(s, 2 + total_size(n), n, down)
    return 100.0 * ratio(gain - loss, gain + loss)


def gap(s: State, fast: int, slow: int, x: float) -> tuple[float, float]:
    """The shorter exponential mean less the longer one, and the longer one. Four floats of state."""
    quick = ema(s, 0, min(fast, slow), x)
    lazy = ema(s, 2, max(fast, slow), x)
    return quick - lazy, lazy


def macd_step(s: State, x: float, fast: int, slow: int, smooth: int) -> tuple[float, float, float]:
    """G. Appel's convergence and divergence, its signal and the difference; both means start with the slow one."""
    a = min(fast, slow)
    b = max(fast, slow)
    line = smoothed(s, 0, a, b - a, 2.0 / (a + 1.0), x) - ema(s, 2, b, x)
    signal = ema(s, 4, smooth, line)
    if signal != signal:
        return nan, nan, nan
    return line, signal, line - signal


def apo_step(s: State, x: float, fast: int, slow: int) -> float:
    """Fast exponential mean less the slow one."""
    line, _ = gap(s, fast, slow, x)
    return line


def ppo_step(s: State, x: float, fast: int, slow: int) -> float:
    """Fast exponential mean less the slow one, in percent of the slow one."""
    line, lazy = gap(s, fast, slow, x)
    return 100.0 * ratio(line, lazy)


def mom_step(s: State, x: float, n: int) -> float:
    """Change over n bars."""
    return x - delayed(s, 0, n, x)


def roc_step(s: State, x: float, n: int) -> float:
    """Change over n bars in percent."""
    past = delayed(s, 0, n, x)
    return 100.0 * (x / past - 1.0) if past != 0.0 else 0.0


def rocp_step(s: State, x: float, n: int) -> float:
    """Change over n bars as a share."""
    past = delayed(s, 0, n, x)
    return ratio(x - past, past)


def rocr_step(s: State, x: float, n: int) -> float:
    """X over its value n bars ago."""
    return ratio(x, delayed(s, 0, n, x))


def rocr100_step(s: State, x: float, n: int) -> float:
    """X in percent of its value n bars ago."""
    return 100.0 * ratio(x, delayed(s, 0, n, x))


def trix_step(s: State, x: float, n: int) -> float:
    """Change in percent of a three times smoothed series, J. Hutson."""
    smooth = ema(s, 4, n, ema(s, 2, n, ema(s, 0, n, x)))
    past = before(s, 6, smooth)
    return 100.0 * (smooth / past - 1.0) if past != 0.0 else 0.0


def stochrsi_step(s: State, x: float, n: int, fast: int, smooth: int) -> tuple[float, float]:
    """Where the RSI stands in its range, T. Chande and S. Kroll."""
    index = rsi(s, 0, n, x)
    high = highest(s, 6, fast, index)
    low = lowest(s, 6 + highest_size(fast), fast, index)
    k = ratio(index - low, (high - low) / 100.0)
    d = mean(s, 6 + 2 * highest_size(fast), smooth, k)
    return (k, d) if d == d else (nan, nan)


def tsi_step(s: State, x: float, first: int, second: int) -> float:
    """W. Blau's true strength: twice smoothed change over twice smoothed movement."""
    change = x - before(s, 0, x)
    signed = ema(s, 4, second, ema(s, 2, first, change))
    moved = ema(s, 8, second, ema(s, 6, first, abs(change)))
    return 100.0 * ratio(signed, moved)


def coppock_step(s: State, x: float, n: int, first: int, second: int) -> float:
    """E. Coppock's curve: weighted mean of two rates of change."""
    a = delayed(s, 0, first, x)
    b = delayed(s, ring_size(first), second, x)
    both = 100.0 * (ratio(x - a, a) + ratio(x - b, b))
    return wma(s, ring_size(first) + ring_size(second), n, both)


def dpo_step(s: State, x: float, n: int) -> float:
    """The value of half a length ago less the mean: the cycle without the trend."""
    past = delayed(s, total_size(n), n // 2 + 1, x)
    return past - mean(s, 0, n, x)


def er_step(s: State, x: float, n: int) -> float:
    """P. Kaufman's efficiency: the distance covered over the way gone, 0 to 1."""
    way = total(s, 2 + ring_size(n), n, abs(x - before(s, 0, x)))
    return ratio(abs(x - delayed(s, 2, n, x)), way)


def vhf_step(s: State, x: float, n: int) -> float:
    """A. White's vertical-horizontal filter: the range over the way gone."""
    way = total(s, 2, n, abs(x - before(s, 0, x)))
    at = 2 + total_size(n)
    span = highest(s, at, n, x) - lowest(s, at + highest_size(n), n, x)
    return ratio(span, way)


def kst_step(s: State, x: float, n: int) -> tuple[float, float]:
    """M. Pring's Know Sure Thing with its usual lengths; n smooths the signal."""
    at = 0
    value = 0.0
    for i in range(4):
        back = 10 + 5 * i if i < 3 else 30
        smooth = 10 if i < 3 else 15
        past = delayed(s, at, back, x)
        value += (i + 1.0) * mean(s, at + ring_size(back), smooth, 100.0 * ratio(x - past, past))
        at += ring_size(back) + total_size(smooth)
    signal = mean(s, at, n, value)
    return (value, signal) if signal == signal else (nan, nan)


_TEN = (length(default=10),)
_GAP = (length("fast", 12, 2), length("slow", 26, 2))
_KST = sum(ring_size(back) + total_size(smooth) for back, smooth in ((10, 10), (15, 10), (20, 10), (30, 15)))

MOMENTUM = (
    define("rsi", "Relative strength index", "x", (length(low=2),), "rsi", rsi_step, lambda n: 6, lambda n: n + 1),
    define("cmo", "Chande momentum oscillator", "x", (length(low=2),), "cmo", cmo_step, lambda n: 6, lambda n: n + 1),
    define("cmou", "Chande momentum oscillator, unsmoothed", "x", (length(low=2),), "cmou", cmou_step,
           lambda n: 2 + 2 * total_size(n), lambda n: n + 1),
    define("macd", "Moving average convergence/divergence", "x", (*_GAP, length("smooth", 9)),
           "macd signal histogram", macd_step, lambda f, w, m: 6, lambda f, w, m: max(f, w) + m - 1),
    define("apo", "Absolute price oscillator", "x", _GAP, "apo", apo_step, lambda f, w: 4, longer),
    define("ppo", "Percentage price oscillator", "x", _GAP, "ppo", ppo_step, lambda f, w: 4, longer),
    define("mom", "Momentum", "x", _TEN, "mom", mom_step, ring_size, lambda n: n + 1),
    define("roc", "Rate of change, percent", "x", _TEN, "roc", roc_step, ring_size, lambda n: n + 1),
    define("rocp", "Rate of change, share", "x", _TEN, "rocp", rocp_step, ring_size, lambda n: n + 1),
    define("rocr", "Rate of change, ratio", "x", _TEN, "rocr", rocr_step, ring_size, lambda n: n + 1),
    define("rocr100", "Rate of change, ratio in percent", "x", _TEN, "rocr100", rocr100_step, ring_size,
           lambda n: n + 1),
    define("trix", "Rate of change of a triple smoothed series", "x", (length(default=30),), "trix", trix_step,
           lambda n: 8, lambda n: 3 * n - 1),
    define("stochrsi", "Stochastic of the RSI", "x", (length(low=2), length("fast", 5), length("smooth", 3)), "k d",
           stochrsi_step, lambda n, f, m: 6 + 2 * highest_size(f) + total_size(m), lambda n, f, m: n + f + m - 1),
    define("tsi", "True strength index", "x", (length("first", 25), length("second", 13)), "tsi", tsi_step,
           lambda a, b: 10, lambda a, b: a + b),
    define("coppock", "Coppock curve", "x", (length(default=10, low=2), length("first", 11), length("second", 14)),
           "coppock", coppock_step, lambda n, a, b: ring_size(a) + ring_size(b) + weighted_size(n),
           lambda n, a, b: n + max(a, b)),
    define("dpo", "Detrended price oscillator", "x", (length(default=20, low=2),), "dpo", dpo_step,
           lambda n: total_size(n) + ring_size(n // 2 + 1), lambda n: max(n, n // 2 + 2)),
    define("er", "Efficiency ratio", "x", _TEN, "er", er_step, lambda n: 2 + ring_size(n) + total_size(n),
           lambda n: n + 1),
    define("vhf", "Vertical horizontal filter", "x", (length(default=28, low=2),), "vhf", vhf_step,
           lambda n: 2 + total_size(n) + 2 * highest_size(n), lambda n: n + 1),
    define("kst", "Know Sure Thing", "x", (length(default=9),), "kst signal", kst_step,
           lambda n: _KST + total_size(n), lambda n: 44 + n, "M. Pring, Stocks & Commodities, 1992"),
)  # fmt: skip
