"""A whole spot exchange in memory: accounts, balances, order and trade ids, fees, reports.

`Venue` puts one account of it behind the engine; the sandbox puts many behind a real wire.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.sim.matching import Ended, Ending, Execution, Matching, Outcome, Working
from tradedeck.sim.wallet import Wallet

MAX_OPEN_ORDERS = 200
"""Working orders an account may have on one symbol (Binance: MAX_NUM_ORDERS)."""
STOP_RESERVE = Decimal("1.05")
"""A triggered buy stop may trade above its stop price; this much more is held back to pay for it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as it arrives at the exchange."""

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    size: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """A report and the account it is for."""

    account: str
    report: Report


@dataclass(slots=True)
class AccountBooks:
    """Everything the exchange knows of one account; orders by venue order id, in the order they came."""

    wallet: Wallet
    orders: dict[int, Order] = field(default_factory=dict[int, Order])
    open_by_client_id: dict[str, int] = field(default_factory=dict[str, int])
    fills: list[Fill] = field(default_factory=list[Fill])


class Exchange:
    """The exchange. Not safe for several threads; its time is that of the last market event."""

    def __init__(self, instruments: Iterable[Instrument], *, spread_ticks: int = 1, first_id: int = 1) -> None:
        """An empty exchange; order and trade ids count up from `first_id`, so that a restart can go on."""
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.books = {s: Matching(i, spread_ticks=spread_ticks) for s, i in self.instruments.items()}
        self.accounts: dict[str, AccountBooks] = {}
        self.now_ns = 0
        self._owner: dict[int, str] = {}
        self._next_order_id = first_id
        self._next_trade_id = first_id

    def open_account(self, name: str, balances: Mapping[str, Decimal]) -> None:
        """Add an account that owns `balances`, by asset.

        Raises:
            ConflictError: there is one of that name.
        """
        if name in self.accounts:
            raise ConflictError(f"account {name} exists already; choose another name", code="account.exists")
        self.accounts[name] = AccountBooks(Wallet(dict(balances)))

    def on_trade(self, trade: Trade) -> Iterator[News]:
        """Somebody outside traded: move time and the price, fill what was reached."""
        self.now_ns = max(self.now_ns, trade.time_ns)
        yield from self._tell(self.books[trade.symbol].trade(trade.price, trade.size))

    def move_time(self, now_ns: int) -> None:
        """Time passes without a trade."""
        self.now_ns = max(self.now_ns, now_ns)

    def place(self, account: str, ticket: Ticket) -> list[News]:
        """Take an order: its acceptance and whatever follows at once.

        Raises:
            RefusedError: a filter, the balance, a duplicate id or the order's own promise forbids it.
            NotFoundError: no such symbol or account.
        """
        books, instrument = self._account(account), self._instrument(ticket.symbol)
        matching = self.books[ticket.symbol]
        self._check(books, instrument, matching, ticket)
        order_id = self._next_order_id
        working = Working(
            id=order_id,
            side=ticket.side,
            type=ticket.type,
            size=ticket.size,
            price=ticket.price,
            stop_price=ticket.stop_price,
            time_in_force=ticket.time_in_force,
            post_only=ticket.post_only,
        )
        matching.check(working)
        books.wallet.lock(order_id, *self._reserve(instrument, matching, ticket))
        self._next_order_id += 1
        self._owner[order_id] = account
        books.orders[order_id] = self._order_of(ticket, order_id)
        books.open_by_client_id[ticket.client_order_id] = order_id
        accepted = Accepted(ticket.client_order_id, str(order_id), self.now_ns)
        return [News(account, accepted), *self._tell(matching.place(working))]

    def cancel(self, account: str, order_id: int) -> list[News]:
        """Cancel a working order.

        Raises:
            NotFoundError: it does not work (any more).
        """
        books = self._account(account)
        order = books.orders.get(order_id)
        if order is None or not self.books[order.symbol].cancel(order_id):
            raise NotFoundError("Unknown order sent.", code="order.not_open")
        return list(self._tell([Ended(order_id, Ending.CANCELED)]))

    def order(self, account: str, *, order_id: int | None = None, client_order_id: str = "") -> Order:
        """An order of the account, the newest of that client id.

        Raises:
            NotFoundError: there is none.
        """
        orders = self._account(account).orders
        if order_id is not None and order_id in orders:
            return orders[order_id]
        if client_order_id:
            for order in reversed(orders.values()):
                if order.client_order_id == client_order_id:
                    return order
        raise NotFoundError("Order does not exist.", code="order.not_found")

    def owner_of(self, order_id: int) -> str:
        """The account an order belongs to; the order exists."""
        return self._owner[order_id]

    def open_orders(self, account: str, symbol: str = "") -> list[Order]:
        """Working orders of the account, oldest first."""
        books = self._account(account)
        found = [books.orders[order_id] for order_id in books.open_by_client_id.values()]
        return [order for order in found if not symbol or order.symbol == symbol]

    def restore(self, account: str, orders: Sequence[Order]) -> None:
        """Put working orders of an earlier run back, in their order, without matching them."""
        books = self._account(account)
        for order in orders:
            ticket = Ticket(
                order.client_order_id, order.symbol, order.side, order.type, order.remaining, order.price,
                order.stop_price, order.time_in_force, order.post_only,
            )  # fmt: skip
            instrument, matching = self._instrument(order.symbol), self.books[order.symbol]
            order_id = self._next_order_id
            self._next_order_id += 1
            books.wallet.lock(order_id, *self._reserve(instrument, matching, ticket))
            self._owner[order_id] = account
            books.orders[order_id] = replace(order, venue_order_id=str(order_id))
            books.open_by_client_id[order.client_order_id] = order_id
            matching.adopt(Working(
                order_id, order.side, order.type, order.size, order.price, order.stop_price,
                order.time_in_force, order.post_only, filled=order.filled,
            ))  # fmt: skip

    def resume(
        self,
        accounts: Mapping[str, AccountBooks],
        *,
        now_ns: int,
        last: Mapping[str, Decimal],
        triggered: Container[int] = (),
    ) -> None:
        """Go on where an earlier run ended: its accounts whole, last prices by symbol, ids after the highest.

        `triggered` are venue order ids of stops that already wait in the book.
        """
        self.now_ns = now_ns
        for symbol, price in last.items():
            self.books[symbol].last = price
        self.accounts.update(accounts)
        owners = {order_id: name for name, books in accounts.items() for order_id in books.orders}
        self._owner.update(owners)
        for order_id in sorted(owners):
            order = accounts[owners[order_id]].orders[order_id]
            if order.is_open:
                self.books[order.symbol].adopt(Working(
                    order_id, order.side, order.type, order.size, order.price, order.stop_price,
                    order.time_in_force, order.post_only, order.filled, order_id in triggered,
                ))  # fmt: skip
        trade_ids = [int(fill.trade_id) for books in accounts.values() for fill in books.fills]
        self._next_order_id = max([self._next_order_id, *(order_id + 1 for order_id in owners)])
        self._next_trade_id = max([self._next_trade_id, *(trade_id + 1 for trade_id in trade_ids)])

    def _account(self, name: str) -> AccountBooks:
        books = self.accounts.get(name)
        if books is None:
            raise NotFoundError(f"there is no account {name}", code="account.unknown")
        return books

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise NotFoundError("Invalid symbol.", code="symbol.unknown")
        return instrument

    def _check(self, books: AccountBooks, instrument: Instrument, matching: Matching, ticket: Ticket) -> None:
        if ticket.client_order_id in books.open_by_client_id:
            raise ConflictError("Duplicate order sent.", code="order.duplicate")
        working_here = sum(
            1 for order_id in books.open_by_client_id.values() if books.orders[order_id].symbol == ticket.symbol
        )
        if working_here >= MAX_OPEN_ORDERS:
            raise RefusedError("Filter failure: MAX_NUM_ORDERS", code="filter.MAX_NUM_ORDERS")
        instrument.check_size(ticket.size)
        for name, price in (("price", ticket.price), ("stop price", ticket.stop_price)):
            if price is not None:
                instrument.check_price(price, name)
        reference = ticket.price or ticket.stop_price or matching.touch(ticket.side)
        instrument.check_notional(reference, ticket.size)

    def _reserve(self, instrument: Instrument, matching: Matching, ticket: Ticket) -> tuple[str, Decimal]:
        """The asset and amount that must be free for the whole order, fees included."""
        if ticket.side is Side.SELL:
            return instrument.base, ticket.size
        price = ticket.price or ticket.stop_price or matching.touch(Side.BUY)
        if ticket.type is OrderType.STOP:
            price *= STOP_RESERVE
        return instrument.quote, price * ticket.size * (1 + instrument.fees.taker)

    def _order_of(self, ticket: Ticket, order_id: int) -> Order:
        return Order(
            client_order_id=ticket.client_order_id,
            symbol=ticket.symbol,
            side=ticket.side,
            type=ticket.type,
            size=ticket.size,
            price=ticket.price,
            stop_price=ticket.stop_price,
            time_in_force=ticket.time_in_force,
            post_only=ticket.post_only,
            reduce_only=False,
            source="",
            created_ns=self.now_ns,
            updated_ns=self.now_ns,
            state=OrderState.ACCEPTED,
            venue_order_id=str(order_id),
        )

    def _tell(self, outcomes: Iterable[Outcome]) -> Iterator[News]:
        for outcome in outcomes:
            account = self._owner[outcome.order_id]
            books = self.accounts[account]
            order = books.orders[outcome.order_id]
            if isinstance(outcome, Execution):
                yield News(account, self._settle(books, order, outcome))
            else:
                yield News(account, self._end(books, order, outcome))

    def _settle(self, books: AccountBooks, order: Order, execution: Execution) -> Filled:
        instrument = self.instruments[order.symbol]
        rate = instrument.fees.maker if execution.maker else instrument.fees.taker
        fill = Fill(
            symbol=order.symbol,
            trade_id=str(self._next_trade_id),
            client_order_id=order.client_order_id,
            side=order.side,
            price=execution.price,
            size=execution.size,
            fee=execution.price * execution.size * rate,
            fee_asset=instrument.quote,
            maker=execution.maker,
            time_ns=self.now_ns,
        )
        self._next_trade_id += 1
        books.fills.append(fill)
        order = order.with_fill(fill.price, fill.size, self.now_ns)
        books.orders[execution.order_id] = order
        done = order.state is OrderState.FILLED
        books.wallet.settle(execution.order_id, fill, instrument, done=done)
        if done:
            books.open_by_client_id.pop(order.client_order_id, None)
        return Filled(fill, str(execution.order_id))

    def _end(self, books: AccountBooks, order: Order, ended: Ended) -> Report:
        books.wallet.release(ended.order_id)
        books.open_by_client_id.pop(order.client_order_id, None)
        canceled = ended.how is Ending.CANCELED
        state = OrderState.CANCELED if canceled else OrderState.EXPIRED
        books.orders[ended.order_id] = order.moved(state, self.now_ns, reason=ended.reason)
        make = Canceled if canceled else Expired
        return make(order.client_order_id, self.now_ns, ended.reason)
