"""Wilder's directional movement (New Concepts in Technical Trading Systems, 1978)."""

from __future__ import annotations

from math import nan

from tradedeck.indicators.blocks import before, delayed, ratio, ring_size, wilder, wilder_sum
from tradedeck.indicators.definition import State, define, length
from tradedeck.indicators.volatility import true_range


def movement(s: State, at: int, high: float, low: float) -> tuple[float, float]:
    """Movement up and down since the bar before, of which the larger alone counts. Four floats of state."""
    up = high - before(s, at, high)
    down = before(s, at + 2, low) - low
    if up != up:
        return nan, nan
    return (up if up > down and up > 0.0 else 0.0), (down if down > up and down > 0.0 else 0.0)


def directions(s: State, at: int, n: int, high: float, low: float, close: float) -> tuple[float, float]:
    """+DI and -DI. Twelve floats of state."""
    up, down = movement(s, at, high, low)
    plus = wilder_sum(s, at + 4, n, up)
    minus = wilder_sum(s, at + 6, n, down)
    # The first sums have one value too few: TA-Lib shows directions from the bar after.
    fresh = s[at + 8] < n - 1.0
    span = wilder_sum(s, at + 8, n, true_range(s, at + 10, high, low, close))
    if fresh or span != span:
        return nan, nan
    return 100.0 * ratio(plus, span), 100.0 * ratio(minus, span)


def strength(s: State, n: int, high: float, low: float, close: float) -> float:
    """DX: how far apart the directions are, 0 to 100; when there are none it stays. Thirteen floats of state."""
    plus, minus = directions(s, 0, n, high, low, close)
    both = plus + minus
    if both != both:
        return nan
    if both != 0.0:
        s[12] = 100.0 * (abs(plus - minus) / both)
    return s[12]


def plus_dm_step(s: State, high: float, low: float, n: int) -> float:
    """Smoothed movement up."""
    up, _ = movement(s, 0, high, low)
    return wilder_sum(s, 4, n, up)


def minus_dm_step(s: State, high: float, low: float, n: int) -> float:
    """Smoothed movement down."""
    _, down = movement(s, 0, high, low)
    return wilder_sum(s, 4, n, down)


def plus_di_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """Movement up in percent of the true range."""
    plus, _ = directions(s, 0, n, high, low, close)
    return plus


def minus_di_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """Movement down in percent of the true range."""
    _, minus = directions(s, 0, n, high, low, close)
    return minus


def dx_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """How far apart the directions are."""
    return strength(s, n, high, low, close)


def adx_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """Smoothed DX: how strong the trend is, whichever way."""
    return wilder(s, 13, n, strength(s, n, high, low, close))


def adxr_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """The mean of ADX now and n - 1 bars ago."""
    now = wilder(s, 13, n, strength(s, n, high, low, close))
    return (now + delayed(s, 15, n - 1, now)) / 2.0


_N = (length(low=2),)
_BAR = "high low close"

DIRECTION = (
    define("plus_dm", "Plus directional movement", "high low", _N, "plus_dm", plus_dm_step, lambda n: 6, lambda n: n),
    define("minus_dm", "Minus directional movement", "high low", _N, "minus_dm", minus_dm_step, lambda n: 6,
           lambda n: n),
    define("plus_di", "Plus directional indicator", _BAR, _N, "plus_di", plus_di_step, lambda n: 12, lambda n: n + 1),
    define("minus_di", "Minus directional indicator", _BAR, _N, "minus_di", minus_di_step, lambda n: 12,
           lambda n: n + 1),
    define("dx", "Directional movement index", _BAR, _N, "dx", dx_step, lambda n: 13, lambda n: n + 1),
    define("adx", "Average directional index", _BAR, _N, "adx", adx_step, lambda n: 15, lambda n: 2 * n),
    define("adxr", "Average directional index rating", _BAR, _N, "adxr", adxr_step, lambda n: 15 + ring_size(n - 1),
           lambda n: 3 * n - 1),
)  # fmt: skip
