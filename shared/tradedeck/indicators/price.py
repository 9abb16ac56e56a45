"""One price out of a bar's four."""

from __future__ import annotations

from tradedeck.indicators.definition import State, define


def avgprice_step(s: State, open: float, high: float, low: float, close: float) -> float:  # noqa: A002 - a column
    """The mean of all four."""
    return (high + low + close + open) / 4.0


def medprice_step(s: State, high: float, low: float) -> float:
    """Half way between high and low."""
    return (high + low) / 2.0


def typprice_step(s: State, high: float, low: float, close: float) -> float:
    """The mean of high, low and close."""
    return (high + low + close) / 3.0


def wclprice_step(s: State, high: float, low: float, close: float) -> float:
    """The mean of high, low and twice the close."""
    return (high + low + close * 2.0) / 4.0


def heikin_step(
    s: State, open: float, high: float, low: float, close: float  # noqa: A002 - a column
) -> tuple[float, float, float, float]:  # fmt: skip
    """Heikin-Ashi bars: a smoothed open, the mean as close."""
    last = (high + low + close + open) / 4.0
    first = (s[1] + s[2]) / 2.0 if s[0] > 0.0 else (open + close) / 2.0
    s[0] = 1.0
    s[1] = first
    s[2] = last
    return first, max(high, first, last), min(low, first, last), last


PRICE = (
    define("avgprice", "Average price", "open high low close", (), "avgprice", avgprice_step, lambda: 0, lambda: 1),
    define("medprice", "Median price", "high low", (), "medprice", medprice_step, lambda: 0, lambda: 1),
    define("typprice", "Typical price", "high low close", (), "typprice", typprice_step, lambda: 0, lambda: 1),
    define("wclprice", "Weighted close", "high low close", (), "wclprice", wclprice_step, lambda: 0, lambda: 1),
    define("heikin", "Heikin-Ashi", "open high low close", (), "open high low close", heikin_step, lambda: 3,
           lambda: 1),
)  # fmt: skip
