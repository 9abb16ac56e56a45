"""What a strategy declares: parameters, markets, lines, signals and timers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.period import period_ns
from tradedeck.engine.parameters import Parameter, Parameters
from tradedeck.engine.seen import SeenBar
from tradedeck.engine.series import LiveLine, RateLine, Series
from tradedeck.ports.strategy import Strategy
from tradedeck.ports.views import Line, Market


class LiveSignal:
    """A declared condition. Comparisons with NaN are false: without all four values it is not true."""

    __slots__ = ("_is_true",)

    def __init__(self, is_true: Callable[[], bool]) -> None:
        self._is_true = is_true

    @property
    def value(self) -> bool:
        """Whether it is true at the newest closed bar."""
        return self._is_true()


class LiveMarket:
    """A second instrument; `position` is kept by the runner."""

    __slots__ = ("position", "series")

    def __init__(self, series: Series) -> None:
        self.series = series
        self.position = 0.0

    @property
    def symbol(self) -> str:
        """The instrument."""
        return self.series.symbol

    @property
    def bar(self) -> SeenBar:
        """Its newest closed bar; NaN prices before the first."""
        return self.series.bar


class Level:
    """A number that a line may cross."""

    __slots__ = ("previous", "value")

    def __init__(self, value: float) -> None:
        self.value = self.previous = float(value)


class Declaration(Parameters):
    """Collects what `setup` declares, for a strategy on `symbol` at `timeframe_ns`."""

    def __init__(self, given: Mapping[str, str], symbol: str = "", timeframe_ns: int = 1) -> None:
        super().__init__(given)
        self.main = Series(symbol, timeframe_ns)
        self.markets: list[LiveMarket] = []
        self.signals: list[LiveSignal] = []
        self.periods_ns: list[int] = []

    def market(self, name: str, default: str) -> LiveMarket:
        """A second instrument; which one is a parameter.

        Raises:
            RefusedError: it is the strategy's own symbol, or declared already.
        """
        symbol = self.text(name, default)
        if any(symbol == series.symbol for series in self.series):
            raise RefusedError(f"{name}: {symbol} is followed already; choose another", code="strategy.market")
        made = LiveMarket(Series(symbol, self.main.timeframe_ns))
        self.markets.append(made)
        return made

    @property
    def series(self) -> list[Series]:
        """The main market's bars, then those of the others."""
        return [self.main, *(market.series for market in self.markets)]

    def line(
        self, indicator: str, *lengths: float, source: str = "close", output: str = "", market: Market | None = None,
        timeframe: str = "",
    ) -> LiveLine:  # fmt: skip
        """Any indicator of the catalogue. Raises as `Series.line`."""
        series = market.series if isinstance(market, LiveMarket) else self.main
        return series.line(indicator, lengths, source, output, period_ns(timeframe) if timeframe else 0)

    def sma(self, length: int, *, market: Market | None = None, timeframe: str = "") -> LiveLine:
        """Simple moving average of closes."""
        return self.line("sma", length, market=market, timeframe=timeframe)

    def ema(self, length: int, *, market: Market | None = None, timeframe: str = "") -> LiveLine:
        """Exponential moving average of closes."""
        return self.line("ema", length, market=market, timeframe=timeframe)

    def rsi(self, length: int, *, market: Market | None = None, timeframe: str = "") -> LiveLine:
        """Wilder's relative strength index of closes."""
        return self.line("rsi", length, market=market, timeframe=timeframe)

    def atr(self, length: int, *, market: Market | None = None, timeframe: str = "") -> LiveLine:
        """Wilder's average true range."""
        return self.line("atr", length, market=market, timeframe=timeframe)

    def funding(self, market: Market | None = None) -> RateLine:
        """The newest funding rate that was due; the bars of the main market show it."""
        made = RateLine(market.symbol if market is not None else self.main.symbol)
        self.main.rates.append(made)
        return made

    def crosses_above(self, line: Line, other: Line | float) -> LiveSignal:
        """True at the bar where `line` has come from at or below `other` to above it."""
        level = Level(other) if isinstance(other, int | float) else other
        return self._signal(lambda: line.value > level.value and line.previous <= level.previous)

    def crosses_below(self, line: Line, other: Line | float) -> LiveSignal:
        """True at the bar where `line` has come from at or above `other` to below it."""
        level = Level(other) if isinstance(other, int | float) else other
        return self._signal(lambda: line.value < level.value and line.previous >= level.previous)

    def every(self, period: str) -> None:
        """Wake `on_timer` at whole multiples of a period."""
        self.periods_ns.append(period_ns(period))

    def _signal(self, is_true: Callable[[], bool]) -> LiveSignal:
        made = LiveSignal(is_true)
        self.signals.append(made)
        return made


def strategy_parameters(strategy: type[Strategy]) -> tuple[Parameter, ...]:
    """The parameters a strategy declares, in its order."""
    declaration = Declaration({})
    strategy().setup(declaration)
    return tuple(declaration.parameters)
