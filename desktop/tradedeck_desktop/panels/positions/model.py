"""Positions with live profit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.money import ZERO
from tradedeck.domain.position import Position
from tradedeck_desktop.kit.figures import amount, signed
from tradedeck_desktop.kit.table import Column, RowsModel


@dataclass(frozen=True, slots=True)
class Held:
    """A position, the price it is valued at, and how its figures are written."""

    position: Position
    mark: Decimal | None
    price_decimals: int
    size_decimals: int

    @property
    def unrealised(self) -> Decimal:
        """Open profit at the mark."""
        return ZERO if self.mark is None else self.position.unrealised(self.mark)

    @property
    def net(self) -> Decimal:
        """Realised and open profit less fees."""
        return self.position.realised + self.unrealised - self.position.fees


def _tone(value: Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


COLUMNS: list[Column[Held]] = [
    Column("Symbol", lambda h: h.position.symbol, lambda h: h.position.symbol),
    Column("Size", lambda h: signed(h.position.size, h.size_decimals), lambda h: h.position.size, figure=True),
    Column(
        "Entry",
        lambda h: amount(h.position.average_price, h.price_decimals),
        lambda h: h.position.average_price or ZERO,
        figure=True,
    ),
    Column("Mark", lambda h: amount(h.mark, h.price_decimals), lambda h: h.mark or ZERO, figure=True),
    Column("Unrealised", lambda h: signed(h.unrealised), lambda h: h.unrealised, True, lambda h: _tone(h.unrealised)),
    Column(
        "Realised",
        lambda h: signed(h.position.realised),
        lambda h: h.position.realised,
        True,
        lambda h: _tone(h.position.realised),
    ),
    Column("Fees", lambda h: amount(h.position.fees, 2), lambda h: h.position.fees, figure=True),
    Column("Net", lambda h: signed(h.net), lambda h: h.net, True, lambda h: _tone(h.net)),
]


class PositionsModel(RowsModel[Held]):
    """One row a symbol."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, lambda held: held.position.symbol)
