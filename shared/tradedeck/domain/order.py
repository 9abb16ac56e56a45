"""An order and its one state machine.

    SUBMITTED ──> ACCEPTED ──> PARTIALLY_FILLED ──> FILLED
        │  │         │               │
        │  │         └───────────────┴──> CANCELED / EXPIRED   (a late fill still counts)
        │  └──> REJECTED (by the venue)
        └──> UNKNOWN ──> any of the above, once the venue's records agree
    REFUSED: our own gate said no; it never left.

UNKNOWN is not failed: the venue may have the order. It is never sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.errors import CorruptError
from tradedeck.domain.money import ZERO


class Side(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order finds its price."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"

    @property
    def has_price(self) -> bool:
        """Whether it carries a limit price."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT)

    @property
    def has_stop(self) -> bool:
        """Whether it waits for a trigger price."""
        return self in (OrderType.STOP, OrderType.STOP_LIMIT)


class TimeInForce(StrEnum):
    """How long an order may wait: till canceled, not at all, or not at all and only whole."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderState(StrEnum):
    """Where an order is in its life."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether it may still trade, as far as anybody knows."""
        return self in _OPEN


_OPEN = frozenset({OrderState.SUBMITTED, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN})

_ENDS = frozenset({OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED})

_THERE_AFTER_ALL = frozenset(
    {
        OrderState.ACCEPTED,
        OrderState.PARTIALLY_FILLED,
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.EXPIRED,
    }
)

TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.SUBMITTED: frozenset(
        {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.FILLED, OrderState.UNKNOWN} | _ENDS
    ),
    OrderState.UNKNOWN: frozenset(
        {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.FILLED, OrderState.UNKNOWN} | _ENDS
    ),
    OrderState.ACCEPTED: frozenset(
        {OrderState.PARTIALLY_FILLED, OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED}
    ),
    OrderState.PARTIALLY_FILLED: frozenset(
        {OrderState.PARTIALLY_FILLED, OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED}
    ),
    # Venues may report a fill after the cancel it raced with.
    OrderState.CANCELED: frozenset({OrderState.CANCELED, OrderState.FILLED}),
    OrderState.EXPIRED: frozenset({OrderState.EXPIRED, OrderState.FILLED}),
    # The venue's own later word wins over a look-up that found nothing: the order is there after all.
    OrderState.REJECTED: _THERE_AFTER_ALL,
    OrderState.FILLED: frozenset(),
    # Replayed under rules that have changed since, an order that did leave is refused; the venue knows better.
    OrderState.REFUSED: _THERE_AFTER_ALL,
}
"""Every state and where it may go; what is not here is ignored as stale news."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as we know it. Sizes in base units, prices in quote units, times UTC nanoseconds.

    `client_order_id` is ours, unique for ever and journalled before anything is sent.
    `source` is "manual" or the id of the strategy that asked. `revision` grows with every change.
    """

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    size: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    post_only: bool
    reduce_only: bool
    source: str
    created_ns: int
    updated_ns: int
    state: OrderState = OrderState.SUBMITTED
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    venue_order_id: str = ""
    reason: str = ""
    cancel_requested: bool = False
    revision: int = 1

    @property
    def remaining(self) -> Decimal:
        """What has not traded yet."""
        return self.size - self.filled

    @property
    def is_open(self) -> bool:
        """Whether it may still trade, as far as anybody knows."""
        return self.state.is_open

    @property
    def average_price(self) -> Decimal | None:
        """Size-weighted fill price for display; None before the first fill."""
        return self.filled_quote / self.filled if self.filled else None

    def moved(self, state: OrderState, time_ns: int, *, reason: str = "", venue_order_id: str = "") -> Order:
        """The order in `state`, or unchanged when that news is stale (see TRANSITIONS)."""
        if state is OrderState.ACCEPTED and self.filled:
            state = OrderState.PARTIALLY_FILLED
        known_id = self.venue_order_id or venue_order_id
        if state not in TRANSITIONS[self.state] or (state is self.state and known_id == self.venue_order_id):
            if known_id == self.venue_order_id:
                return self
            return replace(
                self,
                venue_order_id=known_id,
                revision=self.revision + 1,
                updated_ns=max(self.updated_ns, time_ns),
            )
        return replace(
            self,
            state=state,
            reason=reason,
            venue_order_id=known_id,
            revision=self.revision + 1,
            updated_ns=max(self.updated_ns, time_ns),
        )

    def with_fill(self, price: Decimal, size: Decimal, time_ns: int, *, venue_order_id: str = "") -> Order:
        """The order after one more fill; the caller has made sure that it is a new one.

        Raises:
            CorruptError: more would be filled than was ordered.
        """
        filled = self.filled + size
        if filled > self.size:
            raise CorruptError(f"order {self.client_order_id}: {filled} filled of {self.size}", code="order.overfilled")
        if filled == self.size:
            state = OrderState.FILLED
        elif self.state in (OrderState.CANCELED, OrderState.EXPIRED):
            state = self.state
        else:
            state = OrderState.PARTIALLY_FILLED
        return replace(
            self,
            state=state,
            filled=filled,
            filled_quote=self.filled_quote + price * size,
            venue_order_id=self.venue_order_id or venue_order_id,
            revision=self.revision + 1,
            updated_ns=max(self.updated_ns, time_ns),
        )
