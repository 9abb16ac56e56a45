"""What the cloud knows of every device of the user, as this device shows it. Only whole checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO, exact
from tradedeck.domain.order import Order
from tradedeck.wire.codec import Origin


class PositionText(Protocol):
    """A position as the wire writes it: amounts as text."""

    venue: str
    account: str
    symbol: str
    mode: str
    size: str
    cost: str
    mark: str
    realised: str
    unrealised: str
    fees: str
    notional: str
    fills: int


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position and its profit, as the cloud has added them up; amounts in the quote asset, size in base."""

    origin: Origin
    symbol: str
    size: Decimal
    cost: Decimal
    mark: Decimal | None
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    notional: Decimal
    fills: int

    @staticmethod
    def from_text(given: PositionText) -> PositionRow:
        """Read the wire's text exactly."""
        return PositionRow(
            origin=Origin(given.venue, given.account, given.mode),
            symbol=given.symbol,
            size=exact(given.size),
            cost=exact(given.cost),
            mark=exact(given.mark) if given.mark else None,
            realised=exact(given.realised),
            unrealised=exact(given.unrealised),
            fees=exact(given.fees),
            notional=exact(given.notional),
            fills=given.fills,
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole step of the cloud's picture: everything after one cursor up to the next."""

    cursor: int
    orders: tuple[tuple[Order, Origin], ...]
    fills: tuple[tuple[Fill, Origin], ...]
    positions: tuple[PositionRow, ...]
    as_of_ns: int


@dataclass(slots=True)
class Replica:
    """Orders and fills of every device, and positions as the cloud adds them up."""

    cursor: int = 0
    as_of_ns: int = 0
    orders: dict[str, tuple[Order, Origin]] = field(default_factory=dict[str, tuple[Order, Origin]])
    fills: dict[tuple[str, str, str], tuple[Fill, Origin]] = field(
        default_factory=dict[tuple[str, str, str], tuple[Fill, Origin]]
    )
    positions: tuple[PositionRow, ...] = ()

    def apply(self, checkpoint: Checkpoint) -> bool:
        """Take a checkpoint whole; whether anything changed."""
        for order, origin in checkpoint.orders:
            known = self.orders.get(order.client_order_id)
            if known is None or known[0].revision <= order.revision:
                self.orders[order.client_order_id] = (order, origin)
        for fill, origin in checkpoint.fills:
            self.fills[fill.client_order_id, fill.symbol, fill.trade_id] = (fill, origin)
        changed = bool(checkpoint.orders or checkpoint.fills or checkpoint.positions != self.positions)
        self.positions = checkpoint.positions
        self.cursor, self.as_of_ns = checkpoint.cursor, checkpoint.as_of_ns
        return changed

    def profit(self, mode: str) -> Decimal:
        """Realised and unrealised profit less fees, over all live or all paper positions; never both together."""
        own = [p for p in self.positions if p.origin.mode == mode]
        return sum((p.realised + p.unrealised - p.fees for p in own), ZERO)
