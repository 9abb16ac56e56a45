"""Momentum: how fast, and how far from where it was."""

from __future__ import annotations

from tradedeck.indicators.blocks import before, wilder
from tradedeck.indicators.definition import State, define, length


def rsi_step(s: State, x: float, n: int) -> float:
    """Wilder's relative strength index, 0 to 100; 0 when nothing has moved, as TA-Lib has it."""
    change = x - before(s, 0, x)
    gain = wilder(s, 2, n, change if not change < 0.0 else 0.0)
    loss = wilder(s, 4, n, -change if not change > 0.0 else 0.0)
    both = gain + loss
    if both == 0.0:
        return 0.0
    return 100.0 * (gain / both)


MOMENTUM = (
    define("rsi", "Relative strength index", "x", (length(low=2),), "rsi", rsi_step, lambda n: 6, lambda n: n + 1),
)  # fmt: skip
