"""What a strategy may contain to be compiled, or taken from a stranger; docs/reference/subset.md lists it.

Everything not named here is refused with its line and the reason.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
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


def remembered(kind: type[Strategy]) -> Source | None:
    """The source of a class that no file stands behind, None for any other."""
    return _TAKEN.get(kind)
