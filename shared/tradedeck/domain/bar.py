"""A bar: what traded in one stretch of time (OHLCV)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Bar:
    """A closed bar of `timeframe_ns`, opened at `open_ns` (UTC); volume in base units."""

    symbol: str
    timeframe_ns: int
    open_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def time_ns(self) -> int:
        """When the bar closed, and so when anybody may know it."""
        return self.open_ns + self.timeframe_ns
