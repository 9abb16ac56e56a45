"""A whole strategy as a native module: its methods, and the loop over bars that wakes them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from tradedeck.compile.expressions import FUNCTIONS
from tradedeck.compile.methods import NOTE, Cost, Method, unsettled
from tradedeck.compile.subset import HANDLERS, MAX_CALLS, MAX_ROUNDS, Source, acts, refuse
from tradedeck.compile.values import Kind, Shape, Value
from tradedeck.compile.verbs import VERBS, Verbs

FIRST_CELL = 2
"""Cells of the state array before the strategy's own: the position, and what a cash unit is worth."""
LIGHT_VERBS = frozenset({"buy", "sell", "close", "target", "note"})


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """Source of a native module and what it takes. `cells` says where each number and list of the strategy lives."""

    source: str
    light: bool
    cells: dict[str, int]
    length: int
    texts: dict[str, int]
    steps: int = 0
    """No event does more statements."""


class _Program:
    """What the methods share: kinds of attributes, cells, texts, who calls whom."""

    def __init__(self, source: Source, shape: Shape, *, light: bool) -> None:
        self.source, self.light = source, light
        assigned = _assigned(source)
        self.assigned = {f"self.{name}" for name in assigned}
        self.shape = replace(shape, bounds={k: v for k, v in shape.bounds.items() if k not in assigned})
        self.kinds = dict(shape.numbers)
        self.cells: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.returns: dict[str, Kind] = {}
        self.calls: dict[str, dict[str, Kind]] = {}
        self.costs: dict[str, Cost] = {}
        place = FIRST_CELL
        for name in (*shape.numbers, *shape.texts):
            self.cells[name] = place
            place += 1
        for name, length in shape.lists.items():
            self.cells[name] = place
            place += length
        self.length = place

    def methods(self) -> list[str]:
        """The handlers the strategy has, then every method they call, each after what it calls."""
        for _ in range(MAX_ROUNDS):
            before = (dict(self.kinds), dict(self.returns), {k: dict(v) for k, v in self.calls.items()})
            done: dict[str, list[str]] = {}
            for name, shown in HANDLERS.items():
                if name in self.source.methods:
                    self._method(name, shown, done, ())
            if (self.kinds, self.returns, self.calls) == before:
                return [line for lines in done.values() for line in lines]
        raise unsettled(next(self.source.methods[name] for name in HANDLERS if name in self.source.methods))

    def _method(self, name: str, shown: str, done: dict[str, list[str]], path: tuple[str, ...]) -> None:
        if name in done:
            return
        node = self.source.methods[name]
        if name in path:
            raise refuse(node, f"{name} calls itself; that may never end")
        if len(path) > MAX_CALLS:
            raise refuse(node, f"calls are nested more than {MAX_CALLS} deep; call fewer methods from methods")
        scope = _Scope(self, node, shown, lambda other: self._method(other, "", done, (*path, name)))
        lines = scope.lines()
        done[name] = [
            DECORATOR,
            f"def m_{name}({', '.join([*scope.head, *(f'x_{one}' for one in scope.parameters)])}):",
            *lines,
            "",
        ]


