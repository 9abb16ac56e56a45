"""Expressions of a strategy as native source: the same numbers as Python gives, or an error where Python has one.

Where native arithmetic is wider than Python's (or the other way round) a helper of `prelude` stands in; an error
there sends the run to the interpreter, which tells it with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Protocol

from tradedeck.compile.subset import MAX_DEPTH, MAX_WHOLE, acts, refuse
from tradedeck.compile.values import Kind, Shape, Value
from tradedeck.compile.wording import not_in_subset

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
_CHECKED = {"+": "_add", "-": "_sub", "*": "_mul"}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_MATH = {
    "sqrt": "_sqrt", "log": "_log", "exp": "_exp", "floor": "_floor", "ceil": "_ceil", "fabs": "abs",
    "tanh": "math.tanh", "isnan": "math.isnan", "isinf": "math.isinf", "isfinite": "math.isfinite", "pow": "_pow",
}  # fmt: skip
_MATH_KINDS = {
    "floor": Kind.WHOLE, "ceil": Kind.WHOLE, "isnan": Kind.BOOL, "isinf": Kind.BOOL, "isfinite": Kind.BOOL,
}  # fmt: skip
_MATH_NUMBERS = {"pi": "math.pi", "e": "math.e", "inf": "math.inf", "nan": "math.nan"}
MATH_FUNCTIONS, MATH_NUMBERS = frozenset(_MATH), frozenset(_MATH_NUMBERS)
_BAR = {
    "open": "o[u]", "high": "h[u]", "low": "l[u]", "close": "c[u]", "volume": "v[u]",
}  # fmt: skip
_FILL = {
    "order": ("F[(S[FILLS] - 1) * FILL_WIDTH + F_ORDER]", Kind.WHOLE),
    "side": ("F[(S[FILLS] - 1) * FILL_WIDTH + F_SIGN]", Kind.WHOLE),
    "price": ("(F[(S[FILLS] - 1) * FILL_WIDTH + F_PRICE] * T[TICK_NUM] / T[TICK_DEN])", Kind.FLOAT),
    "size": ("(F[(S[FILLS] - 1) * FILL_WIDTH + F_LOTS] * T[LOT_NUM] / T[LOT_DEN])", Kind.FLOAT),
    "maker": ("(F[(S[FILLS] - 1) * FILL_WIDTH + F_MAKER] == 1)", Kind.BOOL),
    "time_ns": ("S[NOW]", Kind.WHOLE),
}


class Names(Protocol):
    """What an expression may ask about its surroundings."""

    shape: Shape

    def local(self, name: str) -> Kind | None:
        """The kind of a local, None when there is none."""
        ...

    def argument(self, name: str) -> str | None:
        """bar, fill or time_ns when `name` is what the handler is shown."""
        ...

    def constant(self, name: str) -> float | bool | str | None:
        """A number or text of the module."""
        ...

    def state(self, name: str) -> Value | None:
        """An attribute that is a number."""
        ...

    def cell(self, name: str) -> int | None:
        """Where a list begins."""
        ...

    def function(self, name: str) -> str | None:
        """The function of math that the module imported as `name`."""
        ...

    def text(self, text: str) -> int:
        """The number that stands for a text."""
        ...

    def position(self) -> str:
        """Native source of the strategy's own net size."""
        ...

    def working(self) -> str:
        """Native source of how many orders work."""
        ...

    def call(self, node: ast.Call, name: str) -> Value:
        """A call of a method of the strategy."""
        ...


