"""Between plain numbers and the whole ticks and lots that orders are made of.

Strategies think in floats; an order is exact from the moment it is asked for. Every way of running a
strategy (research, paper, live, compiled) turns one into the other by these rules and no others:

* a float within a millionth of a step of a whole step is that step: 0.3 / 0.1 is three lots, not two;
* otherwise sizes round down; a buy's price rounds down and a sell's up, never worse than asked;
* a stop's trigger rounds away from the market, so that it never fires earlier than asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, isfinite

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument

SNAP = 1e-6
"""How near a whole step, as a fraction of the step, a float counts as that step."""
MAX_STEPS = 2**53
"""Above this a float no longer tells neighbouring steps apart."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of one instrument as fractions: tick = tick_num / tick_den, lot = lot_num / lot_den."""

    tick_num: int
    tick_den: int
    lot_num: int
    lot_den: int

    def price(self, ticks: int) -> float:
        """The float nearest to so many ticks, the same as float(Decimal) gives."""
        return ticks * self.tick_num / self.tick_den

    def size(self, lots: int) -> float:
        """The float nearest to so many lots."""
        return lots * self.lot_num / self.lot_den

    def lots(self, size: float) -> int:
        """Whole lots in `size`, rounded towards zero.

        Raises:
            RefusedError: not a finite number, or more than a float can count.
        """
        steps = _steps(size, self.lot_num, self.lot_den, "size")
        return floor(steps + SNAP) if steps >= 0 else -floor(SNAP - steps)

    def ticks_below(self, price: float) -> int:
        """The highest tick at or below `price`: a buy's limit, a sell's trigger.

        Raises:
            RefusedError: not a finite number, or more than a float can count.
        """
        return floor(_steps(price, self.tick_num, self.tick_den, "price") + SNAP)

    def ticks_above(self, price: float) -> int:
        """The lowest tick at or above `price`: a sell's limit, a buy's trigger. Raises as `ticks_below`."""
        return ceil(_steps(price, self.tick_num, self.tick_den, "price") - SNAP)

    def exact_price(self, ticks: int) -> Decimal:
        """So many ticks, exactly."""
        return Decimal(ticks) * self.tick_num / self.tick_den

    def exact_size(self, lots: int) -> Decimal:
        """So many lots, exactly."""
        return Decimal(lots) * self.lot_num / self.lot_den


def grid_of(instrument: Instrument) -> Grid:
    """The steps of `instrument`."""
    return Grid(*instrument.tick.as_integer_ratio(), *instrument.lot.as_integer_ratio())


def _steps(number: float, num: int, den: int, name: str) -> float:
    steps = number * den / num
    if not isfinite(steps) or abs(steps) > MAX_STEPS:
        raise RefusedError(f"an order's {name} can't be {number}; check what it was computed from", code="order.number")
    return steps
