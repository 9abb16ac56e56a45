"""The desk of a strategy in research: wishes become the kernel's orders."""

from __future__ import annotations

from math import ceil, isnan

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import SNAP
from tradedeck.domain.period import DAY_NS
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Market
from tradedeck.research.declared import ColumnMarket, Cursor
from tradedeck.research.result import Note
from tradedeck.research.tape import Books, Tape
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import equity_of
from tradedeck.sim.kernel.orders import cancel, place, place_pair, place_trail, succeed


class ResearchDesk:
    """Implements `ports.desk.Desk` over one tape a market.

    `walking` is True while a bar is being walked: the books then stand in its midst, else at the newest close.
    `due` is the next bar that has to be walked on any tape; asking for anything makes it the next one.
    """

    def __init__(self, tapes: list[Tape], cursor: Cursor) -> None:
        self.symbol = tapes[0].symbol
        self.tapes = tapes
        self.main = tapes[0].books
        self.notes: list[Note] = []
        self.walking = False
        self.due = tapes[0].due
        self.cursor = cursor

    @property
    def now_ns(self) -> int:
        """The time of the event being handled."""
        self._stand(self.tapes[0])
        return self.main.state[at.NOW]

    @property
    def equity(self) -> float:
        """What the account is worth at the last closes, in the quote asset (inverse: the base asset)."""
        worth = 0.0
        for number, tape in enumerate(self.tapes):
            books = self._stand(tape)
            start = books.terms[at.START_CASH] if number else 0
            worth += (equity_of(books.state, books.terms, max(books.state[at.CLOSED], 1)) - start) * books.unit
        return worth

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of the orders that may still trade, oldest first, the main market's before those of others."""
        return tuple(
            row + 1 + (n << MARKET_SHIFT)
            for n, tape in enumerate(self.tapes)
            for row in tape.books.working[: tape.books.state[at.WORKING]]
        )

    def last_close(self, market: Market | None) -> float:
        """The newest close."""
        books = self._books(market)
        return books.grid.price(books.state[at.CLOSED])

    def ask(self, ask: Ask) -> int:
        """Ask for an order; its number.

        Raises:
            RefusedError: an amount is not a finite number, or the options contradict each other.
        """
        books = self._books(ask.market)
        grid, sign = books.grid, ask.sign
        has_price, has_stop = not isnan(ask.price), not isnan(ask.stop)
        _check_options(ask, has_price=has_price, has_stop=has_stop)
        below, above = (grid.ticks_below, grid.ticks_above) if sign > 0 else (grid.ticks_above, grid.ticks_below)
        flags = (
            (at.POST_ONLY if ask.post_only else 0)
            | (at.REDUCE_ONLY if ask.reduce_only else 0)
            | _TIF_FLAGS.get(ask.time_in_force, 0)
        )
        number = place(
            books.state,
            books.terms,
            books.orders,
            books.working,
            sign,
            grid.lots(ask.size),
            (below(ask.price) or -1) if has_price else 0,
            (above(ask.stop) or -1) if has_stop else 0,
            flags,
            0 if isnan(ask.take) else above(ask.take) or -1,
            0 if isnan(ask.loss) else below(ask.loss) or -1,
            0 if isnan(ask.trail) else self._distance(books, ask.trail),
            self._expiry(ask),
            0 if isnan(ask.show) else max(grid.lots(ask.show), 1),
        )
        return self._numbered(books, ask.market, number)

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`; market orders on their way count as done."""
        books = self._books(market)
        missing = books.grid.lots(size) - books.state[at.POSITION] - _on_the_way(books)
        if missing == 0:
            return 0
        sign = 1 if missing > 0 else -1
        number = place(
            books.state, books.terms, books.orders, books.working, sign, abs(missing), 0, 0, 0, 0, 0, 0, 0, 0
        )  # fmt: skip
        return self._numbered(books, market, number)

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """A limit and a stop that close `size`."""
        books = self._books(market)
        grid, lots = books.grid, books.grid.lots(size)
        sign = -1 if lots > 0 else 1
        near, far = (grid.ticks_below, grid.ticks_above) if sign > 0 else (grid.ticks_above, grid.ticks_below)
        number = place_pair(
            books.state, books.terms, books.orders, books.working, sign, abs(lots), near(take) or -1, far(loss) or -1
        )  # fmt: skip
        return self._numbered(books, market, number)

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """A stop that closes `size` and follows at `distance`."""
        books = self._books(market)
        lots = books.grid.lots(size)
        sign = -1 if lots > 0 else 1
        number = place_trail(
            books.state, books.terms, books.orders, books.working, sign, abs(lots), self._distance(books, distance)
        )  # fmt: skip
        return self._numbered(books, market, number)

    def cancel(self, order: int) -> None:
        """Ask for a cancel."""
        books, number = self._found(order)
        cancel(books.state, books.orders, books.working, number, at.BY_STRATEGY)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """Cancel an order and place its successor; 0 when it does not work any more."""
        books, number = self._found(order)
        if not 1 <= number <= books.state[at.ORDERS]:
            return 0
        grid = books.grid
        buys = books.orders[(number - 1) * at.WIDTH + at.SIGN] > 0
        below, above = (grid.ticks_below, grid.ticks_above) if buys else (grid.ticks_above, grid.ticks_below)
        successor = succeed(
            books.state,
            books.terms,
            books.orders,
            books.working,
            number,
            0 if isnan(size) else grid.lots(size) or -1,
            0 if isnan(price) else below(price) or -1,
            0 if isnan(stop) else above(stop) or -1,
        )
        books.check()
        self.due = 0
        return successor + (order >> MARKET_SHIFT << MARKET_SHIFT) if successor else 0

    def note(self, text: str, price: float) -> None:
        """Leave a line, and with a price a marker."""
        self.notes.append(Note(max(self.cursor.i, self.main.state[at.BAR] if self.walking else 0), text, price))

    def _books(self, market: Market | None) -> Books:
        return self._stand(self.tapes[market.index] if isinstance(market, ColumnMarket) else self.tapes[0])

    def _stand(self, tape: Tape) -> Books:
        """The books at the moment the strategy is in."""
        if not self.walking and tape.books.state[at.BAR] != self.cursor.i:
            tape.seat(self.cursor.i)
        return tape.books

    def _found(self, order: int) -> tuple[Books, int]:
        number = order >> MARKET_SHIFT
        if not 0 <= number < len(self.tapes):
            return self.main, 0
        return self._stand(self.tapes[number]), order & (1 << MARKET_SHIFT) - 1

    def _numbered(self, books: Books, market: Market | None, number: int) -> int:
        books.check()
        self.due = 0
        return number + (market.index << MARKET_SHIFT) if isinstance(market, ColumnMarket) else number

    def _expiry(self, ask: Ask) -> int:
        ends = [self.now_ns + ask.good_for_ns] if ask.good_for_ns else []
        if ask.time_in_force == "day":
            ends.append((self.now_ns // DAY_NS + 1) * DAY_NS)
        return min(ends, default=0)

    @staticmethod
    def _distance(books: Books, distance: float) -> int:
        ticks = ceil(distance * books.grid.tick_den / books.grid.tick_num - SNAP) if distance > 0 else 0
        if ticks < 1:
            raise RefusedError(f"a trailing distance must be above zero, not {distance}", code="order.distance")
        return ticks


MARKET_SHIFT = 40
"""An order's number of another market carries the market in the bits above this."""
_TIF_FLAGS = {"ioc": at.IOC, "fok": at.FOK}


def _on_the_way(books: Books) -> int:
    orders, lots = books.orders, 0
    for row in books.working[: books.state[at.WORKING]]:
        base = row * at.WIDTH
        if orders[base + at.KIND] == at.MARKET:
            lots += orders[base + at.SIGN] * (orders[base + at.LOTS] - orders[base + at.FILLED])
    return lots


def _check_options(ask: Ask, *, has_price: bool, has_stop: bool) -> None:
    if ask.time_in_force not in ("gtc", "ioc", "fok", "day"):
        raise RefusedError(f"{ask.time_in_force!r} is no time in force: gtc, ioc, fok or day", code="order.tif")
    if ask.post_only and (not has_price or has_stop):
        raise RefusedError("post-only needs a plain limit order: give it a price", code="order.post_only")
    if not isnan(ask.show) and (not has_price or has_stop):
        raise RefusedError("only a plain limit order can be an iceberg: give it a price", code="order.show")
