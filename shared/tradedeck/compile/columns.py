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


class Growing:
    """An indicator over whole arrays, computed as far as asked for: `outputs` have their values up to `done`.

    Equal to `over` to the last bit; without numba it is `over`. Releases the GIL.

    Raises:
        RefusedError: a column it needs is missing or of another length, or a parameter is outside its bounds.
    """

    def __init__(self, definition: Definition, columns: Mapping[str, Floats], params: Sequence[float] = ()) -> None:
        self._definition = definition
        self._values = checked(definition, params)
        self._inputs = [np.ascontiguousarray(column, np.float64) for column in inputs_of(definition, columns)]
        self._state: Floats | None = None
        self._summed = definition.name == "sma"
        self.length = len(self._inputs[0])
        self.outputs = tuple(np.empty(self.length) for _ in definition.outputs)
        self.done = 0

    def reach(self, stop: int) -> None:
        """Have the values up to `stop`, and perhaps some more."""
        if stop <= self.done:
            return
        if find_spec("numba") is None:
            self._in_python()
        elif self._summed:
            self._by_sums(stop)
        else:
            self._by_steps(min(stop, self.length))

    def _in_python(self) -> None:
        plain = dict(zip(self._definition.inputs, (column.tolist() for column in self._inputs), strict=True))
        for output, made in zip(self.outputs, over(self._definition, plain, self._values), strict=True):
            output[:] = made
        self.done = self.length

    def _by_sums(self, stop: int) -> None:
        n = int(self._values[0])
        whole = min(-(-stop // n) * n, self.length)
        if native_sma()(self._inputs[0], n, self.outputs[0], self.done, whole):
            self.done = whole
        else:
            self._summed, self.done = False, 0
            self.reach(stop)

    def _by_steps(self, stop: int) -> None:
        if self._state is None:
            self._state = np.zeros(self._definition.size(*self._values))
        part = slice(self.done, stop)
        inputs, outputs = ([column[part] for column in columns] for columns in (self._inputs, self.outputs))
        native(self._definition)(self._state, *inputs, *self._values, *outputs)
        self.done = stop


def columns_of(
    definition: Definition, columns: Mapping[str, Floats], params: Sequence[float] = ()
) -> tuple[Floats, ...]:
    """One array for each output, as long as the columns; NaN while warming. Raises as `Growing`."""
    made = Growing(definition, columns, params)
    made.reach(made.length)
    return made.outputs


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
