"""A trade somebody else made, as the venue printed it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.order import Side


@dataclass(frozen=True, slots=True)
class Trade:
    """One print: `size` in base units, `aggressor` the side that took liquidity."""

    symbol: str
    trade_id: str
    price: Decimal
    size: Decimal
    aggressor: Side
    time_ns: int
