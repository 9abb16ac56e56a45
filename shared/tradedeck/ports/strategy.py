"""The socket a strategy plugs into: one plain class, the same source in research, on paper and live."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade


class Line(Protocol):
    """An indicator that is kept up to date, bar by bar."""

    @property
    def value(self) -> float | None:
        """The value after the last closed bar; None while it warms up."""
        ...

    @property
    def previous(self) -> float | None:
        """The value one bar earlier."""
        ...


class Setup(Protocol):
    """What a strategy may declare in `setup`."""

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole-number parameter between `low` and `high`."""
        ...

    def decimal(self, name: str, default: str, *, low: str, high: str) -> Decimal:
        """An exact parameter between `low` and `high`."""
        ...

    def sma(self, length: int) -> Line:
        """Simple moving average of closes."""
        ...

    def ema(self, length: int) -> Line:
        """Exponential moving average of closes."""
        ...

    def rsi(self, length: int) -> Line:
        """Wilder's relative strength index of closes."""
        ...

    def atr(self, length: int) -> Line:
        """Wilder's average true range."""
        ...


class Desk(Protocol):
    """Where a strategy's wishes go, and what it may see."""

    @property
    def instrument(self) -> Instrument:
        """The instrument the strategy runs on."""
        ...

    @property
    def now_ns(self) -> int:
        """The time of the event being handled."""
        ...

    @property
    def position_size(self) -> Decimal:
        """The strategy's own net size."""
        ...

    @property
    def pending_size(self) -> Decimal:
        """What the strategy's market orders on their way will add to that size."""
        ...

    @property
    def open_order_ids(self) -> tuple[str, ...]:
        """The strategy's own working orders, oldest first."""
        ...

    @property
    def source(self) -> str:
        """The strategy's id."""
        ...

    def place(self, wish: PlaceOrder) -> None:
        """Ask for an order."""
        ...

    def cancel(self, client_order_id: str) -> None:
        """Ask for a cancel."""
        ...

    def note(self, text: str) -> None:
        """Leave a line in the journal."""
        ...


class Strategy:
    """Base of every strategy. Override `setup` and the events you care about.

    `setup` runs once, before any event, and again after a restart; it may only declare.
    """

    desk: Desk

    def setup(self, setup: Setup) -> None:
        """Declare parameters and indicators."""

    def on_bar(self, bar: Bar) -> None:
        """A bar has closed; indicators already include it."""

    def on_trade(self, trade: Trade) -> None:
        """Somebody traded."""

    def on_fill(self, fill: Fill) -> None:
        """One of this strategy's orders was filled."""

    @property
    def position(self) -> Decimal:
        """The strategy's own net size: positive long, negative short."""
        return self.desk.position_size

    def buy(self, size: Decimal, **options: Decimal | TimeInForce | bool) -> None:
        """Buy: at the market, or with `price` a limit, with `stop` a stop. See `order`."""
        self.order(Side.BUY, size, **options)

    def sell(self, size: Decimal, **options: Decimal | TimeInForce | bool) -> None:
        """Sell: at the market, or with `price` a limit, with `stop` a stop. See `order`."""
        self.order(Side.SELL, size, **options)

    def close(self) -> None:
        """Close the strategy's position at the market; nothing when flat or closing already."""
        self.target(ZERO)

    def target(self, size: Decimal) -> None:
        """Trade at the market to hold `size`. Market orders on their way count as done: asking again is safe."""
        missing = size - self.position - self.desk.pending_size
        difference = self.desk.instrument.round_size(abs(missing))
        if difference:
            self.order(Side.BUY if missing > ZERO else Side.SELL, difference)

    def cancel_all(self) -> None:
        """Cancel the strategy's working orders."""
        for client_order_id in self.desk.open_order_ids:
            self.desk.cancel(client_order_id)

    def order(self, side: Side, size: Decimal, **options: Decimal | TimeInForce | bool) -> None:
        """Ask for an order. Options: price, stop, time_in_force, post_only, reduce_only.

        Sizes round down to a lot and prices to a tick, never worse than asked.

        Raises:
            RefusedError: an option that does not exist.
        """
        stray = set(options) - {"price", "stop", "time_in_force", "post_only", "reduce_only"}
        if stray:
            raise RefusedError(f"an order has no option {sorted(stray)[0]}", code="strategy.option")
        instrument = self.desk.instrument
        price, stop = options.get("price"), options.get("stop")
        limit = instrument.round_price(price, side) if isinstance(price, Decimal) else None
        # A stop buys high and sells low: rounding away from the market never triggers earlier than asked.
        trigger = instrument.round_price(stop, side.opposite) if isinstance(stop, Decimal) else None
        kind = {
            (False, False): OrderType.MARKET,
            (True, False): OrderType.LIMIT,
            (False, True): OrderType.STOP,
            (True, True): OrderType.STOP_LIMIT,
        }[limit is not None, trigger is not None]
        self.desk.place(
            PlaceOrder(
                symbol=instrument.symbol,
                side=side,
                type=kind,
                size=instrument.round_size(size),
                time_ns=self.desk.now_ns,
                price=limit,
                stop_price=trigger,
                time_in_force=TimeInForce(options.get("time_in_force", TimeInForce.GTC)),
                post_only=bool(options.get("post_only", False)),
                reduce_only=bool(options.get("reduce_only", False)),
                source=self.desk.source,
            )
        )
