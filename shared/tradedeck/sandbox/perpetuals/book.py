"""One symbol's order book: clients' orders by price and time, among liquidity made up around the last price.

* At one price the made-up size trades first: it was there before.
* A recorded trade fills resting orders that it prints *through*, at their own price and for no more than its size.
* Who meets an order of his own goes no further (self-trade prevention expires the taker).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.sandbox.perpetuals.terms import Contract


@dataclass(slots=True)
class Resting:
    """An order in the book."""

    id: int
    account: str
    side: Side
    price: Decimal
    remaining: Decimal
    reduce_only: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """So much at this price, from a client's order or, without one, from the made-up liquidity."""

    price: Decimal
    size: Decimal
    resting: Resting | None


Room = Callable[[Resting], Decimal]
"""How much of a resting order may trade now: a reduce-only one no more than the position it reduces."""


class Book:
    """The book. Prices are whole ticks; nobody's resting orders cross each other."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.last: Decimal | None = None
        self._sides: dict[Side, dict[Decimal, dict[int, Resting]]] = {Side.BUY: {}, Side.SELL: {}}
        self._price_of: dict[int, tuple[Side, Decimal]] = {}
        self._taken: dict[tuple[Side, Decimal], Decimal] = {}

    def add(self, order: Resting) -> None:
        """Queue an order behind all others at its price."""
        self._sides[order.side].setdefault(order.price, {})[order.id] = order
        self._price_of[order.id] = order.side, order.price

    def remove(self, order_id: int) -> Resting | None:
        """Take an order out; None when it does not rest here."""
        where = self._price_of.pop(order_id, None)
        if where is None:
            return None
        side, price = where
        queue = self._sides[side][price]
        order = queue.pop(order_id)
        if not queue:
            del self._sides[side][price]
        return order

    def get(self, order_id: int) -> Resting | None:
        """A resting order."""
        where = self._price_of.get(order_id)
        return None if where is None else self._sides[where[0]][where[1]][order_id]

    def move_to(self, price: Decimal) -> None:
        """The recorded price is now here: the made-up liquidity stands around it, whole again."""
        self.last = price
        self._taken.clear()

    def best(self, side: Side) -> Decimal | None:
        """Best price of the bids (BUY) or asks (SELL)."""
        return next((offer.price for offer in self.offers(side)), None)

    def levels(self, side: Side, depth: int) -> list[tuple[Decimal, Decimal]]:
        """Price and size of the bids (BUY) or asks (SELL), best first."""
        found: dict[Decimal, Decimal] = {}
        for offer in self.offers(side):
            if offer.price not in found and len(found) == depth:
                break
            found[offer.price] = found.get(offer.price, ZERO) + offer.size
        return list(found.items())

    def offers(self, side: Side) -> Iterator[Offer]:
        """Everything on one side in the order in which it trades."""
        made_up, queues = self._made_up(side), self._sides[side]
        for price in sorted({*made_up, *queues}, reverse=side is Side.BUY):
            if size := made_up.get(price):
                yield Offer(price, size, None)
            for order in queues.get(price, {}).values():
                yield Offer(price, order.remaining, order)

    def reach(self, side: Side, limit: Decimal | None, account: str, size: Decimal, room: Room) -> list[Offer]:
        """What a taker of `account` would trade with up to `size`, stopping before an order of his own."""
        found: list[Offer] = []
        for offer in self.offers(side.opposite):
            resting = offer.resting
            beyond = limit is not None and (offer.price - limit) * side.sign > 0
            if size <= ZERO or beyond or (resting is not None and resting.account == account):
                break
            most = min(size, offer.size if resting is None else min(offer.size, room(resting)))
            if most > ZERO:
                found.append(Offer(offer.price, most, resting))
                size -= most
        return found

    def meets_own(self, side: Side, limit: Decimal | None, account: str) -> bool:
        """Whether the next thing that a taker would trade with is an order of his own."""
        first = next(self.offers(side.opposite), None)
        if first is None or first.resting is None or first.resting.account != account:
            return False
        return limit is None or (first.price - limit) * side.sign <= 0

    def take(self, offer: Offer, taker: Side) -> None:
        """Lessen what is there by a trade; a resting order that is used up leaves."""
        if offer.resting is None:
            key = (taker.opposite, offer.price)
            self._taken[key] = self._taken.get(key, ZERO) + offer.size
            return
        offer.resting.remaining -= offer.size
        if offer.resting.remaining <= ZERO:
            self.remove(offer.resting.id)

    def through(self, price: Decimal) -> list[Resting]:
        """Resting orders that a trade at `price` prints through, best price first, then the earlier."""
        reached: list[Resting] = []
        for side, queues in self._sides.items():
            for level in sorted(queues, reverse=side is Side.BUY):
                if (level - price) * side.sign <= 0:
                    break
                reached.extend(queues[level].values())
        return reached

    def _made_up(self, side: Side) -> dict[Decimal, Decimal]:
        """Never across clients' orders: liquidity does not stand where it would trade at once."""
        if self.last is None:
            return {}
        contract, tick = self.contract, self.contract.instrument.tick
        others = self._sides[side.opposite]
        wall = (min(others) if side is Side.BUY else max(others)) if others else None
        levels: dict[Decimal, Decimal] = {}
        for step in range(contract.spread_ticks, contract.spread_ticks + contract.levels):
            price = self.last - tick * step * side.sign
            left = contract.level_size - self._taken.get((side, price), ZERO)
            if price > ZERO and left > ZERO and (wall is None or (wall - price) * side.sign > 0):
                levels[price] = left
        return levels
