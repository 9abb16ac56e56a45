"""The source of a pure function with everything it calls, as one text that stands alone."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any

from tradedeck.domain.errors import RefusedError


def source_of(step: Callable[..., Any], decorator: str) -> str:
    """Python source of `step` and of every function and number it uses, each function under `decorator`.

    Functions of the module `math` are reached as imported there; annotations are dropped.

    Raises:
        RefusedError: it uses something other than functions of Python source, plain numbers and `math`.
    """
    parts: dict[str, str] = {}
    kept: dict[str, Any] = {}
    _collect(step, decorator, parts, kept)
    return "import math\n\n" + "\n\n".join(parts.values()) + "\n"


def _collect(function: Callable[..., Any], decorator: str, parts: dict[str, str], kept: dict[str, Any]) -> None:
    assert isinstance(function, FunctionType)
    kept[function.__name__] = function
    for name in _names(function.__code__):
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if name in kept:
            if kept[name] is not value and kept[name] != value:
                raise RefusedError(f"two things are called {name} in what {function.__name__} uses; rename one")
            continue
        kept[name] = value
        if isinstance(value, FunctionType) and name == value.__name__:
            _collect(value, decorator, parts, kept)
        elif value is not math:
            parts[name] = f"{name} = {_literal(function.__name__, name, value)}"
    parts[function.__name__] = f"{decorator}\n{_text(function)}"


def _names(code: CodeType) -> list[str]:
    """Global names a function reads, those of its comprehensions included."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _names(constant)
    return names


def _literal(function: str, name: str, value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, bool | int | float):
        return repr(value)
    if getattr(math, getattr(value, "__name__", ""), None) is value:
        return f"math.{value.__name__}"
    raise RefusedError(f"{function} can't be compiled: {name} is neither a number nor a function of Python source")


def _text(function: FunctionType) -> str:
    """The function's own source, without its annotations, which would need their imports."""
    import ast

    tree = ast.parse(dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.decorator_list = []
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)
