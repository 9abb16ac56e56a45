"""A run in native code: the strategy's shape, its arrays, and the logs they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.light import ASKED, DONE_
from tradedeck.compile.native import Room, can_compile, lent_room, runner
from tradedeck.compile.program import FIRST_CELL, Native, translate
from tradedeck.compile.reading import own_methods, reading_of, source_of
from tradedeck.compile.subset import SubsetError, remembered
from tradedeck.compile.values import Kind, Shape
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.ports.strategy import Strategy
from tradedeck.research.declared import ColumnLine, ColumnSignal, Declared, Flags, overrides
from tradedeck.research.lean import bounds_of
from tradedeck.research.result import Note, order_log, plain_log
from tradedeck.research.settings import Settings
from tradedeck.research.tape import borrow_a_bar
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at

_NO_FUNDING = np.empty(0)
_NO_WAKES = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a native run leaves: the order log, the rows of the fills, the notes."""

    orders: NDArray[np.void]
    fills: Ints
    notes: tuple[Note, ...]


def shape_of(strategy: Strategy, declared: Declared) -> Shape:
    """What the attributes of a strategy are after `setup`.

    Raises:
        SubsetError: second markets are declared.
    """
    if declared.markets:
        raise SubsetError(0, "second markets run in Python")
    lines: dict[str, int] = {}
    earlier: set[int] = set()
    signals: dict[str, int] = {}
    numbers: dict[str, Kind] = {}
    lists: dict[str, int] = {}
    texts: dict[str, str] = {}
    for name, value in vars(strategy).items():
        match value:
            case ColumnLine():
                lines[name] = declared.lines.index(value)
                if value.has_earlier:
                    earlier.add(lines[name])
            case ColumnSignal():
                signals[name] = declared.signals.index(value)
            case bool():
                numbers[name] = Kind.BOOL
            case int():
                numbers[name] = Kind.WHOLE
            case float():
                numbers[name] = Kind.FLOAT
            case str():
                texts[name] = value
            case list() if value and all(isinstance(cell, int | float) for cell in cast(list[object], value)):
                lists[name] = len(cast(list[object], value))
            case _:
                pass
    return Shape(
        lines, frozenset(earlier), signals, numbers, lists, texts, _bounds(strategy, declared, numbers),
        bool(declared.periods_ns),
    )  # fmt: skip


def _bounds(strategy: Strategy, declared: Declared, numbers: Mapping[str, Kind]) -> dict[str, int]:
    """Whole parameters, none below zero, by the attribute that holds them unchanged: their highest bounds loops."""
    highest = {p.name: int(p.high) for p in declared.parameters if p.kind == "integer" and int(p.low) >= 0}
    return {
        name: highest[name]
        for name, kind in numbers.items()
        if kind is Kind.WHOLE and name in highest and getattr(strategy, name) == declared.value_of(name)
    }


_MODULES: dict[object, Native] = {}
_MOST_MODULES = 256
"""Translations kept; the oldest go first. What they are made from is their key, so none is ever stale."""


def _translated(kind: type[Strategy], shape: Shape, *, light: bool) -> Native:
    taken = remembered(kind)
    reading = taken or reading_of(kind)
    key = (id(taken) if taken else reading, ShapeKey(shape), light)
    found = _MODULES.get(key)
    if found is None:
        source = taken or source_of(reading_of(kind), own_methods(kind))
        found = _MODULES[key] = translate(source, shape, light=light)
        while len(_MODULES) > _MOST_MODULES:
            _MODULES.pop(next(iter(_MODULES)), None)
    return found


class ShapeKey:
    """A shape as a key: two strategies of one shape share their native module, whatever their texts say."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._key = (
            tuple(shape.lines.items()), shape.earlier, tuple(shape.signals.items()), tuple(shape.numbers.items()),
            tuple(shape.lists.items()), tuple(shape.texts), tuple(shape.bounds.items()), shape.has_timer,
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeKey) and self._key == other._key


def native_of(strategy: Strategy, declared: Declared, *, light: bool = True) -> Native:
    """The strategy's native module; over the full desk where `light` is False.

    Raises:
        SubsetError: it is not in the subset, or numba is not installed.
    """
    if not can_compile():
        raise SubsetError(0, "numba is not installed; install tradedeck[native]")
    return _translated(type(strategy), shape_of(strategy, declared), light=light)


@dataclass(frozen=True, slots=True)
class Course:
    """What every native run of a sweep shares: the market and the terms."""

    series: BarSeries
    terms: Terms
    settings: Settings
    funding: Floats | None
    bounds: tuple[int, int, int]
    borrow: float

    def takes(self, native: Native) -> bool:
        """Whether the module can run on these terms: the light desk knows plain spot markets only."""
        plain = self.borrow == 0 and self.funding is None and self.settings.is_instant and self.terms.is_spot
        return (plain and len(self.terms.fees) == 1) or not native.light

    @property
    def always(self) -> bool:
        """Whether a position alone makes a bar worth walking."""
        return self.funding is not None or self.borrow > 0 or not self.terms.is_spot


def course_of(series: BarSeries, terms: Terms, settings: Settings, funding: Floats | None) -> Course:
    """The course of runs over `series`."""
    return Course(series, terms, settings, funding, bounds_of(series, terms), borrow_a_bar(series, settings))


BLOCK = 1 << 17
"""Bars walked at a time: their lines are still in the processor's cache when the strategy reads them."""


