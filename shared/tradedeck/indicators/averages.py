"""Moving averages of one series."""

from __future__ import annotations

from tradedeck.indicators import blocks
from tradedeck.indicators.blocks import ema, mean, total_size
from tradedeck.indicators.definition import State, define, length


def sma_step(s: State, x: float, n: int) -> float:
    """Simple moving average."""
    return mean(s, 0, n, x)


def ema_step(s: State, x: float, n: int) -> float:
    """Exponential moving average, seeded with the mean of the first n values."""
    return ema(s, 0, n, x)


AVERAGES = (
    define("sma", "Simple moving average", "x", (length(default=30),), "sma", sma_step, total_size, lambda n: n),
    define("ema", "Exponential moving average", "x", (length(default=30),), "ema", ema_step,
           lambda n: blocks.SMOOTH_SIZE, lambda n: n),
)  # fmt: skip
