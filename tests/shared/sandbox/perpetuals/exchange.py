"""A small exchange for perpetuals, and short ways to trade on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.news import Conditional, News, Ticket
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Contract, FeeTier, brackets

SYMBOL = "BTCUSDT"
SECOND_NS = 10**9
FEES = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"))
INSTRUMENT = Instrument(
    SYMBOL, "binance", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"), Decimal("0.001"), Decimal(1000), Decimal(5),
    FEES, Kind.LINEAR,
)  # fmt: skip
STEPS = brackets(("50000", 100, "0.004"), ("500000", 50, "0.01"), ("100000000", 10, "0.05"))
CONTRACT = Contract(INSTRUMENT, STEPS, levels=5, level_size=Decimal(1))


@dataclass
class Desk:
    """An exchange whose market stands at `price`, with accounts a, b and c."""

    exchange: Perpetuals
    trades: int = 0
    orders: int = 0
    heard: list[News] = field(default_factory=list[News])

    def trade(self, price: str | Decimal, size: str = "1", *, seconds: int = 60) -> list[News]:
        """The recorded market trades here, so many seconds later."""
        self.trades += 1
        now_ns = self.exchange.now_ns + seconds * SECOND_NS
        news = self.exchange.on_trade(Trade(SYMBOL, str(self.trades), Decimal(price), Decimal(size), Side.BUY, now_ns))
        self.heard += news
        return news

    def ticket(self, side: Side, size: str, price: str = "", **more: Any) -> Ticket:
        self.orders += 1
        kind = OrderType.LIMIT if price else OrderType.MARKET
        return Ticket(
            f"order-{self.orders}", SYMBOL, side, kind, Decimal(size), Decimal(price) if price else None, **more
        )

    def buy(self, account: str, size: str, price: str = "", **more: Any) -> Order:
        order, news = self.exchange.place(account, self.ticket(Side.BUY, size, price, **more))
        self.heard += news
        return order

    def sell(self, account: str, size: str, price: str = "", **more: Any) -> Order:
        order, news = self.exchange.place(account, self.ticket(Side.SELL, size, price, **more))
        self.heard += news
        return order

    def wait(self, account: str, side: Side, kind: ConditionKind, size: str, level: str = "", **more: Any) -> int:
        self.orders += 1
        wish = Conditional(
            0, f"condition-{self.orders}", SYMBOL, side, kind, Decimal(size), Decimal(level) if level else None, **more
        )
        return self.exchange.place_conditional(account, wish)[0].id

    def order(self, account: str, order: Order) -> Order:
        """The order as it is now."""
        return self.exchange.accounts[account].orders[int(order.venue_order_id)]

    def size(self, account: str) -> Decimal:
        return self.exchange.accounts[account].position(SYMBOL).size

    def wallet(self, account: str) -> Decimal:
        return self.exchange.accounts[account].wallets["USDT"]

    @property
    def imbalance(self) -> Decimal:
        return self.exchange.clearing.imbalance("USDT")


def opened(price: str = "100", *, contract: Contract = CONTRACT, money: str = "10000", **more: Any) -> Desk:
    """A desk whose market has just traded at `price`."""
    tiers = (
        FeeTier(Decimal(0), Decimal("0.0002"), Decimal("0.0005")),
        FeeTier(Decimal(5_000), Decimal("0.0001"), Decimal("0.0004")),
    )
    desk = Desk(Perpetuals([contract], tiers, **more))
    for name in "abc":
        desk.exchange.open_account(name, {"USDT": Decimal(money)})
    desk.trade(price)
    return desk


IOC, FOK = TimeInForce.IOC, TimeInForce.FOK
