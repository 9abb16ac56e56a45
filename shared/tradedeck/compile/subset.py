"""What a strategy may contain to be compiled, or taken from a stranger; docs/reference/subset.md lists it.

Everything not named here is refused with its line and the reason.
"""

from __future__ import annotations

import ast
import inspect
import math
from dataclasses import dataclass
from textwrap import dedent
from weakref import WeakKeyDictionary

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import Strategy

MAX_LOOP = 10_000
"""No loop turns more often than this, nested ones together."""
MAX_LIST = 10_000
"""No list is longer."""
MAX_WHOLE = 2**53
"""Whole numbers beyond this are no longer exact as floats."""
MAX_DEPTH = 40
"""No expression is nested deeper."""
MAX_STEPS = 1_000_000
"""No handler does more statements at one event, loops and calls counted out."""
MAX_STATEMENTS = 2_000
"""No handler is longer, with what it calls written out in place."""
MAX_NOTES = 16
"""No handler leaves more notes at one event."""
MAX_CALLS = 16
"""Calls within calls."""
MAX_ROUNDS = 10
"""Passes over the code until every name has its kind."""
HANDLERS = {"on_bar": "bar", "on_signal": "bar", "on_fill": "fill", "on_timer": "time_ns"}
"""Handlers that native code can wake, and the kind of what they are shown."""


_LONGEST = 300


class SubsetError(RefusedError):
    """A construct that is not in the subset. `line` counts from the first line of the source."""

    def __init__(self, line: int, reason: str) -> None:
        # Names and texts of the source may be of any length.
        reason = reason if len(reason) <= _LONGEST else f"{reason[: _LONGEST - 1]}…"
        super().__init__(f"line {line}: {reason}", code="strategy.subset")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Source:
    """A strategy class's tree; lines count from the start of its file."""

    name: str
    methods: dict[str, ast.FunctionDef]
    constants: dict[str, float | bool | str]
    functions: dict[str, str]


def refuse(node: ast.AST, reason: str) -> SubsetError:
    """The error for `node`."""
    return SubsetError(getattr(node, "lineno", 0), reason)


def acts(node: ast.AST) -> bool:
    """Whether it matters how often or when `node` is evaluated: it calls a verb or a method."""
    return any(
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and not (isinstance(part.func.value, ast.Name) and part.func.value.id == "math")
        for part in ast.walk(node)
    )


_TAKEN: WeakKeyDictionary[type[Strategy], Source] = WeakKeyDictionary()


def remember(kind: type[Strategy], source: Source) -> None:
    """Keep the source of a class that no file stands behind."""
    _TAKEN[kind] = source


def source_of_class(kind: type[Strategy]) -> Source:
    """The methods of a strategy class and its bases below `Strategy`, as trees.

    Raises:
        SubsetError: its source can't be read.
    """
    if (taken := _TAKEN.get(kind)) is not None:
        return taken
    methods: dict[str, ast.FunctionDef] = {}
    constants: dict[str, float | bool | str] = {}
    module = inspect.getmodule(kind)
    for base in reversed(kind.__mro__):
        if base in (object, Strategy) or not issubclass(base, Strategy):
            continue
        methods |= _methods(base)
    constants |= {
        name: value
        for name, value in (vars(module).items() if module else ())
        if isinstance(value, bool | int | float | str) and not name.startswith("__")
    }
    for base in reversed(kind.__mro__):
        constants |= {
            f"self.{name}": value
            for name, value in vars(base).items()
            if isinstance(value, bool | int | float | str) and not name.startswith("_")
        }
    functions = {
        name: value.__name__
        for name, value in (vars(module).items() if module else ())
        if callable(value) and getattr(math, getattr(value, "__name__", ""), None) is value
    }
    return Source(kind.__name__, methods, constants, functions)


def _methods(kind: type) -> dict[str, ast.FunctionDef]:
    try:
        lines, start = inspect.getsourcelines(kind)
        tree = ast.parse(dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        raise SubsetError(0, f"the source of {kind.__name__} can't be read") from None
    ast.increment_lineno(tree, start - 1)
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    return {item.name: item for item in body.body if isinstance(item, ast.FunctionDef)}
