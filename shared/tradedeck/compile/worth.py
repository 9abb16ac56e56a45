"""The kernel's account curves in native code, or the same in Python without numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tradedeck.compile.cache import load_module
from tradedeck.compile.native import DECORATOR, DECORATOR_INLINED, can_compile
from tradedeck.compile.sources import source_of
from tradedeck.sim.kernel import plain, worth


@cache
def trace() -> Callable[..., None]:
    """`worth.trace` over arrays."""
    return _native(worth.trace, "terms, fills, count, charges, closes, unit, start, equity, sums")


@cache
def deepest_drop() -> Callable[[Any], float]:
    """`worth.deepest_drop` over an array."""
    return _native(worth.deepest_drop, "equity")


@cache
def survey() -> Callable[..., float]:
    """`worth.survey` over arrays."""
    return _native(worth.survey, "terms, fills, count, closes, unit, start, ends, daily, sums")


@cache
def sharpe() -> Callable[..., float]:
    """`worth.sharpe` over an array."""
    return _native(worth.sharpe, "start, daily, days")


@cache
def log_plain() -> Callable[..., None]:
    """`plain.log_plain` over arrays."""
    return _native(plain.log_plain, "asked, signed, fills, done, log")


def _native(function: Callable[..., Any], arguments: str) -> Callable[..., Any]:
    if not can_compile():
        return function
    name = function.__name__
    text = source_of(function, DECORATOR)
    for small in ("ticks_of", "noted", "held", "take_fill", "stretch", "notional_of", "forward"):
        text = text.replace(f"{DECORATOR}\ndef {small}(", f"{DECORATOR_INLINED}\ndef {small}(")
    text = text.replace("    return bar\n", "    return np.uint64(bar)\n")
    kept = DECORATOR.replace(")", ", cache=True)")
    return load_module(
        name,
        f"import numpy as np\nfrom numba import njit\n{text}\n{kept}\n"
        f"def run({arguments}):\n    return {name}({arguments})\n",
    ).run
