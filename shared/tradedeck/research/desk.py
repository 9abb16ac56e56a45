"""The desk of a strategy in research: wishes become the kernel's orders."""

from __future__ import annotations

from math import isnan

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Market
from tradedeck.research.declared import ColumnMarket, Cursor
from tradedeck.research.purse import Purse
from tradedeck.research.result import Note
from tradedeck.research.tape import Books, Tape
from tradedeck.sim.kernel import asking
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.orders import cancel


class ResearchDesk:
    """Implements `ports.desk.Desk` over one tape a market.

    `walked` is the tape whose bar is being walked: its books then stand in the midst of it, else at the newest close.
    `due` is the next bar that has to be walked on any tape; asking for anything makes it the next one.
    """

    def __init__(self, tapes: list[Tape], cursor: Cursor) -> None:
        self.symbol = tapes[0].symbol
        self.tapes = tapes
        self.main = tapes[0].books
        self.terms = tapes[0].terms
        self.purse = Purse(tapes)
        self.notes: list[Note] = []
        self.walked: Tape | None = None
        self.due = tapes[0].due
        self.cursor = cursor

    @property
    def now_ns(self) -> int:
        """The time of the event being handled."""
        return self._stand(self.walked or self.tapes[0]).state[at.NOW]

    @property
    def equity(self) -> float:
        """What the account is worth at the last closes, in the quote asset (inverse: the base asset)."""
        return self.purse.worth([self._stand(tape) for tape in self.tapes])

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
        _check_options(ask)
        books = self._books(ask.market)
        flags = (
            (at.POST_ONLY if ask.post_only else 0)
            | (at.REDUCE_ONLY if ask.reduce_only else 0)
            | _TIF_FLAGS[ask.time_in_force]
        )
        number = asking.ask(
            *_lists(books), ask.sign, ask.size, ask.price, ask.stop, ask.take, ask.loss, ask.trail, flags,
            ask.good_for_ns, ask.show,
        )  # fmt: skip
        return self._numbered(books, ask.market, number)

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`; market orders on their way count as done. Raises as `ask`."""
        books = self._books(market)
        return self._numbered(books, market, asking.ask_target(*_lists(books), size))

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """A limit and a stop that close `size`. Raises as `ask`."""
        books = self._books(market)
        return self._numbered(books, market, asking.ask_pair(*_lists(books), size, take, loss))

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """A stop that closes `size` and follows at `distance`. Raises as `ask`."""
        books = self._books(market)
        return self._numbered(books, market, asking.ask_trail(*_lists(books), size, distance))

    def cancel(self, order: int) -> None:
        """Ask for a cancel."""
        books, number = self._found(order)
        cancel(books.state, books.orders, books.working, number, at.BY_STRATEGY)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """Cancel an order and place its successor; 0 when it does not work any more."""
        books, number = self._found(order)
        self.tapes[order >> MARKET_SHIFT if books is not self.main else 0].due = 0
        successor = _checked(asking.ask_replace(*_lists(books), number, size, price, stop))
        books.check()
        self.due = 0
        return successor + (order >> MARKET_SHIFT << MARKET_SHIFT) if successor else 0

    def note(self, text: str, price: float) -> None:
        """Leave a line, and with a price a marker."""
        self.notes.append(Note(max(self.cursor.i, self.main.state[at.BAR] if self.walked else 0), text, price))

    def _books(self, market: Market | None) -> Books:
        return self._stand(self.tapes[market.index] if isinstance(market, ColumnMarket) else self.tapes[0])

    def _stand(self, tape: Tape) -> Books:
        """The books at the moment the strategy is in."""
        state = tape.books.state
        if self.walked is None:
            if state[at.BAR] != self.cursor.i:
                tape.seat(self.cursor.i)
        elif tape is not self.walked:
            # What is asked of another market at a fill can't reach it before that fill.
            state[at.NOW] = self.walked.books.state[at.NOW]
        return tape.books

    def _found(self, order: int) -> tuple[Books, int]:
        number = order >> MARKET_SHIFT
        if not 0 <= number < len(self.tapes):
            return self.main, 0
        return self._stand(self.tapes[number]), order & (1 << MARKET_SHIFT) - 1

    def _numbered(self, books: Books, market: Market | None, number: int) -> int:
        _checked(number)
        books.check()
        self.tapes[market.index if isinstance(market, ColumnMarket) else 0].due = self.due = 0
        return number + (market.index << MARKET_SHIFT) if number and isinstance(market, ColumnMarket) else number


MARKET_SHIFT = 40
"""An order's number of another market carries the market in the bits above this."""
_TIF_FLAGS = {"gtc": 0, "day": at.DAY, "ioc": at.IOC, "fok": at.FOK}


def _lists(books: Books) -> tuple[list[int], list[int], list[int], list[int]]:
    return books.state, books.terms, books.orders, books.working


def _checked(number: int) -> int:
    if number == asking.BAD_NUMBER:
        raise RefusedError(
            "an order's amounts must be finite numbers; check what they were computed from", code="order.number"
        )
    if number == asking.BAD_DISTANCE:
        raise RefusedError("a trailing distance must be a finite number above zero", code="order.trail")
    if number == asking.BAD_PAIR:
        raise RefusedError("take must be on the winning side of loss; check which is which", code="order.exits")
    return number


def _check_options(ask: Ask) -> None:
    if ask.time_in_force not in _TIF_FLAGS:
        raise RefusedError(f"{ask.time_in_force!r} is no time in force: gtc, ioc, fok or day", code="order.tif")
    plain_limit = not isnan(ask.price) and isnan(ask.stop)
    if ask.post_only and not plain_limit:
        raise RefusedError("post-only needs a plain limit order: give it a price", code="order.post_only")
    if not isnan(ask.show) and not plain_limit:
        raise RefusedError("only a plain limit order can be an iceberg: give it a price", code="order.show")
