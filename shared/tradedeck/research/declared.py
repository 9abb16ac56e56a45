"""A strategy set up for research: its parameters, and its lines as columns with a cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.period import period_ns
from tradedeck.engine.parameters import Parameters
from tradedeck.history.series import BarSeries, Floats
from tradedeck.ports.strategy import Strategy
from tradedeck.ports.views import Line, Market
from tradedeck.research.lines import FUNDING, Columns, LineKey, Started, line_key

Flags = NDArray[np.bool_]


class Cursor:
    """Which bar of the series is the newest closed one; every view of a run shares it."""

    __slots__ = ("i",)

    def __init__(self) -> None:
        self.i = -1


class BarCursor:
    """The newest closed bar, read from the columns when asked."""

    __slots__ = ("_cursor", "_series", "symbol")

    def __init__(self, series: BarSeries, cursor: Cursor) -> None:
        self._series = series
        self._cursor = cursor
        self.symbol = series.symbol

    @property
    def open_ns(self) -> int:
        """When it opened."""
        return int(self._series.open_ns[self._cursor.i])

    @property
    def time_ns(self) -> int:
        """When it closed."""
        return int(self._series.open_ns[self._cursor.i]) + self._series.timeframe_ns

    @property
    def open(self) -> float:
        """First price."""
        return float(self._series.open[self._cursor.i])

    @property
    def high(self) -> float:
        """Highest price."""
        return float(self._series.high[self._cursor.i])

    @property
    def low(self) -> float:
        """Lowest price."""
        return float(self._series.low[self._cursor.i])

    @property
    def close(self) -> float:
        """Last price."""
        return float(self._series.close[self._cursor.i])

    @property
    def volume(self) -> float:
        """Base units traded."""
        return float(self._series.volume[self._cursor.i])


class ColumnLine:
    """A line as a column, computed when first needed; whoever drives the run sets `value`."""

    __slots__ = ("_columns", "_cursor", "_started", "key", "value")

    def __init__(self, started: Started, key: LineKey, cursor: Cursor) -> None:
        self.value = float("nan")
        self.key = key
        self._columns = started.columns
        self._started = started
        self._cursor = cursor

    @property
    def values(self) -> Floats:
        """The whole column."""
        return self._columns.line(self.key)[0]

    def upto(self, stop: int) -> Floats:
        """The column, its values there up to `stop` at least."""
        return self._started.upto(self.key, stop)

    def first(self, start: int) -> int:
        """The first bar from `start` on at which it has a value; the number of bars when there is none."""
        return self._started.first(self.key, start)

    @property
    def previous(self) -> float:
        """One bar of its timeframe earlier."""
        i = self._cursor.i
        values, earlier = self._columns.line(self.key)
        if earlier is not None:
            return float(earlier[i])
        return float(values[i - 1]) if i > 0 else float("nan")

    @property
    def has_earlier(self) -> bool:
        """Whether `previous` is a column of its own: the line is of a longer timeframe."""
        return self._columns.is_longer(self.key)

    def before(self) -> Floats:
        """The whole column of `previous`."""
        values, earlier = self._columns.line(self.key)
        return earlier if earlier is not None else np.r_[np.nan, values[:-1]]


class ColumnSignal:
    """A declared condition as a column: `line` comes from the one side of `other` to beyond it."""

    __slots__ = ("_cursor", "_flags", "_line", "_other", "_upwards", "_values")

    def __init__(self, line: ColumnLine, other: ColumnLine | float, cursor: Cursor, *, upwards: bool) -> None:
        self._line, self._other, self._cursor, self._upwards = line, other, cursor, upwards
        self._values: Flags | None = None
        self._flags = b""

    @property
    def values(self) -> Flags:
        """The whole column."""
        if self._values is None:
            self._values = self._crossings()
        return self._values

    @property
    def value(self) -> bool:
        """Whether it is true at the newest closed bar."""
        # Bytes: a place in an array takes five times as long to read.
        if not self._flags:
            self._flags = self.values.tobytes()
        return self._flags[self._cursor.i] == 1

    def _crossings(self) -> Flags:
        beyond, not_yet = (np.greater, np.less_equal) if self._upwards else (np.less, np.greater_equal)
        other = self._other
        now, level = self._line.values, other.values if isinstance(other, ColumnLine) else other
        made = np.asarray(beyond(now, level))
        if self._line.has_earlier or (isinstance(other, ColumnLine) and other.has_earlier):
            level_then = other.before() if isinstance(other, ColumnLine) else other
            return made & not_yet(self._line.before(), level_then)
        made[1:] &= not_yet(now[:-1], level[:-1] if isinstance(level, np.ndarray) else level)
        made[:1] = False
        return made


class ColumnMarket:
    """A second instrument of a run; `position` is kept by its desk."""

    __slots__ = ("bar", "index", "position", "symbol")

    def __init__(self, symbol: str, index: int, bar: BarCursor) -> None:
        self.symbol, self.index, self.bar = symbol, index, bar
        self.position = 0.0


class Declared(Parameters):
    """What `setup` has declared, over the columns of the main market and of every other (already aligned to it)."""

    def __init__(self, given: Mapping[str, str], markets: Sequence[Columns]) -> None:
        super().__init__(given)
        self.cursor = Cursor()
        self.bar = BarCursor(markets[0].series, self.cursor)
        self.lines: list[ColumnLine] = []
        self.signals: list[ColumnSignal] = []
        self.markets: list[ColumnMarket] = []
        self.periods_ns: list[int] = []
        self._columns = markets
        self._started = [Started(columns) for columns in markets]
        self._by_key: dict[object, ColumnLine] = {}

    def market(self, name: str, default: str) -> Market:
        """A second instrument; which one is a parameter.

        Raises:
            RefusedError: the run brings no data for it.
        """
        symbol = self.text(name, default)
        for index, columns in enumerate(self._columns):
            if index and columns.series.symbol == symbol:
                found = ColumnMarket(symbol, index, BarCursor(columns.series, self.cursor))
                self.markets.append(found)
                return found
        raise RefusedError(f"{name}: this run brings no prices of {symbol}; add them with --data", code="data.market")

    def line(
        self, indicator: str, *lengths: float, source: str = "close", output: str = "", market: Market | None = None,
        timeframe: str = "",
    ) -> ColumnLine:  # fmt: skip
        """Any indicator of the catalogue. Raises as `lines.line_key`."""
        number = market.index if isinstance(market, ColumnMarket) else 0
        columns = self._columns[number]
        timeframe_ns = period_ns(timeframe) if timeframe else columns.series.timeframe_ns
        return self._column(number, line_key(indicator, lengths, source, output, timeframe_ns, number))

    def _column(self, number: int, key: LineKey) -> ColumnLine:
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = ColumnLine(self._started[number], key, self.cursor)
            self.lines.append(found)
        return found

    def sma(self, length: int, *, market: Market | None = None, timeframe: str = "") -> ColumnLine:
        """Simple moving average of closes."""
        return self.line("sma", length, market=market, timeframe=timeframe)

    def ema(self, length: int, *, market: Market | None = None, timeframe: str = "") -> ColumnLine:
        """Exponential moving average of closes."""
        return self.line("ema", length, market=market, timeframe=timeframe)

    def rsi(self, length: int, *, market: Market | None = None, timeframe: str = "") -> ColumnLine:
        """Wilder's relative strength index of closes."""
        return self.line("rsi", length, market=market, timeframe=timeframe)

    def atr(self, length: int, *, market: Market | None = None, timeframe: str = "") -> ColumnLine:
        """Wilder's average true range."""
        return self.line("atr", length, market=market, timeframe=timeframe)

    def funding(self, market: Market | None = None) -> ColumnLine:
        """The newest funding rate that was due.

        Raises:
            RefusedError: the run brings no rates of that market.
        """
        number = market.index if isinstance(market, ColumnMarket) else 0
        columns = self._columns[number]
        if columns.funding is None:
            name = columns.series.symbol
            raise RefusedError(
                f"this run brings no funding rates of {name}; add them with --funding", code="data.funding"
            )
        return self._column(number, LineKey(FUNDING, (), market=number))

    def crosses_above(self, line: Line, other: Line | float) -> ColumnSignal:
        """True where `line` comes from at or below `other` to above it."""
        return self._signal(line, other, upwards=True)

    def crosses_below(self, line: Line, other: Line | float) -> ColumnSignal:
        """True where `line` comes from at or above `other` to below it."""
        return self._signal(line, other, upwards=False)

    def every(self, period: str) -> None:
        """Wake `on_timer` at whole multiples of a period."""
        self.periods_ns.append(period_ns(period))

    def value_of(self, name: str) -> float:
        """The value of a number parameter."""
        declared = next(parameter for parameter in self.parameters if parameter.name == name)
        return float(self._given.get(name, declared.default))

    def warm_from(self) -> int:
        """The first bar at which every indicator has a value; the length of the series when there is none."""
        length = len(self._columns[0].series)
        lines = [line for line in self.lines if line.key.indicator != FUNDING]
        first = max((line.first(0) for line in lines), default=0)
        while first < length and any(isnan(line.upto(first + 1)[first]) for line in lines):
            first = max(line.first(first) for line in lines)
        return first

    def wakes(self) -> Flags:
        """The bars at which any declared signal is true."""
        length = len(self._columns[0].series)
        return np.logical_or.reduce([signal.values for signal in self.signals] or [np.zeros(length, np.bool_)])

    def compute(self) -> None:
        """Compute the declared lines, several at once: they don't wait for each other."""
        for number, columns in enumerate(self._columns):
            columns.compute([line.key for line in self.lines if line.key.market == number])

    def _signal(self, line: Line, other: Line | float, *, upwards: bool) -> ColumnSignal:
        if not isinstance(line, ColumnLine) or not isinstance(other, ColumnLine | int | float):
            raise RefusedError("a crossing takes a line, and a line or a number", code="strategy.crossing")
        made = ColumnSignal(line, other, self.cursor, upwards=upwards)
        self.signals.append(made)
        return made


def declare(
    kind: type[Strategy], given: Mapping[str, str], markets: Sequence[Columns]
) -> tuple[Strategy, Declared]:  # fmt: skip
    """A new strategy, set up.

    Raises:
        RefusedError: a parameter is out of its range or does not exist, or a line can't be made.
    """
    strategy, declared = kind(), Declared(given, markets)
    strategy.setup(declared)
    declared.check_names()
    return strategy, declared


def overrides(strategy: Strategy | type[Strategy], name: str) -> bool:
    """Whether a strategy has this handler of its own."""
    kind = strategy if isinstance(strategy, type) else type(strategy)
    return getattr(kind, name) is not getattr(Strategy, name)
