"""What is on offer: the best prices, and the depth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and ask."""

    symbol: str
    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class Level:
    """A price and the whole size that rests there."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """A snapshot of the order book, best levels first on both sides."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ns: int
