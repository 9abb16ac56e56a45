"""The sandbox itself: an exchange, a tape, accounts with keys, and what the wire is told about them.

Everything happens between two awaits of one event loop: an operation changes the books, queues its
messages, and saves, before anything can leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.hub import Hub
from tradedeck.sandbox.market import Market
from tradedeck.sandbox.refusals import wire_error
from tradedeck.sandbox.state import MarketState, StateFile
from tradedeck.sandbox.tape import Tape
from tradedeck.sandbox.wire import account_position, execution_report
from tradedeck.sim.exchange import AccountBooks, Exchange, News, Ticket

_INVENTED_DIGITS = 22
DEFAULT_KEY = "sandbox-key"
DEFAULT_SECRET = "sandbox-secret"  # noqa: S105 - guards nothing: play money on loopback
DEFAULT_BALANCES = {
    "USDT": Decimal(1_000_000),
    "BTC": Decimal(10),
    "ETH": Decimal(100),
    "XRP": Decimal(100_000),
}


@dataclass(slots=True)
class _Changes:
    """What has to be saved."""

    accounts: set[str] = field(default_factory=set[str])
    orders: dict[int, str] = field(default_factory=dict[int, str])
    fills: list[tuple[str, int, Fill]] = field(default_factory=list[tuple[str, int, Fill]])


class Sandbox:
    """One market, many accounts. Accounts are named by their API keys."""

    def __init__(
        self, tape: Tape, instrument: Instrument, state: StateFile, *, data: str, spread_ticks: int = 1
    ) -> None:
        self.instrument = instrument
        self.tape = tape
        self.hub = Hub()
        self.exchange = Exchange([instrument], spread_ticks=spread_ticks)
        self.market = Market(instrument, self.exchange.books[instrument.symbol], self.hub)
        self.secrets: dict[str, str] = {}
        self.order_of_trade: dict[str, int] = {}
        self.market_events = 0
        self.bars = 0
        self.cancels = 0
        self._state = state
        self._data = data
        self._changes = _Changes()
        self._done: dict[int, tuple[Decimal, Decimal]] = {}
        self._triggered: set[int] = set()
        self._resume()

    # The market

    def skip(self, bars: int) -> None:
        """Let the first bars pass as history; a sandbox that goes on from a state file skips none."""
        if self.exchange.now_ns:
            return
        while bars:
            event = self.tape.pop()
            self._remember(event)
            bars -= not isinstance(event, Trade)
        self.save()

    def play(self, events: int) -> None:
        """Let so many events of the tape happen, and save."""
        for _ in range(events):
            event = self.tape.pop()
            if isinstance(event, Trade):
                for news in self.exchange.on_trade(event):
                    self._announce(news)
                self.market.on_trade(event)
            else:
                self.exchange.move_time(event.time_ns)
                self.market.on_bar(event)
                self.bars += 1
            self.market_events += 1
        self.save()

    # Accounts and orders

    def open_account(self, key: str, secret: str, balances: Mapping[str, Decimal]) -> None:
        """Add an account.

        Raises:
            ConflictError: there is one with that key.
        """
        self.exchange.open_account(key, balances)
        self.secrets[key] = secret
        self._changes.accounts.add(key)
        self.save()

    def books(self, account: str) -> AccountBooks:
        """An account's books; the account exists."""
        return self.exchange.accounts[account]

    def place(self, account: str, ticket: Ticket) -> tuple[Order, list[Fill]]:
        """Take an order: how it stands now, and what it traded at once.

        Raises:
            WireError: the venue refuses it.
        """
        try:
            news = self.exchange.place(account, ticket)
        except TradedeckError as error:
            raise wire_error(error) from error
        accepted = news[0].report
        assert isinstance(accepted, Accepted)
        self._tell(news)
        fills = [item.report.fill for item in news if isinstance(item.report, Filled)]
        return self.books(account).orders[int(accepted.venue_order_id)], fills

    def cancel(self, account: str, order_id: int, cancel_id: str = "") -> tuple[Order, str]:
        """Cancel a working order: how it stands now, and the client id of the cancel.

        Raises:
            WireError: it does not work (any more).
        """
        self.cancels += 1
        cancel_id = cancel_id or self.invent_id()
        try:
            news = self.exchange.cancel(account, order_id)
        except TradedeckError as error:
            raise wire_error(error) from error
        self._tell(news, cancel_id=cancel_id)
        return self.books(account).orders[order_id], cancel_id

    def invent_id(self) -> str:
        """A client id for who sent none; never the same again, not even after a restart."""
        return f"venue-{uuid4().hex[:_INVENTED_DIGITS]}"

    def check(self, account: str, ticket: Ticket) -> None:
        """Refuse what `place` would refuse, but take nothing.

        Raises:
            WireError: the venue would refuse it.
        """
        trial = Exchange([self.instrument])
        trial.books[ticket.symbol].last = self.exchange.books[ticket.symbol].last
        trial.open_account(account, dict(self.books(account).wallet.free))
        try:
            trial.place(account, ticket)
        except TradedeckError as error:
            raise wire_error(error) from error

    # Telling and keeping

    def save(self) -> None:
        """Keep everything that changed since the last time."""
        working = self.exchange.books[self.instrument.symbol].working
        for order in working:
            if order.triggered and order.id not in self._triggered:
                self._triggered.add(order.id)
                self._changes.orders[order.id] = self.exchange.owner_of(order.id)
        changes, self._changes = self._changes, _Changes()
        last = self.exchange.books[self.instrument.symbol].last
        self._state.save(
            MarketState(self.exchange.now_ns, "" if last is None else str(last), self.tape.position, self._data),
            [(name, self.secrets[name], self.books(name)) for name in sorted(changes.accounts)],
            [
                (name, self.books(name).orders[order_id], order_id in self._triggered)
                for order_id, name in changes.orders.items()
            ],
            changes.fills,
        )

    def close(self) -> None:
        """Close the state file."""
        self._state.close()

    def _tell(self, news: Iterable[News], *, cancel_id: str = "") -> None:
        for item in news:
            self._announce(item, cancel_id=cancel_id)
        self.market.on_orders()
        self.save()

    def _announce(self, news: News, *, cancel_id: str = "") -> None:
        """Queue the user-stream events of one report, and mark what has to be saved."""
        account, report = news.account, news.report
        books, filled = self.books(account), report if isinstance(report, Filled) else None
        order = self._order_of(account, news)
        order_id = int(order.venue_order_id)
        size, quote = self._done.get(order_id, (ZERO, ZERO))
        if filled is not None:
            size, quote = size + filled.fill.size, quote + filled.fill.notional
            self.order_of_trade[filled.fill.trade_id] = order_id
            self._changes.fills.append((account, order_id, filled.fill))
        self._done[order_id] = (size, quote)
        execution, status = _words(news, size == order.size)
        if status in ("FILLED", "CANCELED", "EXPIRED"):
            del self._done[order_id]
        self._changes.accounts.add(account)
        self._changes.orders[order_id] = account
        event = execution_report(
            order,
            self.exchange.now_ns,
            execution=execution,
            status=status,
            done=(size, quote),
            filled=filled,
            cancel_id=cancel_id,
        )
        self.hub.publish_account(account, event)
        self.hub.publish_account(account, account_position(books, self.exchange.now_ns))

    def _order_of(self, account: str, news: News) -> Order:
        report = news.report
        if isinstance(report, Accepted | Filled):
            return self.books(account).orders[int(report.venue_order_id)]
        return self.exchange.order(account, client_order_id=report.client_order_id)

    def _remember(self, event: Trade | Bar) -> None:
        """History that nobody traded in: candles, time and the price, no reports."""
        self.exchange.move_time(event.time_ns)
        if isinstance(event, Trade):
            self.exchange.books[event.symbol].last = event.price
        self.market.remember(event)

    def _resume(self) -> None:
        """Go on where the state file ends."""
        saved = self._state.accounts()
        market = self._state.market()
        for account in saved:
            self.secrets[account.name] = account.secret
            self.order_of_trade.update(account.order_of_trade)
            self._done.update(
                (
                    order_id,
                    (account.books.orders[order_id].filled, account.books.orders[order_id].filled_quote),
                )
                for order_id in account.books.open_by_client_id.values()
            )
        if market is None:
            return
        for event in self.tape.seek(market.tape):
            self._remember(event)
        self._triggered = set(self._state.triggered())
        self.exchange.resume(
            {account.name: account.books for account in saved},
            now_ns=market.now_ns,
            last={self.instrument.symbol: Decimal(market.last)} if market.last else {},
            triggered=self._triggered,
        )


def _words(news: News, complete: bool) -> tuple[str, str]:
    """Execution type and order status."""
    report = news.report
    if isinstance(report, Filled):
        return "TRADE", "FILLED" if complete else "PARTIALLY_FILLED"
    if isinstance(report, Canceled):
        return "CANCELED", "CANCELED"
    if isinstance(report, Expired):
        return "EXPIRED", "EXPIRED"
    return "NEW", "NEW"
