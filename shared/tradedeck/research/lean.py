"""A light desk for the plainest of runs: market orders of one spot market, filled at the next open.

It keeps three numbers an order instead of the kernel's rows. The first wish it does not know (a price, a
bracket, a cancel) or anything that would not go through turns it into the full desk, which goes on from the
same place; property tests hold a run that starts here to one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isnan

import numpy as np
from numpy.typing import NDArray

from tradedeck.history.series import BarSeries, Ints
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Market
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.result import ORDER
from tradedeck.research.tape import Tape
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.asking import missing_lots


class LeanDesk:
    """Implements `ports.desk.Desk`. `due` is the bar at whose open the orders asked for so far are filled."""

    def __init__(
        self, series: BarSeries, tape: Tape, full: ResearchDesk, become: Callable[[ResearchDesk], None]
    ) -> None:
        self.symbol = series.symbol
        self.due = len(series)
        self.held = 0
        self._cursor, self._series, self._tape, self._full, self._become = full.cursor, series, tape, full, become
        self._end = len(series)
        self._open = series.open.item
        self._coming: list[int] = []
        self._coming_sum = 0
        self._asked: list[int] = []
        self._signed: list[int] = []
        self._prices: list[int] = []
        self._filled_at: list[int] = []
        self._lots: dict[float, int] = {}
        terms = tape.books.terms
        self._tick_den, self._tick_num = tape.books.grid.tick_den, tape.books.grid.tick_num
        self._slippage = terms[at.SLIPPAGE]
        self._den = terms[at.FEE_DEN]
        self._taker = terms[at.TAKER_NUM]
        self._cost_share = 1.0 + terms[at.TAKER_NUM] / terms[at.FEE_DEN]
        self._cash = terms[at.START_CASH]
        self._turnover = 0
        self._least = least_lots(series, full.terms)
        self._most = terms[at.MAX_LOTS]

    def fill(self, i: int) -> bool:
        """Fill what was asked for at the open of bar `i`; False when the full desk has taken over."""
        price = floor(self._open(i) * self._tick_den / self._tick_num + 0.5)
        for signed in self._coming:
            if signed > 0:
                at_ = price + self._slippage
                cost = signed * at_
                if cost * self._cost_share > self._cash - self._turnover * self._taker / self._den:
                    self._give_over(i)
                    return False
                self._turnover += cost
            else:
                at_ = max(price - self._slippage, 1)
                cost = signed * at_
                if self.held < -signed:
                    self._give_over(i)
                    return False
                self._turnover -= cost
            self.held += signed
            self._cash -= cost
            self._prices.append(at_)
            self._filled_at.append(i)
        self._coming = []
        self._coming_sum = 0
        self.due = self._end
        return True

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`."""
        whole = self._lots.get(size)
        if whole is None:
            whole = self._learn(size)
        if whole is not None:
            missing = whole - self.held - self._coming_sum
        else:
            missing = missing_lots(self._tape.books.terms, size, self.held + self._coming_sum)
        if missing == 0:
            return 0
        if market is None and self._least <= abs(missing) <= self._most and len(self._coming) < _MANY:
            return self._ask(missing)
        return self._give_over().target(size, market)

    def ask(self, ask: Ask) -> int:
        """Ask for an order; anything but a plain market order goes to the full desk."""
        plain = ask.price != ask.price and ask.stop != ask.stop and ask.take != ask.take and ask.loss != ask.loss
        if plain and ask.trail != ask.trail and ask.market is None and not ask.good_for_ns and not ask.reduce_only:
            lots = self._lots.get(ask.size)
            if lots is None:
                lots = self._tape.books.grid.lots(ask.size)
            free = ask.time_in_force == "gtc" and not ask.post_only and isnan(ask.show)
            if free and self._least <= lots <= self._most and len(self._coming) < _MANY:
                return self._ask(lots * ask.sign)
        return self._give_over().ask(ask)

    def _learn(self, size: float) -> int | None:
        """The lots of a size that is whole, kept for the next time; None when it is not whole."""
        grid = self._tape.books.grid
        lots = grid.lots(size)
        if grid.size(lots) != size:
            return None
        if len(self._lots) >= _MANY:
            self._lots.clear()
        self._lots[size] = lots
        return lots

    def _ask(self, signed: int) -> int:
        i = self._cursor.i
        self._asked.append(i)
        self._signed.append(signed)
        self._coming.append(signed)
        self._coming_sum += signed
        self.due = i + 1
        return len(self._asked)

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of the orders on their way."""
        return tuple(range(len(self._prices) + 1, len(self._asked) + 1))

    @property
    def now_ns(self) -> int:
        """The close of the newest bar."""
        return int(self._series.open_ns[self._cursor.i]) + self._series.timeframe_ns

    @property
    def equity(self) -> float:
        """Worth at the newest close."""
        return self._give_over().equity

    def last_close(self, market: Market | None) -> float:
        """The newest close."""
        return self._full.last_close(market) if market is not None else float(self._series.close[self._cursor.i])

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """For the full desk."""
        return self._give_over().oco(size, take, loss, market)

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """For the full desk."""
        return self._give_over().trail(size, distance, market)

    def cancel(self, order: int) -> None:
        """For the full desk."""
        self._give_over().cancel(order)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """For the full desk."""
        return self._give_over().replace(order, size, price, stop)

    def note(self, text: str, price: float) -> None:
        """Leave a line, and with a price a marker."""
        self._full.note(text, price)

    def logs(self) -> tuple[NDArray[np.void], Ints]:
        """The order log and the rows of the fills, as the kernel would have left them."""
        asked, signed, prices, filled_at = (
            np.array(column, np.int64) for column in (self._asked, self._signed, self._prices, self._filled_at)
        )
        return lean_orders(asked, signed, filled_at), _lean_fills(signed[: len(prices)], prices, filled_at)

    def _give_over(self, bar: int = -1) -> ResearchDesk:
        """Bring the full desk to where this one stands; `bar` is given when that bar is about to be walked."""
        books, state = self._tape.books, self._tape.books.state
        orders, fills = self.logs()
        books.orders[: len(orders) * at.WIDTH] = _rows(orders, self._series).ravel().tolist()
        books.fills[: fills.size] = fills.ravel().tolist()
        state[at.ORDERS], state[at.FILLS] = len(orders), len(fills)
        state[at.CASH], state[at.POSITION] = self._cash - books.terms[at.START_CASH], self.held
        state[at.TAKER_TURNOVER] = self._turnover
        for row in range(len(fills), len(orders)):
            books.working[state[at.WORKING]] = row
            state[at.WORKING] += 1
            state[at.PENDING] += 1
        books.check()
        state[at.BAR] = -1
        self._tape.look(self._cursor.i if bar < 0 else bar - 1)
        self._full.due = self._tape.due
        self.due = 0
        self._become(self._full)
        return self._full


_MANY = 64
"""More orders in one bar, or more different sizes, than a plain strategy has."""


def least_lots(series: BarSeries, terms: Terms) -> int:
    """The smallest order whose worth need not be looked up: the cheapest price of the series makes it large enough."""
    cheapest = float(series.low.min()) * terms.grid.tick_den / terms.grid.tick_num if len(series) else 1.0
    return max(terms.cells[at.MIN_LOTS], int(terms.cells[at.MIN_NOTIONAL] / max(cheapest, 1.0)) + 1)


def lean_orders(asked: Ints, signed: Ints, filled_at: Ints) -> NDArray[np.void]:
    """The log of plain market orders; the first `len(filled_at)` have filled, whole."""
    count, done = len(asked), len(filled_at)
    sizes = np.abs(signed)
    orders = np.zeros(count, ORDER)
    orders["number"], orders["lots"], orders["placed"] = np.arange(1, count + 1), sizes, asked
    orders["sign"], orders["ended"], orders["flags"] = np.sign(signed), -1, at.WAITS
    orders["ended"][:done], orders["flags"][:done] = filled_at, 0
    orders["state"][:done], orders["filled"][:done] = at.FILLED_STATE, sizes[:done]
    return orders


def _lean_fills(signed: Ints, prices: Ints, filled_at: Ints) -> Ints:
    """The kernel's rows of their fills."""
    fills = np.zeros((len(prices), at.FILL_WIDTH), np.int64)
    fills[:, at.F_ORDER], fills[:, at.F_BAR], fills[:, at.F_PRICE] = np.arange(1, len(prices) + 1), filled_at, prices
    fills[:, at.F_SIGN], fills[:, at.F_LOTS] = np.sign(signed), np.abs(signed)
    return fills


def _rows(orders: NDArray[np.void], series: BarSeries) -> Ints:
    """The kernel's rows of plain market orders."""
    rows = np.zeros((len(orders), at.WIDTH), np.int64)
    for cell, name in (
        (at.SIGN, "sign"), (at.LOTS, "lots"), (at.PLACED, "placed"), (at.ENDED, "ended"), (at.STATE, "state"),
        (at.FILLED, "filled"), (at.FLAGS, "flags"),
    ):  # fmt: skip
        rows[:, cell] = orders[name]
    rows[:, at.ASKED_NS] = rows[:, at.ARRIVES] = series.open_ns[orders["placed"]] + series.timeframe_ns
    return rows
