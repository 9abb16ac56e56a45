"""Working orders of one symbol against replayed trades.

Rules, the same for backtest, paper and the sandbox exchange:

* The touch is the last trade price, `spread_ticks` to either side. A taker trades there, whole.
* A resting limit order fills at its own price when a trade prints *through* it, never at it (it is
  last in the queue), and not for more than that trade's size: partial fills happen.
* Better prices first, then earlier orders.
* A stop triggers when a trade prints at or beyond its stop price, and then acts at the touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import OrderType, Side, TimeInForce


@dataclass(slots=True)
class Working:
    """An order inside the venue. `id` is the venue's order id."""

    id: int
    side: Side
    type: OrderType
    size: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    post_only: bool
    filled: Decimal = ZERO
    triggered: bool = False

    @property
    def remaining(self) -> Decimal:
        """What has not traded yet."""
        return self.size - self.filled

    @property
    def rests(self) -> bool:
        """Whether it is in the book, not waiting for its trigger."""
        return not self.type.has_stop or self.triggered


class Ending(StrEnum):
    """How an order stopped working."""

    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Execution:
    """Part of a working order traded."""

    order_id: int
    price: Decimal
    size: Decimal
    maker: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A working order left the book unfilled or only in part."""

    order_id: int
    how: Ending
    reason: str = ""


Outcome = Execution | Ended


class Matching:
    """The book of one symbol. Pure: prices and orders in, outcomes out, in the order they happen."""

    def __init__(self, instrument: Instrument, *, spread_ticks: int = 1) -> None:
        self._instrument = instrument
        self._half_spread = instrument.tick * spread_ticks
        self._working: dict[int, Working] = {}
        self.last: Decimal | None = None

    @property
    def working(self) -> tuple[Working, ...]:
        """Orders that may still trade, oldest first."""
        return tuple(self._working.values())

    def touch(self, side: Side) -> Decimal:
        """The price a taker on `side` pays or gets.

        Raises:
            UnavailableError: nothing has traded yet.
        """
        if self.last is None:
            raise UnavailableError(
                f"{self._instrument.symbol} has no price yet; wait for the first trade", code="venue.no_price"
            )
        return max(self.last + self._half_spread * side.sign, self._instrument.tick)

    def check(self, order: Working) -> None:
        """Refuse an order that would act against its own promise.

        Raises:
            RefusedError: a post-only order that would take, or a stop that would trigger at once.
            UnavailableError: nothing has traded yet.
        """
        last = self._known_last()
        if order.type.has_stop:
            if self._triggers(order, last):
                raise RefusedError("Stop price would trigger immediately.", code="order.would_trigger")
        elif order.post_only and self._crosses(order):
            raise RefusedError("Order would immediately match and take.", code="order.would_match")

    def place(self, order: Working) -> Iterator[Outcome]:
        """Take an order that `check` has passed."""
        self._working[order.id] = order
        if order.rests:
            yield from self._arrive(order)

    def adopt(self, order: Working) -> None:
        """Put a working order of an earlier run back without matching it."""
        self._working[order.id] = order

    def cancel(self, order_id: int) -> bool:
        """Whether the order was working and has been taken out."""
        return self._working.pop(order_id, None) is not None

    def trade(self, price: Decimal, size: Decimal) -> Iterator[Outcome]:
        """A trade printed: fill what it went through, trigger what it reached."""
        self.last = price
        left = size
        for order in self._reached(price):
            part = min(order.remaining, left)
            if part <= ZERO:
                break
            left -= part
            assert order.price is not None
            yield self._execute(order, order.price, part, maker=True)
        for order in [o for o in self._working.values() if not o.rests and self._triggers(o, price)]:
            order.triggered = True
            yield from self._arrive(order)

    def _known_last(self) -> Decimal:
        self.touch(Side.BUY)
        assert self.last is not None
        return self.last

    def _arrive(self, order: Working) -> Iterator[Outcome]:
        takes_any = order.type in (OrderType.MARKET, OrderType.STOP)
        if takes_any or self._crosses(order):
            yield self._execute(order, self.touch(order.side), order.remaining, maker=False)
        elif order.time_in_force is not TimeInForce.GTC:
            del self._working[order.id]
            yield Ended(order.id, Ending.EXPIRED, f"{order.time_in_force.upper()} found no match")

    def _execute(self, order: Working, price: Decimal, size: Decimal, *, maker: bool) -> Execution:
        order.filled += size
        if order.filled == order.size:
            del self._working[order.id]
        return Execution(order.id, price, size, maker)

    def _crosses(self, order: Working) -> bool:
        if order.price is None:
            return True
        touch = self.touch(order.side)
        return order.price >= touch if order.side is Side.BUY else order.price <= touch

    def _reached(self, price: Decimal) -> list[Working]:
        """Resting limit orders that a print at `price` went through, best price first, then oldest."""
        through = [
            order
            for order in self._working.values()
            if order.rests
            and order.price is not None
            and (order.price > price if order.side is Side.BUY else order.price < price)
        ]
        return sorted(through, key=lambda order: -order.price * order.side.sign if order.price is not None else 0)

    @staticmethod
    def _triggers(order: Working, last: Decimal) -> bool:
        assert order.stop_price is not None, text(order.size)
        return last >= order.stop_price if order.side is Side.BUY else last <= order.stop_price
