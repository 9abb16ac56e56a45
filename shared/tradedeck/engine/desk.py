"""The desk of a running strategy: its verbs in floats become exact orders that wait to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isnan
from typing import Protocol

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Note, StartStrategy
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.domain.position import Position
from tradedeck.engine.asks import Counter, check_pair, counter_of
from tradedeck.engine.managed import Heir, Managed, ManagedOrders
from tradedeck.engine.portfolio import Portfolio
from tradedeck.engine.series import Series
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Market


class Books(Protocol):
    """What a strategy's desk may look at."""

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """What is traded here, by symbol."""
        ...

    @property
    def open_orders(self) -> Mapping[str, Order]:
        """Orders that may still trade, by client order id."""
        ...

    @property
    def portfolio(self) -> Portfolio:
        """What every source holds."""
        ...


class LiveDesk:
    """Implements `ports.desk.Desk` for one strategy; `series` by symbol, its main market first.

    Raises:
        RefusedError: a market that is not traded here.
    """

    def __init__(self, start: StartStrategy, series: Mapping[str, Series], books: Books) -> None:
        self.now_ns = start.time_ns
        self.notes: list[Note] = []
        self.orders = ManagedOrders(books.open_orders, books.portfolio.last_prices)
        self._start, self._series, self._books = start, series, books
        self._counters: dict[str, Counter] = {}
        for symbol in series:
            if symbol not in books.instruments:
                raise RefusedError(f"{symbol} is not traded here", code="symbol.unknown")
            self._counters[symbol] = counter_of(start.strategy_id, books.instruments[symbol])

    @property
    def symbol(self) -> str:
        """The instrument the strategy runs on."""
        return self._start.symbol

    @property
    def equity(self) -> float:
        """Capital, realised and unrealised profit less fees at the last closes; fees in a third asset are left out."""
        worth = self._start.capital
        for symbol in self._series:
            held, mark = self.held(symbol), self.close_of(symbol)
            worth += held.realised - held.fees + (ZERO if mark is None else held.unrealised(mark))
        return float(worth)

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of the strategy's orders that may still trade, oldest first."""
        return self.orders.working()

    def ask(self, ask: Ask) -> int:
        """Ask for an order; its number.

        Raises:
            RefusedError: a number that is none, or options that exclude each other.
        """
        made = self._counter(ask.market).managed(ask, self.now_ns)
        return self.orders.add(made)

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`; the order's number, 0 for none.

        Raises:
            RefusedError: `size` is no number.
        """
        counter = self._counter(market)
        missing = size - float(self.held(counter.instrument.symbol).size + self._pending(counter.instrument.symbol))
        side = Side.BUY if missing > 0 else Side.SELL
        lots = counter.size(abs(missing))
        if not lots:
            return 0
        return self.orders.add(Managed(counter.wish(side, OrderType.MARKET, lots, self.now_ns)))

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """A limit and a stop that close `size`; the number of the first, the second is the next.

        Raises:
            RefusedError: a number that is none, or prices that could both trade at once.
        """
        counter, side = self._counter(market), _closing(size)
        price, trigger, lots = counter.price(side, take), counter.trigger(side, loss), counter.size(abs(size))
        check_pair(side, price, trigger)
        group = self.orders.next_group()
        limit = counter.wish(side, OrderType.LIMIT, lots, self.now_ns, price=price)
        stop = counter.wish(side, OrderType.STOP, lots, self.now_ns, stop_price=trigger)
        first = self.orders.add(Managed(limit, group=group))
        self.orders.add(Managed(stop, group=group))
        return first

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """A stop that closes `size` and follows at `distance`; its number.

        Raises:
            RefusedError: a number that is none, a distance not above zero, or no price yet to measure from.
        """
        counter, side = self._counter(market), _closing(size)
        symbol = counter.instrument.symbol
        reference = self.close_of(symbol)
        if reference is None:
            raise RefusedError(f"no price of {symbol} yet to trail", code="order.trail")
        made = Managed(
            counter.wish(side, OrderType.STOP, counter.size(abs(size)), self.now_ns),
            distance=counter.distance(distance), reference=reference, tick=counter.instrument.tick,
        )  # fmt: skip
        made.start_trailing()
        return self.orders.add(made)

    def cancel(self, order: int) -> None:
        """Ask for a cancel; nothing happens when it does not work any more."""
        self.orders.cancel(order)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """Cancel an order and, once it is gone, place its successor; the successor's number, 0 when it does not work.

        Raises:
            RefusedError: a number that is none.
        """
        old = self.orders.wish_of(order)
        if old is None:
            return 0
        counter = self._counters[old.symbol]
        return self.orders.replace(
            order,
            Heir(
                size=None if isnan(size) else counter.size(size),
                price=None if isnan(price) or not old.type.has_price else counter.price(old.side, price),
                stop_price=None if isnan(stop) or not old.type.has_stop else counter.trigger(old.side, stop),
            ),
        )

    def last_close(self, market: Market | None) -> float:
        """The newest close; before the first the newest trade's price, NaN without one."""
        close = self.close_of(self._counter(market).instrument.symbol)
        return float("nan") if close is None else float(close)

    def note(self, text: str, price: float) -> None:
        """Leave a line in the journal; with a price (not NaN) also a marker on the chart."""
        grid = self._counters[self.symbol].grid
        marked = None if isnan(price) else grid.exact_price(grid.ticks_below(price))
        self.notes.append(
            Note(self.now_ns, text, source=self._start.strategy_id, price=marked, symbol=self.symbol)
        )  # fmt: skip

    def held(self, symbol: str) -> Position:
        """The strategy's own position."""
        return self._books.portfolio.position(symbol, self._start.strategy_id)

    def close_of(self, symbol: str) -> Decimal | None:
        """The newest close of the strategy's timeframe, or else the last price; None without one."""
        series = self._series.get(symbol)
        if series is None or series.newest is None:
            return self._books.portfolio.last_prices.get(symbol)
        return series.newest.close

    def _counter(self, market: Market | None) -> Counter:
        return self._counters[self.symbol if market is None else market.symbol]

    def _pending(self, symbol: str) -> Decimal:
        """What market orders on their way will add to the position."""
        source = self._start.strategy_id
        sent = [
            (o.symbol, o.type, o.remaining * o.side.sign)
            for o in self._books.open_orders.values()
            if o.source == source
        ]
        asked = [(wish.symbol, wish.type, wish.size * wish.side.sign) for wish in self.orders.asked()]
        return sum((size for of, kind, size in sent + asked if of == symbol and kind is OrderType.MARKET), ZERO)


def _closing(size: float) -> Side:
    """The side that closes a position of `size`."""
    return Side.SELL if size > 0 else Side.BUY
