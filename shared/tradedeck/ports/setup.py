"""What a strategy may declare in `setup`, before any event."""

from __future__ import annotations

from typing import Protocol

from tradedeck.ports.views import Line, Market, Signal


class Setup(Protocol):
    """Parameters, markets, lines, signals and timers.

    `market` and `timeframe` of a line: another declared market, and a multiple of the strategy's own
    timeframe such as "1h"; a longer bar is visible only once it has closed.
    """

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole-number parameter between `low` and `high`."""
        ...

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """A parameter between `low` and `high`."""
        ...

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """A parameter that is one of `options`."""
        ...

    def market(self, name: str, default: str) -> Market:
        """A second instrument; which one is a parameter of this name."""
        ...

    def line(
        self,
        indicator: str,
        *lengths: float,
        source: str = "close",
        output: str = "",
        market: Market | None = None,
        timeframe: str = "",
    ) -> Line:
        """Any indicator of the catalogue by its name, such as "macd" with 12, 26, 9 and the output "signal".

        `lengths` are its parameters in order; `source` a column of the bars for those that take one series.
        """
        ...

    def sma(self, length: int, *, market: Market | None = None, timeframe: str = "") -> Line:
        """Simple moving average of closes."""
        ...

    def ema(self, length: int, *, market: Market | None = None, timeframe: str = "") -> Line:
        """Exponential moving average of closes."""
        ...

    def rsi(self, length: int, *, market: Market | None = None, timeframe: str = "") -> Line:
        """Wilder's relative strength index of closes."""
        ...

    def atr(self, length: int, *, market: Market | None = None, timeframe: str = "") -> Line:
        """Wilder's average true range."""
        ...

    def funding(self, market: Market | None = None) -> Line:
        """The newest funding rate of a perpetual that was due by the open of the newest closed bar, as a fraction.

        NaN before the first: unlike an indicator it keeps nothing waiting. A long position pays a rate above zero.
        """
        ...

    def crosses_above(self, line: Line, other: Line | float) -> Signal:
        """True at the bar where `line` has come from at or below `other` to above it."""
        ...

    def crosses_below(self, line: Line, other: Line | float) -> Signal:
        """True at the bar where `line` has come from at or above `other` to below it."""
        ...

    def every(self, period: str) -> None:
        """Wake `on_timer` at whole multiples of `period` ("15m", "1h", "1d") since 1970, UTC.

        It is woken by the first bar or trade at or after that moment, before that event is shown.
        """
        ...
