"""Symbols, last prices and how far they have moved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck_desktop.kit.figures import amount, direction
from tradedeck_desktop.kit.table import Column, RowsModel


@dataclass(frozen=True, slots=True)
class Watched:
    """A symbol; `reference` is the price that changes are counted from (the oldest bar in sight of the app)."""

    symbol: str
    last: Decimal | None
    reference: Decimal | None
    decimals: int

    @property
    def change(self) -> Decimal:
        """Relative change as a fraction; zero while unknown."""
        if self.last is None or not self.reference:
            return Decimal(0)
        return (self.last - self.reference) / self.reference


def tone_of(change: Decimal) -> str:
    """up, down or none."""
    return "up" if change > 0 else "down" if change < 0 else ""


COLUMNS: list[Column[Watched]] = [
    Column("Symbol", lambda w: w.symbol, lambda w: w.symbol),
    Column("Last", lambda w: amount(w.last, w.decimals), lambda w: w.last or Decimal(0), figure=True),
    Column(
        "Change",
        lambda w: f"{direction(w.change)} {abs(w.change) * 100:.2f}%",
        lambda w: w.change,
        figure=True,
        tone=lambda w: tone_of(w.change),
    ),
]


class WatchlistModel(RowsModel[Watched]):
    """One row a symbol."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, lambda watched: watched.symbol)
