"""What `setup` will have made of a strategy, read from its source without running it."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import cast

from tradedeck.compile.expressions import MATH_NUMBERS
from tradedeck.compile.subset import MAX_LIST, MAX_WHOLE, refuse
from tradedeck.compile.values import Kind, Shape
from tradedeck.ports.setup import Setup

MAX_DECLARED = 64
"""No strategy declares more parameters, lines, signals and timers together."""
MAX_CELLS = 10 * MAX_LIST
"""All lists of a strategy together."""
_NUMBERS = ("bool", "whole", "float")
_LINES = ("line", "sma", "ema", "rsi", "atr", "funding")


@dataclass(frozen=True, slots=True)
class Made:
    """A value of setup. `what` is bool, whole, float, text, line, signal, list or nothing.

    `low` and `high` are a number's least and most, `parameter` the whole parameter it is, `cells` a list's length.
    """

    what: str
    low: float = -math.inf
    high: float = math.inf
    text: str = ""
    parameter: str = ""
    cells: int = 0


@dataclass(slots=True)
class Declaring:
    """Reads one `setup`; `constants` are numbers and texts of the module, those of the class as "self.NAME"."""

    constants: Mapping[str, float | bool | str]
    reserved: frozenset[str]
    _name: str = ""
    _locals: dict[str, Made] = field(default_factory=dict[str, Made])
    _attributes: dict[str, Made] = field(default_factory=dict[str, Made])
    _declared: int = 0
    _has_timer: bool = False

    def shape(self, node: ast.FunctionDef) -> Shape:
        """What the attributes are after `node`.

        Raises:
            SubsetError: it does more than declare and assign.
        """
        plain = node.args.args
        odd = node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults or node.args.posonlyargs
        if odd or len(plain) != 2 or plain[0].arg != "self":
            raise refuse(node, "write it as `def setup(self, setup):`")
        self._name = plain[1].arg
        for statement in node.body:
            self._statement(statement)
        return self._shape()

    def _shape(self) -> Shape:
        kept = self._attributes
        numbers = {name: Kind[made.what.upper()] for name, made in kept.items() if made.what in _NUMBERS}
        return Shape(
            lines={name: k for k, name in enumerate(n for n, made in kept.items() if made.what == "line")},
            signals={name: k for k, name in enumerate(n for n, made in kept.items() if made.what == "signal")},
            numbers=numbers,
            lists={name: made.cells for name, made in kept.items() if made.what == "list"},
            texts={name: made.text for name, made in kept.items() if made.what == "text"},
            bounds={name: int(made.high) for name, made in kept.items() if made.parameter == name and made.low >= 0},
            has_timer=self._has_timer,
        )

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case _:
                raise refuse(node, "setup only declares and assigns, one name at a time; do the rest in on_bar")

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
        made = self._list(value) if own else None
        made = made or self._value(value)
        if made.what == "nothing":
            raise refuse(value, "this gives nothing to keep; write it on a line of its own")
        if isinstance(target, ast.Name):
            if target.id in ("self", self._name) or target.id in self.constants:
                raise refuse(target, f"{target.id} already means something else here; use another name")
            self._locals[target.id] = made
            return
        if not own:
            raise refuse(target, "only names and attributes of self can be assigned")
        assert isinstance(target, ast.Attribute)
        if target.attr in self.reserved:
            raise refuse(target, f"self.{target.attr} is the strategy's own already; use another name")
        self._attributes[target.attr] = made
        if sum(one.cells for one in self._attributes.values()) > MAX_CELLS:
            raise refuse(target, f"all lists together may have {MAX_CELLS} cells")

    def _list(self, node: ast.expr) -> Made | None:
        """[0.0] * 20, or cells written out."""
        times: ast.expr | None = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            pair = (node.left, node.right) if isinstance(node.left, ast.List) else (node.right, node.left)
            node, times = pair
        if not isinstance(node, ast.List):
            return None
        for cell in node.elts:
            self._number(cell)
        cells = len(node.elts) * (self._count(times) if times is not None else 1)
        if not 0 < cells <= MAX_LIST:
            raise refuse(node, f"a list has 1 to {MAX_LIST} cells; write [0.0] * 20")
        return Made("list", cells=cells)

    def _count(self, node: ast.expr) -> int:
        made = self._number(node)
        if made.what != "whole" or made.low != made.high:
            raise refuse(node, "a list's length must be a number written out, such as [0.0] * 20")
        return int(made.low)

    def _number(self, node: ast.expr) -> Made:
        made = self._value(node)
        if made.what not in _NUMBERS:
            raise refuse(node, "a number is needed here")
        return made

    def _value(self, node: ast.expr) -> Made:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return constant(node, value)
            case ast.Name(id=name):
                return self._name_of(node, name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in self._attributes:
                return self._shared(node, self._attributes[name])
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if f"self.{name}" in self.constants:
                return constant(node, self.constants[f"self.{name}"])
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in MATH_NUMBERS:
                return constant(node, float(getattr(math, name)))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                made = self._number(operand)
                ends = (-made.high, -made.low) if isinstance(op, ast.USub) else (made.low, made.high)
                return _within(node, "float" if made.what == "float" else "whole", *ends)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Call():
                return self._call(node)
            case _:
                raise refuse(node, "setup takes numbers, texts, [0.0] * 20 and + - * / // %; do the rest in on_bar")

    @staticmethod
    def _shared(node: ast.expr, made: Made) -> Made:
        if made.what == "list":
            raise refuse(node, "a list belongs to one name; write it out again")
        return made

    def _name_of(self, node: ast.expr, name: str) -> Made:
        if name in self._locals:
            return self._locals[name]
        if name in self.constants:
            return constant(node, self.constants[name])
        raise refuse(node, f"{name} is not known here; use a parameter, an attribute or a number of the module")

    def _arithmetic(self, node: ast.BinOp) -> Made:
        """Bounds of a result, so that whole numbers never grow without end."""
        combine = _COMBINED.get(type(node.op))
        if combine is None:
            raise refuse(node, "only + - * / // and % are known in setup")
        left, right = self._number(node.left), self._number(node.right)
        whole = "float" not in (left.what, right.what) and not isinstance(node.op, ast.Div)
        if not whole:
            return Made("float")
        if right.low <= 0 <= right.high and isinstance(node.op, ast.FloorDiv | ast.Mod):
            raise refuse(node, "this may divide by zero; divide by a number above 0")
        ends = [combine(x, y) for x in (left.low, left.high) for y in (right.low, right.high)]
        if isinstance(node.op, ast.Mod) and len(set(ends)) > 1:
            # A remainder turns back at every multiple of its divisor.
            ends += [0, right.low, right.high]
        return _within(node, "whole", min(ends), max(ends))

    def _call(self, node: ast.Call) -> Made:
        """A declaration."""
        function = node.func
        if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
            raise refuse(node, f"setup calls methods of {self._name} only, such as {self._name}.sma(20)")
        if function.value.id != self._name or self._name in self._locals:
            raise refuse(node, f"setup calls methods of {self._name} only, such as {self._name}.sma(20)")
        given = self._bound(node, function.attr)
        self._declared += 1
        if self._declared > MAX_DECLARED:
            raise refuse(node, f"more than {MAX_DECLARED} declarations; a strategy can't need so many")
        self._has_timer = self._has_timer or function.attr == "every"
        if function.attr == "integer":
            name, low, high = given["name"], given["low"], given["high"]
            return replace(_within(node, "whole", low.low, high.high), parameter=name.text)
        if function.attr == "number":
            return Made("float", given["low"].low, given["high"].high)
        if function.attr == "choice":
            return Made("text", text=given["default"].text)
        if function.attr in _LINES:
            return Made("line")
        return Made("nothing" if function.attr == "every" else "signal")

    def _bound(self, node: ast.Call, name: str) -> dict[str, Made]:
        """The arguments of a declaration by their names, checked against what it takes."""
        if any(isinstance(part, ast.Starred) for part in node.args) or any(part.arg is None for part in node.keywords):
            raise refuse(node, "* and ** are not in the subset; write the arguments out")
        signature = _declarations().get(name)
        if signature is None:
            raise refuse(node, f"setup has no {name}; it has {', '.join(sorted(_declarations()))}")
        if name == "market":
            raise refuse(node, "second markets run in Python of your own only; keep to one market")
        try:
            bound = signature.bind(None, *node.args, **{part.arg or "": part.value for part in node.keywords})
        except TypeError as error:
            raise refuse(node, f"{name}: {error}") from None
        found: dict[str, Made] = {}
        for key, given in bound.arguments.items():
            parts = cast(tuple[object, ...], given if isinstance(given, tuple) else (given,))
            for part in parts:
                if isinstance(part, ast.expr):
                    found[key] = self._argument(part, name, str(signature.parameters[key].annotation))
        return found

    def _argument(self, node: ast.expr, name: str, wanted: str) -> Made:
        if wanted.startswith("tuple"):
            if not isinstance(node, ast.Tuple) or any(self._value(part).what != "text" for part in node.elts):
                raise refuse(node, 'options are texts written out, such as ("calm", "wild")')
            return Made("nothing")
        made = self._value(node)
        if made.what not in _WANTED.get(wanted, ()):
            raise refuse(node, f"{name} takes {_SPOKEN.get(wanted, 'something else')} here")
        if made.what in _NUMBERS and name in _LINES and not made.high <= MAX_LIST:
            raise refuse(node, f"no length of a line is above {MAX_LIST}; give its parameter a lower high")
        if name in ("integer", "number") and made.what in _NUMBERS and not math.isfinite(made.low + made.high):
            raise refuse(node, f"{name} takes numbers written out here")
        return made


_WANTED = {
    "int": ("whole",), "float": ("whole", "float"), "str": ("text",), "Line": ("line",),
    "Line | float": ("line", "whole", "float"),
}  # fmt: skip
_SPOKEN = {
    "int": "a whole number", "float": "a number", "str": "a text", "Line": "a line",
    "Line | float": "a line or a number", "Market | None": "no second market",
}  # fmt: skip


def constant(node: ast.expr, value: float | bool | str) -> Made:
    """A literal. Raises SubsetError: it is too large to be exact."""
    if isinstance(value, str):
        return Made("text", text=value)
    if isinstance(value, bool):
        return Made("bool", int(value), int(value))
    if isinstance(value, int):
        return _within(node, "whole", value, value)
    return Made("float", value, value)


def _within(node: ast.expr, what: str, low: float, high: float) -> Made:
    if what == "whole" and max(-low, high) >= MAX_WHOLE:
        raise refuse(node, "a whole number this large is not exact; keep below 2**53")
    return Made(what, low, high)


_COMBINED: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.FloorDiv: lambda x, y: x // y,
    ast.Mod: lambda x, y: x % y,
}


@cache
def _declarations() -> dict[str, inspect.Signature]:
    """What Setup has, and what each takes."""
    return {name: inspect.signature(member) for name, member in vars(Setup).items() if _declares(name, member)}


def _declares(name: str, member: object) -> bool:
    return not name.startswith("_") and inspect.isfunction(member)
