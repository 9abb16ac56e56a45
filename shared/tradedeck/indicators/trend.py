"""Trend followers that switch sides."""

from __future__ import annotations

from math import nan

from tradedeck.indicators.blocks import delayed, highest, highest_size, lowest, ring_size, wilder
from tradedeck.indicators.definition import State, define, factor, length
from tradedeck.indicators.volatility import true_range


def sar_step(s: State, high: float, low: float, step: float, limit: float) -> float:
    """Wilder's stop and reverse. State: bars seen, side, stop, extreme, pace, the bar before."""
    s[0] += 1.0
    above = s[5]
    below = s[6]
    s[5] = high
    s[6] = low
    if s[0] == 1.0:
        return nan
    pace = min(step, limit)
    if s[0] == 2.0:
        down = below - low > 0.0 and below - low > high - above
        s[1] = 0.0 if down else 1.0
        s[2] = above if down else below
        s[3] = low if down else high
        s[4] = pace
        above = high
        below = low
    if s[1] > 0.0:
        return sar_long(s, high, low, above, below, pace, limit)
    return sar_short(s, high, low, above, below, pace, limit)


def sar_long(s: State, high: float, low: float, above: float, below: float, step: float, limit: float) -> float:
    """One bar below the market; when it is touched the side turns."""
    if low <= s[2]:
        stop = max(s[3], above, high)
        s[1] = 0.0
        s[4] = step
        s[3] = low
        s[2] = max(stop + step * (low - stop), above, high)
        return stop
    stop = s[2]
    if high > s[3]:
        s[3] = high
        s[4] = min(s[4] + step, limit)
    s[2] = min(stop + s[4] * (s[3] - stop), below, low)
    return stop


def sar_short(s: State, high: float, low: float, above: float, below: float, step: float, limit: float) -> float:
    """One bar above the market; when it is touched the side turns."""
    if high >= s[2]:
        stop = min(s[3], below, low)
        s[1] = 1.0
        s[4] = step
        s[3] = high
        s[2] = min(stop + step * (high - stop), below, low)
        return stop
    stop = s[2]
    if low < s[3]:
        s[3] = low
        s[4] = min(s[4] + step, limit)
    s[2] = max(stop + s[4] * (s[3] - stop), above, high)
    return stop


def supertrend_step(s: State, high: float, low: float, close: float, n: int, times: float) -> tuple[float, float]:
    """O. Seban's trend line and its side, 1 up or -1 down. State: side, upper, lower, last close, then the ATR."""
    last = s[3]
    wide = times * wilder(s, 6, n, true_range(s, 4, high, low, close))
    s[3] = close
    if wide != wide:
        return nan, nan
    upper = (high + low) / 2.0 + wide
    lower = (high + low) / 2.0 - wide
    if s[0] == 0.0:
        s[0] = 1.0
    else:
        if upper > s[1] and last <= s[1]:
            upper = s[1]
        if lower < s[2] and last >= s[2]:
            lower = s[2]
        if s[0] < 0.0 and close > upper:
            s[0] = 1.0
        elif s[0] > 0.0 and close < lower:
            s[0] = -1.0
    s[1] = upper
    s[2] = lower
    return (lower if s[0] > 0.0 else upper), s[0]


def ichimoku_step(
    s: State, high: float, low: float, fast: int, slow: int, span: int
) -> tuple[float, float, float, float]:
    """G. Hosoda's turning and base lines, and the cloud that stands over this bar: drawn `slow` - 1 bars before.

    The lagging span is the close drawn back; as it would look ahead, it is left out.
    """
    turning = middle(s, 0, fast, high, low)
    at = 2 * highest_size(fast)
    base = middle(s, at, slow, high, low)
    at += 2 * highest_size(slow)
    wide = middle(s, at, span, high, low)
    at += 2 * highest_size(span)
    first = delayed(s, at, slow - 1, (turning + base) / 2.0)
    second = delayed(s, at + ring_size(slow - 1), slow - 1, wide)
    return turning, base, first, second


def middle(s: State, at: int, n: int, high: float, low: float) -> float:
    """Half way between the highest high and the lowest low."""
    return (highest(s, at, n, high) + lowest(s, at + highest_size(n), n, low)) / 2.0


def alligator_step(s: State, high: float, low: float) -> tuple[float, float, float]:
    """B. Williams' jaw, teeth and lips: Wilder means over 13, 8 and 5 middles, drawn 8, 5 and 3 bars ahead."""
    value = (high + low) / 2.0
    jaw = delayed(s, 6, 8, wilder(s, 0, 13, value))
    teeth = delayed(s, 6 + ring_size(8), 5, wilder(s, 2, 8, value))
    lips = delayed(s, 6 + ring_size(8) + ring_size(5), 3, wilder(s, 4, 5, value))
    return jaw, teeth, lips


_SAR = (factor("step", 0.02, 0, 10), factor("limit", 0.2, 0, 10))
_CLOUD = (length("fast", 9), length("slow", 26, 2), length("span", 52))


def _cloud_size(fast: int, slow: int, span: int) -> int:
    return 2 * (highest_size(fast) + highest_size(slow) + highest_size(span) + ring_size(slow - 1))


TREND = (
    define("sar", "Parabolic stop and reverse", "high low", _SAR, "sar", sar_step, lambda a, m: 7, lambda a, m: 2),
    define("supertrend", "Supertrend", "high low close", (length(default=10), factor("times", 3, 0, 100)),
           "supertrend side", supertrend_step, lambda n, t: 8, lambda n, t: n + 1),
    define("ichimoku", "Ichimoku cloud", "high low", _CLOUD, "turning base first second", ichimoku_step, _cloud_size,
           lambda f, w, p: max(f, w, p) + w - 1, "G. Hosoda, 1969; N. Elliott, Ichimoku Charts, 2007"),
    define("alligator", "Alligator", "high low", (), "jaw teeth lips", alligator_step,
           lambda: 6 + ring_size(8) + ring_size(5) + ring_size(3), lambda: 21,
           "B. Williams, New Trading Dimensions, 1998"),
)  # fmt: skip
