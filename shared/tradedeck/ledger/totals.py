"""The figures of a trading account, exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import Order
from tradedeck.domain.position import position_of


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts and sums in the quote asset. `orders` counts those a venue accepted; `realised` leaves fees out."""

    orders: int
    fills: int
    notional: Decimal
    fees: Decimal
    realised: Decimal
    unrealised: Decimal

    def as_text(self) -> dict[str, int | str]:
        """For JSON: counts as numbers, amounts as canonical text."""
        return {
            "orders": self.orders,
            "fills": self.fills,
            "notional": text(self.notional),
            "fees": text(self.fees),
            "realised": text(self.realised),
            "unrealised": text(self.unrealised),
        }


def totals_of(
    orders: Iterable[Order],
    fills: Iterable[Fill],
    marks: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
) -> Totals:
    """Add up. Fills may come in any order; open lots are valued at `marks`.

    Raises:
        KeyError: a symbol with an open position has no mark, or is no known instrument.
    """
    by_symbol: dict[str, list[Fill]] = {}
    for fill in fills:
        by_symbol.setdefault(fill.symbol, []).append(fill)
    notional = fees = realised = unrealised = ZERO
    count = 0
    for symbol, own in by_symbol.items():
        instrument = instruments[symbol]
        position = position_of(symbol, own, base=instrument.base, quote=instrument.quote)
        count += position.fills
        notional += position.notional
        fees += position.fees
        realised += position.realised
        unrealised += position.unrealised(marks[symbol]) if position.lots else ZERO
    accepted = sum(1 for order in orders if order.venue_order_id)
    return Totals(accepted, count, notional, fees, realised, unrealised)