class Expressions:
    """Translates expressions within one method."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._depth = 0

    def value(self, node: ast.expr) -> Value:
        """Native source of `node`.

        Raises:
            SubsetError: it is not in the subset.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise refuse(node, f"this is nested more than {MAX_DEPTH} deep; use a name for a part of it")
        translate = _TRANSLATE.get(type(node))
        if translate is None:
            raise refuse(node, not_in_subset(node))
        made = translate(self, node)
        self._depth -= 1
        return made

    def number(self, node: ast.expr) -> Value:
        """As `value`, for a place that needs a number."""
        made = self.value(node)
        if made.kind > Kind.FLOAT:
            raise refuse(node, "a number is needed here")
        return made

    def floating(self, node: ast.expr) -> str:
        """As `number`, as a float."""
        made = self.number(node)
        return made.code if made.kind is Kind.FLOAT else made.as_kind(Kind.FLOAT)

    def test(self, node: ast.expr) -> str:
        """Native source of whether `node` is true."""
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return "(" + word.join(self.test(part) for part in node.values) + ")"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"(not {self.test(node.operand)})"
        made = self.number(node)
        return made.code if made.kind is Kind.BOOL else f"({made.code} != 0)"

    def bound(self, name: str) -> int | None:
        """The highest value of a whole parameter that nothing changes; None for anything else."""
        return self._names.shape.bounds.get(name)

    def module_number(self, name: str) -> float | bool | str | None:
        """A number of the module, None when the name is a local."""
        return self._names.constant(name) if self._names.local(name) is None else None

    def constant(self, node: ast.Constant) -> Value:
        """A literal."""
        value = node.value
        if isinstance(value, bool):
            return Value(repr(value), Kind.BOOL)
        if isinstance(value, int):
            if abs(value) >= MAX_WHOLE:
                raise refuse(node, "a whole number this large is not exact; keep below 2**53")
            return Value(repr(value), Kind.WHOLE)
        if isinstance(value, float):
            return Value(_literal(value), Kind.FLOAT)
        if isinstance(value, str):
            return Value(str(self._names.text(value)), Kind.TEXT)
        raise refuse(node, f"{value!r} is not a number; use one such as 0.0, or math.nan for none")

    def name(self, node: ast.Name) -> Value:
        """A local, or a number of the module."""
        kind = self._names.local(node.id)
        if kind is not None:
            return Value(f"x_{node.id}", kind)
        if self._names.argument(node.id) == "time_ns":
            return Value("time_ns", Kind.WHOLE)
        known = self._names.constant(node.id)
        if known is None:
            raise refuse(node, f"{node.id} is not known here; use a parameter, an attribute or a number of the module")
        return self.constant(ast.copy_location(ast.Constant(known), node))

    def attribute(self, node: ast.Attribute) -> Value:
        """self.x, self.line.value, bar.close, fill.price or math.pi."""
        name, base = node.attr, node.value
        if name.startswith("_"):
            raise refuse(node, f"{name} is private")
        if isinstance(base, ast.Name):
            if base.id == "self":
                return self._own(node)
            if base.id == "math" and self._names.local("math") is None and name in _MATH_NUMBERS:
                return Value(_MATH_NUMBERS[name], Kind.FLOAT)
            return self._shown(node, self._names.argument(base.id))
        if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and base.value.id == "self":
            return self._column(node, base.attr)
        raise refuse(node, f".{name} can't be read here")

    def _own(self, node: ast.Attribute) -> Value:
        name = node.attr
        if name == "position":
            return Value(self._names.position(), Kind.FLOAT)
        if name == "working":
            return Value(self._names.working(), Kind.WHOLE)
        if (state := self._names.state(name)) is not None:
            return state
        if name in self._names.shape.texts:
            return Value(f"int(a[{self._names.cell(name)}])", Kind.TEXT)
        known = self._names.constant(f"self.{name}")
        if known is not None:
            return self.constant(ast.copy_location(ast.Constant(known), node))
        if name in self._names.shape.lines:
            raise refuse(node, f"self.{name} is a line; write self.{name}.value")
        raise refuse(node, f"self.{name} is not a number; set it in setup, such as self.{name} = 0.0")

    def _shown(self, node: ast.Attribute, what: str | None) -> Value:
        if what == "bar" and node.attr in _BAR:
            return Value(_BAR[node.attr], Kind.FLOAT)
        if what == "bar" and node.attr in ("open_ns", "time_ns"):
            return Value("t[u]" if node.attr == "open_ns" else "(t[u] + tf)", Kind.WHOLE)
        if what == "fill" and node.attr in _FILL:
            return Value(*_FILL[node.attr])
        raise refuse(node, f".{node.attr} can't be read here")

    def _column(self, node: ast.Attribute, name: str) -> Value:
        shape = self._names.shape
        if name in shape.lines and node.attr in ("value", "previous"):
            number = shape.lines[name]
            if node.attr == "value":
                return Value(f"l{number}[u]", Kind.FLOAT)
            return Value(f"e{number}[u]" if number in shape.earlier else f"_before(l{number}, i)", Kind.FLOAT)
        if name in shape.signals and node.attr == "value":
            return Value(f"s{shape.signals[name]}[u]", Kind.BOOL)
        hint = "; use self.position and self.working" if name == "desk" else ""
        raise refuse(node, f"self.{name}.{node.attr} is not in the subset{hint}")

    def subscript(self, node: ast.Subscript) -> Value:
        """self.values[k] of a list that setup has made."""
        base = node.value
        own = isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and base.value.id == "self"
        if not own:
            raise refuse(node, "only lists that setup has made can be indexed")
        assert isinstance(base, ast.Attribute)
        length = self._names.shape.lists.get(base.attr)
        start = self._names.cell(base.attr)
        if length is None or start is None:
            raise refuse(node, f"self.{base.attr} is not a list that setup has made")
        index = self.number(node.slice) if not isinstance(node.slice, ast.Slice) else None
        if index is None or index.kind is Kind.FLOAT:
            raise refuse(node, "a list takes one whole number as index")
        plain = index.code.strip("()")
        known = int(plain) if plain.removeprefix("-").isdigit() else 0
        if not -length <= known < length:
            raise refuse(node, f"self.{base.attr} has {length} cells; there is none at {index.code}")
        return Value(f"a[{start} + _index({index.code}, {length})]", Kind.FLOAT)

    def binary(self, node: ast.BinOp) -> Value:
        """Arithmetic."""
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise refuse(node, "only + - * / // % and ** are in the subset")
        left, right = self.number(node.left), self.number(node.right)
        whole = left.kind <= Kind.WHOLE and right.kind <= Kind.WHOLE
        if sign == "**":
            if whole:
                raise refuse(node, "a power of whole numbers can grow without end; make one of them a float")
            return Value(f"_pow({left.as_kind(Kind.FLOAT)}, {right.as_kind(Kind.FLOAT)})", Kind.FLOAT)
        if sign in "+-*" and whole:
            return Value(f"{_CHECKED[sign]}({left.counted}, {right.counted})", Kind.WHOLE)
        code = f"({left.counted} {sign} {right.counted})"
        return Value(code, Kind.WHOLE if whole and sign != "/" else Kind.FLOAT)

    def unary(self, node: ast.UnaryOp) -> Value:
        """-x, +x, not x."""
        if isinstance(node.op, ast.Not):
            return Value(self.test(node), Kind.BOOL)
        if isinstance(node.op, ast.Invert):
            raise refuse(node, "~ is not in the subset")
        made = self.number(node.operand)
        kind = Kind.WHOLE if made.kind is Kind.BOOL else made.kind
        return Value(f"({'-' if isinstance(node.op, ast.USub) else '+'}{made.counted})", kind)

    def boolean(self, node: ast.BoolOp) -> Value:
        """and, or: of conditions only, where Python would give the last value."""
        if any(self.number(part).kind is not Kind.BOOL for part in node.values):
            raise refuse(node, "and/or of numbers is only in the subset as a condition")
        return Value(self.test(node), Kind.BOOL)

    def compare(self, node: ast.Compare) -> Value:
        """Comparisons, chained or not."""
        parts = [self.value(part) for part in (node.left, *node.comparators)]
        if any(acts(part) or _compares(part) for part in node.comparators[:-1]):
            # It is written twice in native code, so it must cost and do the same once or twice.
            raise refuse(node, "the middle of a chained comparison must be simple; give it a name first")
        tests: list[str] = []
        for operator, left, right in zip(node.ops, parts, parts[1:], strict=False):
            sign = _COMPARE.get(type(operator))
            if sign is None:
                raise refuse(node, "only < <= > >= == and != are in the subset")
            if (left.kind is Kind.TEXT) != (right.kind is Kind.TEXT) or (left.kind is Kind.TEXT and sign not in "==!="):
                raise refuse(node, "a text can only be compared with a text, for being the same")
            tests.append(f"({left.counted} {sign} {right.counted})")
        return Value(tests[0] if len(tests) == 1 else "(" + " and ".join(tests) + ")", Kind.BOOL)

    def either(self, node: ast.IfExp) -> Value:
        """A if condition else b."""
        yes, no = self.number(node.body), self.number(node.orelse)
        kind = max(yes.kind, no.kind)
        return Value(f"({yes.as_kind(kind)} if {self.test(node.test)} else {no.as_kind(kind)})", kind)

    def call(self, node: ast.Call) -> Value:
        """A function of Python's few, of math, or a method of the strategy."""
        function = node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            if function.value.id == "self":
                return self._names.call(node, function.attr)
            if function.value.id == "math" and self._names.local("math") is None:
                return self._math(node, function.attr)
        if not isinstance(function, ast.Name) or self._names.local(function.id) is not None:
            raise refuse(node, "this can't be called; call a method of self, a function of math, or one such as abs")
        if (math_name := self._names.function(function.id)) is not None:
            return self._math(node, math_name)
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise refuse(node, f"{function.id} takes plain arguments only")
        if function.id not in _FUNCTIONS:
            known = f"{', '.join(sorted(FUNCTIONS))}, functions imported from math, and methods of self"
            raise refuse(node, f"{function.id} can't be called; what can is {known}")
        parts = [self.number(part) for part in node.args]
        made = _FUNCTIONS[function.id](node, parts)
        if made is None:
            raise refuse(
                node, f"{function.id} takes {'two numbers or more' if function.id[0] == 'm' else 'one number'}"
            )
        return made

    def _math(self, node: ast.Call, name: str) -> Value:
        if name not in _MATH or node.keywords or len(node.args) != (2 if name == "pow" else 1):
            known = f"{', '.join(sorted(MATH_FUNCTIONS))}, each with one number, and pow with two"
            raise refuse(node, f"math.{name} can't be called so; what can is {known}")
        parts = ", ".join(self.floating(part) for part in node.args)
        return Value(f"{_MATH[name]}({parts})", _MATH_KINDS.get(name, Kind.FLOAT))


