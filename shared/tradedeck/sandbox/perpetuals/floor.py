"""The trading floor: orders meet the book, and what trades is settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO, floor_to
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.account import Account, Done
from tradedeck.sandbox.perpetuals.book import Book, Offer, Resting, Room
from tradedeck.sandbox.perpetuals.clearing import Clearing
from tradedeck.sandbox.perpetuals.news import (
    AccountNews,
    Conditional,
    ConditionalNews,
    ConditionState,
    Happening,
    News,
    OrderNews,
    Ticket,
    Why,
)

SELF_TRADE = "SELF_TRADE"
REDUCE_ONLY = "REDUCE_ONLY"
NOT_FILLED = "NOT_FILLED"
LIQUIDATED = "LIQUIDATED"
AUTOCLOSE, DELEVERAGE = "autoclose-", "adl_autoclose-"
_STATES = {Happening.CANCELED: OrderState.CANCELED, Happening.EXPIRED: OrderState.EXPIRED}


def room_in(clearing: Clearing) -> Room:
    """A reduce-only order may trade no more than the position it reduces."""

    def room(resting: Resting) -> Decimal:
        if not resting.reduce_only:
            return resting.remaining
        account = clearing.accounts[resting.account]
        symbol = account.orders[resting.id].symbol
        return reducible(account, symbol, resting.side, resting.remaining)

    return room


def reducible(account: Account, symbol: str, side: Side, size: Decimal) -> Decimal:
    """How much of `size` would make the position smaller."""
    held = account.position(symbol).size
    return min(size, abs(held)) if held * side.sign < 0 else ZERO


class Floor:
    """Orders, fills and their numbers."""

    def __init__(self, clearing: Clearing, books: Mapping[str, Book]) -> None:
        self.parents: dict[int, int] = {}
        self._clearing = clearing
        self._books = books
        self._room = room_in(clearing)
        self._numbers = 0
        self._trades = 0

    @property
    def now_ns(self) -> int:
        """The time of the last thing that happened."""
        return self._clearing.now_ns

    def next_number(self) -> int:
        """A number that no order has had."""
        self._numbers += 1
        return self._numbers

    def place(self, account: Account, ticket: Ticket, *, number: int = 0, parent: int = 0) -> tuple[int, list[News]]:
        """Take an order that was checked: its number, and what followed at once."""
        number = number or self.next_number()
        if parent:
            self.parents[number] = parent
        order = account.orders[number] = self._order_of(ticket, number)
        account.open[number] = None
        account.client_ids[ticket.client_order_id] = number
        news: list[News] = [OrderNews(account.name, Happening.NEW, order, self.now_ns)]
        book = self._books[ticket.symbol]
        if ticket.time_in_force is TimeInForce.FOK:
            hits = book.reach(ticket.side, ticket.price, account.name, ticket.size, self._room)
            if sum((hit.size for hit in hits), ZERO) < ticket.size:
                return number, news + self.end(account, number, Happening.EXPIRED, NOT_FILLED)
        news += self._match(account, number)
        return number, news

    def amend(self, account: Account, order: Order, size: Decimal, price: Decimal) -> list[News]:
        """Change an order; whoever asks for more or for another price queues again."""
        number, book = int(order.venue_order_id), self._books[order.symbol]
        keeps_place = price == order.price and size < order.size
        order = replace(order, size=size, price=price, updated_ns=self.now_ns, revision=order.revision + 1)
        account.orders[number] = order
        news: list[News] = [OrderNews(account.name, Happening.AMENDED, order, self.now_ns)]
        resting = book.get(number)
        if keeps_place and resting is not None:
            resting.remaining = order.remaining
            return news
        book.remove(number)
        return news + self._match(account, number)

    def end(self, account: Account, number: int, what: Happening, reason: str = "") -> list[News]:
        """An order works no more: CANCELED or EXPIRED."""
        order = account.orders[number]
        self._books[order.symbol].remove(number)
        account.open.pop(number, None)
        order = account.orders[number] = order.moved(_STATES[what], self.now_ns, reason=reason)
        news: list[News] = [OrderNews(account.name, what, order, self.now_ns, reason=reason)]
        return news + self._finish(account, number)

    def keep(self, account: Account, one: Conditional) -> list[News]:
        """A conditional order as it is now."""
        account.conditionals[one.id] = one
        if one.state is not ConditionState.WAITING:
            account.waiting.pop(one.id, None)
        return [ConditionalNews(account.name, one, self.now_ns)]

    def print_through(self, symbol: str, price: Decimal, size: Decimal) -> list[News]:
        """A recorded trade reaches resting orders."""
        news: list[News] = []
        for resting in self._books[symbol].through(price):
            account = self._clearing.accounts[resting.account]
            most = min(size, self._room(resting))
            if most <= ZERO or resting.id not in account.open:
                continue
            size -= most
            self._books[symbol].take(Offer(resting.price, most, resting), resting.side.opposite)
            news += self._settle(account, resting.id, resting.price, most, maker=True)
        return news

    def liquidate(self, account: Account, symbols: Sequence[str]) -> list[News]:
        """Cancel what works on these symbols and close their positions at the mark price."""
        news: list[News] = []
        for symbol in symbols:
            for order in account.open_orders(symbol):
                news += self.end(account, int(order.venue_order_id), Happening.CANCELED, LIQUIDATED)
        for symbol in symbols:
            news += self.force(account, symbol, abs(account.position(symbol).size), Happening.LIQUIDATION)
        return news

    def force(self, account: Account, symbol: str, size: Decimal, what: Happening) -> list[News]:
        """Close so much of a position at the mark price in an order of the venue's own."""
        position, instrument = account.position(symbol), self._books[symbol].contract.instrument
        side = Side.SELL if position.size > ZERO else Side.BUY
        # Down to a tick on either side: marks are finer than prices, and the house is no better off for it.
        price = max(instrument.tick, floor_to(self._clearing.prices[symbol].mark, instrument.tick))
        number = self.next_number()
        name = AUTOCLOSE if what is Happening.LIQUIDATION else DELEVERAGE
        ticket = Ticket(
            f"{name}{number}", symbol, side, OrderType.LIMIT, size, price, TimeInForce.IOC, reduce_only=True
        )
        account.orders[number] = self._order_of(ticket, number)
        account.open[number] = None
        account.client_ids[ticket.client_order_id] = number
        isolated = position.isolated
        news: list[News] = [OrderNews(account.name, Happening.NEW, account.orders[number], self.now_ns)]
        news += self._settle(account, number, price, size, maker=False, what=what)
        if what is Happening.LIQUIDATION:
            asset = instrument.quote
            realised = account.fills[-1].realised
            alone = account.setting(symbol).mode is MarginMode.ISOLATED
            left = isolated + realised if alone else max(ZERO, account.wallets[asset])
            self._clearing.penalise(account, symbol, left, price * size)
            self._clearing.cover(account, asset)
            news.append(AccountNews(account.name, Why.LIQUIDATION, asset, symbol, ZERO, self.now_ns))
        return news

    def _match(self, account: Account, number: int) -> list[News]:
        """Trade with the book as far as the order reaches; the rest waits, or ends."""
        news: list[News] = []
        order = account.orders[number]
        book, side = self._books[order.symbol], order.side
        while number in account.open:
            order = account.orders[number]
            most = order.remaining
            if order.reduce_only:
                most = reducible(account, order.symbol, side, most)
                if not most:
                    return news + self.end(account, number, Happening.EXPIRED, REDUCE_ONLY)
            if book.meets_own(side, order.price, account.name):
                return news + self.end(account, number, Happening.EXPIRED, SELF_TRADE)
            hits = book.reach(side, order.price, account.name, most, self._room)
            if not hits:
                break
            news += self._cross(account, order, hits[0])
        if number not in account.open:
            return news
        if order.type is OrderType.MARKET or order.time_in_force is not TimeInForce.GTC or order.price is None:
            return news + self.end(account, number, Happening.EXPIRED, NOT_FILLED)
        book.add(Resting(number, account.name, side, order.price, order.remaining, order.reduce_only))
        return news

    def _cross(self, account: Account, order: Order, hit: Offer) -> list[News]:
        """One trade: the maker is told first, as at a venue."""
        self._books[order.symbol].take(hit, order.side)
        news: list[News] = []
        if hit.resting is not None:
            maker = self._clearing.accounts[hit.resting.account]
            news += self._settle(maker, hit.resting.id, hit.price, hit.size, maker=True)
        return news + self._settle(account, int(order.venue_order_id), hit.price, hit.size, maker=False)

    def _settle(
        self,
        account: Account,
        number: int,
        price: Decimal,
        size: Decimal,
        *,
        maker: bool,
        what: Happening = Happening.TRADE,
    ) -> list[News]:
        order = account.orders[number]
        instrument = self._books[order.symbol].contract.instrument
        tier = self._clearing.tier(account)
        rate = tier.maker if maker else tier.taker
        realised, fee = self._clearing.trade(
            account, order.symbol, order.side, price, size, ZERO if what is Happening.LIQUIDATION else rate
        )
        if what is not Happening.LIQUIDATION:
            self._clearing.cover(account, instrument.quote)
        self._trades += 1
        fill = Fill(
            order.symbol, str(self._trades), order.client_order_id, order.side, price, size, fee, instrument.quote,
            maker, self.now_ns,
        )  # fmt: skip
        account.traded(fill.notional, self.now_ns)
        account.position(order.symbol).updated_ns = self.now_ns
        account.fills.append(Done(fill, number, realised))
        order = account.orders[number] = order.with_fill(price, size, self.now_ns)
        news: list[News] = [OrderNews(account.name, what, order, self.now_ns, fill, realised)]
        news.append(AccountNews(account.name, Why.ORDER, instrument.quote, order.symbol, realised - fee, self.now_ns))
        if order.state is OrderState.FILLED:
            account.open.pop(number, None)
            news += self._finish(account, number)
        return news + self._trim(account, order.symbol)

    def _trim(self, account: Account, symbol: str) -> list[News]:
        """Reduce-only orders in the book end once there is nothing they could reduce."""
        news: list[News] = []
        for order in account.open_orders(symbol):
            number = int(order.venue_order_id)
            rests = self._books[symbol].get(number) is not None
            if rests and order.reduce_only and not reducible(account, symbol, order.side, order.remaining):
                news += self.end(account, number, Happening.EXPIRED, REDUCE_ONLY)
        return news

    def _finish(self, account: Account, number: int) -> list[News]:
        """The conditional order that this one came from is done with it."""
        parent = account.conditionals.get(self.parents.get(number, 0))
        if parent is None:
            return []
        return self.keep(account, replace(parent, state=ConditionState.FINISHED, updated_ns=self.now_ns))

    def _order_of(self, ticket: Ticket, number: int) -> Order:
        return Order(
            client_order_id=ticket.client_order_id,
            symbol=ticket.symbol,
            side=ticket.side,
            type=ticket.type,
            size=ticket.size,
            price=ticket.price,
            stop_price=None,
            time_in_force=ticket.time_in_force,
            post_only=ticket.post_only,
            reduce_only=ticket.reduce_only,
            source="",
            created_ns=self.now_ns,
            updated_ns=self.now_ns,
            state=OrderState.ACCEPTED,
            venue_order_id=str(number),
        )
