"""Everything a strategy asked for in a run, and the lines of its source that asked."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import FrameType
from typing import Any, cast

import numpy as np

import tradedeck.ports.strategy as socket
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries
from tradedeck.ports.desk import Ask, Desk
from tradedeck.ports.strategy import Strategy
from tradedeck.ports.views import Market
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.lines import Columns
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import Rates, backtest, columns_of, rates_of
from tradedeck.research.settings import Settings
from tradedeck.research.truth.findings import Clock, OutOfTimeError

_OURS = {__file__, socket.__file__}
_FIELDS = [one.name for one in fields(Ask) if one.name != "market"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a verb: when (UTC nanoseconds), which, with what, and from where in the source.

    `inside` a bar: in answer to a fill. A fill at a bar's open has the time of the close before it.
    """

    time_ns: int
    inside: bool
    verb: str
    words: str
    file: str
    number: int

    @property
    def line(self) -> str:
        """The source line it came from."""
        return line_of(self.file, self.number) if self.file else ""

    def __str__(self) -> str:
        return f"{self.verb}({self.words})"

    def same(self, other: Asked) -> bool:
        """Whether it asks for the same at the same time."""
        mine, its = (self.time_ns, self.inside, self.verb), (other.time_ns, other.inside, other.verb)
        return mine == its and self.words == other.words

    def by(self, close_ns: int) -> bool:
        """Whether it was asked for by the close of the bar that closes then."""
        return self.time_ns < close_ns or (self.time_ns == close_ns and not self.inside)


@dataclass(frozen=True, slots=True)
class Case:
    """A run that can be made again over less of its data."""

    strategy: type[Strategy]
    series: BarSeries
    instrument: Instrument
    params: Mapping[str, str]
    settings: Settings
    others: Sequence[tuple[BarSeries, Instrument]] = ()
    funding: Rates = None

    def between(self, start: int, stop: int) -> Case:
        """The same over bars `start` to `stop` only; its columns are copies, from which nothing leads to the rest."""
        first_ns, last_ns = int(self.series.open_ns[start]), int(self.series.open_ns[stop - 1])
        others: list[tuple[BarSeries, Instrument]] = []
        for one, instrument in self.others:
            # A market without a bar at the start brings its newest before it.
            first = max(int(np.searchsorted(one.open_ns, first_ns, side="right")) - 1, 0)
            others.append((copied(one, first, int(np.searchsorted(one.open_ns, last_ns, side="right"))), instrument))
        rates = rates_of(self.funding, 1 + len(others))
        funding = [None if one is None else one[start:stop].copy() for one in rates]
        return replace(self, series=copied(self.series, start, stop), others=others, funding=funding)

    def columns(self) -> list[Columns]:
        """The columns of its markets."""
        return columns_of(self.series, [other for other, _ in self.others], self.funding)

    def asked(self, clock: Clock) -> tuple[list[Asked], Run]:
        """Run it in Python and record every wish; the wishes and the run.

        Raises:
            OutOfTimeError: there was no time to finish.
        """
        kept: list[Asked] = []

        def go_on(_: int) -> None:
            if clock.over:
                raise OutOfTimeError

        run = backtest(
            watched(self.strategy, kept), self.series, self.instrument, params=self.params, settings=self.settings,
            tier=Tier.INTERPRETED, others=self.others, funding=self.funding, progress=go_on,
        )  # fmt: skip
        return kept, run


def copied(series: BarSeries, start: int, stop: int) -> BarSeries:
    """Bars `start` to `stop` in memory of their own: a slice would still lead to the whole."""
    cut = series.slice(start, stop)
    return BarSeries(
        cut.symbol, cut.timeframe_ns, cut.open_ns.copy(), cut.open.copy(), cut.high.copy(), cut.low.copy(),
        cut.close.copy(), cut.volume.copy(),
    )  # fmt: skip


def watched(strategy: type[Strategy], kept: list[Asked]) -> type[Strategy]:
    """The same strategy, whose wishes go through a recorder."""

    def get(self: Strategy) -> Any:
        return vars(self)["_recorder"]

    def put(self: Strategy, desk: Desk) -> None:
        vars(self)["_recorder"] = _Recorder(desk, kept)

    made: Any = type(strategy)
    return cast("type[Strategy]", made(strategy.__name__, (strategy,), {"desk": property(get, put)}))


class _Recorder:
    """A desk that writes down what passes through it."""

    def __init__(self, desk: Desk, kept: list[Asked]) -> None:
        self._desk, self._kept = desk, kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def ask(self, ask: Ask) -> int:
        words = [f"{name}={getattr(ask, name)!r}" for name in _FIELDS if not _usual(name, getattr(ask, name))]
        self._keep("ask", ", ".join(words), ask.market)
        return self._desk.ask(ask)

    def target(self, size: float, market: Market | None) -> int:
        self._keep("target", f"{size!r}", market)
        return self._desk.target(size, market)

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        self._keep("oco", f"{size!r}, take={take!r}, loss={loss!r}", market)
        return self._desk.oco(size, take, loss, market)

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        self._keep("trail", f"{size!r}, distance={distance!r}", market)
        return self._desk.trail(size, distance, market)

    def cancel(self, order: int) -> None:
        self._keep("cancel", f"{order}", None)
        self._desk.cancel(order)

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        self._keep("replace", f"{order}, size={size!r}, price={price!r}, stop={stop!r}", None)
        return self._desk.replace(order, size, price, stop)

    def note(self, text: str, price: float) -> None:
        self._keep("note", f"{text!r}", None)
        self._desk.note(text, price)

    def _keep(self, verb: str, words: str, market: Market | None) -> None:
        where = f", market={market.symbol}" if market else ""
        inside = isinstance(self._desk, ResearchDesk) and self._desk.walked is not None
        place = _place(inspect.currentframe())
        self._kept.append(Asked(self._desk.now_ns, inside, verb, words + where, *place))


_USUAL = Ask(1, 0.0)


def _usual(name: str, value: object) -> bool:
    usual = getattr(_USUAL, name)
    return name not in ("sign", "size") and (value == usual or (value != value and usual != usual))


def _place(frame: FrameType | None) -> tuple[str, int]:
    """The innermost line that is neither ours nor a verb's."""
    while frame is not None and frame.f_code.co_filename in _OURS:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)


def line_of(file: str, number: int) -> str:
    """A line of source for people: file.py:12: its text."""
    return f"{Path(file).name}:{number}: {linecache.getline(file, number).strip()}"
