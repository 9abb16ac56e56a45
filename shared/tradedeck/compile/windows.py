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


DIVIDED = 1024
"""Sums that are divided at a time: in a loop of its own native code divides four at once."""


def sma_column(x: Array, n: int, out: Array, first: int, stop: int) -> bool:
    """The mean of the last n values from `first` (a multiple of n) to `stop` (another, or the end).

    In stretches of n bars, each begun from a sum of its own. False where the column has a NaN, which only the step
    knows.
    """
    total = 0.0
    for i in range(max(first - n, 0), first):
        total += x[i]
    divided = first
    for start in range(first, stop, n):
        end = min(start + n, stop)
        fresh = 0.0
        if start == 0:
            for i in range(end):
                fresh += x[i]
                total += x[i] - 0.0
                out[i] = nan
            divided = n - 1
        else:
            for i in range(start, end):
                fresh += x[forward(i)]
                total += x[forward(i)] - x[forward(i - n)]
                out[forward(i)] = total
        if total != total:
            return False
        if end - start == n:
            total = fresh
            out[end - 1] = total
        if end - divided >= DIVIDED or end == stop:
            for i in range(divided, end):
                out[forward(i)] /= n
            divided = end
    return True


@cache
def native_sma() -> Callable[[Array, int, Array, int, int], bool]:
    """`sma_column` in native code."""
    text = source_of(sma_column, '@njit(error_model="numpy", nogil=True, _nrt=False, forceinline=True)')
    text = text.replace("    return bar\n", "    return np.uint64(bar)\n")
    run = (
        '@njit("b1(f8[::1], i8, f8[::1], i8, i8)", error_model="numpy", nogil=True, _nrt=False, cache=True)\n'
        "def run(x, n, out, first, stop):\n    return sma_column(x, n, out, first, stop)\n"
    )
    return load_module("sma_column", f"import numpy as np\nfrom numba import njit\n{text}\n{run}").run
