"""What an indicator is: one pure step from bar to bar, and the facts about it.

A step is a module-level function `step(s, *inputs, *params)` on a flat state `s` of floats, zeros at first. It uses
arithmetic, if, for, while, indexing, `math` and other functions of this kind, and nothing else: so one source runs
bar by bar in plain Python and is compiled over whole arrays by `tradedeck.compile`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from tradedeck.domain.errors import RefusedError

State = list[float]
"""A step's memory: a list while streaming, a float64 array in native code."""
COLUMNS = ("open", "high", "low", "close", "volume")
"""What a bar brings; an input "x" is one series of the user's choice."""
LONGEST = 100_000
"""No window is longer, so that no state is larger than a few megabytes."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of an indicator: whole numbers reach the step as int, others as float."""

    name: str
    default: float
    low: float
    high: float = LONGEST
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Definition:
    """One indicator.

    `inputs` are columns of the bars, or "x" for one series of the user's choice. `step` returns a float, or a tuple
    of floats when there are several `outputs`; NaN while warming. `size` is how many floats of state it needs,
    `warm_up` how many bars pass until every output has a value; both are functions of the parameters.
    `source` says where the formula is from.
    """

    name: str
    title: str
    inputs: tuple[str, ...]
    params: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    size: Callable[..., int]
    step: Callable[..., Any]
    warm_up: Callable[..., int]
    source: str

    @property
    def defaults(self) -> tuple[float, ...]:
        """The parameters nobody has touched."""
        return checked(self)


Count = (
    Callable[[], int]
    | Callable[[int], int]
    | Callable[[int, int], int]
    | Callable[[int, int, int], int]
    | Callable[[int, int, int, int], int]
)
"""A number that follows from the parameters."""


def define(
    name: str,
    title: str,
    inputs: str,
    params: tuple[Parameter, ...],
    outputs: str,
    step: Callable[..., Any],
    size: Count,
    warm_up: Count,
    source: str = "TA-Lib",
) -> Definition:
    """A `Definition`; inputs and outputs are words in one text."""
    return Definition(
        name, title, tuple(inputs.split()), params, tuple(outputs.split()), size, step, warm_up, source
    )  # fmt: skip


def longer(first: int, second: int) -> int:
    """The longer of two lengths."""
    return max(first, second)


def length(name: str = "length", default: int = 14, low: int = 1) -> Parameter:
    """A number of bars."""
    return Parameter(name, default, low)


def factor(name: str, default: float, low: float, high: float) -> Parameter:
    """A number that need not be whole."""
    return Parameter(name, default, low, high, whole=False)


def checked(definition: Definition, params: Sequence[float] = ()) -> tuple[float, ...]:
    """The parameters a step takes: `params` in order, the rest by default.

    Raises:
        RefusedError: too many of them, or one is outside its bounds.
    """
    declared = definition.params
    if len(params) > len(declared):
        raise RefusedError(
            f"{definition.name} takes {len(declared)} parameters ({', '.join(p.name for p in declared)}), "
            f"not {len(params)}",
            code="indicator.params",
        )
    given = [*params, *(parameter.default for parameter in declared[len(params) :])]
    return tuple(_checked(definition.name, *pair) for pair in zip(declared, given, strict=True))


def _checked(indicator: str, parameter: Parameter, value: float) -> float:
    inside = isfinite(value) and parameter.low <= value <= parameter.high
    if not inside or (parameter.whole and value != int(value)):
        kind = "a whole number" if parameter.whole else "a number"
        raise RefusedError(
            f"{indicator}: {parameter.name} must be {kind} from {parameter.low:g} to {parameter.high:g}, not {value}",
            code="indicator.params",
        )
    return int(value) if parameter.whole else float(value)
