"""Statements of one method as native source: assignments, conditions, bounded loops."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

from tradedeck.compile.expressions import Expressions, Names
from tradedeck.compile.subset import (
    MAX_LOOP,
    MAX_NOTES,
    MAX_ROUNDS,
    MAX_STATEMENTS,
    MAX_STEPS,
    SubsetError,
    acts,
    refuse,
)
from tradedeck.compile.values import Kind, Value
from tradedeck.compile.wording import not_in_subset

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Cost:
    """At most this many statements done, statements written, turns of loops within loops, and notes."""

    steps: int = 0
    statements: int = 0
    turns: int = 1
    notes: int = 0


NOTE = Cost(notes=1)
_STATEMENT, _TURN = Cost(1, 1), Cost()


class Method:
    """Translates one method; kinds of locals are found by going over it until none changes."""

    def __init__(self, node: ast.FunctionDef, names: Names, assign: Callable[[ast.expr, str, Kind], str]) -> None:
        self.node = node
        self.locals: dict[str, Kind] = {}
        self.returns: Kind = Kind.NOTHING
        self._assign_state = assign
        self.expressions = Expressions(names)
        self._known: set[str] = set()
        self._turns = 1
        self._loops = 0
        self._bare: ast.Return | None = None
        self.cost = Cost()

    def body(self, parameters: Sequence[str]) -> list[str]:
        """Native lines, indented once. Raises SubsetError."""
        for _ in range(MAX_ROUNDS):
            before = dict(self.locals), self.returns
            self._known, self._turns, self._bare, self.cost = set(parameters), 1, None, Cost()
            lines = self._block(self.node.body, 1)
            if (self.locals, self.returns) == before:
                self._check_ends()
                return lines or [_INDENT + "pass"]
        raise unsettled(self.node)

    def _check_ends(self) -> None:
        if self.returns is Kind.NOTHING:
            return
        if self._bare is not None or not _ends(self.node.body):
            raise refuse(self._bare or self.node, f"{self.node.name} returns a number; it must do so at every end")

    def charge(self, node: ast.AST, cost: Cost) -> None:
        """Count what a statement or a called method costs, loops counted out."""
        mine = self.cost
        self.cost = Cost(
            mine.steps + self._turns * cost.steps,
            mine.statements + cost.statements,
            max(mine.turns, self._turns * cost.turns),
            mine.notes + self._turns * cost.notes,
        )
        if self.cost.turns > MAX_LOOP:
            raise refuse(node, f"loops may turn {MAX_LOOP} times at most, nested ones together")
        if self.cost.steps > MAX_STEPS or self.cost.statements > MAX_STATEMENTS:
            raise refuse(node, "this is too much work for one event; use fewer loops or fewer calls")
        if self.cost.notes > MAX_NOTES:
            raise refuse(node, f"one event may leave {MAX_NOTES} notes; take the note out of the loop")

    def _block(self, statements: Sequence[ast.stmt], depth: int) -> list[str]:
        lines: list[str] = []
        for statement in statements:
            translate = _STATEMENTS.get(type(statement))
            if translate is None:
                raise refuse(statement, not_in_subset(statement))
            self.charge(statement, _STATEMENT)
            lines += translate(self, statement, depth)
        return lines

    def expression(self, node: ast.Expr, depth: int) -> list[str]:
        """A call for its effect, or a docstring."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return []
        if not isinstance(node.value, ast.Call):
            raise refuse(node, "this does nothing; only calls stand alone")
        return [_INDENT * depth + self.expressions.value(node.value).code]

    def assign(self, node: ast.Assign, depth: int) -> list[str]:
        """X = ..., self.x = ..., a, b = ..."""
        if len(node.targets) != 1:
            raise refuse(node, "one name is assigned at a time")
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            return self._several(node, target, depth)
        return self._store(target, node.value, depth)

    def _several(self, node: ast.Assign, target: ast.Tuple, depth: int) -> list[str]:
        if not isinstance(node.value, ast.Tuple) or len(node.value.elts) != len(target.elts):
            raise refuse(node, "as many values as names are needed, written out")
        made = [self.expressions.number(part) for part in node.value.elts]
        lines = [f"{_INDENT * depth}y_{k} = {value.code}" for k, value in enumerate(made)]
        for k, (part, value) in enumerate(zip(target.elts, made, strict=True)):
            lines += self._write(part, f"y_{k}", value.kind, depth)
        return lines

    def annotated(self, node: ast.AnnAssign, depth: int) -> list[str]:
        """x: float = ..."""
        if node.value is None:
            raise refuse(node, "a name without a value does nothing; give it one")
        return self._store(node.target, node.value, depth)

    def augmented(self, node: ast.AugAssign, depth: int) -> list[str]:
        """X += ..."""
        target = node.target
        assert isinstance(target, ast.Name | ast.Attribute | ast.Subscript)
        if isinstance(target, ast.Subscript) and acts(target.slice):
            raise refuse(node, "this index would be worked out twice; give it a name first")
        read = deepcopy(target)
        read.ctx = ast.Load()
        return self._store(target, ast.copy_location(ast.BinOp(read, node.op, node.value), node), depth)

    def _store(self, target: ast.expr, value: ast.expr, depth: int) -> list[str]:
        made = self.expressions.number(value)
        return self._write(target, made.code, made.kind, depth)

    def _write(self, target: ast.expr, code: str, kind: Kind, depth: int) -> list[str]:
        if isinstance(target, ast.Name):
            self.locals[target.id] = max(kind, self.locals.get(target.id, kind))
            self._known.add(target.id)
            return [f"{_INDENT * depth}x_{target.id} = {Value(code, kind).as_kind(self.locals[target.id])}"]
        if isinstance(target, ast.Subscript):
            cell = self.expressions.subscript(target)
            return [f"{_INDENT * depth}{cell.code} = {code}"]
        return [_INDENT * depth + self._assign_state(target, code, kind)]

    def known(self, name: str) -> Kind | None:
        """The kind of a local that is certainly assigned here."""
        return self.locals.get(name) if name in self._known else None

    def condition(self, node: ast.If, depth: int) -> list[str]:
        """If / elif / else."""
        lines = [f"{_INDENT * depth}if {self.expressions.test(node.test)}:"]
        before = set(self._known)
        lines += self._block(node.body, depth + 1) or [_INDENT * (depth + 1) + "pass"]
        after_yes = set(self.locals) | before if _leaves(node.body) else set(self._known)
        self._known = set(before)
        if node.orelse:
            lines.append(f"{_INDENT * depth}else:")
            lines += self._block(node.orelse, depth + 1) or [_INDENT * (depth + 1) + "pass"]
        after_no = set(self.locals) | before if node.orelse and _leaves(node.orelse) else set(self._known)
        self._known = after_yes & after_no
        return lines

    def loop(self, node: ast.For, depth: int) -> list[str]:
        """For x in range(...): with a bound that is known before it runs."""
        if node.orelse or not isinstance(node.target, ast.Name):
            raise refuse(node, "a loop takes one name and no else")
        call = node.iter
        plain = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
        if not plain:
            raise refuse(node, "only `for ... in range(...)` is in the subset")
        assert isinstance(call, ast.Call)
        if call.keywords or not 1 <= len(call.args) <= 3:
            raise refuse(node, "range takes one to three whole numbers")
        parts = [self.expressions.number(part) for part in call.args]
        if any(part.kind is Kind.FLOAT for part in parts):
            raise refuse(node, "range takes whole numbers")
        turns = self._bound(call)
        self._turns *= max(turns, 1)
        self.charge(node, _TURN)
        self.locals[node.target.id] = max(Kind.WHOLE, self.locals.get(node.target.id, Kind.WHOLE))
        if self.locals[node.target.id] is not Kind.WHOLE:
            raise refuse(node, f"{node.target.id} is a float elsewhere; use another name")
        before = set(self._known)
        self._known.add(node.target.id)
        self._loops += 1
        head = f"{_INDENT * depth}for x_{node.target.id} in range({', '.join(part.code for part in parts)}):"
        lines = [head, *(self._block(node.body, depth + 1) or [_INDENT * (depth + 1) + "pass"])]
        self._known = before
        self._loops -= 1
        self._turns //= max(turns, 1)
        return lines

    def _bound(self, call: ast.Call) -> int:
        edges = [self._highest(part) for part in call.args]
        if len(edges) == 1:
            return edges[0][1]
        (low, _), (_, high) = edges[0], edges[1]
        step = max(edges[2][0], 1) if len(edges) == 3 and edges[2][0] > 0 else 1
        if len(edges) == 3 and edges[2][0] <= 0:
            if edges[2][1] >= 0:
                raise refuse(call, "a step must be a number known to be above or below zero")
            low, high = edges[1][0], edges[0][1]
        return max((high - low + step - 1) // step, 0)

    def _highest(self, node: ast.expr) -> tuple[int, int]:
        """The lowest and highest value that a bound can have."""
        found = bounds_of(node, self.expressions)
        if found is None:
            raise refuse(node, "a loop's bound must be a number, or a whole parameter of setup that is never changed")
        return found

    def leave(self, node: ast.Return, depth: int) -> list[str]:
        """Leave the method, with a number or with nothing."""
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._bare = node
            return [_INDENT * depth + "return"]
        made = self.expressions.number(node.value)
        self.returns = made.kind if self.returns is Kind.NOTHING else max(self.returns, made.kind)
        return [f"{_INDENT * depth}return {made.as_kind(self.returns)}"]

    def jump(self, node: ast.stmt, depth: int) -> list[str]:
        """break, continue, pass."""
        if self._loops == 0 and not isinstance(node, ast.Pass):
            raise refuse(node, "there is no loop to leave or go on with here")
        return [_INDENT * depth + ast.unparse(node)]


def bounds_of(node: ast.expr, expressions: Expressions) -> tuple[int, int] | None:
    """The lowest and highest value of a whole expression of literals and unchanged parameters; None when unknown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value, node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        found = bounds_of(node.operand, expressions)
        return None if found is None else (-found[1], -found[0])
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        high = expressions.bound(node.attr)
        return None if high is None else (min(high, 0), high)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left, right = bounds_of(node.left, expressions), bounds_of(node.right, expressions)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Add):
            return left[0] + right[0], left[1] + right[1]
        return left[0] - right[1], left[1] - right[0]
    if isinstance(node, ast.Name):
        known = expressions.module_number(node.id)
        return (known, known) if isinstance(known, int) else None
    return None


def unsettled(node: ast.FunctionDef) -> SubsetError:
    """The error for names that pass their kinds on in too long a chain."""
    return refuse(node, f"{node.name}: too many names wait for each other's kind; begin floats with 0.0, not 0")


def _ends(statements: Sequence[ast.stmt]) -> bool:
    """Whether a block always returns."""
    last = statements[-1] if statements else None
    if isinstance(last, ast.If):
        return _ends(last.body) and _ends(last.orelse)
    return isinstance(last, ast.Return)


def _leaves(statements: Sequence[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], ast.Return | ast.Break | ast.Continue)


_STATEMENTS: dict[type[ast.stmt], Callable[..., list[str]]] = {
    ast.Expr: Method.expression, ast.Assign: Method.assign, ast.AnnAssign: Method.annotated,
    ast.AugAssign: Method.augmented, ast.If: Method.condition, ast.For: Method.loop, ast.Return: Method.leave,
    ast.Pass: Method.jump, ast.Break: Method.jump, ast.Continue: Method.jump,
}  # fmt: skip