class _Scope:
    """Names as one method sees them."""

    def __init__(self, program: _Program, node: ast.FunctionDef, shown: str, visit: Callable[[str], None]) -> None:
        self._program, self._node, self._shown, self._visit = program, node, shown, visit
        self.shape = program.shape
        names = [argument.arg for argument in node.args.args]
        odd = node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults or node.args.posonlyargs
        if odd or not names or names[0] != "self" or node.decorator_list:
            raise refuse(node, f"{node.name} takes self and plain arguments, without defaults or decorators")
        self._argument = names[1] if shown and len(names) == 2 else ""
        if shown and len(names) != 2:
            raise refuse(node, f"{node.name} takes self and one argument")
        self.parameters = [] if shown else names[1:]
        _check_names(node, program.source)
        self.head = [*context(program), *(["time_ns"] if shown == "time_ns" else [])]
        self._method = Method(node, self, self._store)
        self._method.locals |= program.calls.get(node.name, {})
        self._verbs = Verbs(self._method.expressions, light=program.light)

    def lines(self) -> list[str]:
        """The method's body."""
        lines = self._method.body(self.parameters)
        self._program.returns[self._node.name] = self._method.returns
        self._program.costs[self._node.name] = self._method.cost
        return lines

    def local(self, name: str) -> Kind | None:
        """The kind of a local."""
        return self._method.known(name)

    def argument(self, name: str) -> str | None:
        """What the handler is shown."""
        return self._shown if name == self._argument and name else None

    def constant(self, name: str) -> float | bool | str | None:
        """A number or text of the module or the class."""
        return None if name in self._program.assigned else self._program.source.constants.get(name)

    def function(self, name: str) -> str | None:
        """A function of math under the module's own name for it."""
        return self._program.source.functions.get(name)

    def state(self, name: str) -> Value | None:
        """An attribute that is a number."""
        kind = self._program.kinds.get(name)
        if kind is None:
            return None
        cell = f"a[{self._program.cells[name]}]"
        if kind is Kind.FLOAT:
            return Value(cell, kind)
        return Value(f"int({cell})" if kind is Kind.WHOLE else f"({cell} != 0.0)", kind)

    def cell(self, name: str) -> int | None:
        """Where an attribute begins."""
        return self._program.cells.get(name)

    def text(self, text: str) -> int:
        """The number that stands for a text."""
        return self._program.texts.setdefault(text, len(self._program.texts))

    def position(self) -> str:
        """The strategy's own net size."""
        return "a[0]"

    def working(self) -> str:
        """How many orders work."""
        return "(Q[ASKED] - Q[DONE_])" if self._program.light else "S[WORKING]"

    def call(self, node: ast.Call, name: str) -> Value:
        """A verb, or another method of the class."""
        if name in VERBS and name not in self._program.source.methods:
            if name == "note":
                self._method.charge(node, NOTE)
            return self._verbs.call(node, name)
        method = self._program.source.methods.get(name)
        if method is None or name in HANDLERS or name in ("setup", "__init__"):
            raise refuse(node, f"self.{name} can't be called here; verbs and your own methods can")
        wanted = [argument.arg for argument in method.args.args][1:]
        if node.keywords or len(node.args) != len(wanted):
            raise refuse(node, f"self.{name} takes {len(wanted)} plain arguments")
        if sum(acts(part) for part in node.args) > 1:
            raise refuse(node, "only one of these may be a call that does something; give the others names first")
        parts = [self._method.expressions.number(part) for part in node.args]
        known = self._program.calls.setdefault(name, {})
        for parameter, part in zip(wanted, parts, strict=True):
            known[parameter] = max(part.kind, known.get(parameter, part.kind))
        self._visit(name)
        self._method.charge(node, self._program.costs[name])
        values = [part.as_kind(known[parameter]) for parameter, part in zip(wanted, parts, strict=True)]
        return Value(
            f"m_{name}({', '.join([*context(self._program), *values])})", self._program.returns.get(name, Kind.NOTHING)
        )

    def _store(self, target: ast.expr, code: str, kind: Kind) -> str:
        own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
        if not own:
            raise refuse(target, "only names and attributes of self can be assigned")
        assert isinstance(target, ast.Attribute)
        known = self._program.kinds.get(target.attr)
        if known is None:
            raise refuse(
                target,
                f"self.{target.attr} can't be set here; numbers that setup has set can, such as self.level = 0.0",
            )
        self._program.kinds[target.attr] = max(known, kind)
        value = f"_kept({code})" if kind is Kind.WHOLE else code
        return f"a[{self._program.cells[target.attr]}] = {value}"


def _check_names(node: ast.FunctionDef, source: Source) -> None:
    """A name has one meaning in a method: Python would take a local for it even before it is assigned."""
    arguments = [argument.arg for argument in node.args.args]
    shown = set(arguments[:2] if node.name in HANDLERS else arguments[:1])
    taken = {*FUNCTIONS, "range", "math", *source.constants, *source.functions}
    for part in ast.walk(node):
        name = ""
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id in taken | shown:
            name = part.id
        elif isinstance(part, ast.arg) and part.arg in taken:
            name = part.arg
        if name:
            raise refuse(part, f"{name} already means something else here; use another name")


# `u` is `i` without a sign: numba need not ask whether it counts from the end.
def context(program: _Program) -> list[str]:
    """The arguments every native method takes."""
    shape = program.shape
    columns = [f"l{k}" for k in sorted(set(shape.lines.values()))]
    columns += [f"e{k}" for k in sorted(shape.earlier)]
    columns += [f"s{k}" for k in sorted(set(shape.signals.values()))]
    own = ["P", "Q", "T", "K", "G", "F"] if program.light else ["S", "T", "O", "W", "F"]
    return ["i", "u", "o", "h", "l", "c", "v", "t", "tf", *columns, "a", *own, "M", "N"]


