"""The order book the sandbox shows: made-up depth around the touch, and everybody's real resting orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Side
from tradedeck.sim.matching import Matching

LEVELS = 20
_LEAST_LOTS = 1_000
_MORE_LOTS = 9_000
_STRIDE = 7_919

Levels = dict[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class DepthChange:
    """What changed from update `first_id` to `last_id`; a size of zero removes the level."""

    first_id: int
    last_id: int
    bids: Levels
    asks: Levels


class Depth:
    """What was shown last, so that each change can be told as a difference."""

    def __init__(self, instrument: Instrument, matching: Matching) -> None:
        self._instrument = instrument
        self._matching = matching
        self.update_id = 0
        self.bids: Levels = {}
        self.asks: Levels = {}

    def refresh(self) -> DepthChange | None:
        """Look again; what changed, or None."""
        bids, asks = self._look(Side.BUY), self._look(Side.SELL)
        changed = DepthChange(
            self.update_id + 1, self.update_id + 1, _difference(self.bids, bids), _difference(self.asks, asks)
        )
        self.bids, self.asks = bids, asks
        if not changed.bids and not changed.asks:
            return None
        self.update_id += 1
        return changed

    def _look(self, side: Side) -> Levels:
        """Levels of one side, best first."""
        if self._matching.last is None:
            return {}
        tick, far = self._instrument.tick, self._matching.touch(side)
        best = self._matching.touch(side.opposite)
        levels: Levels = {}
        for step in range(LEVELS):
            price = best - tick * step * side.sign
            if price <= 0:
                break
            levels[price] = self._made_up(price)
        for order in self._matching.working:
            if order.side is not side or not order.rests or order.price is None:
                continue
            if (far - order.price) * side.sign > 0:
                levels[order.price] = levels.get(order.price, Decimal(0)) + order.remaining
        return dict(sorted(levels.items(), key=lambda level: -level[0] * side.sign))

    def _made_up(self, price: Decimal) -> Decimal:
        """The same price always shows the same size."""
        ticks = int(price / self._instrument.tick)
        return self._instrument.lot * (_LEAST_LOTS + ticks * _STRIDE % _MORE_LOTS)


def top(levels: Levels, limit: int) -> Iterable[tuple[Decimal, Decimal]]:
    """The best `limit` levels."""
    return list(levels.items())[:limit]


def _difference(before: Levels, after: Levels) -> Levels:
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    return changed | {price: Decimal(0) for price in before if price not in after}
