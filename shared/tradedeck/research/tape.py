"""One market's bars before its books: which bar must be walked, and walking it."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.research.result import order_log
from tradedeck.research.settings import Account, Settings
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import liquidation_price
from tradedeck.sim.kernel.walk import begin_bar

Flags = NDArray[np.bool_]
YEAR_NS = 365 * 86_400 * 10**9
_ROOM = 512
"""Rows kept free for orders and fills, so that no single call can run out of them."""
_LOOK = 2048
"""Bars looked at together for the next one that could reach an order."""


class Books:
    """The kernel's lists for one market."""

    __slots__ = ("fills", "grid", "orders", "state", "terms", "unit", "working")

    def __init__(self, terms: Terms) -> None:
        self.terms: list[int] = list(terms.cells)
        self.grid = terms.grid
        self.unit = float(terms.unit)
        self.state = [0] * at.STATE_CELLS
        self.state[at.BAR] = -1
        self.working = [0] * (at.MAX_WORKING + 8)
        self.orders: list[int] = []
        self.fills: list[int] = []
        self.check()

    def check(self) -> None:
        """Keep rows free; the lists grow as the run does.

        Raises:
            RefusedError: the strategy has asked for more orders than the run allows.
        """
        if len(self.orders) < (self.state[at.ORDERS] + _ROOM) * at.WIDTH:
            self.orders += [0] * (2 * _ROOM * at.WIDTH)
        if len(self.fills) < (self.state[at.FILLS] + _ROOM) * at.FILL_WIDTH:
            self.fills += [0] * (2 * _ROOM * at.FILL_WIDTH)
        if self.state[at.OVERFULL]:
            raise RefusedError(
                f"more than {self.terms[at.MAX_ORDERS]} orders were asked for; look for a rule that repeats itself",
                code="strategy.orders",
            )

    def logs(self, market: int) -> tuple[NDArray[np.void], Ints]:
        """The order log, and the rows of the fills."""
        orders, fills = self.state[at.ORDERS], self.state[at.FILLS]
        rows = np.array(self.orders[: orders * at.WIDTH], np.int64).reshape(orders, at.WIDTH)
        return order_log(rows, market), np.array(self.fills[: fills * at.FILL_WIDTH], np.int64).reshape(
            fills, at.FILL_WIDTH
        )


