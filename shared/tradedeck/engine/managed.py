"""Orders that lead to further orders: brackets, OCO pairs, trailing stops, replacements, expiries, icebergs.

Everything is built from what every venue has (market, limit, stop, stop-limit, cancel) and driven by
events alone, so that the journal gives the same orders again. One `Managed` is one order at the venue:

* each fill of an order with `exits` is closed by a limit, a stop, or both as one group;
* the first fill in a group cancels its other members; a member that is refused leaves them alone;
* a replacement is placed only once its predecessor is known to be canceled. While the predecessor's fate
  is unknown nothing follows; when it filled instead, nothing does;
* a stop that closes a position, and is rejected because the market is past it already, becomes a market order;
* a cancel that may not have reached the venue is asked for again as the next bar closes.

When a strategy stops, its orders are canceled and this book with it: nothing follows any more, not
even the exits of a fill that comes late; the journal then says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO, ceil_to, floor_to
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce

BY_STRATEGY = "canceled by the strategy"
BY_HAND = "canceled by hand"
BY_PARTNER = "its partner filled"
REPLACED = "replaced"
TIME_OVER = "its time was over"
TOO_LATE = "the market was past it"
_WOULD_TRIGGER = "trigger immediately"
"""Binance's words, and the simulated exchange's, for a stop that the market is past."""


@dataclass(frozen=True, slots=True)
class Exits:
    """Where what an order has filled is closed; `trail` is a distance in quote units."""

    take: Decimal | None = None
    loss: Decimal | None = None
    trail: Decimal | None = None


@dataclass(slots=True)
class Heir:
    """What replaces an order once it is gone; None keeps what it was, `less` is taken off what is left."""

    size: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    number: int = 0
    less: Decimal = ZERO


@dataclass(slots=True)
class Managed:
    """One order of a strategy and what is to follow from it.

    `distance`: it is a trailing stop; `reference` the best close so far. `hidden`: an iceberg's part that
    comes after it, in slices of `show`. `leaving`: why it is being canceled. `successor`: what has replaced it
    and took over what was left.
    """

    wish: PlaceOrder
    exits: Exits | None = None
    expiry_ns: int = 0
    group: int = 0
    parent: int = 0
    distance: Decimal | None = None
    reference: Decimal = ZERO
    tick: Decimal = ZERO
    show: Decimal = ZERO
    hidden: Decimal = ZERO
    number: int = 0
    order_id: str = ""
    leaving: str = ""
    heir: Heir | None = None
    successor: Managed | None = None

    def newest(self) -> Managed:
        """The order itself, or the last of those that took over what was left of it."""
        managed = self
        while managed.successor is not None:
            managed = managed.successor
        return managed

    def trigger(self) -> Decimal:
        """Where a trailing stop belongs, in whole ticks, never nearer to the market than its distance."""
        assert self.distance is not None, "only a trailing stop has one"
        if self.wish.side is Side.SELL:
            return floor_to(self.reference - self.distance, self.tick)
        return ceil_to(self.reference + self.distance, self.tick)

    def start_trailing(self) -> None:
        """Put the stop where it belongs."""
        self.wish = replace(self.wish, stop_price=self.trigger())

    def is_better(self, price: Decimal, than: Decimal) -> bool:
        """Whether a trailing stop would rather measure from, or stand at, `price`."""
        return price > than if self.wish.side is Side.SELL else price < than


@dataclass(frozen=True, slots=True)
class Leave:
    """A wish that a managed order be canceled."""

    managed: Managed


class ManagedOrders:
    """The orders of one strategy. What is to be sent waits in `outbox`, in order."""

    def __init__(self, open_orders: Mapping[str, Order], last_prices: Mapping[str, Decimal]) -> None:
        self.outbox: list[Managed | Leave] = []
        self._open, self._last_prices = open_orders, last_prices
        self._last_number = self._last_group = 0
        self._alive: dict[int, Managed] = {}
        self._by_id: dict[str, Managed] = {}

    # What the strategy asks for

    def next_group(self) -> int:
        """A group that no order is in yet."""
        self._last_group += 1
        return self._last_group

    def add(self, managed: Managed) -> int:
        """Have an order placed; its number, the next unless a successor has one already."""
        managed.number = managed.number or self._next_number()
        self._alive[managed.number] = managed
        self.outbox.append(managed)
        return managed.number

    def cancel(self, number: int) -> None:
        """Have an order, or the successor an order still waits for, canceled."""
        if (waits := self._waits_for(number)) is not None:
            waits.heir, waits.leaving = None, BY_STRATEGY
        elif (managed := self._alive.get(number)) is not None and not managed.leaving:
            self._leave(managed, BY_STRATEGY)

    def replace(self, number: int, heir: Heir) -> int:
        """Have an order, or a successor that is not placed yet, replaced; the new number, 0 when it does not work."""
        if (waits := self._waits_for(number)) is not None and (earlier := waits.heir) is not None:
            waits.heir = Heir(
                _kept(heir.size, earlier.size), _kept(heir.price, earlier.price),
                _kept(heir.stop_price, earlier.stop_price), self._next_number(), earlier.less,
            )  # fmt: skip
            return waits.heir.number
        if (managed := self._alive.get(number)) is None or managed.leaving:
            return 0
        heir.number = self._next_number()
        self._leave(managed, REPLACED, heir)
        return heir.number

    def wish_of(self, number: int) -> PlaceOrder | None:
        """What a working order, or a successor that waits, was asked for as; None when there is none."""
        managed = self._waits_for(number) or self._alive.get(number)
        return None if managed is None else managed.wish

    def working(self) -> tuple[int, ...]:
        """Numbers of orders that may still trade, and of successors that wait; oldest first."""
        waiting = [managed.heir.number for managed in self._alive.values() if managed.heir is not None]
        return tuple(sorted([*self._alive, *waiting]))

    def asked(self) -> list[PlaceOrder]:
        """Wishes for orders that wait in the outbox."""
        return [item.wish for item in self.outbox if isinstance(item, Managed)]

    # What happens

    def call_off(self, order_id: str) -> None:
        """Somebody else cancels an order: no successor and no next slice follows from it."""
        if (managed := self._by_id.get(order_id)) is not None:
            managed.leaving, managed.heir = BY_HAND, None

    def number_of(self, order_id: str) -> int:
        """The number of an order; 0 when the strategy did not ask for it here."""
        managed = self._by_id.get(order_id)
        return 0 if managed is None else managed.number

    def reason_of(self, order_id: str) -> str:
        """Why an order is being canceled; empty when it is not."""
        managed = self._by_id.get(order_id)
        return "" if managed is None else managed.leaving

    def has_exits(self, order_id: str) -> bool:
        """Whether fills of an order would be closed by exits."""
        managed = self._by_id.get(order_id)
        return managed is not None and managed.exits is not None

    def placed(self, managed: Managed, order: Order) -> None:
        """The engine has made `order` of what waited."""
        managed.order_id = order.client_order_id
        self._by_id[order.client_order_id] = managed
        self.on_change(order, order.created_ns)

    def on_change(self, order: Order, time_ns: int) -> None:
        """An order is in a new state: when it has ended, its successor may follow."""
        managed = self._by_id.get(order.client_order_id)
        if managed is None:
            return
        if order.is_open:
            self._alive[managed.number] = managed
            return
        self._alive.pop(managed.number, None)
        heir, managed.heir = managed.heir, None
        if heir is not None and order.state is OrderState.CANCELED:
            self._succeed(managed, heir, order.remaining, time_ns)
        elif order.state is OrderState.REJECTED and not managed.leaving and self._is_late_exit(managed, order.reason):
            managed.leaving = TOO_LATE
            wish = replace(managed.wish, type=OrderType.MARKET, stop_price=None, time_ns=time_ns)
            self.add(Managed(wish, group=managed.group, parent=managed.parent or managed.number))

    def on_fill(self, order: Order, fill: Fill, close: Decimal) -> None:
        """Part of an order has traded; `close` is where its market's trailing stops start from."""
        managed = self._by_id.get(order.client_order_id)
        if managed is None:
            return
        newest = managed.newest()
        if managed.group:
            for other in list(self._alive.values()):
                if other.group == managed.group and other is not managed and other is not newest:
                    self._leave(other, BY_PARTNER)
        if newest is not managed:
            self._shrink(newest, fill.size)
        if managed.exits is not None:
            self._add_exits(managed, managed.exits, fill, close)
        if order.state is OrderState.FILLED and managed.hidden and not managed.leaving:
            self._add_slice(managed, fill.time_ns)
        self.on_change(order, fill.time_ns)

    def on_bar(self, close_ns: int) -> None:
        """A bar of the strategy has closed: end what is over, and ask again for cancels that were lost."""
        for managed in list(self._alive.values()):
            order = self._open.get(managed.order_id)
            if order is None:
                continue
            is_over = managed.expiry_ns and close_ns >= managed.expiry_ns
            if is_over and (not managed.leaving or managed.heir is not None):
                self._leave(managed, TIME_OVER)
            elif managed.leaving and not order.cancel_requested:
                self.outbox.append(Leave(managed))

    def on_close(self, symbol: str, close: Decimal) -> None:
        """A bar of `symbol` has closed: move its trailing stops after it."""
        for managed in list(self._alive.values()):
            over = managed.leaving and managed.heir is None
            if managed.distance is None or managed.wish.symbol != symbol or over:
                continue
            if not managed.is_better(close, managed.reference):
                continue
            managed.reference = close
            trigger, heir = managed.trigger(), managed.heir
            now = _kept(None if heir is None else heir.stop_price, managed.wish.stop_price)
            assert now is not None, "a trailing stop has a trigger"
            if not managed.is_better(trigger, now):
                continue
            if heir is not None:
                heir.stop_price = trigger
            else:
                self._leave(managed, REPLACED, Heir(stop_price=trigger, number=self._next_number()))

    # Inside

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _is_late_exit(self, managed: Managed, reason: str) -> bool:
        """Whether a rejected order is a closing stop that the market is past."""
        stop = managed.wish.stop_price
        closes = managed.wish.protects or managed.group or managed.distance is not None
        if not closes or managed.wish.type is not OrderType.STOP or stop is None:
            return False
        last = self._last_prices.get(managed.wish.symbol)
        return _WOULD_TRIGGER in reason or (last is not None and not managed.is_better(last, stop))

    def _waits_for(self, number: int) -> Managed | None:
        """The order that the successor of this number waits for."""
        for managed in self._alive.values():
            if managed.heir is not None and managed.heir.number == number:
                return managed
        return None

    def _leave(self, managed: Managed, reason: str, heir: Heir | None = None) -> None:
        managed.leaving, managed.heir = reason, heir
        self.outbox.append(Leave(managed))

    def _shrink(self, managed: Managed, size: Decimal) -> None:
        """A predecessor has filled after it was canceled: its successor works for that much too much."""
        if managed.heir is not None:
            managed.heir.less += size
        elif managed.number in self._alive and not managed.leaving:
            self._leave(managed, REPLACED, Heir(number=self._next_number(), less=size))

    def _succeed(self, old: Managed, heir: Heir, remaining: Decimal, time_ns: int) -> None:
        size = remaining if heir.size is None else heir.size
        if heir.less and heir.less >= size:
            return
        wish = replace(
            old.wish,
            size=size - heir.less,
            price=_kept(heir.price, old.wish.price),
            stop_price=_kept(heir.stop_price, old.wish.stop_price),
            time_ns=time_ns,
            # A stop that only follows the market must not be lost to the account's limits.
            protects=heir.size is None and heir.price is None and (old.wish.protects or old.distance is not None),
        )
        made = replace(old, number=heir.number, wish=wish, order_id="", leaving="", heir=None, successor=None)
        if heir.size is None:
            old.successor = made
        self.add(made)

    def _add_exits(self, managed: Managed, exits: Exits, fill: Fill, close: Decimal) -> None:
        wish = replace(
            managed.wish, side=managed.wish.side.opposite, size=fill.size, time_ns=fill.time_ns, price=None,
            stop_price=None, time_in_force=TimeInForce.GTC, post_only=False, reduce_only=False, protects=True,
        )  # fmt: skip
        has_stop = exits.loss is not None or exits.trail is not None
        group = self.next_group() if exits.take is not None and has_stop else 0
        if exits.take is not None:
            limit = replace(wish, type=OrderType.LIMIT, price=exits.take)
            self.add(Managed(limit, group=group, parent=managed.number))
        if has_stop:
            stop = replace(wish, type=OrderType.STOP, stop_price=exits.loss)
            made = Managed(
                stop, group=group, parent=managed.number, distance=exits.trail, reference=close, tick=managed.tick
            )  # fmt: skip
            if exits.loss is None:
                made.start_trailing()
            self.add(made)

    def _add_slice(self, managed: Managed, time_ns: int) -> None:
        size = min(managed.show, managed.hidden)
        self.add(
            replace(
                managed, number=0, wish=replace(managed.wish, size=size, time_ns=time_ns), hidden=managed.hidden - size,
                parent=managed.parent or managed.number, order_id="",
            )
        )  # fmt: skip


def _kept(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new
