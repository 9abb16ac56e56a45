"""A strategy of plain Python on a replay: its desk, and what it is shown."""

from __future__ import annotations

from math import isnan, nan
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.engine.parameters import Parameters
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Line, Market, Signal
from tradedeck.sim.depth.book import ask_lots, bid_lots
from tradedeck.sim.depth.layout import (
    BUSY,
    FILLED,
    FOK,
    GTC,
    HOME,
    IOC,
    LIMIT,
    LIMIT_ORDER,
    MARKET_ORDER,
    NO_ASK,
    NO_BID,
    NOW,
    ORDER,
    ORDERS,
    POSITION,
    POST_ONLY,
    REQUEST,
    REQUESTS,
    SENT,
    SIGN,
    SIZE,
    STATUS,
    STOP,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    TYPE,
    WORKING,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.replay import cancel, place_stop

_TIFS = {"gtc": GTC, "ioc": IOC, "fok": FOK}
_TOP = TOPS + TOP * HOME


class DepthSetup(Parameters):
    """What a strategy may declare on a book: parameters. There are no bars, so there are no lines.

    Raises:
        RefusedError: anything else is declared.
    """

    def market(self, name: str, default: str) -> Market:
        """Refused."""
        raise RefusedError(f"a depth replay has one market; {name} can't be another", code="depth.setup")

    def line(self, indicator: str, *lengths: float, **_: Any) -> Line:
        """Refused."""
        raise RefusedError(f"a depth replay has no bars to make {indicator} of; run it over bars", code="depth.setup")

    def sma(self, length: int, **_: Any) -> Line:
        """Refused."""
        return self.line("sma", length)

    def ema(self, length: int, **_: Any) -> Line:
        """Refused."""
        return self.line("ema", length)

    def rsi(self, length: int, **_: Any) -> Line:
        """Refused."""
        return self.line("rsi", length)

    def atr(self, length: int, **_: Any) -> Line:
        """Refused."""
        return self.line("atr", length)

    def funding(self, market: Market | None = None) -> Line:
        """Refused."""
        raise RefusedError("a depth replay has no funding rates; run it over bars", code="depth.setup")

    def crosses_above(self, line: Line, other: Line | float) -> Signal:
        """Refused."""
        raise RefusedError("a depth replay has no signals: it has no bars", code="depth.setup")

    def crosses_below(self, line: Line, other: Line | float) -> Signal:
        """Refused."""
        return self.crosses_above(line, other)

    def every(self, period: str) -> None:
        """Refused."""
        raise RefusedError(f"a depth replay has no timers; look at time_ns for every {period}", code="depth.setup")


class DepthBook:
    """The book as the strategy knows it now; a `ports.views.BookView`, and sizes deeper in it."""

    def __init__(self, replay: Replay, symbol: str, grid: Grid) -> None:
        self._replay = replay
        self._grid = grid
        self.symbol = symbol

    @property
    def time_ns(self) -> int:
        """When it became known."""
        return self._replay.state[NOW]

    @property
    def bid(self) -> float:
        """Best bid; NaN when there is none."""
        tick = self._replay.state[_TOP + TOP_BID]
        return nan if tick == NO_BID else self._grid.price(tick)

    @property
    def ask(self) -> float:
        """Best ask; NaN when there is none."""
        tick = self._replay.state[_TOP + TOP_ASK]
        return nan if tick == NO_ASK else self._grid.price(tick)

    @property
    def bid_size(self) -> float:
        """Size at the best bid, 0 when there is none."""
        levels, state = self._replay.levels, self._replay.state
        return self._grid.size(bid_lots(levels, state, HOME, state[_TOP + TOP_BID]))

    @property
    def ask_size(self) -> float:
        """Size at the best ask, 0 when there is none."""
        levels, state = self._replay.levels, self._replay.state
        return self._grid.size(ask_lots(levels, state, HOME, state[_TOP + TOP_ASK]))

    def bid_size_at(self, price: float) -> float:
        """Size bid at a price."""
        tick = self._grid.ticks_below(price)
        return self._grid.size(bid_lots(self._replay.levels, self._replay.state, HOME, tick))

    def ask_size_at(self, price: float) -> float:
        """Size asked at a price."""
        tick = self._grid.ticks_above(price)
        return self._grid.size(ask_lots(self._replay.levels, self._replay.state, HOME, tick))


class DepthDesk:
    """A `ports.desk.Desk` on a replay over lists: market, limit and stop orders, IOC, FOK and post-only.

    An order's number is the strategy's own; a cancel asked before the order is confirmed leaves as soon as it is.
    """

    def __init__(self, replay: Replay, instrument: Instrument, cash: float) -> None:
        self.replay = replay
        self.symbol = instrument.symbol
        self.grid = grid_of(instrument)
        self.cash = cash
        self.last_price = nan
        self.notes: list[tuple[int, str, float]] = []
        self._sent: dict[int, int] = {}
        self._orders: dict[int, int] = {}
        self._working: list[int] = []
        self._asked = 0
        self._cancels: set[int] = set()
        self._successors: dict[int, tuple[int, float, float]] = {}

    @property
    def now_ns(self) -> int:
        """The time of the event being handled."""
        return self.replay.state[NOW]

    @property
    def equity(self) -> float:
        """Cash, and the position at the last trade (before the first: in the middle of the book)."""
        held = self.grid.size(self.replay.state[POSITION])
        return self.cash + held * self.last_close(None) if held else self.cash

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of orders that may still trade, oldest first."""
        self._working = [number for number in self._working if self._may_trade(number)]
        return tuple(self._working)

    def ask(self, ask: Ask) -> int:
        """Ask for an order; its number.

        Raises:
            RefusedError: it is of a kind that a depth replay doesn't know, or its size is less than a lot.
        """
        self._check(ask)
        lots = self.grid.lots(ask.size)
        if lots <= 0:
            raise RefusedError(f"an order of {ask.size} is less than a lot", code="order.size")
        self._asked += 1
        limited = not isnan(ask.price)
        price = 0
        if limited:
            price = self.grid.ticks_below(ask.price) if ask.sign > 0 else self.grid.ticks_above(ask.price)
        stop = 0
        if not isnan(ask.stop):
            stop = self.grid.ticks_above(ask.stop) if ask.sign > 0 else self.grid.ticks_below(ask.stop)
            if stop <= 0:
                raise RefusedError(f"a stop at {ask.stop} is no price", code="order.stop")
        tif = POST_ONLY if ask.post_only else _TIFS[ask.time_in_force]
        self._place(self._asked, ask.sign, LIMIT_ORDER if limited else MARKET_ORDER, tif, price, lots, stop)
        return self._asked

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`; market orders on their way count. The number, 0 for none."""
        missing = self.grid.lots(size) - self.replay.state[POSITION]
        orders = self.replay.orders
        for number in self.working:
            slot = ORDER * self._sent[number]
            if orders[slot + TYPE] == MARKET_ORDER and orders[slot + STOP] == 0:
                missing -= orders[slot + SIGN] * (orders[slot + SIZE] - orders[slot + FILLED])
        if missing == 0:
            return 0
        return self.ask(Ask(1 if missing > 0 else -1, self.grid.size(abs(missing)), market=market))

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """Refused: a depth replay links no orders."""
        raise _no("one-cancels-other pairs")

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """Refused: a depth replay moves no orders."""
        raise _no("trailing stops")

    def cancel(self, order: int) -> None:
        """Ask for a cancel; nothing happens when it does not work any more. A successor not yet placed never is."""
        self._successors = {old: new for old, new in self._successors.items() if new[0] != order}
        if order in self._sent and self._may_trade(order):
            self._cancels.add(order)
            self._send_cancel(order)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """Cancel an order and, once it is known to be gone, place its successor; its number, 0 when it is over."""
        if order not in self._sent or not self._may_trade(order) or order in self._successors:
            return 0
        if not isnan(stop) or self.replay.orders[ORDER * self._sent[order] + STOP] > 0:
            raise _no("replacing of stops")
        self._asked += 1
        self._successors[order] = (self._asked, size, price)
        self.cancel(order)
        return self._asked

    def last_close(self, market: Market | None) -> float:
        """The last trade's price; before the first one the middle of the best prices, NaN when one is missing."""
        if not isnan(self.last_price):
            return self.last_price
        bid, ask = self.replay.state[_TOP + TOP_BID], self.replay.state[_TOP + TOP_ASK]
        return nan if bid == NO_BID or ask == NO_ASK else (self.grid.price(bid) + self.grid.price(ask)) / 2

    def note(self, text: str, price: float) -> None:
        """Keep a line of the journal."""
        self.notes.append((self.now_ns, text, price))

    def number_of(self, sent: int) -> int:
        """The strategy's own number of a replay's order: successors are numbered when asked for, not when sent."""
        return self._orders[sent]

    def told(self, sent: int) -> int:
        """The venue has answered about a replay's order; the strategy's own number of it."""
        order = self._orders[sent]
        if order in self._cancels:
            self._send_cancel(order)
        successor = self._successors.get(order)
        if successor is not None and not self._may_trade(order):
            del self._successors[order]
            self._succeed(order, *successor)
        return order

    def _succeed(self, order: int, number: int, size: float, price: float) -> None:
        orders = self.replay.orders
        slot = ORDER * self._sent[order]
        left = orders[slot + SIZE] - orders[slot + FILLED]
        if left == 0:
            return
        sign = orders[slot + SIGN]
        limit = orders[slot + LIMIT]
        if not isnan(price):
            limit = self.grid.ticks_below(price) if sign > 0 else self.grid.ticks_above(price)
        self._place(number, sign, LIMIT_ORDER, GTC, limit, left if isnan(size) else self.grid.lots(size))

    def _place(self, number: int, sign: int, type_: int, tif: int, price: int, lots: int, stop: int = 0) -> None:
        make_room(self.replay)
        sent = place_stop(self.replay, sign, type_, tif, price, lots, stop)
        self._sent[number] = sent
        self._orders[sent] = number
        self._working.append(number)

    def _send_cancel(self, order: int) -> None:
        slot = ORDER * self._sent[order]
        orders = self.replay.orders
        if orders[slot + STATUS] == WORKING and orders[slot + BUSY] == 0:
            self._cancels.discard(order)
            make_room(self.replay)
            cancel(self.replay, self._sent[order])
        elif orders[slot + STATUS] > WORKING:
            self._cancels.discard(order)

    def _may_trade(self, number: int) -> bool:
        return self.replay.orders[ORDER * self._sent[number] + STATUS] in (SENT, WORKING)

    def _check(self, ask: Ask) -> None:
        if not (isnan(ask.take) and isnan(ask.loss) and isnan(ask.trail)):
            raise _no("brackets and trailing stops")
        if ask.market is not None or ask.good_for_ns or ask.reduce_only or not isnan(ask.show):
            raise _no("second markets, lifetimes, reduce-only orders and icebergs")
        if ask.time_in_force not in _TIFS:
            raise _no(f"the time in force {ask.time_in_force}")


def make_room(replay: Replay) -> None:
    """Double the logs of a replay over lists when one more order and request may not fit."""
    state = replay.state
    short_of_orders = (state[ORDERS] + 2) * ORDER > len(replay.orders)
    if short_of_orders or (state[REQUESTS] + 1) * REQUEST > len(replay.requests):
        double(replay)


def double(replay: Replay) -> None:
    """Twice the room in every log of a replay over lists."""
    for log in (replay.orders, replay.working, replay.stops, replay.requests, replay.answers, replay.fills):
        log.extend([0] * len(log))
    replay.places.extend([0.0] * len(replay.places))


def _no(what: str) -> RefusedError:
    return RefusedError(f"a depth replay knows no {what}; use market, limit and stop orders", code="depth.order")
