"""Volatility: how far prices range."""

from __future__ import annotations

from tradedeck.indicators.blocks import before, wilder
from tradedeck.indicators.definition import State, define, length


def true_range(s: State, at: int, high: float, low: float, close: float) -> float:
    """The range of a bar including the gap from the close before; NaN at the first bar."""
    last = before(s, at, close)
    if last != last:
        return last
    return max(high, last) - min(low, last)


def atr_step(s: State, high: float, low: float, close: float, n: int) -> float:
    """Wilder's average true range."""
    return wilder(s, 2, n, true_range(s, 0, high, low, close))


VOLATILITY = (
    define("atr", "Average true range", "high low close", (length(),), "atr", atr_step, lambda n: 4, lambda n: n + 1),
)  # fmt: skip
