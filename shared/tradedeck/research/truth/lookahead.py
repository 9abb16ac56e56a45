"""Look-ahead and repainting: what is asked for before a moment must not depend on what comes after it.

The run is made again over its data cut off at some bars (of long data, over the stretch around each). A strategy that
only knows the past asks for exactly the same until there; one that peeks asks for something else, or fails for want of
the future.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

import numpy as np

import tradedeck
from tradedeck.domain.errors import TradedeckError
from tradedeck.history.series import Floats
from tradedeck.research.declared import declare
from tradedeck.research.reporting.lines import named_lines
from tradedeck.research.result import Run
from tradedeck.research.truth.findings import Clock, Finding, Level, OutOfTimeError
from tradedeck.research.truth.recorder import Asked, Case, line_of

CHECK = "look-ahead"
REPEATS = "repeatable"
REPAINTS = "repainting"
_LINE_CUTS = 4
_MANY = 25_000
"""Of longer data a cut looks at a part: so many bars before it, more where lines take long to warm up, and after."""
_BEFORE, _AFTER = 10_000, 1_000
_FAR = 1e-9
_HANDLERS = ("on_bar", "on_signal", "on_fill", "on_timer", "setup")
_SHOWN = ["market", "kind", "sign", "lots", "price", "stop", "placed"]
_PACKAGE = str(Path(tradedeck.__file__).parent)

Tell = Callable[[str], None]


def look_ahead(run: Run, case: Case, cuts: int, clock: Clock, tell: Tell) -> list[Finding]:
    """Whether the run comes out again, its lines stand still, and no wish knew the future."""
    bars = len(case.series)
    try:
        tell("running it again")
        asked, again = case.asked(clock)
    except OutOfTimeError:
        return [Finding(CHECK, Level.WARNING, f"not checked: there was no time to run {bars:,} bars again")]
    found = [_repeatable(run, case, asked, again)]
    places = cuts_of(case, asked, cuts)
    found.append(_repainting(case, places[:: max(1, len(places) // _LINE_CUTS)], clock))
    for done, bar in enumerate(places):
        tell(f"cut {done + 1} of {len(places)}, at bar {bar:,}")
        try:
            problem = _cut(case, _part(run, case, asked, bar, clock), bar, clock)
        except OutOfTimeError:
            return [*found, _all_same(done, len(places))]
        if problem is not None:
            return [*found, problem]
    return [*found, _all_same(len(places), len(places))]


def cuts_of(case: Case, asked: Sequence[Asked], cuts: int) -> list[int]:
    """Bars to cut after, rising: mostly such in which something was asked for, some in between."""
    last = len(case.series) - 2
    closes = case.series.open_ns + case.series.timeframe_ns
    bars = np.unique(np.searchsorted(closes, [one.time_ns for one in asked if one.verb != "note"]))
    bars = bars[bars <= last]
    share = max(1, cuts * 3 // 4)
    chosen = (
        {int(bars[place]) for place in np.linspace(0, len(bars) - 1, share).astype(int)} if len(bars) else set[int]()
    )
    between = np.linspace(0, last, max(cuts - len(chosen), 0) + 2).astype(int)[1:-1]
    return sorted({bar for bar in (*chosen, *between.tolist()) if 0 <= bar <= last})


def _all_same(done: int, wanted: int) -> Finding:
    if not done:
        return Finding(CHECK, Level.WARNING, "not checked: too few bars, or no time")
    short = "" if done == wanted else f" (time was over; {wanted} were planned)"
    return Finding(CHECK, Level.FINE, f"cut off at {done} bars, it asked for the same until there{short}")


def _repeatable(run: Run, case: Case, asked: Sequence[Asked], again: Run) -> Finding:
    """Whether the run that is checked and the same run in Python placed the same orders."""
    one, other = run.orders[_SHOWN], again.orders[_SHOWN]
    both = min(len(one), len(other))
    differ = np.flatnonzero(one[:both] != other[:both])
    if not len(differ) and len(one) == len(other):
        return Finding(REPEATS, Level.FINE, "the same run twice places the same orders")
    place = int(differ[0]) if len(differ) else both
    bar = min(int(orders["placed"][place]) for orders in (one, other) if place < len(orders))
    detail = (
        f"run twice over the same bars it places different orders, first at bar {bar:,} (order {place + 1}): "
        "it uses chance or a clock, or remembers something between runs"
    )
    near = [wish for wish in asked if _bar(case, wish) >= bar][:1]
    return Finding(REPEATS, Level.FAILED, detail, bar, _lines(near or asked[-1:]))


@dataclass(frozen=True, slots=True)
class _Part:
    """The bars around a cut, from number `start` of the whole on, and what is asked for in them."""

    case: Case
    start: int
    asked: Sequence[Asked]


def _part(run: Run, case: Case, asked: Sequence[Asked], bar: int, clock: Clock) -> _Part:
    """All bars where they are few; of many some before the cut and some after it, run for themselves."""
    bars = len(case.series)
    if bars <= _MANY:
        return _Part(case, 0, asked)
    start = max(0, bar + 1 - max(_BEFORE, 4 * run.first_bar))
    some = case.between(start, min(bar + 1 + _AFTER, bars))
    return _Part(some, start, some.asked(clock)[0])


def _cut(case: Case, part: _Part, bar: int, clock: Clock) -> Finding | None:
    """What differs when the data ends with `bar`."""
    end_ns = int(case.series.open_ns[bar]) + case.series.timeframe_ns
    until = [one for one in part.asked if one.by(end_ns)]
    try:
        got, _ = part.case.between(0, bar + 1 - part.start).asked(clock)
    except OutOfTimeError:
        raise
    except Exception as problem:  # whatever a strategy does without the future
        return _failure(case, problem, bar, until)
    place = _first_difference(until, got)
    if place < 0:
        return None
    had, has = until[place : place + 1], got[place : place + 1]
    at = _bar(case, min(*had, *has, key=lambda one: one.time_ns) if had and has else (had or has)[0])
    wants, wanted = had[0] if had else "nothing", has[0] if has else "nothing"
    detail = (
        f"at bar {at:,} it asks for {wants}, but for {wanted} when the data ends with bar {bar:,}: "
        "it knew what came later"
    )
    return Finding(CHECK, Level.FAILED, detail, at, _lines(had, has))


def _failure(case: Case, problem: Exception, bar: int, until: Sequence[Asked]) -> Finding:
    frames = [one for one in traceback.extract_tb(problem.__traceback__) if not one.filename.startswith(_PACKAGE)]
    own = [one for one in frames if one.filename == _file_of(case)] or frames
    what = problem.message if isinstance(problem, TradedeckError) else f"{type(problem).__name__}: {problem}"
    detail = (
        f"it fails when the data ends with bar {bar:,}, but not when more follows: it reaches for later bars ({what})"
    )
    lines = (line_of(own[-1].filename, own[-1].lineno or 0),) if own else ()
    near = [one.line for one in until if _bar(case, one) == bar][:1]
    return Finding(CHECK, Level.FAILED, detail, bar, lines or tuple(near))


def _repainting(case: Case, cuts: Sequence[int], clock: Clock) -> Finding:
    """Whether past values of a declared line change when bars are added."""
    whole = lines_of_case(case)
    for bar in cuts:
        if clock.over:
            break
        for name, values in lines_of_case(case.between(0, bar + 1)).items():
            was = whole[name][: bar + 1]
            same = np.isclose(was, values, rtol=_FAR, atol=0.0, equal_nan=True)
            if not same.all():
                at = int(np.flatnonzero(~same)[0])
                detail = (
                    f"the line {name} was {values[at]:.10g} at bar {at:,} when bar {bar:,} was the newest, and became "
                    f"{was[at]:.10g} later"
                )
                return Finding(REPAINTS, Level.FAILED, detail, at)
    return Finding(REPAINTS, Level.FINE, f"{len(whole)} declared lines keep their past values" if whole else "no lines")


def lines_of_case(case: Case) -> dict[str, Floats]:
    """Every declared line and signal as a column, by name."""
    markets = case.columns()
    found = dict(named_lines(case.strategy, case.params, markets))
    _, declared = declare(case.strategy, case.params, markets)
    signals = {f"signal {n}": one.values.astype(np.float64) for n, one in enumerate(declared.signals, 1)}
    return {**found, **signals}


def _first_difference(one: Sequence[Asked], other: Sequence[Asked]) -> int:
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if not a.same(b):
            return place
    return -1 if len(one) == len(other) else min(len(one), len(other))


def _bar(case: Case, one: Asked) -> int:
    closes = case.series.open_ns + case.series.timeframe_ns
    return min(int(np.searchsorted(closes, one.time_ns, side="right" if one.inside else "left")), len(closes) - 1)


def _lines(*some: Sequence[Asked]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.line for asked in some for one in asked if one.line))


def _file_of(case: Case) -> str:
    """The file the strategy's handlers are written in."""
    own = (vars(kind).get(name) for kind in case.strategy.__mro__ for name in _HANDLERS)
    return next((handler.__code__.co_filename for handler in own if isinstance(handler, FunctionType)), "")
