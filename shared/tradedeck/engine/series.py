"""One market as a strategy follows it: bars of its timeframe, longer ones, and the lines on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.funding import due_ns
from tradedeck.engine.seen import NAN, SeenBar, no_bar, seen_bar
from tradedeck.indicators.catalogue import CATALOGUE
from tradedeck.indicators.definition import COLUMNS, Definition
from tradedeck.indicators.streaming import Streaming


class BarBuilder:
    """Puts bars of a timeframe together from shorter ones."""

    def __init__(self, timeframe_ns: int) -> None:
        self._wanted = timeframe_ns
        self._building: Bar | None = None

    def take(self, bar: Bar) -> list[Bar]:
        """The bars that `bar` completes: at its end or, after a gap, when a later one has come."""
        if bar.timeframe_ns == self._wanted:
            return [bar]
        if self._wanted % bar.timeframe_ns:
            return []
        open_ns = bar.open_ns - bar.open_ns % self._wanted
        complete: list[Bar] = []
        building = self._building
        if building is not None and building.open_ns != open_ns:
            complete.append(building)
            building = None
        if building is None:
            building = replace(bar, timeframe_ns=self._wanted, open_ns=open_ns)
        else:
            building = replace(
                building,
                high=max(building.high, bar.high),
                low=min(building.low, bar.low),
                close=bar.close,
                volume=building.volume + bar.volume,
            )
        if bar.time_ns == building.time_ns:
            complete.append(building)
            building = None
        self._building = building
        return complete


class LiveLine:
    """One output of an indicator that is fed bar by bar."""

    __slots__ = ("_output", "_source", "_stream")

    def __init__(self, definition: Definition, params: Sequence[float], source: str, output: int) -> None:
        self._stream = Streaming(definition, params)
        self._source, self._output = source, output

    @property
    def value(self) -> float:
        """After the newest closed bar of its timeframe; NaN while it warms up."""
        return self._stream.values[self._output]

    @property
    def previous(self) -> float:
        """One bar of its timeframe earlier."""
        return self._stream.previous[self._output]

    @property
    def is_warm(self) -> bool:
        """Whether it has a value."""
        return not isnan(self.value)

    def update(self, bar: SeenBar) -> None:
        """Take one closed bar of its timeframe."""
        self._stream.update(bar.open, bar.high, bar.low, bar.close, bar.volume, getattr(bar, self._source))


class RateLine:
    """The newest funding rate of `symbol` that was due by the open of the newest bar; of several at one bar their sum.

    NaN before the first, and for as long as a venue tells of none.
    """

    __slots__ = ("_coming", "previous", "symbol", "value")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.value = self.previous = NAN
        self._coming: list[tuple[int, float]] = []

    def take(self, rate: float, time_ns: int) -> None:
        """A rate was charged."""
        self._coming.append((due_ns(time_ns), rate))

    def update(self, open_ns: int) -> None:
        """A bar that opened then has closed."""
        self.previous = self.value
        due = [rate for time_ns, rate in self._coming if time_ns <= open_ns]
        if due:
            self.value = sum(due)
            self._coming = [one for one in self._coming if one[0] > open_ns]


class Series:
    """The closed bars of one symbol at the strategy's timeframe; `bar` is the newest.

    `rates` are the funding lines that its bars show, of whatever symbol.
    """

    def __init__(self, symbol: str, timeframe_ns: int) -> None:
        self.symbol = symbol
        self.timeframe_ns = timeframe_ns
        self.bar: SeenBar = no_bar(symbol)
        self.newest: Bar | None = None
        self.rates: list[RateLine] = []
        self._own = BarBuilder(timeframe_ns)
        self._longer: dict[int, BarBuilder] = {}
        self._lines: dict[int, list[LiveLine]] = {}

    @property
    def newest_open_ns(self) -> int:
        """When the newest bar opened; -1 before the first."""
        return -1 if self.newest is None else self.newest.open_ns

    @property
    def is_warm(self) -> bool:
        """Whether every line has a value."""
        return all(line.is_warm for lines in self._lines.values() for line in lines)

    def line(
        self, indicator: str, lengths: Sequence[float], source: str, output: str, timeframe_ns: int
    ) -> LiveLine:  # fmt: skip
        """A new line.

        Raises:
            RefusedError: no such indicator, output, column or timeframe, or a parameter out of its bounds.
        """
        definition = CATALOGUE.get(indicator)
        if definition is None:
            raise RefusedError(f"there is no indicator {indicator}; see the list of indicators", code="indicator.name")
        if source not in COLUMNS:
            raise RefusedError(f"a line's source is one of {', '.join(COLUMNS)}, not {source}", code="indicator.source")
        if output and output not in definition.outputs:
            known = ", ".join(definition.outputs)
            raise RefusedError(f"{indicator} has the outputs {known}, no {output}", code="indicator.output")
        wanted = timeframe_ns or self.timeframe_ns
        if wanted % self.timeframe_ns:
            raise RefusedError("a line's timeframe must be a multiple of the strategy's", code="strategy.timeframe")
        made = LiveLine(definition, lengths, source, definition.outputs.index(output) if output else 0)
        self._longer.setdefault(wanted, BarBuilder(wanted))
        self._lines.setdefault(wanted, []).append(made)
        return made

    def own_bars(self, bar: Bar) -> list[Bar]:
        """Bars of the strategy's timeframe that `bar` completes, none shown before."""
        return [own for own in self._own.take(bar) if own.open_ns > self.newest_open_ns]

    def update(self, own: Bar) -> None:
        """Show a closed bar of the strategy's timeframe to every line; an older one is skipped."""
        if own.open_ns <= self.newest_open_ns:
            return
        self.newest, self.bar = own, seen_bar(own)
        for rate in self.rates:
            rate.update(own.open_ns)
        for timeframe_ns, builder in self._longer.items():
            for complete in builder.take(own):
                shown = self.bar if complete is own else seen_bar(complete)
                for line in self._lines[timeframe_ns]:
                    line.update(shown)
