"""The order book as it was told last, so that each change can be told as a difference with U, u and pu."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.sandbox.perpetuals.book import Book

LEVELS = 1_000

Levels = dict[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class DepthChange:
    """What changed: update ids `first` to `last` after `before`; a size of zero removes the level."""

    first: int
    last: int
    before: int
    bids: Levels
    asks: Levels


class Depth:
    """What was shown last. Each changed level takes one update id."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.update_id = 0
        self.bids: Levels = {}
        self.asks: Levels = {}

    def refresh(self) -> DepthChange | None:
        """Look again; what changed, or None."""
        bids, asks = dict(self._book.levels(Side.BUY, LEVELS)), dict(self._book.levels(Side.SELL, LEVELS))
        less, more = _difference(self.bids, bids), _difference(self.asks, asks)
        changes = len(less) + len(more)
        if not changes:
            return None
        self.bids, self.asks = bids, asks
        before, self.update_id = self.update_id, self.update_id + changes
        return DepthChange(before + 1, self.update_id, before, less, more)


def _difference(before: Levels, after: Levels) -> Levels:
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    return changed | {price: ZERO for price in before if price not in after}
