"""Depth strategies in native code: a loop over `advance`, linked with a replay that is compiled once a machine."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from types import ModuleType

from tradedeck.compile.cache import load_module
from tradedeck.compile.sources import source_of
from tradedeck.sim.depth.replay import advance, cancel, place, place_stop, replace

# Without `nrt`, numba counts no references to arrays: nothing here makes one, and counting, an atomic step at
# every call, takes most of the time.
_OPTIONS = 'error_model="numpy", nogil=True, _nrt=False'
_DECORATOR = f"@njit({_OPTIONS})"
_ENTRIES = (advance, place, place_stop, cancel, replace)
_HOT = ("venue_row", "_home_row", "set_bid", "set_ask")


@cache
def native_loop(loop: Callable[..., int]) -> Callable[..., int]:
    """`loop` in native code: a pure function of a `Replay` of arrays and of numbers, kept on disk once compiled.

    Raises:
        RefusedError: it uses something other than functions of Python source, plain numbers and `math`.
    """
    return getattr(load_module(f"depth_{loop.__name__}", loop_source(loop)), loop.__name__)


def loop_source(loop: Callable[..., int]) -> str:
    """A module of `loop` and what it calls, the replay imported."""
    replay = _replay()
    parts = _parts(loop)
    shared = [name for name in parts if name.islower() and hasattr(replay, name)]
    own = [text for name, text in parts.items() if name not in shared]
    return "\n\n".join([
        "from numba import njit", f"from {replay.__name__} import {', '.join(shared)}",
        _decorated("\n\n".join(own), loop.__name__, "cache=True"), "",
    ])  # fmt: skip


@cache
def _replay() -> ModuleType:
    """The replay's functions; those that strategies call are machine code on disk."""
    parts: dict[str, str] = {}
    for entry in _ENTRIES:
        parts.update(_parts(entry))
    source = "\n\n".join(["from numba import njit", *parts.values(), ""])
    for entry in _ENTRIES:
        source = _decorated(source, entry.__name__, "cache=True")
    for hot in _HOT:
        # What every row passes through becomes one loop.
        source = _decorated(source, hot, "forceinline=True")
    return load_module("depth_replay", source)


def _parts(function: Callable[..., object]) -> dict[str, str]:
    """The source of everything a function uses, by name."""
    parts: dict[str, str] = {}
    for node in ast.parse(source_of(function, _DECORATOR)).body:
        if isinstance(node, ast.FunctionDef):
            parts[node.name] = ast.unparse(node)
        elif isinstance(node, ast.Assign):
            parts[ast.unparse(node.targets[0])] = ast.unparse(node)
        else:
            parts[f"{type(node).__name__} {len(parts)}"] = ast.unparse(node)
    return parts


def _decorated(source: str, name: str, option: str) -> str:
    decorator = ast.unparse(ast.parse(f"{_DECORATOR}\ndef f(): pass")).splitlines()[0]
    return source.replace(f"{decorator}\ndef {name}(", f"@njit({_OPTIONS}, {option})\ndef {name}(")