def walk_native(
    native: Native, shape: Shape, strategy: Strategy, declared: Declared, course: Course, space: Room,
    progress: Callable[[int], None] | None = None,
) -> bool:  # fmt: skip
    """Run into `space`; False when the strategy did something that only Python can do or tell (an error, say)."""
    series = course.series
    space.clear(course.terms.cells, *course.bounds)
    light = (space.light, space.terms, space.asked, space.sizes, space.fills)
    full = (space.state, space.terms, space.orders, space.working, space.fills)
    own = light if native.light else full
    wakes = declared.wakes() if overrides(strategy, "on_signal") else _NO_WAKES
    before, signals = _whole_columns(shape, declared)
    lines = [declared.lines[k] for k in sorted(set(shape.lines.values()))]
    first, length = declared.warm_from(), len(series)
    args = [
        series.open, series.high, series.low, series.close, series.volume, series.open_ns, series.timeframe_ns,
        *(line.upto(first) for line in lines), *before, *signals, _cells(native, shape, strategy, course.terms), *own,
        space.notes, space.note_prices, wakes, np.array(declared.periods_ns, np.int64),
        _NO_FUNDING if course.funding is None else course.funding, course.borrow, course.settings.volume_share,
        course.always,
    ]  # fmt: skip
    run = runner(native)
    for start in range(first, length, BLOCK):
        stop = min(start + BLOCK, length)
        for line in lines:
            line.upto(stop)
        try:
            run(*args, start, stop)
        except (ValueError, ZeroDivisionError, IndexError, OverflowError):
            return False
        if progress is not None:
            progress(stop)
    return True


def run_native(
    strategy: Strategy, declared: Declared, course: Course, progress: Callable[[int], None] | None = None
) -> Ran | None:
    """One run in arrays of its own, over the full desk where the light one does not do.

    `progress` is told how many bars are done; raising in it stops the run. None when the strategy did something
    that only Python can do or tell: an error, a number too large.

    Raises:
        SubsetError: it is not in the subset.
    """
    shape = shape_of(strategy, declared)
    for native in modules(strategy, declared, course):
        with lent_room(course.terms.cells, len(course.series), light=native.light) as space:
            if walk_native(native, shape, strategy, declared, course, space, progress):
                return _ran(native, space)
    return None


def modules(strategy: Strategy, declared: Declared, course: Course) -> Iterator[Native]:
    """The native modules worth trying, the quickest first. Raises as `native_of`."""
    native = native_of(strategy, declared)
    if course.takes(native):
        yield native
    if native.light:
        yield native_of(strategy, declared, light=False)


def _whole_columns(shape: Shape, declared: Declared) -> tuple[list[Floats], list[Flags]]:
    before = [declared.lines[k].before() for k in sorted(shape.earlier)]
    signals = [declared.signals[k].values for k in sorted(set(shape.signals.values()))]
    return before, signals


def _cells(native: Native, shape: Shape, strategy: Strategy, terms: Terms) -> Floats:
    cells = np.zeros(native.length)
    cells[FIRST_CELL - 1] = float(terms.unit)
    for name in shape.numbers:
        cells[native.cells[name]] = getattr(strategy, name)
    texts = dict(native.texts)
    for name in shape.texts:
        # A text the module does not know is still the same as itself and as no other.
        cells[native.cells[name]] = texts.setdefault(getattr(strategy, name), len(texts))
    for name, length in shape.lists.items():
        cells[native.cells[name] : native.cells[name] + length] = getattr(strategy, name)
    return cells


def _ran(native: Native, space: Room) -> Ran:
    by_number = {number: text for text, number in native.texts.items()}
    notes = tuple(
        Note(int(space.notes[1 + 2 * k]), by_number[int(space.notes[2 + 2 * k])], float(space.note_prices[k]))
        for k in range(int(space.notes[0]))
    )
    fills = filled_rows(native, space).copy()
    if native.light:
        asked = int(space.light[ASKED])
        return Ran(plain_log(space.asked[:asked], space.sizes[:asked], fills), fills, notes)
    count = int(space.state[at.ORDERS])
    return Ran(order_log(space.orders[: count * at.WIDTH].reshape(count, at.WIDTH)), fills, notes)


def filled_rows(native: Native, space: Room) -> Ints:
    """The rows of the fills of the run that `space` holds."""
    count = int(space.light[DONE_] if native.light else space.state[at.FILLS])
    return space.fills[: count * at.FILL_WIDTH].reshape(count, at.FILL_WIDTH)
