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
from tradedeck.sim.kernel.worth import forward

Array = Any


def sma_column(x: Array, n: int, out: Array) -> bool:
    """The mean of the last n values at every place; False where the column has a NaN, which only the step knows.

    In stretches of n bars, each begun from a sum of its own; sums first, then the division, several at once.
    """
    count = len(x)
    total = 0.0
    for start in range(0, count, n):
        stop = min(start + n, count)
        if start == 0:
            for i in range(stop):
                total += x[i] - 0.0
                out[i] = nan
        else:
            for i in range(start, stop):
                total += x[forward(i)] - x[forward(i - n)]
                out[forward(i)] = total
            for i in range(start, stop):
                out[forward(i)] /= n
        if total != total:
            return False
        if stop - start == n:
            total = 0.0
            for i in range(start, stop):
                total += x[forward(i)]
            out[stop - 1] = total / n
    return True


@cache
def native_sma() -> Callable[[Array, int, Array], bool]:
    """`sma_column` in native code."""
    text = source_of(sma_column, '@njit(error_model="numpy", nogil=True, _nrt=False, forceinline=True)')
    text = text.replace("    return bar\n", "    return np.uint64(bar)\n")
    run = (
        '@njit("b1(f8[::1], i8, f8[::1])", error_model="numpy", nogil=True, _nrt=False, cache=True)\n'
        "def run(x, n, out):\n    return sma_column(x, n, out)\n"
    )
    return load_module("sma_column", f"import numpy as np\nfrom numba import njit\n{text}\n{run}").run
