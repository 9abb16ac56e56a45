"""An indicator fed bar by bar."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from tradedeck.indicators.definition import COLUMNS, Definition, State, checked

_ORDER = (*COLUMNS, "x")


class Streaming:
    """One indicator while it runs: `values` are its newest outputs, `previous` those of the bar before.

    NaN stands for "not warm yet".

    Raises:
        RefusedError: a parameter is outside its bounds.
    """

    __slots__ = ("_inputs", "_params", "_single", "_state", "_step", "definition", "previous", "values")

    def __init__(self, definition: Definition, params: Sequence[float] = ()) -> None:
        self.definition = definition
        self._params = checked(definition, params)
        self._state: State = [0.0] * definition.size(*self._params)
        self._inputs = [_ORDER.index(name) for name in definition.inputs]
        self._step = definition.step
        self._single = len(definition.outputs) == 1
        self.values: tuple[float, ...] = (nan,) * len(definition.outputs)
        self.previous = self.values

    def update(
        self,
        open: float,  # noqa: A002 - the column's name
        high: float,
        low: float,
        close: float,
        volume: float,
        x: float,
    ) -> None:
        """Take one closed bar; `x` is the chosen series, for indicators that take one."""
        bar = (open, high, low, close, volume, x)
        self.previous = self.values
        value = self._step(self._state, *[bar[i] for i in self._inputs], *self._params)
        self.values = (value,) if self._single else value
