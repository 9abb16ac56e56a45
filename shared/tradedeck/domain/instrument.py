"""What can be traded, and the venue's rules for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import ZERO, ceil_to, floor_to, is_multiple, text
from tradedeck.domain.order import Side


class Kind(StrEnum):
    """What holding one means: the asset itself, or a perpetual contract counted in its quote or in its base asset."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Fees as fractions of the notional: 0.001 is 0.1 %."""

    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol at one venue.

    `tick` is the price step in quote units, `lot` the size step in base units,
    `min_notional` the smallest price * size the venue takes, in quote units.
    Sizes are base units everywhere; a venue that counts whole contracts of `contract` base units each is
    told so many contracts by its provider. `venue_id` is the venue's own number of it, where it has one.
    """

    symbol: str
    venue: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_size: Decimal
    max_size: Decimal
    min_notional: Decimal
    fees: FeeSchedule
    kind: Kind = Kind.SPOT
    contract: Decimal = Decimal(1)
    venue_id: str = ""

    def price_decimals(self) -> int:
        """Decimals of a price on this instrument, for display."""
        return decimals_of(self.tick)

    def size_decimals(self) -> int:
        """Decimals of a size on this instrument, for display."""
        return decimals_of(self.lot)

    def round_price(self, price: Decimal, side: Side) -> Decimal:
        """To a whole tick, never worse for the trader than asked: a buy rounds down, a sell up."""
        return floor_to(price, self.tick) if side is Side.BUY else ceil_to(price, self.tick)

    def round_size(self, size: Decimal) -> Decimal:
        """Down to a whole lot."""
        return floor_to(size, self.lot)

    def check_price(self, price: Decimal, name: str = "price") -> None:
        """Raise RefusedError unless `price` is above zero and a whole number of ticks."""
        if price <= ZERO or not is_multiple(price, self.tick):
            raise RefusedError(
                f"{name} {text(price)} must be above zero and in steps of {text(self.tick)}",
                code="filter.PRICE_FILTER",
            )

    def check_size(self, size: Decimal) -> None:
        """Raise RefusedError unless `size` is a whole number of lots within the venue's bounds."""
        if not (self.min_size <= size <= self.max_size) or not is_multiple(size, self.lot):
            raise RefusedError(
                f"size {text(size)} must be between {text(self.min_size)} and {text(self.max_size)}"
                f" in steps of {text(self.lot)}",
                code="filter.LOT_SIZE",
            )

    def check_notional(self, price: Decimal, size: Decimal) -> None:
        """Raise RefusedError when price * size is below the venue's minimum."""
        if price * size < self.min_notional:
            raise RefusedError(
                f"{text(price * size)} {self.quote} is below the minimum of"
                f" {text(self.min_notional)} {self.quote}; use a larger size",
                code="filter.NOTIONAL",
            )


def decimals_of(step: Decimal) -> int:
    """How many decimals a multiple of `step` needs."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
