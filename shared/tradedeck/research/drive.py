"""Python strategies over columns.

Two ways, one meaning: every bar shown, or, for a strategy that only has `on_signal`, one wake-up a signal
with nothing done in between but walking the bars that can reach a working order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from tradedeck.engine.seen import SeenFill
from tradedeck.history.series import BarSeries, Ints
from tradedeck.ports.strategy import Strategy
from tradedeck.research.declared import ColumnLine, Declared, overrides
from tradedeck.research.desk import MARKET_SHIFT, ResearchDesk
from tradedeck.research.lean import LeanDesk
from tradedeck.research.tape import Tape
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.walk import advance, close_bar

CHUNK = 8192
"""Bars turned into Python numbers at a time; memory does not grow with the series."""
_FEW = 2
"""Lines the tight loop carries; a strategy with more takes the general one."""


@dataclass(slots=True)
class _NoLine:
    """Stands where the tight loop has a line to spare."""

    value: float = 0.0


@dataclass(slots=True)
class Drive:
    """One strategy over its markets, from bar `first` on. `progress` is told how many bars are done."""

    strategy: Strategy
    declared: Declared
    desk: ResearchDesk
    tapes: list[Tape]
    series: BarSeries
    first: int
    progress: Callable[[int], None] | None = None
    lean_allowed: bool = True
    lean: LeanDesk | None = field(init=False, default=None)
    _answers_fills: bool = field(init=False)
    _next_told: int = field(init=False, default=CHUNK)

    def __post_init__(self) -> None:
        self._answers_fills = overrides(self.strategy, "on_fill")
        if self.lean_allowed and len(self.tapes) == 1 and self.tapes[0].is_plain and not self._answers_fills:
            self.lean = LeanDesk(self.series, self.tapes[0], self.desk, self._become)

    def run(self) -> None:
        """Drive to the end.

        Raises:
            RefusedError: an order's amount is no number, or there are too many of them.
        """
        self.strategy.desk = self.lean or self.desk
        self.strategy.position = 0.0
        if self.sparse:
            self._at_signals()
            return
        plain = overrides(self.strategy, "on_bar") and not self.declared.periods_ns
        plain = plain and not overrides(self.strategy, "on_signal") and len(self.declared.lines) <= _FEW
        loop = self._tight if plain else self._general
        end = len(self.series)
        for start in range(self.first, end, CHUNK):
            loop(start, min(start + CHUNK, end))
            if self.progress is not None:
                self.progress(min(start + CHUNK, end))

    @property
    def sparse(self) -> bool:
        """Whether the strategy is woken at signals and fills only."""
        return not overrides(self.strategy, "on_bar") and not self.declared.periods_ns

    def _tight(self, start: int, stop: int) -> None:
        nothing = _NoLine()
        one, two = (*self.declared.lines, nothing, nothing)[:_FEW]
        ones = one.values[start:stop].tolist() if isinstance(one, ColumnLine) else repeat(0.0)
        twos = two.values[start:stop].tolist() if isinstance(two, ColumnLine) else repeat(0.0)
        cursor, bar, on_bar = self.declared.cursor, self.declared.bar, self.strategy.on_bar
        desk = self.lean or self.desk
        if self._answers_fills:
            # What answers a fill in the midst of bar i must still see the lines of bar i - 1.
            for i, a, b in zip(range(start, stop), ones, twos, strict=False):
                if i >= desk.due:
                    desk = self.walk(i)
                one.value = a
                two.value = b
                cursor.i = i
                on_bar(bar)
            return
        for i, one.value, two.value in zip(range(start, stop), ones, twos, strict=False):
            if i >= desk.due:
                desk = self.walk(i)
            cursor.i = i
            on_bar(bar)

    def _general(self, start: int, stop: int) -> None:
        declared, strategy = self.declared, self.strategy
        desk = self.lean or self.desk
        lines = [(line, line.values[start:stop].tolist()) for line in declared.lines]
        wakes = declared.wakes()[start:stop].tolist() if overrides(strategy, "on_signal") else [False] * (stop - start)
        for offset, i in enumerate(range(start, stop)):
            if i >= desk.due:
                desk = self.walk(i)
            for line, values in lines:
                line.value = values[offset]
            declared.cursor.i = i
            if declared.periods_ns:
                self._timers(i)
            if wakes[offset]:
                strategy.on_signal(declared.bar)
            strategy.on_bar(declared.bar)

    def _timers(self, i: int) -> None:
        """Wake for the newest boundary that this close has reached and the one before had not."""
        now = int(self.series.open_ns[i]) + self.series.timeframe_ns
        before = int(self.series.open_ns[i - 1]) + self.series.timeframe_ns if i else now - self.series.timeframe_ns
        passed = [now - now % period for period in self.declared.periods_ns if now - now % period > before]
        if passed:
            self.strategy.on_timer(max(passed))

    def _at_signals(self) -> None:
        declared = self.declared
        desk = self.lean or self.desk
        on_signal, bar, cursor = self.strategy.on_signal, declared.bar, declared.cursor
        wakes = (np.flatnonzero(declared.wakes()[self.first :]) + self.first).tolist()
        todo = self.first
        one, two, *more = (*declared.lines, _NoLine(), _NoLine())
        rest = [line for line in more if isinstance(line, ColumnLine)]
        ones, twos = (
            line.values[wakes].tolist() if isinstance(line, ColumnLine) else repeat(0.0) for line in (one, two)
        )
        for i, first, second in zip(wakes, ones, twos, strict=False):
            if desk.due <= i:
                # The light desk has but one bar to catch up with.
                desk = self.walk(desk.due) if self.lean is not None else self._catch_up(todo, i)
            if i >= self._next_told:
                self._tell(i)
            todo = i + 1
            one.value = first
            two.value = second
            cursor.i = i
            if rest:
                for line in rest:
                    line.value = float(line.values[i])
            on_signal(bar)
        self._catch_up(todo, len(self.series) - 1)
        cursor.i = len(self.series) - 1

    def _catch_up(self, todo: int, last: int) -> LeanDesk | ResearchDesk:
        """Walk every bar from `todo` to `last` that has to be; the desk to go on with."""
        desk = self.lean or self.desk
        while (due := max(desk.due, todo)) <= last:
            self.declared.cursor.i = due - 1
            if self._answers_fills and due:
                for line in self.declared.lines:
                    line.value = float(line.values[due - 1])
            desk = self.walk(due)
            todo = due + 1
            if due >= self._next_told:
                self._tell(due)
        return desk

    def _tell(self, i: int) -> None:
        self._next_told = (i // CHUNK + 1) * CHUNK
        if self.progress is not None:
            self.progress(i)

    def logs(self) -> list[tuple[NDArray[np.void], Ints]]:
        """Of every market: the order log, and the rows of the fills."""
        if self.lean is not None:
            return [self.lean.logs()]
        return [tape.books.logs(number) for number, tape in enumerate(self.tapes)]

    def _become(self, full: ResearchDesk) -> None:
        self.strategy.desk = full
        self.lean = None

    def walk(self, i: int) -> LeanDesk | ResearchDesk:
        """Match bar `i` on every tape, each fill shown before the price moves on; returns the desk to go on with."""
        if (lean := self.lean) is not None:
            lean.fill()
            self.strategy.position = self.tapes[0].books.grid.size(lean.held)
            return lean
        desk = self.desk
        markets = list(enumerate(self.tapes))
        if len(markets) > 1:
            for tape in self.tapes:
                tape.stand_before(i)
            # What a sale brings in can be spent in another market at the same open.
            markets.sort(key=lambda one: one[1].waits_to_buy)
        for number, tape in markets:
            if tape.due <= i:
                self._walk(number, tape, i)
        desk.due = min(tape.due for tape in self.tapes)
        return desk

    def _walk(self, number: int, tape: Tape, i: int) -> None:
        books = tape.books
        state = books.state
        tape.stand_before(i)
        self.desk.walked = tape
        self.desk.purse.settle(tape, i)
        tape.begin(i)
        trades = tape.trades_in(i)
        while trades and (order := advance(state, books.terms, books.orders, books.working, books.fills)):
            books.check()
            self._hold(number, tape)
            if self._answers_fills:
                self.strategy.on_fill(self._seen(number, tape, order))
        close_bar(state, books.terms, books.orders, books.working)
        books.check()
        self.desk.walked = None
        tape.look(i)

    def _hold(self, number: int, tape: Tape) -> None:
        held = tape.books.grid.size(tape.books.state[at.POSITION])
        if number == 0:
            self.strategy.position = held
        for market in self.declared.markets:
            if market.index == number:
                market.position = held

    @staticmethod
    def _seen(number: int, tape: Tape, order: int) -> SeenFill:
        state, fills, grid = tape.books.state, tape.books.fills, tape.books.grid
        base = (state[at.FILLS] - 1) * at.FILL_WIDTH
        return SeenFill(
            tape.symbol,
            order + (number << MARKET_SHIFT),
            fills[base + at.F_SIGN],
            grid.price(fills[base + at.F_PRICE]),
            grid.size(fills[base + at.F_LOTS]),
            bool(fills[base + at.F_MAKER]),
            state[at.NOW],
        )
