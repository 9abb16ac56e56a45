"""What holders of a perpetual pay each other, so that its price stays near the market it follows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_SECOND_NS = 10**9


@dataclass(frozen=True, slots=True)
class FundingRate:
    """A rate as the venue charged it: a fraction of a position's worth, paid by the long where it is above zero."""

    symbol: str
    rate: Decimal
    time_ns: int


def due_ns(time_ns: int) -> int:
    """When a rate was due: venues write down some milliseconds more than the full hour that they charge at."""
    return time_ns - time_ns % _SECOND_NS
