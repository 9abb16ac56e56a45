"""An indicator over a whole series in plain Python, for machines without numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import TypeVar

from tradedeck.domain.errors import RefusedError
from tradedeck.indicators.definition import Definition, State, checked

Column = TypeVar("Column", bound=Sized)


def over(
    definition: Definition, columns: Mapping[str, Sequence[float]], params: Sequence[float] = ()
) -> tuple[list[float], ...]:
    """One list for each output, as long as the columns; NaN while warming.

    Raises:
        RefusedError: a column it needs is missing or of another length, or a parameter is outside its bounds.
    """
    inputs = inputs_of(definition, columns)
    values = checked(definition, params)
    state: State = [0.0] * definition.size(*values)
    step = definition.step
    rows = [step(state, *bar, *values) for bar in zip(*inputs, strict=True)]
    if len(definition.outputs) == 1:
        return (rows,)
    return tuple([row[i] for row in rows] for i in range(len(definition.outputs)))


def inputs_of(definition: Definition, columns: Mapping[str, Column]) -> list[Column]:
    """The columns an indicator needs, in its order.

    Raises:
        RefusedError: one is missing, or they are not of one length.
    """
    missing = [name for name in definition.inputs if name not in columns]
    if missing:
        raise RefusedError(f"{definition.name} needs the column {missing[0]}", code="indicator.columns")
    inputs = [columns[name] for name in definition.inputs]
    if len({len(column) for column in inputs}) > 1:
        raise RefusedError(f"{definition.name} needs columns of one length", code="indicator.columns")
    return inputs
