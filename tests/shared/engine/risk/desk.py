"""An engine whose venue is the test itself: it asks, and it says what became of each order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.events import MANUAL, Accepted, Canceled, Filled, PlaceOrder, StartStrategy, Unknown
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.limits import NO_LIMITS, Limits
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, LimitGate
from tradedeck.ports.strategy import Setup, Strategy, TradeView

SECOND_NS = 10**9
DAY_S = 86_400
SPOT = Instrument(
    "BTCUSDT", "binance", "BTC", "USDT", Decimal("0.01"), Decimal("0.001"), Decimal("0.001"), Decimal(10**6),
    Decimal(0), FeeSchedule(Decimal(0), Decimal(0)),
)  # fmt: skip
PERPETUAL = replace(SPOT, symbol="BTCPERP", kind=Kind.LINEAR)
SECOND_PERPETUAL = replace(PERPETUAL, symbol="ETHPERP")
OTHER_QUOTE = replace(SPOT, symbol="BTCEUR", quote="EUR", kind=Kind.LINEAR)


class Loops(Strategy):
    """Sends `count` orders at every trade, for ever."""

    def setup(self, setup: Setup) -> None:
        self.count = setup.integer("count", 1000, low=1, high=10_000)

    def on_trade(self, trade: TradeView) -> None:
        for _ in range(self.count):
            self.buy(1, price=trade.price - 1)


class Desk:
    """Asks an engine with these limits; every price is 100 until another is told."""

    def __init__(
        self, limits: Limits = NO_LIMITS, *, user: Limits = NO_LIMITS, sources: dict[str, Limits] | None = None
    ) -> None:
        self.engine = Engine(
            [SPOT, PERPETUAL, SECOND_PERPETUAL, OTHER_QUOTE],
            id_prefix="t",
            strategies={"loops": Loops},
            risk=LimitGate(limits, user=user, sources=sources),
        )
        self.trades = 0
        for symbol in self.engine.instruments:
            self.price("100", 1, symbol)

    def price(self, price: str, second: float, symbol: str = "BTCUSDT") -> None:
        """Somebody trades."""
        self.trades += 1
        time_ns = int(second * SECOND_NS)
        self.engine.step(Trade(symbol, str(self.trades), Decimal(price), Decimal(1), Side.BUY, time_ns))

    def ask(self, wish: PlaceOrder) -> str:
        """The code of the refusal; empty when the order went out."""
        step = self.engine.step(wish)
        return "" if step.commands else step.notes[-1].code

    def why(self, wish: PlaceOrder) -> str:
        """The words of a refusal."""
        return self.engine.step(wish).orders[0].reason

    def holds(self, size: str, symbol: str = "BTCUSDT", source: str = MANUAL, price: str = "100") -> None:
        """Have a position come about, long or short, beside all limits."""
        gate, self.engine.risk = self.engine.risk, LimitGate(NO_LIMITS)
        amount = Decimal(size)
        side = Side.BUY if amount > 0 else Side.SELL
        order = self.engine.step(wish(str(abs(amount)), side=side, symbol=symbol, source=source)).orders[0]
        self.engine.risk = gate
        self.fill(order, price=price)

    def start(self, strategy_id: str = "s1", *, count: int = 1000, capital: str = "10000") -> None:
        """Start the strategy that loops."""
        self.engine.step(
            StartStrategy(
                strategy_id, "loops", "BTCUSDT", 60 * SECOND_NS, SECOND_NS, {"count": str(count)},
                capital=Decimal(capital),
            )
        )  # fmt: skip

    # What the venue says

    def accept(self, order: Order) -> None:
        """It has it."""
        self.engine.step(Accepted(order.client_order_id, f"v-{order.client_order_id}", order.created_ns))

    def fill(self, order: Order, size: str | None = None, *, price: str = "100") -> None:
        """It has traded, whole or in part."""
        self.engine.step(self.filled(order, size, price=price))

    def filled(self, order: Order, size: str | None = None, *, price: str = "100") -> Filled:
        """The report of that."""
        self.trades += 1
        amount = order.remaining if size is None else Decimal(size)
        fill = Fill(
            order.symbol, str(self.trades), order.client_order_id, order.side, Decimal(price), amount, Decimal(0),
            "USDT", False, order.created_ns,
        )  # fmt: skip
        return Filled(fill, f"v-{order.client_order_id}")

    def cancel(self, order: Order) -> None:
        """It is gone."""
        self.engine.step(Canceled(order.client_order_id, order.created_ns))

    def lose(self, order: Order) -> None:
        """Nobody answers."""
        self.engine.step(Unknown(order.client_order_id, order.created_ns, "no answer"))


def wish(
    size: str,
    price: str | None = None,
    *,
    side: Side = Side.BUY,
    second: float = 1,
    symbol: str = "BTCUSDT",
    source: str = MANUAL,
    reduce_only: bool = False,
    stop: str | None = None,
) -> PlaceOrder:
    """What somebody asks for."""
    kind = OrderType.STOP if stop else OrderType.LIMIT if price else OrderType.MARKET
    return PlaceOrder(
        symbol, side, kind, Decimal(size), int(second * SECOND_NS), price=None if price is None else Decimal(price),
        stop_price=None if stop is None else Decimal(stop), reduce_only=reduce_only, source=source,
    )  # fmt: skip
