"""What a strategy declares: parameters with their ranges, and indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact, text
from tradedeck.indicators import ATR, EMA, RSI, SMA, Stream
from tradedeck.ports.strategy import Strategy

_S = TypeVar("_S", bound=Stream)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; numbers as text. `kind` is integer or decimal."""

    name: str
    kind: str
    default: str
    low: str
    high: str


class Declaration:
    """Collects what `setup` declares, with the values the user gave."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self.parameters: list[Parameter] = []
        self._streams: list[Stream] = []

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole-number parameter; the given value, or the default.

        Raises:
            RefusedError: the given value is no whole number between `low` and `high`.
        """
        self.parameters.append(Parameter(name, "integer", str(default), str(low), str(high)))
        value = exact(self._given.get(name, str(default)))
        if value != int(value) or not low <= value <= high:
            raise RefusedError(f"{name} must be a whole number from {low} to {high}", code="strategy.parameter")
        return int(value)

    def decimal(self, name: str, default: str, *, low: str, high: str) -> Decimal:
        """An exact parameter; the given value, or the default.

        Raises:
            RefusedError: the given value is not between `low` and `high`.
        """
        self.parameters.append(Parameter(name, "decimal", default, low, high))
        value = exact(self._given.get(name, default))
        if not exact(low) <= value <= exact(high):
            raise RefusedError(f"{name} must be from {low} to {high}, not {text(value)}", code="strategy.parameter")
        return value

    def sma(self, length: int) -> SMA:
        """Simple moving average of closes."""
        return self._keep(SMA(length))

    def ema(self, length: int) -> EMA:
        """Exponential moving average of closes."""
        return self._keep(EMA(length))

    def rsi(self, length: int) -> RSI:
        """Wilder's relative strength index of closes."""
        return self._keep(RSI(length))

    def atr(self, length: int) -> ATR:
        """Wilder's average true range."""
        return self._keep(ATR(length))

    def update(self, bar: Bar) -> None:
        """Show a closed bar to every declared indicator."""
        if not self._streams:
            return
        high, low, close = float(bar.high), float(bar.low), float(bar.close)
        for stream in self._streams:
            stream.update(high, low, close)

    def check_names(self) -> None:
        """Raise RefusedError when a value was given for a parameter that nobody declared."""
        stray = set(self._given) - {parameter.name for parameter in self.parameters}
        if stray:
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise RefusedError(f"no parameter {sorted(stray)[0]}; there are: {known}", code="strategy.parameter")

    def _keep(self, stream: _S) -> _S:
        self._streams.append(stream)
        return stream


def strategy_parameters(strategy: type[Strategy]) -> tuple[Parameter, ...]:
    """The parameters a strategy declares, in its order."""
    declaration = Declaration({})
    strategy().setup(declaration)
    return tuple(declaration.parameters)
