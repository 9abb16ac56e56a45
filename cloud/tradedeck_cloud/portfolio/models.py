"""Rows of the portfolio schema. Amounts in the quote asset, sizes in the base asset, times UTC nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.position import Position


@dataclass(frozen=True, slots=True)
class Place:
    """Which position: a symbol in one account of one venue, live or paper."""

    venue: str
    account: str
    mode: str
    symbol: str


@dataclass(frozen=True, slots=True)
class PlacedFill:
    """A fill, where it belongs, and the assets of its symbol."""

    place: Place
    fill: Fill
    base: str
    quote: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The last price seen of a symbol."""

    venue: str
    symbol: str
    price: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class News:
    """What a fact tells."""

    fact_id: str
    what: PlacedFill | Mark


@dataclass(frozen=True, slots=True)
class Held:
    """A position, the mark it is valued at, and the newest fill in it (time and trade id)."""

    place: Place
    position: Position
    mark: Mark | None
    last_time_ns: int
    last_trade_id: str

    @property
    def unrealised(self) -> Decimal:
        """Open profit at the mark; zero without one."""
        return Decimal(0) if self.mark is None else self.position.unrealised(self.mark.price)

    @property
    def profit(self) -> Decimal:
        """Realised and open profit less fees."""
        return self.position.realised + self.unrealised - self.position.fees

    @property
    def newest(self) -> tuple[int, int, str]:
        """Sorts like Fill.order_key."""
        return (self.last_time_ns, len(self.last_trade_id), self.last_trade_id)


@dataclass(frozen=True, slots=True)
class EquityRow:
    """Profit at one time."""

    time_ns: int
    profit: Decimal
