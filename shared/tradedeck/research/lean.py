"""A light desk for the plainest of runs: market orders of one spot market, filled at the next open.

It keeps three numbers an order instead of the kernel's rows. The first wish it does not know (a price, a
bracket, a cancel) or anything that would not go through turns it into the full desk, which goes on from the
same place; property tests hold a run that starts here to one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, isnan, nan

import numpy as np
from numpy.typing import NDArray

from tradedeck.history.series import BarSeries, Ints
from tradedeck.ports.desk import Ask
from tradedeck.ports.views import Market
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.result import plain_log
from tradedeck.research.tape import Tape
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.asking import missing_lots


class LeanDesk:
    """Implements `ports.desk.Desk`. `due` is the bar at whose open the orders asked for so far are filled.

    Whether the account can pay is told by a bound that costs nothing to keep: every buy at the highest open,
    every sale at the lowest. Where the bound says no, the exact cash is looked up, and where that says no too
    the full desk takes over and refuses as it always does.
    """

    def __init__(
        self, series: BarSeries, tape: Tape, full: ResearchDesk, become: Callable[[ResearchDesk], None]
    ) -> None:  # fmt: skip
        self.symbol = series.symbol
        self.due = self._end = len(series)
        self.held = 0
        self._cursor, self._series, self._tape, self._full, self._become = full.cursor, series, tape, full, become
        self._terms = tape.terms
        self._coming = 0
        self._reached = nan
        self._many = 0
        self._asked: list[int] = []
        self._signed: list[int] = []
        self._lots: dict[float, int] = {}
        self._least, self._dearest, self._cheapest = bounds_of(series, tape.terms)
        self._most = tape.terms.cells[at.MAX_LOTS]
        self._spent = self._traded = self._turnover = self._counted = 0
        self._max_orders = tape.terms.cells[at.MAX_ORDERS]
        self._budget = tape.terms.cells[at.START_CASH]
        self._over = False

    def fill(self) -> None:
        """What was asked for has been filled at the open of bar `due`."""
        self.held += self._coming
        self._coming = self._many = 0
        self.due = self._end

    def target(self, size: float, market: Market | None = None) -> int:
        """Trade at the market to hold `size`."""
        if size == self._reached and market is None:
            return 0
        if self._over:
            # `desk.target(weight * desk.equity)`: this desk was named before the equity made it give over.
            return self._full.target(size, market)
        whole = self._lots.get(size)
        if whole is None:
            whole = self._learn(size)
        if whole is not None:
            missing = whole - self.held - self._coming
        else:
            missing = missing_lots(self._terms.cells, size, self.held + self._coming)
        if missing == 0:
            if whole is not None:
                self._reached = size
            return 0
        if market is None and self._least <= abs(missing) <= self._most and (number := self._take(missing)):
            return number
        return self._give_over().target(size, market)

    def ask(self, ask: Ask) -> int:
        """Ask for an order; anything but a plain market order goes to the full desk."""
        plain = ask.price != ask.price and ask.stop != ask.stop and ask.take != ask.take and ask.loss != ask.loss
        if plain and ask.trail != ask.trail and ask.market is None and not ask.good_for_ns and not ask.reduce_only:
            lots = self._lots.get(ask.size)
            if lots is None:
                lots = self._tape.books.grid.lots(ask.size)
            free = ask.time_in_force == "gtc" and not ask.post_only and isnan(ask.show)
            if free and self._least <= lots <= self._most and (number := self._take(lots * ask.sign)):
                return number
        return self._give_over().ask(ask)

    def _take(self, signed: int) -> int:
        """Take an order that will certainly be paid for, of what the account holds; 0 for any other."""
        if signed > 0:
            cost = signed * self._dearest
            if self._spent + cost > self._budget:
                self._look_up()
                if self._spent + cost > self._budget:
                    return 0
        elif self.held + self._coming + signed < 0:
            return 0
        else:
            cost = signed * self._cheapest
        if self._over or self._many >= _MANY or len(self._asked) >= self._max_orders:
            return 0
        i = self._cursor.i
        self._asked.append(i)
        self._signed.append(signed)
        self._coming += signed
        self._reached = nan
        self._many += 1
        self._spent += cost
        self.due = i + 1
        return len(self._asked)

    def _look_up(self) -> None:
        """Put what has really been spent in the place of the bound; what has not been filled yet stays bounded."""
        filled = len(self._asked) - self._many
        signed = np.array(self._signed[self._counted : filled], np.int64)
        worth = signed * self._prices(self._counted, filled)
        self._traded += int(worth.sum())
        self._turnover += int(np.abs(worth).sum())
        self._counted = filled
        self._spent = self._traded + ceil(self._turnover * self._terms.taker) + 1
        self._spent += sum(self._cost(one) for one in self._signed[filled:])

    def _cost(self, signed: int) -> int:
        return signed * (self._dearest if signed > 0 else self._cheapest)

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

    def _prices(self, start: int, stop: int) -> Ints:
        """At what these orders were filled: the opens after they were asked for, slippage and all."""
        grid, slippage = self._terms.grid, self._terms.cells[at.SLIPPAGE]
        asked, signed = np.array(self._asked[start:stop], np.int64), np.array(self._signed[start:stop], np.int64)
        ticks = np.floor(self._series.open[asked + 1] * grid.tick_den / grid.tick_num + 0.5).astype(np.int64)
        return np.maximum(ticks + np.sign(signed) * slippage, 1)

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of the orders on their way."""
        return tuple(range(len(self._asked) - self._many + 1, len(self._asked) + 1))

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
        filled = len(self._asked) - self._many
        asked, signed = np.array(self._asked, np.int64), np.array(self._signed, np.int64)
        fills = _lean_fills(signed[:filled], self._prices(0, filled), asked[:filled] + 1)
        return plain_log(asked, signed, fills), fills

    def _give_over(self) -> ResearchDesk:
        """Bring the full desk to where this one stands; every later wish is the full desk's."""
        if self._over:
            return self._full
        self._over = True
        self._reached = nan
        books, state = self._tape.books, self._tape.books.state
        orders, fills = self.logs()
        books.orders[: len(orders) * at.WIDTH] = _rows(orders, self._series).ravel().tolist()
        books.fills[: fills.size] = fills.ravel().tolist()
        worth = fills[:, at.F_LOTS] * fills[:, at.F_PRICE]
        state[at.ORDERS], state[at.FILLS] = len(orders), len(fills)
        state[at.CASH], state[at.POSITION] = -int((fills[:, at.F_SIGN] * worth).sum()), self.held
        state[at.TAKER_TURNOVER] = int(worth.sum())
        for row in range(len(fills), len(orders)):
            books.working[state[at.WORKING]] = row
            state[at.WORKING] += 1
            state[at.PENDING] += 1
        books.check()
        state[at.BAR] = -1
        self._tape.look(self._cursor.i)
        self._full.due = self._tape.due
        self.due = 0
        self._become(self._full)
        return self._full


_MANY = 64
"""More orders in one bar, or more different sizes, than a plain strategy has."""


def bounds_of(series: BarSeries, terms: Terms) -> tuple[int, int, int]:
    """What holds at every bar: an order so large is worth enough; a lot costs no more and brings no less than this."""
    lowest, highest = (price * terms.grid.tick_den / terms.grid.tick_num for price in series.range)
    least = max(terms.cells[at.MIN_LOTS], int(terms.cells[at.MIN_NOTIONAL] / max(lowest, 1.0)) + 1)
    fee, slippage = 1 + terms.taker, terms.cells[at.SLIPPAGE]
    dearest = ceil((floor(highest + 0.5) + slippage) * fee) + 1
    return least, dearest, floor((floor(lowest + 0.5) - slippage) * (2 - fee)) - 1


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
