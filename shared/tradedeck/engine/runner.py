"""One running strategy: its declarations, its bars, its desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.events import CancelOrder, Note, PlaceOrder, StartStrategy
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, exact
from tradedeck.domain.order import Order, OrderType
from tradedeck.domain.trade import Trade
from tradedeck.engine.setup import Declaration
from tradedeck.ports.strategy import Strategy


class Runner:
    """Wakes a strategy for the events of its symbol and collects its wishes."""

    def __init__(
        self,
        start: StartStrategy,
        strategy: Strategy,
        instrument: Instrument,
        size_of: Callable[[], Decimal],
        open_orders: Callable[[], tuple[Order, ...]],
    ) -> None:
        """Set the strategy up and warm its indicators.

        Raises:
            RefusedError: a parameter is out of its range or does not exist.
        """
        self.start = start
        self.instrument = instrument
        self.now_ns = start.time_ns
        self.wakes_on_trades = type(strategy).on_trade is not Strategy.on_trade
        self._strategy = strategy
        self._size_of, self._open_orders = size_of, open_orders
        self._wishes: list[PlaceOrder | CancelOrder] = []
        self._notes: list[Note] = []
        self._declared = Declaration(start.params)
        self._building: Bar | None = None
        self.newest_open_ns = -1
        strategy.desk = self
        strategy.setup(self._declared)
        self._declared.check_names()
        self.warm(start.history)

    def warm(self, history: Iterable[Bar]) -> None:
        """Show closed bars to the indicators without waking the strategy; bars seen before are skipped."""
        for bar in history:
            if bar.open_ns > self.newest_open_ns:
                self.newest_open_ns = bar.open_ns
                self._declared.update(bar)

    @property
    def source(self) -> str:
        """The strategy's id."""
        return self.start.strategy_id

    @property
    def position_size(self) -> Decimal:
        """The strategy's own net size."""
        return self._size_of()

    @property
    def open_order_ids(self) -> tuple[str, ...]:
        """The strategy's working orders, oldest first."""
        return tuple(order.client_order_id for order in self._open_orders())

    @property
    def pending_size(self) -> Decimal:
        """What market orders on their way will add to the position; zero where the venue answers at once."""
        sent = [(o.type, o.side, o.remaining) for o in self._open_orders()]
        asked = [(w.type, w.side, w.size) for w in self._wishes if isinstance(w, PlaceOrder)]
        return sum((size * side.sign for kind, side, size in sent + asked if kind is OrderType.MARKET), ZERO)

    def place(self, wish: PlaceOrder) -> None:
        """Ask for an order.

        Raises:
            RefusedError: an amount is not an exact, finite number.
        """
        for amount in (wish.size, wish.price, wish.stop_price):
            if amount is not None:
                exact(amount)
        self._wishes.append(wish)

    def cancel(self, client_order_id: str) -> None:
        """Ask for a cancel."""
        self._wishes.append(CancelOrder(client_order_id, self.now_ns))

    def note(self, text: str) -> None:
        """Leave a line in the journal."""
        self._notes.append(Note(self.now_ns, text, source=self.source))

    def on_bar(self, bar: Bar) -> None:
        """A bar of the feed closed; wakes the strategy when a bar of its own timeframe is complete."""
        for own in self._own_bars(bar):
            if own.open_ns <= self.newest_open_ns:
                continue
            self.newest_open_ns = own.open_ns
            self.now_ns = bar.time_ns
            self._declared.update(own)
            self._strategy.on_bar(own)

    def on_trade(self, trade: Trade) -> None:
        """Somebody traded."""
        self.now_ns = trade.time_ns
        self._strategy.on_trade(trade)

    def on_fill(self, fill: Fill) -> None:
        """One of the strategy's orders was filled."""
        self.now_ns = fill.time_ns
        self._strategy.on_fill(fill)

    def take_wishes(self) -> tuple[list[PlaceOrder | CancelOrder], list[Note]]:
        """What the strategy asked for since the last call."""
        wishes, notes = self._wishes, self._notes
        self._wishes, self._notes = [], []
        return wishes, notes

    def _own_bars(self, bar: Bar) -> list[Bar]:
        """Bars of the strategy's timeframe that `bar` completes; a longer one only once it has closed."""
        wanted = self.start.timeframe_ns
        if bar.timeframe_ns == wanted:
            return [bar]
        if wanted % bar.timeframe_ns:
            return []
        open_ns = bar.open_ns - bar.open_ns % wanted
        complete: list[Bar] = []
        building = self._building
        if building is not None and building.open_ns != open_ns:
            complete.append(building)
            building = None
        if building is None:
            building = replace(bar, timeframe_ns=wanted, open_ns=open_ns)
        else:
            building = replace(
                building,
                high=max(building.high, bar.high),
                low=min(building.low, bar.low),
                close=bar.close,
                volume=building.volume + bar.volume,
            )
        if bar.time_ns == building.time_ns:
            complete.append(building)
            building = None
        self._building = building
        return complete