def translate(source: Source, shape: Shape, *, light: bool = True) -> Native:
    """The native module of a strategy; over the light desk where its verbs allow it and `light` does.

    Raises:
        SubsetError: it is not in the subset; names the line and the reason.
    """
    light = light and "on_fill" not in source.methods and _verbs_of(source) <= LIGHT_VERBS
    program = _Program(source, shape, light=light)
    methods = program.methods()
    text = "\n".join([*methods, DECORATOR_LOOP, *_loop(program)])
    steps = max((program.costs[name].steps for name in HANDLERS if name in program.costs), default=0)
    return Native(text, light, program.cells, program.length, program.texts, steps)


def _loop(program: _Program) -> list[str]:
    head = context(program)
    shown = ", ".join(head)
    taken = [name for name in head[2:] if name != "P"]
    more = ["wakes", "periods", "funding", "borrow", "share", "always", "first", "stop"]
    lines = [
        f"def run({', '.join([*taken, *more])}):",
        *(["    P = (T[LOT_DEN], T[LOT_NUM])"] if program.light else []),
        "    for i in range(first, stop):",
        "        u = np.uint64(i)",
    ]
    if program.light:
        lines += ["        if Q[ASKED] != Q[DONE_]:", "            light_fill(a, Q, T)"]
    else:
        back = shown.replace("i, u, ", "i - 1, np.uint64(i - 1), ", 1)
        on_fill = f"                m_on_fill({back})" if "on_fill" in program.source.methods else None
        lines += [
            "        if S[WORKING] > 0 or (always and S[POSITION] != 0):",
            "            if i > 0:",
            "                S[CLOSED] = _tick(T, c[i - 1])",
            BEGIN_BAR,
            "            while advance(S, T, O, W, F) > 0:",
            "                a[0] = S[POSITION] * T[LOT_NUM] / T[LOT_DEN]",
            *([on_fill] if on_fill else []),
            "            close_bar(S, T, O, W)",
            "        else:",
            "            S[BAR] = i",
            "            S[NOW] = t[u] + tf",
            "            S[CLOSED] = S[LAST] = _tick(T, c[u])",
            "        if S[OVERFULL] != 0:",
            "            raise ValueError",
        ]
    lines += _wakes(program, shown)
    if program.light:
        lines.append("    light_count(o, Q, T, K, G, F)")
    return lines


def _wakes(program: _Program, shown: str) -> list[str]:
    lines: list[str] = []
    methods = program.source.methods
    if program.shape.has_timer and "on_timer" in methods:
        lines += [
            "        now = t[i] + tf",
            "        then = t[i - 1] + tf if i > 0 else now - tf",
            "        newest = 0",
            "        for period in periods:",
            "            boundary = now - now % period",
            "            if boundary > then and boundary > newest:",
            "                newest = boundary",
            "        if newest > 0:",
            f"            m_on_timer({shown}, newest)",
        ]
    if "on_signal" in methods:
        lines += ["        if wakes[u]:", f"            m_on_signal({shown})"]
    if "on_bar" in methods:
        lines.append(f"        m_on_bar({shown})")
    return lines


def _verbs_of(source: Source) -> set[str]:
    """Verbs called anywhere; one with options counts as its own."""
    found: set[str] = set()
    for method in source.methods.values():
        for node in ast.walk(method):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                optioned = node.func.attr in ("buy", "sell") and any(part.arg != "size" for part in node.keywords)
                found.add(f"{node.func.attr} with options" if optioned else node.func.attr)
    return found


def _assigned(source: Source) -> set[str]:
    """Attributes that anything but setup assigns."""
    found: set[str] = set()
    for name, method in source.methods.items():
        if name in ("setup", "__init__"):
            continue
        for node in ast.walk(method):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return found


# Columns are as long as the loop, and a list's index is checked by `_index`: nothing else is indexed.
DECORATOR = '@njit(error_model="python", nogil=True, _nrt=False, inline="always")'
DECORATOR_LOOP = '@njit(error_model="python", nogil=True, _nrt=False, cache=True)'
BEGIN_BAR = """            begin_bar(
                S, T, i, t[u], t[u] + tf, _tick(T, o[u]), _tick(T, h[u]), _tick(T, l[u]), _tick(T, c[u]),
                _volume(T, v[u], share), funding[u] if funding.shape[0] > 0 else 0.0, borrow,
            )"""
