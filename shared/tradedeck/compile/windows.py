"""Whole columns of the most used indicator without a ring: the very additions its step makes, in the same order.

The step keeps its window in the state it is handed; a column has it already. Held equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan
from typing import Any

from tradedeck.compile.cache import load_module
from tradedeck.compile.sources import source_of

Array = Any


def sma_column(x: Array, n: int, out: Array) -> bool:
    """The mean of the last n values at every place; False where the column has a NaN, which only the step knows."""
    count = len(x)
    total = 0.0
    start = 0
    while start < count:
        stop = min(start + n, count)
        if start == 0:
            for i in range(stop):
                total += x[i] - 0.0
                out[i] = nan
        else:
            for i in range(start, stop):
                total += x[i] - x[i - n]
                out[i] = total / n
        if total != total:
            return False
        if stop - start == n:
            # Once round, the window is summed anew.
            total = 0.0
            for i in range(start, stop):
                total += x[i]
            out[stop - 1] = total / n
        start = stop
    return True


@cache
def native_sma() -> Callable[[Array, int, Array], bool]:
    """`sma_column` in native code."""
    text = source_of(sma_column, '@njit(error_model="numpy", nogil=True, _nrt=False)')
    run = (
        '@njit("b1(f8[::1], i8, f8[::1])", error_model="numpy", nogil=True, _nrt=False, cache=True)\n'
        "def run(x, n, out):\n    return sma_column(x, n, out)\n"
    )
    return load_module("sma_column", f"from numba import njit\n{text}\n{run}").run
