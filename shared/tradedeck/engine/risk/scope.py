"""Whose limits they are, and how much of them is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.instrument import Kind
from tradedeck.domain.limits import Limits
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, Side
from tradedeck.ports.risk import Account


@dataclass(frozen=True, slots=True)
class Scope:
    """The whole account, or what one `source` does in it, at one moment."""

    limits: Limits
    account: Account
    now_ns: int
    source: str | None = None

    @property
    def name(self) -> str:
        """In words."""
        return "the account" if self.source is None else self.source

    def refuse(self, limit: str, message: str) -> RefusedError:
        """The refusal that names `limit`; its code is that name behind risk."""
        return RefusedError(f"{message} ({limit} of {self.name})", code=f"risk.{limit}")

    def price_age_ns(self, symbol: str) -> int:
        """For how long the last price has been no news any more."""
        return self.now_ns - self.account.portfolio.priced_until_ns.get(symbol, self.now_ns)

    def open_orders(self) -> Iterator[Order]:
        """Everything that may still trade."""
        orders = self.account.open_orders.values()
        return iter(orders) if self.source is None else (order for order in orders if order.source == self.source)

    def size(self, symbol: str) -> Decimal:
        """What is held, negative when short."""
        return self.account.portfolio.position(symbol, self.source).size

    def on_the_way(self, symbol: str, side: Side) -> Decimal:
        """What open orders of this side would still trade: in flight or of unknown fate, each counts in full."""
        return sum((o.remaining for o in self.open_orders() if o.symbol == symbol and o.side is side), ZERO)

    def worst(self, symbol: str, side: Side) -> Decimal:
        """How far the position would reach to this side if every open order of that side filled."""
        return self.size(symbol) * side.sign + self.on_the_way(symbol, side)

    def shrinks(self, symbol: str, side: Side, size: Decimal) -> bool:
        """Whether an order can't but shrink the position, with everything else on its way."""
        return self.size(symbol) * side.sign < ZERO and self.worst(symbol, side) + size <= ZERO

    def closes(self, wish: PlaceOrder) -> bool:
        """Whether an order closes no more than is held. Its alternatives may wait beside it, one cancels the other."""
        return self.size(wish.symbol) * wish.side.sign + wish.size <= ZERO

    def total(self, quote: str) -> Decimal:
        """What trading has earned in a quote asset, realised and unrealised at the last prices, less fees."""
        portfolio = self.account.portfolio
        earned = ZERO
        for position in portfolio.positions_of(self.source):
            if self.account.instruments[position.symbol].quote == quote:
                mark = portfolio.last_prices.get(position.symbol)
                earned += position.realised - position.fees
                earned += ZERO if mark is None else position.unrealised(mark)
        return earned

    def margin_notional(self, quote: str, symbol: str, side: Side, size: Decimal, price: Decimal) -> Decimal:
        """What all perpetuals of a quote asset would be worth at worst, with one more order of `size`."""
        symbols = {position.symbol for position in self.account.portfolio.positions_of(self.source)}
        symbols.update(order.symbol for order in self.open_orders())
        symbols.add(symbol)
        exposed = ZERO
        for one in symbols:
            instrument = self.account.instruments[one]
            if instrument.kind is Kind.SPOT or instrument.quote != quote:
                continue
            mark = self.account.portfolio.last_prices.get(one, ZERO)
            reaches = {way: self.worst(one, way) for way in Side}
            if one == symbol:
                reaches[side] += size
                mark = max(mark, price)
            exposed += max(reaches.values()) * mark
        return exposed
