"""Oscillators of whole bars: where the close stands, who is stronger."""

from __future__ import annotations

from math import log, nan

from tradedeck.indicators.blocks import (
    before,
    ema,
    highest,
    highest_size,
    lowest,
    mean,
    peak_age,
    peak_size,
    ratio,
    total,
    total_size,
    wilder,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, length, longer


def place(s: State, at: int, n: int, high: float, low: float, close: float) -> float:
    """Where the close stands between the lowest low (0) and the highest high (100)."""
    top = highest(s, at, n, high)
    bottom = lowest(s, at + highest_size(n), n, low)
    return ratio(close - bottom, (top - bottom) / 100.0)


def stoch_step(s: State, high: float, low: float, close: float, n: int, smooth: int, d: int) -> tuple[float, float]:
    """G. Lane's slow stochastic: %K smoothed, and its mean %D."""
    at = 2 * highest_size(n)
    slow = mean(s, at, smooth, place(s, 0, n, high, low, close))
    signal = mean(s, at + total_size(smooth), d, slow)
    return (slow, signal) if signal == signal else (nan, nan)


def stochf_step(s: State, high: float, low: float, close: float, n: int, d: int) -> tuple[float, float]:
    """G. Lane's fast stochastic: %K, and its mean %D."""
    fast = place(s, 0, n, high, low, close)
    signal = mean(s, 2 * highest_size(n), d, fast)
    return (fast, signal) if signal == signal else (nan, nan)


def kdj_step(
    s: State, high: float, low: float, close: float, n: int, smooth: int, d: int
) -> tuple[float, float, float]:
    """The stochastic with Wilder's smoothing; J = 3 K - 2 D."""
    at = 2 * highest_size(n)
    slow = wilder(s, at, smooth, place(s, 0, n, high, low, close))
    signal = wilder(s, at + 2, d, slow)
    return (slow, signal, 3.0 * slow - 2.0 * signal) if signal == signal else (nan, nan, nan)


def willr_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """L. Williams' %R: 0 at the highest high, -100 at the lowest low."""
    top = highest(s, 0, n, high)
    bottom = lowest(s, highest_size(n), n, low)
    return ratio(top - close, (top - bottom) / -100.0)


def cci_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """D. Lambert's commodity channel: distance from the mean in mean deviations of 0.015."""
    typical = (high + low + close) / 3.0
    middle = mean(s, 0, n, typical)
    if middle != middle:
        return nan
    away = 0.0
    for i in range(n):
        away += abs(s[3 + i] - middle)
    return ratio(typical - middle, 0.015 * (away / n))


def bop_step(s: State, open: float, high: float, low: float, close: float) -> float:  # noqa: A002 - the column's name
    """Balance of power, I. Livshin: the body over the range."""
    return (close - open) / (high - low) if high - low >= 1e-14 else 0.0


def ultosc_step(s: State, high: float, low: float, close: float, a: int, b: int, c: int) -> float:
    """L. Williams' ultimate oscillator: buying pressure over three lengths, the shortest weighs most."""
    last = before(s, 0, close)
    floor = min(low, last)
    pressure = close - floor if last == last else nan
    span = max(high, last) - floor if last == last else nan
    short = min(a, b, c)
    long = max(a, b, c)
    mid = a + b + c - short - long
    at = 2
    value = 4.0 * ratio(total(s, at, short, pressure), total(s, at + total_size(short), short, span))
    at += 2 * total_size(short)
    value += 2.0 * ratio(total(s, at, mid, pressure), total(s, at + total_size(mid), mid, span))
    at += 2 * total_size(mid)
    value += ratio(total(s, at, long, pressure), total(s, at + total_size(long), long, span))
    return 100.0 * (value / 7.0)


def aroon_step(s: State, high: float, low: float, n: int) -> tuple[float, float]:
    """T. Chande: how lately the lowest low and the highest high were, 100 for now."""
    up = peak_age(s, 0, n + 1, high)
    down = peak_age(s, peak_size(n + 1), n + 1, -low)
    return 100.0 * (n - down) / n, 100.0 * (n - up) / n


def aroonosc_step(s: State, high: float, low: float, n: int) -> float:
    """Aroon up less Aroon down."""
    down, up = aroon_step(s, high, low, n)
    return up - down


def mfi_step(s: State, high: float, low: float, close: float, volume: float, n: int) -> float:
    """G. Quong and A. Soudack's money flow index: an RSI of price times volume."""
    typical = (high + low + close) / 3.0
    last = before(s, 0, typical)
    flow = typical * volume if last == last else nan
    up = total(s, 2, n, 0.0 if last >= typical else flow)
    down = total(s, 2 + total_size(n), n, 0.0 if last <= typical else flow)
    both = up + down
    if both < 1.0:
        return 0.0
    return 100.0 * (up / both)


def ao_step(s: State, high: float, low: float, fast: int, slow: int) -> float:
    """B. Williams' awesome oscillator: a short mean of middles less a long one."""
    middle = (high + low) / 2.0
    return mean(s, 0, fast, middle) - mean(s, total_size(fast), slow, middle)


def ac_step(s: State, high: float, low: float, fast: int, slow: int, smooth: int) -> float:
    """B. Williams' accelerator: the awesome oscillator less its own mean."""
    now = ao_step(s, high, low, fast, slow)
    return now - mean(s, total_size(fast) + total_size(slow), smooth, now)


def imi_step(s: State, open: float, close: float, n: int) -> float:  # noqa: A002 - the column's name
    """Intraday momentum: rising bodies as a share of all bodies, 0 to 100."""
    body = close - open
    up = total(s, 0, n, max(0.0, body))
    down = total(s, total_size(n), n, -body if body < 0.0 else 0.0)
    return 100.0 * ratio(up, up + down)


def qstick_step(s: State, open: float, close: float, n: int) -> float:  # noqa: A002 - the column's name
    """T. Chande: the mean body."""
    return mean(s, 0, n, close - open)


def eri_step(s: State, high: float, low: float, close: float, n: int) -> tuple[float, float]:
    """A. Elder's ray: how far bulls and bears pull prices from the exponential mean."""
    middle = ema(s, 0, n, close)
    return high - middle, low - middle


def vortex_step(s: State, high: float, low: float, close: float, n: int) -> tuple[float, float]:
    """E. Botes and D. Siepman: movement up and down over the true range."""
    last = before(s, 0, close)
    above = before(s, 2, high)
    below = before(s, 4, low)
    span = max(high, last) - min(low, last) if last == last else nan
    size = total_size(n)
    way = total(s, 6, n, span)
    plus = total(s, 6 + size, n, abs(high - below))
    minus = total(s, 6 + 2 * size, n, abs(low - above))
    return ratio(plus, way), ratio(minus, way)


def smi_step(
    s: State, high: float, low: float, close: float, n: int, first: int, second: int, signal: int
) -> tuple[float, float]:
    """W. Blau's stochastic momentum: twice smoothed distance from the middle over the twice smoothed half range."""
    top = highest(s, 0, n, high)
    bottom = lowest(s, highest_size(n), n, low)
    at = 2 * highest_size(n)
    away = ema(s, at + 2, second, ema(s, at, first, close - (top + bottom) / 2.0))
    span = ema(s, at + 6, second, ema(s, at + 4, first, (top - bottom) / 2.0))
    value = 100.0 * ratio(away, span)
    smooth = ema(s, at + 8, signal, value)
    return (value, smooth) if smooth == smooth else (nan, nan)


def fisher_step(s: State, high: float, low: float, n: int) -> tuple[float, float]:
    """J. Ehlers' Fisher transform of where the middle stands in its range, and its value a bar before."""
    from_middle = (high + low) / 2.0
    top = highest(s, 4, n, from_middle)
    bottom = lowest(s, 4 + highest_size(n), n, from_middle)
    if top != top:
        return nan, nan
    held = 0.33 * 2.0 * (ratio(from_middle - bottom, top - bottom) - 0.5) + 0.67 * s[0]
    s[0] = min(max(held, -0.999), 0.999)
    past = s[1]
    s[1] = 0.5 * log((1.0 + s[0]) / (1.0 - s[0])) + 0.5 * past
    return s[1], past


_N = (length(low=2),)
_BAR = "high low close"
_AO = (length("fast", 5), length("slow", 34))
_SMI = (length(default=13), length("first", 25), length("second", 2), length("smooth", 9))

OSCILLATORS = (
    define("stoch", "Slow stochastic", _BAR, (length(default=5), length("smooth", 3), length("signal", 3)), "k d",
           stoch_step, lambda n, k, d: 2 * highest_size(n) + total_size(k) + total_size(d),
           lambda n, k, d: n + k + d - 2),
    define("stochf", "Fast stochastic", _BAR, (length(default=5), length("signal", 3)), "k d", stochf_step,
           lambda n, d: 2 * highest_size(n) + total_size(d), lambda n, d: n + d - 1),
    define("kdj", "KDJ", _BAR, (length(default=9), length("smooth", 3), length("signal", 3)), "k d j", kdj_step,
           lambda n, k, d: 2 * highest_size(n) + 4, lambda n, k, d: n + k + d - 2),
    define("willr", "Williams %R", _BAR, _N, "willr", willr_step, lambda n: 2 * highest_size(n), lambda n: n),
    define("cci", "Commodity channel index", _BAR, _N, "cci", cci_step, total_size, lambda n: n),
    define("bop", "Balance of power", "open high low close", (), "bop", bop_step, lambda: 0, lambda: 1),
    define("ultosc", "Ultimate oscillator", _BAR, (length("short", 7), length("middle", 14), length("long", 28)),
           "ultosc", ultosc_step, lambda a, b, c: 2 + 2 * (total_size(a) + total_size(b) + total_size(c)),
           lambda a, b, c: max(a, b, c) + 1),
    define("aroon", "Aroon", "high low", _N, "down up", aroon_step, lambda n: 2 * peak_size(n + 1), lambda n: n + 1),
    define("aroonosc", "Aroon oscillator", "high low", _N, "aroonosc", aroonosc_step,
           lambda n: 2 * peak_size(n + 1), lambda n: n + 1),
    define("mfi", "Money flow index", "high low close volume", _N, "mfi", mfi_step, lambda n: 2 + 2 * total_size(n),
           lambda n: n + 1),
    define("ao", "Awesome oscillator", "high low", _AO, "ao", ao_step, lambda f, w: total_size(f) + total_size(w),
           longer),
    define("ac", "Accelerator oscillator", "high low", (*_AO, length("smooth", 5)), "ac", ac_step,
           lambda f, w, m: total_size(f) + total_size(w) + total_size(m), lambda f, w, m: max(f, w) + m - 1),
    define("imi", "Intraday momentum index", "open close", (length(),), "imi", imi_step, lambda n: 2 * total_size(n),
           lambda n: n),
    define("qstick", "Qstick", "open close", (length(default=10),), "qstick", qstick_step, total_size, lambda n: n),
    define("eri", "Elder ray", _BAR, (length(default=13),), "bull bear", eri_step, lambda n: 2, lambda n: n),
    define("vortex", "Vortex", _BAR, (length(),), "plus minus", vortex_step, lambda n: 6 + 3 * total_size(n),
           lambda n: n + 1),
    define("smi", "Stochastic momentum index", _BAR, _SMI, "smi signal", smi_step,
           lambda n, a, b, m: 2 * highest_size(n) + 10, lambda n, a, b, m: n + a + b + m - 3),
    define("fisher", "Fisher transform", "high low", (length(default=9),), "fisher trigger", fisher_step,
           lambda n: 4 + 2 * highest_size(n), lambda n: n, "J. F. Ehlers, Stocks & Commodities, November 2002"),
)  # fmt: skip
