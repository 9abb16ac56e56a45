"""The exchange for perpetual contracts: orders in, news out. Pure: time comes with what happens.

    exchange = Perpetuals([contract], tiers)
    exchange.open_account("key", {"USDT": Decimal(10_000)})
    news = exchange.on_trade(trade)                       # the recorded market moves
    order, news = exchange.place("key", Ticket(...))      # raises RefusedError; its `code` says which refusal
    order, news = exchange.cancel("key", int(order.venue_order_id))

Every method that changes something gives its `news` in the order in which it happened. Orders are `domain.order.Order`
whose `venue_order_id` is a whole number; conditional orders count from the same numbers. A conditional order that
triggers places a new order, whose number it then carries as `order_id` (`parents` leads back).

Refusals (`error.code`): margin.insufficient, margin.unchanged, margin.in_use, leverage.invalid, leverage.in_use,
position.too_large, order.reduce_only, order.would_match, order.would_trigger, order.duplicate, order.not_open,
order.not_found, order.unchanged, order.too_many, symbol.unknown, venue.no_price, filter.PRICE_FILTER,
filter.LOT_SIZE, filter.NOTIONAL, filter.TRAILING.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderType
from tradedeck.domain.trade import Trade
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.account import Account
from tradedeck.sandbox.perpetuals.book import Book
from tradedeck.sandbox.perpetuals.checks import Checks
from tradedeck.sandbox.perpetuals.clearing import Clearing
from tradedeck.sandbox.perpetuals.conditions import followed, reached
from tradedeck.sandbox.perpetuals.floor import Floor
from tradedeck.sandbox.perpetuals.news import (
    AccountNews,
    Conditional,
    ConditionState,
    FundingNews,
    Happening,
    News,
    SettingNews,
    Ticket,
    Why,
)
from tradedeck.sandbox.perpetuals.prices import Prices
from tradedeck.sandbox.perpetuals.terms import CENT, FUNDING_NS, Contract, FeeTier

MAX_CATCH_UP = 100
"""Fundings charged at once where recorded time jumps; what is beyond is forgotten."""
INSURANCE = Decimal(1_000_000)
FREE = FeeTier(ZERO, ZERO, ZERO)


class Perpetuals:
    """The exchange. `clearing` holds accounts and money, `books` the order books, `prices` marks and funding rates.

    `ids_are_forever`: a client id can never be used again, not only while its order works.
    """

    def __init__(
        self,
        contracts: Iterable[Contract],
        tiers: Sequence[FeeTier] = (FREE,),
        *,
        funding: Mapping[str, Sequence[FundingRate]] | None = None,
        insurance: Decimal = INSURANCE,
        ids_are_forever: bool = False,
    ) -> None:
        self.contracts = {contract.instrument.symbol: contract for contract in contracts}
        self.books = {symbol: Book(contract) for symbol, contract in self.contracts.items()}
        self.prices = {symbol: Prices((funding or {}).get(symbol, ())) for symbol in self.contracts}
        self.clearing = Clearing(self.contracts, self.prices, tiers, insurance)
        self.floor = Floor(self.clearing, self.books)
        self._checks = Checks(self.clearing, self.books, ids_are_forever=ids_are_forever)

    @property
    def now_ns(self) -> int:
        """The time of the last thing that happened."""
        return self.clearing.now_ns

    @property
    def accounts(self) -> dict[str, Account]:
        """Accounts by name."""
        return self.clearing.accounts

    @property
    def parents(self) -> Mapping[int, int]:
        """The conditional order that an order came from, by their numbers."""
        return self.floor.parents

    # The market

    def on_trade(self, trade: Trade) -> list[News]:
        """The recorded market traded: resting orders fill, prices move, conditions trigger, margins are looked at."""
        news = self.move_time(trade.time_ns)
        symbol = trade.symbol
        news += self.floor.print_through(symbol, trade.price, trade.size)
        self.books[symbol].move_to(trade.price)
        self.prices[symbol].on_trade(trade.price, self.now_ns)
        news += self._trigger(symbol)
        news += self._liquidate(symbol)
        return news

    def move_time(self, now_ns: int) -> list[News]:
        """Time passes; funding that has come due is charged."""
        self.clearing.now_ns = max(self.now_ns, now_ns)
        news: list[News] = []
        for symbol, prices in self.prices.items():
            if not prices.mark:
                continue
            for _ in range(MAX_CATCH_UP):
                if prices.next_funding_ns > self.now_ns:
                    break
                news += self._fund(symbol)
            prices.next_funding_ns = max(prices.next_funding_ns, self.now_ns - self.now_ns % FUNDING_NS + FUNDING_NS)
        return news

    # Accounts

    def open_account(self, name: str, balances: Mapping[str, Decimal]) -> Account:
        """Add an account that owns `balances`, by asset."""
        return self.clearing.open_account(name, balances)

    def set_leverage(self, name: str, symbol: str, leverage: int) -> list[News]:
        """Set what positions and orders on `symbol` are backed with."""
        account = self.clearing.account(name)
        setting = account.setting(self._contract(symbol).instrument.symbol)
        self._checks.leverage(account, symbol, leverage)
        setting.leverage = leverage
        return [SettingNews(name, symbol, leverage, setting.mode, self.now_ns)]

    def set_margin_mode(self, name: str, symbol: str, mode: MarginMode) -> list[News]:
        """Back positions on `symbol` with the whole account, or with what is set aside."""
        account = self.clearing.account(name)
        setting = account.setting(self._contract(symbol).instrument.symbol)
        if setting.mode is mode:
            raise RefusedError("No need to change margin type.", code="margin.unchanged")
        if account.open_orders(symbol) or account.position(symbol).size:
            raise ConflictError("close the position and cancel its orders first", code="margin.in_use")
        setting.mode = mode
        return [SettingNews(name, symbol, setting.leverage, mode, self.now_ns)]

    def add_margin(self, name: str, symbol: str, amount: Decimal) -> list[News]:
        """Set more aside for an isolated position, or less below zero."""
        account, asset = self.clearing.account(name), self._contract(symbol).instrument.quote
        position = account.position(symbol)
        if account.setting(symbol).mode is not MarginMode.ISOLATED or not position.size:
            raise RefusedError("there is no isolated position on this symbol", code="margin.in_use")
        worth = abs(position.size) * self.prices[symbol].mark
        least = worth / account.setting(symbol).leverage - min(ZERO, position.unrealised(self.prices[symbol].mark))
        free = self.clearing.standing(account, asset).available
        if amount > free or (amount < ZERO and position.isolated + amount < least):
            raise RefusedError("Margin is insufficient.", code="margin.insufficient")
        position.isolated += amount.quantize(CENT)
        return [AccountNews(name, Why.MARGIN, asset, symbol, ZERO, self.now_ns)]

    def liquidation_price(self, name: str, symbol: str) -> Decimal | None:
        """The mark price at which the position would be liquidated; None without one."""
        return self.clearing.liquidation_price(self.clearing.account(name), symbol)

    # Orders

    def place(self, name: str, ticket: Ticket) -> tuple[Order, list[News]]:
        """Take an order: how it stands now, and everything that followed at once."""
        account = self.clearing.account(name)
        self._contract(ticket.symbol)
        self._checks.ticket(account, ticket)
        number, news = self.floor.place(account, ticket)
        news += self._liquidate(ticket.symbol)
        return account.orders[number], news

    def check(self, name: str, ticket: Ticket) -> None:
        """Refuse what `place` would refuse, but take nothing."""
        self._contract(ticket.symbol)
        self._checks.ticket(self.clearing.account(name), ticket)

    def cancel(self, name: str, number: int, reason: str = "") -> tuple[Order, list[News]]:
        """Cancel a working order."""
        account = self.clearing.account(name)
        if number not in account.open:
            raise NotFoundError("Unknown order sent.", code="order.not_open")
        news = self.floor.end(account, number, Happening.CANCELED, reason)
        return account.orders[number], news

    def cancel_all(self, name: str, symbol: str = "", reason: str = "") -> list[News]:
        """Cancel every working order, on every symbol when none is named; conditional orders stay."""
        account = self.clearing.account(name)
        news: list[News] = []
        for order in account.open_orders(symbol):
            news += self.floor.end(account, int(order.venue_order_id), Happening.CANCELED, reason)
        return news

    def amend(self, name: str, number: int, *, size: Decimal, price: Decimal) -> tuple[Order, list[News]]:
        """Change a working limit order; it keeps its number, and its place when only its size shrinks."""
        account = self.clearing.account(name)
        order = account.orders.get(number)
        if order is None or number not in account.open or order.type is not OrderType.LIMIT:
            raise NotFoundError("Unknown order sent.", code="order.not_open")
        self._checks.amendment(account, order, size, price)
        news = self.floor.amend(account, order, size, price)
        return account.orders[number], news + self._liquidate(order.symbol)

    def place_conditional(self, name: str, wish: Conditional) -> tuple[Conditional, list[News]]:
        """Take a conditional order; its `id`, times and state are set here."""
        account = self.clearing.account(name)
        self._contract(wish.symbol)
        self._checks.conditional(account, wish, self.prices[wish.symbol])
        number = self.floor.next_number()
        taken = replace(wish, id=number, created_ns=self.now_ns, updated_ns=self.now_ns)
        account.waiting[number] = None
        return taken, self.floor.keep(account, taken)

    def cancel_conditional(self, name: str, number: int) -> tuple[Conditional, list[News]]:
        """Cancel a conditional order that has not triggered."""
        account = self.clearing.account(name)
        if number not in account.waiting:
            raise NotFoundError("Unknown order sent.", code="order.not_open")
        one = replace(account.conditionals[number], state=ConditionState.CANCELED, updated_ns=self.now_ns)
        return one, self.floor.keep(account, one)

    def deleverage(self, name: str, symbol: str, size: Decimal) -> list[News]:
        """Take a part of a position away at the mark price, as a venue does that must."""
        account = self.clearing.account(name)
        size = min(size, abs(account.position(self._contract(symbol).instrument.symbol).size))
        return self.floor.force(account, symbol, size, Happening.DELEVERAGED) if size > ZERO else []

    def liquidate(self, name: str, symbol: str) -> list[News]:
        """Liquidate a position now, whatever backs it."""
        account = self.clearing.account(name)
        return self.floor.liquidate(account, [self._contract(symbol).instrument.symbol])

    def _contract(self, symbol: str) -> Contract:
        contract = self.contracts.get(symbol)
        if contract is None:
            raise NotFoundError("Invalid symbol.", code="symbol.unknown")
        return contract

    def _fund(self, symbol: str) -> list[News]:
        prices = self.prices[symbol]
        due_ns = prices.next_funding_ns
        rate = prices.charged()
        news: list[News] = [FundingNews(symbol, rate, prices.mark, due_ns)]
        for account in self.accounts.values():
            charge = self.clearing.fund(account, symbol, rate)
            if charge is not None:
                news.append(AccountNews(account.name, Why.FUNDING, charge.asset, symbol, charge.amount, due_ns))
        return news + self._liquidate(symbol)

    def _trigger(self, symbol: str) -> list[News]:
        """Conditional orders whose price has come, account by account, oldest first."""
        news: list[News] = []
        for account in self.accounts.values():
            for one in account.waiting_conditionals(symbol):
                moved = followed(one, self.prices[symbol])
                account.conditionals[one.id] = moved
                if reached(moved, self.prices[symbol]):
                    news += self._fire(account, moved)
        return news

    def _fire(self, account: Account, one: Conditional) -> list[News]:
        """Turn a conditional order into an order; a refusal now is its end."""
        position = account.position(one.symbol)
        size = abs(position.size) if one.close else one.size
        ticket = Ticket(
            one.client_order_id,
            one.symbol,
            one.side,
            OrderType.MARKET if one.price is None else OrderType.LIMIT,
            size,
            one.price,
            one.time_in_force,
            one.post_only,
            one.reduce_only or one.close,
        )
        account.waiting.pop(one.id, None)
        try:
            self._checks.ticket(account, ticket)
        except RefusedError as error:
            rejected = replace(
                one, state=ConditionState.REJECTED, reason=error.message, updated_ns=self.now_ns, order_id=0
            )
            return self.floor.keep(account, rejected)
        number = self.floor.next_number()
        fired = replace(one, state=ConditionState.TRIGGERED, order_id=number, updated_ns=self.now_ns)
        news = self.floor.keep(account, fired)
        _, more = self.floor.place(account, ticket, number=number, parent=one.id)
        return news + more

    def _liquidate(self, symbol: str) -> list[News]:
        """Close whatever its margin no longer carries: an isolated position alone, a cross account as a whole."""
        news: list[News] = []
        for account in list(self.accounts.values()):
            if not self.clearing.doomed(account, symbol):
                continue
            symbols = [symbol]
            if account.setting(symbol).mode is MarginMode.CROSS:
                asset = self.contracts[symbol].instrument.quote
                symbols = [
                    name
                    for name, position in account.positions.items()
                    if position.size
                    and account.setting(name).mode is MarginMode.CROSS
                    and self.contracts[name].instrument.quote == asset
                ]
            news += self.floor.liquidate(account, symbols)
        return news
