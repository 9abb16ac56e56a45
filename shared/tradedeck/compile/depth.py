"""Depth strategies in native code: a loop over `advance`, compiled with the whole replay into one function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache

from tradedeck.compile.cache import load_module
from tradedeck.compile.sources import source_of

# Without `nrt`, numba counts no references to arrays: nothing here makes one, and counting, an atomic step at
# every call, takes most of the time.
_OPTIONS = 'error_model="numpy", nogil=True, _nrt=False'
_DECORATOR = f"@njit({_OPTIONS})"
_HOT = ("advance", "venue_row", "_home_row", "set_bid", "set_ask")


@cache
def native_loop(loop: Callable[..., int]) -> Callable[..., int]:
    """`loop` in native code: a pure function of a `Replay` of arrays and of numbers, kept on disk once compiled.

    Raises:
        RefusedError: it uses something other than functions of Python source, plain numbers and `math`.
        UnavailableError: the cache folder can't be written.
    """
    return load_module(f"depth_{loop.__name__}", loop_source(loop)).run


def loop_source(loop: Callable[..., int]) -> str:
    """A module whose `run` is `loop`, with everything it calls."""
    names = ", ".join(inspect.signature(loop).parameters)
    source = source_of(loop, _DECORATOR)
    for hot in _HOT:
        # What every row passes through becomes one loop.
        source = source.replace(f"{_DECORATOR}\ndef {hot}(", f"@njit({_OPTIONS}, forceinline=True)\ndef {hot}(")
    return f"""from numba import njit
{source}

@njit({_OPTIONS}, cache=True)
def run({names}):
    return {loop.__name__}({names})
"""