def _absolute(_node: ast.Call, parts: list[Value]) -> Value | None:
    if len(parts) != 1:
        return None
    return Value(f"abs({parts[0].counted})", max(parts[0].kind, Kind.WHOLE))


def _extreme(word: str) -> Callable[[ast.Call, list[Value]], Value | None]:
    def made(_node: ast.Call, parts: list[Value]) -> Value | None:
        if len(parts) < 2:
            return None
        kind = max(Kind.WHOLE, *(part.kind for part in parts))
        code = parts[0].as_kind(kind)
        for part in parts[1:]:
            code = f"{word}({code}, {part.as_kind(kind)})"
        return Value(code, kind)

    return made


def _cast(word: str, kind: Kind) -> Callable[[ast.Call, list[Value]], Value | None]:
    def made(_node: ast.Call, parts: list[Value]) -> Value | None:
        if len(parts) != 1:
            return None
        return Value(f"{word}({parts[0].counted})", kind)

    return made


def _truth(_node: ast.Call, parts: list[Value]) -> Value | None:
    return Value(f"({parts[0].code} != 0)", Kind.BOOL) if len(parts) == 1 else None


_FUNCTIONS: dict[str, Callable[[ast.Call, list[Value]], Value | None]] = {
    "abs": _absolute,
    "min": _extreme("_least"),
    "max": _extreme("_most"),
    "float": _cast("float", Kind.FLOAT),
    "int": _cast("_whole", Kind.WHOLE),
    "round": _cast("_round", Kind.WHOLE),
    "bool": _truth,
}
FUNCTIONS = frozenset(_FUNCTIONS)
"""Python's own functions that expressions may call."""


def _compares(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Compare) for part in ast.walk(node))


def _literal(value: float) -> str:
    return repr(value) if value == value and abs(value) != float("inf") else f'float("{value}")'


_TRANSLATE: dict[type[ast.expr], Callable[[Expressions, ast.expr], Value]] = {
    ast.Constant: Expressions.constant, ast.Name: Expressions.name, ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript, ast.BinOp: Expressions.binary, ast.UnaryOp: Expressions.unary,
    ast.BoolOp: Expressions.boolean, ast.Compare: Expressions.compare, ast.IfExp: Expressions.either,
    ast.Call: Expressions.call,
}  # fmt: skip  # pyright: ignore[reportAssignmentType]
