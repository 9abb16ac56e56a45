"""The combinations a search may try: a strategy's declared parameters, narrowed, and conditions between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact, text
from tradedeck.research.constraints import Constraint, constraint_of

_NAMED = {"choice", "market"}
_MOST_VALUES = 100_000
_LISTED = 100_000
"""A space up to this size is listed and shuffled to draw from; in a larger one, this many misses in a row end it."""
_DEPTH = 10
"""A range without steps counts as ten steps wide where neighbours are looked for."""


class Declared(Protocol):
    """What a strategy says of a parameter (`engine.strategy_parameters`): numbers as text."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> str:
        """integer, number, choice or market."""
        ...

    @property
    def default(self) -> str:
        """The value it has when nobody gives one."""
        ...

    @property
    def low(self) -> str:
        """The lowest value of a number."""
        ...

    @property
    def high(self) -> str:
        """The highest value of a number."""
        ...


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter that is searched: its values in order, or a range without steps when there are none.

    `ordered` values are numbers in rising order; others are names without an order.
    """

    name: str
    values: tuple[str, ...] = ()
    ordered: bool = True
    low: float = 0.0
    high: float = 0.0

    def text(self, value: float) -> str:
        """A number of a range without steps as the text a strategy is given: ten significant digits."""
        return text(exact(f"{value:.10g}"))

    def place(self, value: str) -> float:
        """Where a value stands on the axis, in steps (a range without steps is ten wide)."""
        if self.values:
            return float(self.values.index(value))
        return (float(value) - self.low) / (self.high - self.low) * _DEPTH

    @property
    def span(self) -> float:
        """From its first value to its last, in steps."""
        return float(len(self.values) - 1 if self.values else _DEPTH)

    def __str__(self) -> str:
        return f"{self.name}={','.join(self.values)}" if self.values else f"{self.name}={self.low}:{self.high}"


@dataclass(frozen=True, slots=True)
class Space:
    """Axes that are searched, values that stay as they are, and conditions that every combination meets."""

    axes: tuple[Axis, ...]
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    where: tuple[Constraint, ...] = ()

    @property
    def finite(self) -> bool:
        """Whether the combinations can be counted."""
        return all(axis.values for axis in self.axes)

    @property
    def size(self) -> int:
        """Combinations before conditions.

        Raises:
            RefusedError: a range has no steps.
        """
        for axis in self.axes:
            if not axis.values:
                raise RefusedError(
                    f"{axis.name} has no steps: write {axis.name}=low:high:step, or use another method than grid",
                    code="space.steps",
                )
        return math.prod(len(axis.values) for axis in self.axes)

    def allows(self, params: Mapping[str, str]) -> bool:
        """Whether every condition holds."""
        return all(condition.allows(params) for condition in self.where)

    def points(self) -> Iterator[dict[str, str]]:
        """Every combination that meets the conditions, the last axis turning fastest.

        Raises:
            RefusedError: a range has no steps.
        """
        if self.size:
            names = [axis.name for axis in self.axes]
            for values in itertools.product(*(axis.values for axis in self.axes)):
                params = {**self.fixed, **dict(zip(names, values, strict=True))}
                if self.allows(params):
                    yield params

    def draw(self, chance: np.random.Generator) -> dict[str, str]:
        """A combination by chance, conditions not looked at."""
        params = dict(self.fixed)
        for axis in self.axes:
            if axis.values:
                params[axis.name] = axis.values[int(chance.integers(len(axis.values)))]
            else:
                params[axis.name] = axis.text(float(chance.uniform(axis.low, axis.high)))
        return params

    def draws(self, seed: int) -> Iterator[dict[str, str]]:
        """Combinations by chance that meet the conditions, none twice, until hardly any is left.

        Raises:
            RefusedError: none was found that meets the conditions.
        """
        chance = np.random.default_rng(seed)
        if self.finite and self.size <= _LISTED:
            points = list(self.points())
            if not points:
                raise nothing_allowed(self)
            yield from (points[place] for place in chance.permutation(len(points)))
            return
        seen, misses = set[tuple[str, ...]](), 0
        while misses < _LISTED:
            params = self.draw(chance)
            key = tuple(params.values())
            if key in seen or not self.allows(params):
                misses += 1
                continue
            seen.add(key)
            misses = 0
            yield params
        if not seen:
            raise nothing_allowed(self)

    def place(self, params: Mapping[str, str]) -> list[float]:
        """Where a combination stands on every axis, in steps."""
        return [axis.place(params[axis.name]) for axis in self.axes]

    def __str__(self) -> str:
        parts = [*map(str, self.axes), *(f"{name}={value}" for name, value in self.fixed.items())]
        return "; ".join([*parts, *(condition.text for condition in self.where)])


def nothing_allowed(space: Space) -> RefusedError:
    """The answer when no combination meets the conditions."""
    conditions = " and ".join(condition.text for condition in space.where)
    return RefusedError(f"no combination meets {conditions}; widen a range or drop a condition", code="space.empty")


def space_of(declared: Sequence[Declared], narrow: Sequence[str], where: Sequence[str] = ()) -> Space:
    """A space from declarations and words like `fast=5:50:5`, `size=0.1,0.5`, `slow=100`.

    `low:high` of a whole number has step 1; of any other number it has no steps. What is not named keeps
    its default.

    Raises:
        RefusedError: a word or a condition cannot be read, or leaves what the strategy declares.
    """
    known = {parameter.name: parameter for parameter in declared}
    axes: list[Axis] = []
    fixed = {parameter.name: parameter.default for parameter in declared}
    for word in narrow:
        axis = _axis(word, known)
        if axis.name not in fixed:
            raise RefusedError(f"{axis.name} is given twice", code="space.twice")
        del fixed[axis.name]
        axes.append(axis)
    fixed.update({axis.name: axis.values[0] for axis in axes if len(axis.values) == 1})
    axes = [axis for axis in axes if len(axis.values) != 1]
    if not axes:
        names = ", ".join(_ranges(parameter) for parameter in declared) or "none"
        raise RefusedError(f"say what to search, such as --param fast=5:50:5; there are: {names}", code="space.none")
    return Space(tuple(axes), fixed, tuple(constraint_of(condition, known) for condition in where))


def _axis(word: str, known: Mapping[str, Declared]) -> Axis:
    name, equals, values = (part.strip() for part in word.partition("="))
    if not equals or not values:
        raise RefusedError(f"{word}: write it as name=low:high:step or name=a,b,c", code="space.word")
    parameter = known.get(name)
    if parameter is None:
        raise RefusedError(f"no parameter {name}; there are: {', '.join(known) or 'none'}", code="space.name")
    if parameter.kind in _NAMED:
        return Axis(name, _checked_choices(parameter, values.split(",")), ordered=False)
    if ":" in values:
        return _range(parameter, values.split(":"))
    numbers = sorted({_number(parameter, value) for value in values.split(",")})
    return Axis(name, tuple(text(number) for number in numbers))


def _range(parameter: Declared, parts: list[str]) -> Axis:
    low, high = (_number(parameter, part) for part in parts[:2])
    step = exact(parts[2]) if len(parts) == 3 else Decimal(parameter.kind == "integer")
    if len(parts) > 3 or step < 0 or low >= high or (parameter.kind == "integer" and step != int(step)):
        raise RefusedError(
            f"{parameter.name}={':'.join(parts)}: write low:high:step with low below high", code="space.range"
        )
    if not step:
        return Axis(parameter.name, low=float(low), high=float(high))
    count = int((high - low) / step) + 1
    if count > _MOST_VALUES:
        raise RefusedError(f"{parameter.name} has {count} values; take a larger step", code="space.range")
    return Axis(parameter.name, tuple(text(low + step * number) for number in range(count)))


def _number(parameter: Declared, value: str) -> Decimal:
    number = exact(value.strip())
    whole = parameter.kind != "integer" or number == int(number)
    if not whole or not exact(parameter.low) <= number <= exact(parameter.high):
        raise RefusedError(f"{parameter.name}={value} is outside {_ranges(parameter)}", code="space.outside")
    return number


def _checked_choices(parameter: Declared, values: list[str]) -> tuple[str, ...]:
    options: tuple[str, ...] = tuple(getattr(parameter, "options", ()))
    chosen = tuple(dict.fromkeys(value.strip() for value in values))
    stray = [value for value in chosen if options and value not in options]
    if stray:
        raise RefusedError(f"{parameter.name} is one of {', '.join(options)}, not {stray[0]}", code="space.outside")
    return chosen


def _ranges(parameter: Declared) -> str:
    if parameter.kind in _NAMED:
        return f"{parameter.name} ({', '.join(getattr(parameter, 'options', ()))})"
    whole = "whole numbers " if parameter.kind == "integer" else ""
    return f"{parameter.name} ({whole}{parameter.low} to {parameter.high})"
