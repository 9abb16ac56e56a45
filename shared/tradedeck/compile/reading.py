"""A strategy class as source: which functions are its own, and what the names in them stand for."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from types import CodeType, FunctionType

from tradedeck.compile.subset import Source, SubsetError
from tradedeck.ports.strategy import Strategy

Plain = float | bool | str
_PLAIN = (bool, int, float, str)
_NOT_PLAIN = (property, classmethod, staticmethod)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything a native module is made from; equal readings make equal modules.

    `codes` are the compiled bodies in the order of their names, `constants` numbers and texts they read from their
    module or class, `functions` what of `math` the module has under which name.
    """

    name: str
    codes: tuple[tuple[str, CodeType], ...]
    constants: tuple[tuple[str, Plain], ...]
    functions: tuple[tuple[str, str], ...]


def reading_of(kind: type[Strategy]) -> Reading:
    """What a class consists of now: a name that has got another value, or a method replaced, makes another reading.

    Raises:
        SubsetError: a method is not a plain function, sees the names of an enclosing function, or two methods mean
            different things by one name.
    """
    methods = own_methods(kind)
    constants: dict[str, Plain] = {}
    functions: dict[str, str] = {}
    for method in methods.values():
        if method.__code__.co_freevars:
            raise SubsetError(
                method.__code__.co_firstlineno, "names of an enclosing function (or super) are not in the subset"
            )
        for name in method.__code__.co_names:
            value = method.__globals__.get(name)
            if isinstance(value, _PLAIN):
                _agree(constants, name, value, method)
            elif value is not None and getattr(math, getattr(value, "__name__", ""), None) is value:
                functions[name] = value.__name__
            own = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
            if isinstance(own, _PLAIN):
                constants[f"self.{name}"] = own
    codes = tuple((name, methods[name].__code__) for name in sorted(methods))
    return Reading(kind.__name__, codes, tuple(sorted(constants.items())), tuple(sorted(functions.items())))


def _agree(constants: dict[str, Plain], name: str, value: Plain, method: FunctionType) -> None:
    if name in constants and (constants[name] != value or type(constants[name]) is not type(value)):
        raise SubsetError(method.__code__.co_firstlineno, f"{name} means different things in two methods")
    constants[name] = value


def own_methods(kind: type[Strategy]) -> dict[str, FunctionType]:
    """Functions a class has beyond `Strategy`, its own and those of every base.

    Raises:
        SubsetError: one is something else than a plain function.
    """
    found: dict[str, FunctionType] = {}
    for base in reversed(kind.__mro__):
        if base is object or base is Strategy:
            continue
        for name, value in vars(base).items():
            if isinstance(value, FunctionType):
                found[name] = value
            elif not name.startswith("__") and (callable(value) or isinstance(value, _NOT_PLAIN)):
                raise SubsetError(0, f"{name} is not a plain method")
    return found


def source_of(reading: Reading, methods: Mapping[str, FunctionType]) -> Source:
    """The trees of the methods; lines count from the start of their files.

    Raises:
        SubsetError: a method's source can't be read, or is not a plain `def` of its name.
    """
    trees = {name: _tree(name, method) for name, method in methods.items()}
    return Source(reading.name, trees, dict(reading.constants), dict(reading.functions))


def _tree(name: str, method: FunctionType) -> ast.FunctionDef:
    line = method.__code__.co_firstlineno
    try:
        tree = ast.parse(dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError):
        raise SubsetError(line, f"the source of {name} can't be read") from None
    node = tree.body[0]
    if not isinstance(node, ast.FunctionDef) or node.name != name:
        raise SubsetError(line, f"{name} is not written as a method of its own: write def {name}(self, ...)")
    ast.increment_lineno(node, line - 1)
    return node
