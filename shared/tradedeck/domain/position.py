"""A position as FIFO lots: exact, because nothing is ever divided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Lot:
    """Size bought (positive) or sold short (negative) at one price and not closed yet."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """Open lots, oldest first, and what closing earlier ones has earned.

    `realised` and `notional` are in the quote asset; `realised` leaves fees out, they are kept apart.
    """

    symbol: str
    lots: tuple[Lot, ...] = ()
    realised: Decimal = ZERO
    notional: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0

    @property
    def size(self) -> Decimal:
        """Net size in base units: positive long, negative short."""
        return sum((lot.size for lot in self.lots), ZERO)

    @property
    def cost(self) -> Decimal:
        """Sum of price * size over the open lots, signed as the size."""
        return sum((lot.price * lot.size for lot in self.lots), ZERO)

    @property
    def average_price(self) -> Decimal | None:
        """Average entry for display; None when flat."""
        size = self.size
        return self.cost / size if size else None

    def unrealised(self, mark: Decimal) -> Decimal:
        """What closing at `mark` would earn, before fees."""
        return sum(((mark - lot.price) * lot.size for lot in self.lots), ZERO)

    def with_fill(self, fill: Fill, fee_in_quote: Decimal) -> Position:
        """The position after `fill`: it closes the oldest opposite lots first, then opens a new one."""
        left = fill.size * fill.side.sign
        realised = self.realised
        lots = list(self.lots)
        while left and lots and (lots[0].size > 0) != (left > 0):
            oldest = lots[0]
            closed = min(abs(left), abs(oldest.size))
            closed_signed = closed if oldest.size > 0 else -closed
            realised += (fill.price - oldest.price) * closed_signed
            left += closed_signed
            rest = oldest.size - closed_signed
            if rest:
                lots[0] = Lot(oldest.price, rest)
            else:
                del lots[0]
        if left:
            lots.append(Lot(fill.price, left))
        return replace(
            self,
            lots=tuple(lots),
            realised=realised,
            notional=self.notional + fill.notional,
            fees=self.fees + fee_in_quote,
            fills=self.fills + 1,
        )


def position_of(symbol: str, fills: Iterable[Fill], *, base: str, quote: str) -> Position:
    """The position that `fills` of one symbol lead to, applied in the venue's order."""
    position = Position(symbol)
    for fill in sorted(fills, key=lambda fill: fill.order_key):
        position = position.with_fill(fill, fill.counted_fee(base, quote))
    return position
