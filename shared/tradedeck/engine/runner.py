"""One running strategy: what it is shown, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from tradedeck.domain.bar import Bar
from tradedeck.domain.book import Book, Quote
from tradedeck.domain.events import Note, StartStrategy
from tradedeck.domain.fill import Fill
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.engine.desk import Books, LiveDesk
from tradedeck.engine.managed import Leave, Managed, ManagedOrders
from tradedeck.engine.seen import seen_book, seen_fill, seen_trade
from tradedeck.engine.series import Series
from tradedeck.engine.setup import Declaration
from tradedeck.engine.timers import Timers
from tradedeck.ports.strategy import Strategy

_T = TypeVar("_T")


class Runner:
    """Wakes a strategy for the events of its markets and collects its wishes.

    Its bar is shown once those of all its markets for that moment are there, or at the latest before
    anything later is. Until every line and market has a value it is shown nothing but its fills.
    """

    def __init__(self, start: StartStrategy, strategy: Strategy, books: Books) -> None:
        """Set the strategy up and warm its lines.

        Raises:
            RefusedError: a parameter is out of its range or does not exist, or a market is not traded here.
        """
        self.start = start
        self._strategy = strategy
        self._declared = Declaration(start.params, start.symbol, start.timeframe_ns)
        self._series: dict[str, Series] = {start.symbol: self._declared.main}
        strategy.setup(self._declared)
        self._declared.check_names()
        self._series.update({series.symbol: series for series in self._declared.series})
        self.desk = LiveDesk(start, self._series, books)
        strategy.desk = self.desk
        self._timers = Timers(self._declared.periods_ns)
        self._is_warm = self._is_due = False
        overrides = {name for name in vars(Strategy) if getattr(type(strategy), name) is not getattr(Strategy, name)}
        self._wants_trades, self._wants_books = "on_trade" in overrides, "on_book" in overrides
        self._wants_signals = "on_signal" in overrides
        self.warm(start.history)

    @property
    def source(self) -> str:
        """The strategy's id."""
        return self.start.strategy_id

    @property
    def symbols(self) -> tuple[str, ...]:
        """Its main market, then the others."""
        return tuple(self._series)

    @property
    def orders(self) -> ManagedOrders:
        """Its orders and what is to follow from them."""
        return self.desk.orders

    @property
    def newest_open_ns(self) -> int:
        """When the newest bar of its main market opened; -1 before the first."""
        return self._declared.main.newest_open_ns

    def warm(self, history: Iterable[Bar]) -> None:
        """Show closed bars to the lines without waking the strategy; bars seen before are skipped."""
        for bar in history:
            if (series := self._series.get(bar.symbol)) is not None:
                series.update(bar)
                self._timers.begin(bar.time_ns)

    def on_bar(self, bar: Bar) -> bool:
        """A bar of a market has closed; always worth keeping."""
        self.desk.now_ns = bar.time_ns
        series = self._series[bar.symbol]
        self._timers.begin(bar.open_ns)
        complete = series.own_bars(bar)
        for own in complete:
            self._take(series, own)
        if not complete and series is self._declared.main:
            self._tell_time(bar.time_ns)
        return True

    def on_trade(self, trade: Trade) -> bool:
        """Somebody traded; whether anything came of it."""
        self.desk.now_ns = trade.time_ns
        kept = self._timers.begin(trade.time_ns)
        if trade.symbol == self.start.symbol:
            kept = self._tell_time(trade.time_ns) or kept
        if self._wants_trades and self._warm():
            self._show(self._strategy.on_trade, seen_trade(trade))
            kept = True
        return kept

    def on_book(self, book: Quote | Book) -> bool:
        """The book has changed; whether the strategy cares."""
        if not self._wants_books or not self._warm():
            return False
        self.desk.now_ns = book.time_ns
        self._show(self._strategy.on_book, seen_book(book))
        return True

    def on_funding(self, funding: FundingRate) -> bool:
        """A rate was charged; whether the strategy follows it. Its lines show it from the next bar on."""
        lines = [line for line in self._declared.main.rates if line.symbol == funding.symbol]
        for line in lines:
            line.take(float(funding.rate), funding.time_ns)
        return bool(lines)

    def on_fill(self, order: Order, fill: Fill) -> None:
        """One of the strategy's orders was filled: what must follow first, then the strategy's own answer."""
        self.desk.now_ns = fill.time_ns
        close = self.desk.close_of(fill.symbol)
        self.orders.on_fill(order, fill, fill.price if close is None else close)
        self._show(self._strategy.on_fill, seen_fill(fill, self.orders.number_of(order.client_order_id)))

    def take_wishes(self) -> tuple[list[Managed | Leave], list[Note]]:
        """What is to be sent and noted since the last call."""
        wishes, notes = self.orders.outbox, self.desk.notes
        self.orders.outbox, self.desk.notes = [], []
        return wishes, notes

    def _take(self, series: Series, own: Bar) -> None:
        """A bar of the strategy's own timeframe."""
        main = self._declared.main
        if self._is_due and (series is main or own.time_ns > main.bar.time_ns):
            self._wake()
        series.update(own)
        if series is main:
            self.orders.on_bar(own.time_ns)
            self._is_due = True
        self.orders.on_close(series.symbol, own.close)
        others = (market.bar.time_ns for market in self._declared.markets)
        if self._is_due and all(time_ns >= main.bar.time_ns for time_ns in others):
            self._wake()

    def _wake(self) -> None:
        """Show the newest bar of the main market."""
        self._is_due = False
        bar = self._declared.main.bar
        self._tell_time(self.desk.now_ns)
        if not self._warm():
            return
        if self._wants_signals and any(signal.value for signal in self._declared.signals):
            self._show(self._strategy.on_signal, bar)
        self._show(self._strategy.on_bar, bar)

    def _tell_time(self, time_ns: int) -> bool:
        boundary = self._timers.due(time_ns)
        if boundary is None:
            return False
        if self._warm():
            self._show(self._strategy.on_timer, boundary)
        return True

    def _warm(self) -> bool:
        if not self._is_warm:
            markets = all(market.series.newest is not None for market in self._declared.markets)
            self._is_warm = markets and all(series.is_warm for series in self._series.values())
        return self._is_warm

    def _show(self, handler: Callable[[_T], None], what: _T) -> None:
        self._strategy.position = float(self.desk.held(self.start.symbol).size)
        for market in self._declared.markets:
            market.position = float(self.desk.held(market.symbol).size)
        handler(what)
