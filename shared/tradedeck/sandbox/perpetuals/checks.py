"""What an order must pass before it counts: the contract's rules, its own promises, and the margin behind it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradedeck.domain.errors import ConflictError, RefusedError, UnavailableError
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.account import Account, exposure, order_margin
from tradedeck.sandbox.perpetuals.book import Book
from tradedeck.sandbox.perpetuals.clearing import Clearing
from tradedeck.sandbox.perpetuals.conditions import followed, reached
from tradedeck.sandbox.perpetuals.floor import room_in
from tradedeck.sandbox.perpetuals.news import Conditional, Ticket
from tradedeck.sandbox.perpetuals.prices import Prices
from tradedeck.sandbox.perpetuals.terms import ConditionKind

MAX_OPEN_ORDERS = 200
"""Working orders an account may have on one symbol; as many conditional ones."""


class Checks:
    """Refusals. Nothing is changed here."""

    def __init__(self, clearing: Clearing, books: Mapping[str, Book], *, ids_are_forever: bool) -> None:
        self._clearing = clearing
        self._books = books
        self._forever = ids_are_forever

    def ticket(self, account: Account, ticket: Ticket) -> None:
        """Refuse an order that can't be taken."""
        book, position = self._books[ticket.symbol], account.position(ticket.symbol)
        instrument = book.contract.instrument
        if book.last is None:
            raise UnavailableError("nothing has traded yet; wait for the market", code="venue.no_price")
        self._client_id(account, ticket.client_order_id)
        if len(account.open_orders(ticket.symbol)) >= MAX_OPEN_ORDERS:
            raise RefusedError(f"at most {MAX_OPEN_ORDERS} working orders on one symbol", code="order.too_many")
        if ticket.reduce_only and position.size * ticket.side.sign >= 0:
            raise RefusedError("ReduceOnly Order is rejected.", code="order.reduce_only")
        instrument.check_size(ticket.size)
        price = ticket.price
        if price is not None:
            instrument.check_price(price)
        if not ticket.reduce_only:
            instrument.check_notional(book.last if price is None else price, ticket.size)
        best = book.best(ticket.side.opposite)
        crosses = price is not None and best is not None and (best - price) * ticket.side.sign <= 0
        if ticket.post_only and crosses:
            raise RefusedError("the order would trade at once", code="order.would_match")
        if not ticket.reduce_only:
            self._margin(account, ticket.symbol, ticket.side, *self._cost(account, ticket))

    def amendment(self, account: Account, order: Order, size: Decimal, price: Decimal) -> None:
        """Refuse a change that can't be made."""
        instrument, book = self._books[order.symbol].contract.instrument, self._books[order.symbol]
        if (size, price) == (order.size, order.price):
            raise RefusedError("No need to modify the order.", code="order.unchanged")
        instrument.check_size(size)
        instrument.check_price(price)
        if size <= order.filled:
            raise RefusedError("the new size must be above what has traded", code="filter.LOT_SIZE")
        if not order.reduce_only:
            instrument.check_notional(price, size)
        best = book.best(order.side.opposite)
        if order.post_only and best is not None and (best - price) * order.side.sign <= 0:
            raise RefusedError("the order would trade at once", code="order.would_match")
        old = (order.price or ZERO) * order.remaining
        more = (size - order.filled) * price - old
        if not order.reduce_only and more > ZERO:
            self._margin(account, order.symbol, order.side, more, ZERO)

    def conditional(self, account: Account, wish: Conditional, prices: Prices) -> None:
        """Refuse a conditional order that can't be taken."""
        instrument = self._books[wish.symbol].contract.instrument
        if not prices.mark:
            raise UnavailableError("nothing has traded yet; wait for the market", code="venue.no_price")
        if wish.client_order_id in {one.client_order_id for one in account.waiting_conditionals()}:
            raise ConflictError("this client id is in use", code="order.duplicate")
        self._client_id(account, wish.client_order_id)
        if len(account.waiting_conditionals(wish.symbol)) >= MAX_OPEN_ORDERS:
            raise RefusedError(f"at most {MAX_OPEN_ORDERS} conditional orders on one symbol", code="order.too_many")
        if not wish.close:
            instrument.check_size(wish.size)
        for name, price in (("price", wish.price), ("trigger price", wish.trigger_price)):
            if price is not None:
                instrument.check_price(price, name)
        trailing = wish.kind is ConditionKind.TRAILING
        if trailing and not (wish.trail > ZERO or ZERO < wish.callback < 1):
            raise RefusedError("a trailing order needs a distance to follow at", code="filter.TRAILING")
        if not trailing and reached(followed(wish, prices), prices):
            raise RefusedError("Order would immediately trigger.", code="order.would_trigger")

    def leverage(self, account: Account, symbol: str, leverage: int) -> None:
        """Refuse a leverage that is not offered, or that the account can't carry."""
        contract = self._books[symbol].contract
        setting, position = account.setting(symbol), account.position(symbol)
        if leverage < 1 or not contract.most_at(leverage):
            raise RefusedError(f"Leverage {leverage} is not valid", code="leverage.invalid")
        if position.size and setting.mode is MarginMode.ISOLATED and leverage < setting.leverage:
            raise RefusedError(
                "an isolated position stands in the way of less leverage; close it first",
                code="leverage.in_use",
            )
        worth = abs(position.size) * self._clearing.prices[symbol].mark
        if worth > contract.most_at(leverage):
            raise RefusedError("the position is too large for this leverage", code="position.too_large")
        before, setting.leverage = setting.leverage, leverage
        free = self._clearing.standing(account, contract.instrument.quote)
        setting.leverage = before
        needed = free.position_margin + free.order_margin
        if leverage < before and needed > free.wallet + free.unrealised:
            raise RefusedError("Margin is insufficient.", code="margin.insufficient")

    def _client_id(self, account: Account, client_id: str) -> None:
        number = account.client_ids.get(client_id)
        if number is not None and (self._forever or number in account.open):
            raise ConflictError("this client id is in use", code="order.duplicate")

    def _cost(self, account: Account, ticket: Ticket) -> tuple[Decimal, Decimal]:
        """What the order is worth at the prices it would get; and the fee and the loss it would begin with.

        Who buys above the mark price, or sells below it, begins with a loss, and must be able to bear it.
        """
        book, mark = self._books[ticket.symbol], self._clearing.prices[ticket.symbol].mark
        hits = book.reach(ticket.side, ticket.price, account.name, ticket.size, room_in(self._clearing))
        filled = sum((hit.size for hit in hits), ZERO)
        taken = sum((hit.size * hit.price for hit in hits), ZERO)
        waits = ticket.type is OrderType.LIMIT and ticket.time_in_force is TimeInForce.GTC
        rest = (ticket.size - filled) * (ticket.price or ZERO) if waits else ZERO
        loss = max(ZERO, ticket.side.sign * (taken - filled * mark))
        return taken + rest, loss + taken * max(ZERO, self._clearing.tier(account).taker)

    def _margin(self, account: Account, symbol: str, side: Side, worth: Decimal, cost: Decimal) -> None:
        """Refuse unless the account can back `worth` more, and pay the `cost` of what trades at once."""
        contract, mark = self._books[symbol].contract, self._clearing.prices[symbol].mark
        more = order_margin(account, symbol, mark, (side, worth)) - order_margin(account, symbol, mark)
        if more <= ZERO:
            return
        if more + cost > self._clearing.standing(account, contract.instrument.quote).available:
            raise RefusedError("Margin is insufficient.", code="margin.insufficient")
        bought, sold = exposure(account.open_orders(symbol), (side, worth))
        held = account.position(symbol).size * mark
        if max(abs(held + bought), abs(held - sold)) > contract.most_at(account.setting(symbol).leverage):
            raise RefusedError("Exceeded the maximum position at current leverage.", code="position.too_large")
