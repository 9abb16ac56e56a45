"""Which bars are in sight, where a price or a time lies in pixels, and round numbers for axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil, floor, log10

MIN_BARS = 10.0
MAX_BARS = 500_000.0
RIGHT_MARGIN_BARS = 4.0
ZOOM_STEP = 1.15
_TIME_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080)


@dataclass(frozen=True, slots=True)
class Span:
    """`bars` in sight, ending `back` bars before the newest (0 follows the market)."""

    bars: float = 120.0
    back: float = 0.0

    def zoomed(self, factor: float) -> Span:
        """Fewer bars for a factor below one; the right edge stays."""
        return replace(self, bars=min(max(self.bars * factor, MIN_BARS), MAX_BARS))

    def moved(self, by_bars: float, count: int) -> Span:
        """Back in time for a positive number, never past the first bar or the newest."""
        furthest = max(0.0, count - MIN_BARS)
        return replace(self, back=min(max(self.back + by_bars, 0.0), furthest))

    def range(self, count: int) -> tuple[float, float]:
        """First and last bar index in sight, as fractions."""
        stop = count - self.back + RIGHT_MARGIN_BARS
        return stop - self.bars, stop


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Prices from `low` at the bottom to `high` at the top of `height` px below `top`."""

    low: float
    high: float
    top: float
    height: float

    def y(self, price: float) -> float:
        """Where a price lies."""
        return self.top + (self.high - price) * self.per_price

    def price(self, y: float) -> float:
        """The price at a place."""
        return self.high - (y - self.top) / self.per_price

    @property
    def per_price(self) -> float:
        """Pixels a unit of price."""
        return self.height / ((self.high - self.low) or 1.0)


def round_steps(low: float, high: float, most: int) -> list[float]:
    """Round numbers between `low` and `high`, at most about `most` of them."""
    span = high - low
    if span <= 0 or most < 1:
        return []
    raw = span / most
    power = 10 ** floor(log10(raw))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw)
    first = ceil(low / step)
    return [index * step for index in range(first, floor(high / step) + 1)]


def time_step_min(bar_min: float, bar_px: float, label_px: float) -> int:
    """Minutes between time labels so that they do not touch."""
    least = label_px / max(bar_px, 1e-9) * bar_min
    return next((step for step in _TIME_STEPS_MIN if step >= least), _TIME_STEPS_MIN[-1])


def time_label(time_ns: int, step_min: int) -> str:
    """HH:MM in UTC; the day at midnight and for daily steps."""
    at = datetime.fromtimestamp(time_ns / 1e9, UTC)
    return f"{at:%b %d}" if step_min >= 1440 or (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