class Tape:
    """A series and its books. `due` is the next bar that has to be walked; the length of the series for none."""

    def __init__(
        self, series: BarSeries, terms: Terms, settings: Settings, funding: Floats | None, traded: Flags | None = None
    ) -> None:  # fmt: skip
        """`funding` is the rate charged at each bar's open, `traded` at which bars there was a market (None: all)."""
        books = self.books = Books(terms)
        self.terms = terms
        self.symbol = series.symbol
        self.due = len(series)
        self.series = series
        self._share = settings.volume_share
        self._tick = (books.grid.tick_den, books.grid.tick_num)
        self._lot = books.grid.lot_den / books.grid.lot_num
        self._borrow = borrow_a_bar(series, settings)
        self._funding = funding
        self._traded = traded
        self.is_plain = terms.is_spot and funding is None and self._borrow == 0
        self.is_plain = self.is_plain and settings.is_instant and len(terms.fees) == 1
        self.walks_while_held = False
        """Whether what happens elsewhere in the account can change the price at which a position is lost."""

    def _ticks(self, column: Floats, i: int) -> int:
        den, num = self._tick
        return floor(float(column[i]) * den / num + 0.5)

    def begin(self, i: int) -> None:
        """Put bar `i` before the books."""
        series, books = self.series, self.books
        open_ns = int(series.open_ns[i])
        begin_bar(
            books.state,
            books.terms,
            i,
            open_ns,
            open_ns + series.timeframe_ns,
            self._ticks(series.open, i),
            self._ticks(series.high, i),
            self._ticks(series.low, i),
            self._ticks(series.close, i),
            int(float(series.volume[i]) * self._share * self._lot + 1e-6) if self._share else 0,
            float(self._funding[i]) if self._funding is not None else 0.0,
            self._borrow,
        )

    def trades_in(self, i: int) -> bool:
        """Whether anything can be matched in bar `i`: a market without a bar of its own only lets time go by."""
        return self._traded is None or bool(self._traded[i])

    def opens_at(self, i: int) -> int:
        """When bar `i` opens, UTC nanoseconds."""
        return int(self.series.open_ns[i])

    def opening(self, i: int) -> int:
        """The open of bar `i` in ticks."""
        return max(self._ticks(self.series.open, i), 1)

    @property
    def waits_to_buy(self) -> bool:
        """Whether a buy order works."""
        books = self.books
        return any(books.orders[row * at.WIDTH + at.SIGN] > 0 for row in books.working[: books.state[at.WORKING]])

    def seat(self, i: int) -> None:
        """Let the books stand at the close of bar `i` without walking it."""
        state = self.books.state
        state[at.BAR] = i
        state[at.NOW] = int(self.series.open_ns[i]) + self.series.timeframe_ns
        state[at.CLOSED] = state[at.LAST] = self._ticks(self.series.close, i)

    def stand_before(self, i: int) -> None:
        """Let the books stand at the close before bar `i`, wherever they are."""
        if i and self.books.state[at.BAR] != i - 1:
            self.seat(i - 1)

    def look(self, i: int) -> None:
        """Find the next bar after `i` that has to be walked."""
        books = self.books
        state = books.state
        end = len(self.series)
        held = state[at.POSITION] != 0
        if state[at.WORKING] == 0 and not (held and not self.is_plain) and self._funding is None:
            self.due = end
            return
        bounds = self._bounds()
        if bounds is None or (held and (self._borrow > 0 or self.walks_while_held)):
            self.due = i + 1
            return
        self.due = min(self._reached(i + 1, *bounds), self._next_funding(i + 1) if held else end)

    def _bounds(self) -> tuple[float, float] | None:
        """The nearest prices above and below that could change something; None when every bar could."""
        books = self.books
        state, orders = books.state, books.orders
        above, below = float("inf"), float("-inf")
        for row in books.working[: state[at.WORKING]]:
            base = row * at.WIDTH
            if orders[base + at.FLAGS] & at.WAITS or orders[base + at.TRAIL] < 0 or orders[base + at.EXPIRY]:
                return None
            limit = orders[base + at.KIND] == at.LIMIT or orders[base + at.FLAGS] & at.TRIGGERED
            price = books.grid.price(orders[base + (at.PRICE if limit else at.STOP)])
            if (orders[base + at.SIGN] > 0) == bool(limit):
                below = max(below, price)
            else:
                above = min(above, price)
        doom = liquidation_price(state, books.terms)
        if doom:
            if state[at.POSITION] > 0:
                below = max(below, books.grid.price(doom + 1))
            else:
                above = min(above, books.grid.price(max(doom - 1, 0)))
        return above, below

    def _reached(self, start: int, above: float, below: float) -> int:
        series = self.series
        end = len(series)
        # Recorded prices off the grid round to it when the bar is walked.
        half = self.books.grid.price(1) / 2
        above, below = above - half, below + half
        while start < end:
            cut = slice(start, start + _LOOK)
            hits = (series.high[cut] >= above) | (series.low[cut] <= below)
            first = int(hits.argmax())
            if hits[first]:
                return start + first
            start += _LOOK
        return end

    def _next_funding(self, start: int) -> int:
        if self._funding is None:
            return len(self.series)
        later = np.flatnonzero(self._funding[start:])
        return start + int(later[0]) if len(later) else len(self.series)


def borrow_a_bar(series: BarSeries, settings: Settings) -> float:
    """What a spot account pays for what it has borrowed, as a fraction for each bar."""
    if settings.account is not Account.SPOT:
        return 0.0
    return float(settings.borrow_rate) * series.timeframe_ns / YEAR_NS
