"""An indicator over whole arrays, in native code made from the very step that runs bar by bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.cache import load_module
from tradedeck.compile.sources import source_of
from tradedeck.compile.windows import native_sma
from tradedeck.indicators.definition import Definition, checked
from tradedeck.indicators.over import inputs_of, over

Floats = NDArray[np.float64]

DECORATOR = '@njit(error_model="numpy", nogil=True, forceinline=True)'
"""Inlined by force: left to itself LLVM calls the small blocks, at twice the time."""


def columns_of(
    definition: Definition, columns: Mapping[str, Floats], params: Sequence[float] = ()
) -> tuple[Floats, ...]:
    """One array for each output, as long as the columns; NaN while warming.

    Equal to `over` to the last bit; without numba it is `over`. Releases the GIL.

    Raises:
        RefusedError: a column it needs is missing or of another length, or a parameter is outside its bounds.
    """
    values = checked(definition, params)
    inputs = [np.ascontiguousarray(column, np.float64) for column in inputs_of(definition, columns)]
    if find_spec("numba") is None:
        plain = dict(zip(definition.inputs, (column.tolist() for column in inputs), strict=True))
        return tuple(np.array(column, np.float64) for column in over(definition, plain, values))
    outputs = tuple(np.empty(len(inputs[0])) for _ in definition.outputs)
    if definition.name == "sma" and native_sma()(inputs[0], int(values[0]), outputs[0]):
        return outputs
    native(definition)(np.zeros(definition.size(*values)), *inputs, *values, *outputs)
    return outputs


@cache
def native(definition: Definition) -> Callable[..., None]:
    """The compiled loop `run(state, *inputs, *params, *outputs)`, compiled once a machine."""
    return load_module(definition.name, loop_source(definition)).run


def loop_source(definition: Definition) -> str:
    """A module whose `run` steps through whole arrays."""
    inputs = [f"in_{i}" for i in range(len(definition.inputs))]
    params = [f"p_{i}" for i in range(len(definition.params))]
    outputs = [f"out_{i}" for i in range(len(definition.outputs))]
    step = definition.step.__name__
    call = f"{step}({', '.join(['state', *(f'{name}[i]' for name in inputs), *params])})"
    types = ["f8[::1]", *("f8[::1]" for _ in inputs), *("i8" if p.whole else "f8" for p in definition.params)]
    signature = f"void({', '.join([*types, *('f8[::1]' for _ in outputs)])})"
    return f"""from numba import njit
{source_of(definition.step, DECORATOR)}

@njit("{signature}", error_model="numpy", nogil=True, cache=True)
def run({", ".join(["state", *inputs, *params, *outputs])}):
    for i in range({inputs[0]}.shape[0]):
        {", ".join(f"{name}[i]" for name in outputs)} = {call}
"""
