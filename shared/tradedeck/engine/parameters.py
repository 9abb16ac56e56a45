"""A strategy's parameters: what it declares, and what the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact, text


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; numbers as text. `kind` is integer, number, choice or market.

    `low` and `high` are those of numbers, `options` those of a choice.
    """

    name: str
    kind: str
    default: str
    low: str = ""
    high: str = ""
    options: tuple[str, ...] = ()


class Parameters:
    """Collects declared parameters and gives each its value."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self.parameters: list[Parameter] = []

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

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """A parameter; the given value, or the default.

        Raises:
            RefusedError: the given value is no number between `low` and `high`.
        """
        usual, least, most = (text(Decimal(str(bound))) for bound in (default, low, high))
        self.parameters.append(Parameter(name, "number", usual, least, most))
        value = exact(self._given.get(name, usual))
        if not exact(least) <= value <= exact(most):
            raise RefusedError(f"{name} must be from {least} to {most}, not {text(value)}", code="strategy.parameter")
        return float(value)

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """A parameter that is one of `options`; the given one, or the default.

        Raises:
            RefusedError: the given value is none of them.
        """
        self.parameters.append(Parameter(name, "choice", default, options=tuple(options)))
        value = self._given.get(name, default)
        if value not in options:
            raise RefusedError(f"{name} must be one of {', '.join(options)}, not {value}", code="strategy.parameter")
        return value

    def text(self, name: str, default: str) -> str:
        """The symbol of a second market; the given one, or the default."""
        self.parameters.append(Parameter(name, "market", default))
        return self._given.get(name, default)

    def check_names(self) -> None:
        """Raise RefusedError when a value was given for a parameter that nobody declared."""
        stray = set(self._given) - {parameter.name for parameter in self.parameters}
        if stray:
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise RefusedError(f"no parameter {sorted(stray)[0]}; there are: {known}", code="strategy.parameter")
