"""One strategy over one market with many sets of parameters, on all cores; summaries only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tradedeck.compile.native import Room, room
from tradedeck.compile.program import Native
from tradedeck.compile.subset import SubsetError
from tradedeck.compile.values import Shape
from tradedeck.compile.worth import deepest_drop, sharpe, survey
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.period import DAY_NS
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.ports.strategy import Strategy
from tradedeck.research.declared import Declared, declare
from tradedeck.research.lines import Columns
from tradedeck.research.native import Course, ShapeKey, course_of, filled_rows, modules, shape_of, walk_native
from tradedeck.research.result import Run, Summary
from tradedeck.research.run import Market, charges_in, run_over, values_of
from tradedeck.research.settings import Settings
from tradedeck.research.terms import check_ticks, terms_of
from tradedeck.sim.kernel.worth import SUMS

PART = 32
"""Runs of one thread between two reports of progress."""
DAYS_A_YEAR = 365
"""Markets that never close: the Sharpe ratio is that of daily closes, times the root of this."""


def sweep(
    strategy: type[Strategy],
    series: BarSeries,
    instrument: Instrument,
    combos: Sequence[Mapping[str, str]],
    settings: Settings | None = None,
    *,
    funding: Floats | None = None,
    workers: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Summary]:
    """A summary for each of `combos`, in their order.

    Native runs release the interpreter, so `workers` threads (0: one a core) share the columns of lines that
    several sets need. `progress` is told how many are done; raising in it stops the sweep.

    Raises:
        RefusedError: a set of parameters is refused; names it.
    """
    if not len(series):
        raise RefusedError("there are no bars to run over; check the dates", code="data.empty")
    used = settings or Settings()
    market = Market(Columns(series, None, funding), instrument)
    check_ticks(series, instrument)
    terms = terms_of(instrument, used, len(series), int(series.open_ns[0]))
    course = course_of(series, terms, used, charges_in(market.columns, used))
    count = min(workers or os.cpu_count() or 1, max(len(combos), 1))
    lanes = [_Lane(strategy, market, course, day_ends(series)) for _ in range(count)]
    done: list[Summary] = []
    # The first alone: it compiles what the others then find ready.
    done += [lanes[0].summary(combos[0])] if combos else []
    with ThreadPoolExecutor(count) as pool:
        for batch in _batches(combos[1:], count):
            for part in pool.map(_Lane.summaries, lanes, batch):
                done += part
            if progress is not None:
                progress(len(done))
    return done


def _batches(
    combos: Sequence[Mapping[str, str]], lanes: int
) -> Iterator[list[Sequence[Mapping[str, str]]]]:  # fmt: skip
    """Stretches of `combos` in order, cut into one part a lane."""
    for start in range(0, len(combos), lanes * PART):
        some = combos[start : start + lanes * PART]
        share = -(-len(some) // lanes)
        yield [some[k * share : (k + 1) * share] for k in range(lanes)]


class _Lane:
    """One thread's runs, one after another in the same arrays."""

    def __init__(self, strategy: type[Strategy], market: Market, course: Course, ends: Ints) -> None:
        self._strategy, self._market, self._course, self._ends = strategy, market, course, ends
        self._daily = np.empty(len(ends))
        self._sums = np.zeros(SUMS, np.int64)
        self._cells = np.array(course.terms.cells, np.int64)
        self._spaces: dict[bool, Room] = {}
        self._known: dict[ShapeKey, list[Native]] = {}

    def summary(self, params: Mapping[str, str]) -> Summary:
        """What a run with `params` comes to."""
        course = self._course
        strategy, declared = declare(self._strategy, params, [self._market.columns])
        declared.compute()
        if course.funding is None and course.borrow == 0 and len(course.terms.fees) == 1:
            shape = shape_of(strategy, declared)
            try:
                for native in self._modules(shape, strategy, declared):
                    space = self._space(light=native.light)
                    if walk_native(native, shape, strategy, declared, course, space):
                        return self._surveyed(values_of(declared, params), filled_rows(native, space))
            except SubsetError:
                pass
        return self._in_full(params)

    def _modules(self, shape: Shape, strategy: Strategy, declared: Declared) -> list[Native]:
        """The native modules of this shape: within a sweep the class stays what it is."""
        key = ShapeKey(shape)
        if key not in self._known:
            self._known[key] = list(modules(strategy, declared, self._course))
        return self._known[key]

    def _space(self, *, light: bool) -> Room:
        if light not in self._spaces:
            self._spaces[light] = room(self._course.terms.cells, len(self._course.series), light=light)
        return self._spaces[light]

    def summaries(self, some: Sequence[Mapping[str, str]]) -> list[Summary]:
        """What runs with `some` come to."""
        return [self.summary(params) for params in some]

    def _in_full(self, params: Mapping[str, str]) -> Summary:
        course = self._course
        run = run_over(self._strategy, [self._market], course.settings, params, None)
        return summary_of(run, self._ends)

    def _surveyed(self, params: dict[str, str], fills: Ints) -> Summary:
        course, terms = self._course, self._course.terms
        unit, start = float(terms.unit), float(course.settings.cash)
        worst = survey()(
            self._cells, fills.ravel(), len(fills), course.series.close, unit, start, self._ends,
            self._daily, self._sums,
        )  # fmt: skip
        makers, takers = int(self._sums[2]), int(self._sums[3])
        final = float(self._daily[-1])
        return Summary(
            params=params,
            profit=final - start,
            final_equity=final,
            max_drawdown=worst,
            sharpe=sharpe()(start, self._daily, DAYS_A_YEAR),
            trades=int(self._sums[5]),
            fills=len(fills),
            fees=float((makers * terms.maker + takers * terms.taker) * terms.unit),
        )


def day_ends(series: BarSeries) -> Ints:
    """Indices of the last bar of each UTC day."""
    days = (series.open_ns + series.timeframe_ns - 1) // DAY_NS
    return np.flatnonzero(np.r_[days[1:] != days[:-1], True])


def summary_of(run: Run, ends: Ints) -> Summary:
    """What a sweep keeps of a run."""
    equity, start = run.equity, float(run.settings.cash)
    return Summary(
        params=run.params,
        profit=float(equity[-1]) - start,
        final_equity=float(equity[-1]),
        max_drawdown=deepest_drop()(np.r_[start, equity]),
        sharpe=sharpe()(start, equity[ends], DAYS_A_YEAR),
        trades=_round_trips(run.fills["sign"], run.fills["lots"]),
        fills=len(run.fills),
        fees=float(run.fees),
    )


def _round_trips(signs: Ints, lots: Ints) -> int:
    """How often the position came back to nothing."""
    return int(np.count_nonzero(np.cumsum(signs * lots) == 0))
