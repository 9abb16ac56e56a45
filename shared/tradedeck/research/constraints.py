"""Conditions between parameters, such as `fast < slow`: comparisons of names and numbers, nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tradedeck.domain.errors import RefusedError

_LONGEST = 200

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COUNT: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: float.__add__,
    ast.Sub: float.__sub__,
    ast.Mult: float.__mul__,
    ast.Div: float.__truediv__,
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition every combination must meet; `text` as the user wrote it."""

    text: str
    condition: ast.expr

    def allows(self, params: Mapping[str, str]) -> bool:
        """Whether it holds for these values. A division by zero or a text compared with a number does not hold."""
        try:
            return bool(_value(self.condition, params))
        except (TypeError, ZeroDivisionError, OverflowError):
            return False


def constraint_of(text: str, names: Collection[str]) -> Constraint:
    """Read a condition: comparisons joined by and, or, not; `+ - * /` of the names and numbers.

    Raises:
        RefusedError: it is something else, or names what is no parameter.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"longer than {_LONGEST} characters")
        condition = ast.parse(text.strip(), mode="eval").body
        _check(condition, names)
    except (SyntaxError, ValueError) as error:
        why = "it cannot be read" if isinstance(error, SyntaxError) else str(error)
        raise RefusedError(
            f"the condition {text!r}: {why}; write comparisons of parameters and numbers, such as fast<slow",
            code="space.condition",
        ) from None
    return Constraint(text, condition)


def _check(node: ast.expr, names: Collection[str]) -> None:
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _check(value, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand, names)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            for side in (left, *others):
                _check_term(side, names)
        case _:
            raise ValueError("it compares nothing")


def _check_term(node: ast.expr, names: Collection[str]) -> None:
    match node:
        case ast.Name(id=name):
            if name not in names:
                raise ValueError(f"no parameter {name} (there are: {', '.join(sorted(names))})")
        case ast.Constant(value=bool()):
            raise ValueError("true and false are no numbers")
        case ast.Constant(value=int() | float() | str()):
            return
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _check_term(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COUNT:
            _check_term(left, names)
            _check_term(right, names)
        case _:
            raise ValueError("only names, numbers and + - * / can be compared")


def _value(node: ast.expr, params: Mapping[str, str]) -> object:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(value, params) for value in values)
        case ast.BoolOp(values=values):
            return any(_value(value, params) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, params)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, params) for side in (left, *others)]
            return all(_COMPARE[type(op)](sides[i], sides[i + 1]) for i, op in enumerate(ops))
        case ast.UnaryOp(operand=operand):
            return -_number(operand, params)
        case ast.BinOp(left=left, op=op, right=right):
            return _COUNT[type(op)](_number(left, params), _number(right, params))
        case ast.Name(id=name):
            return _read(params[name])
        case ast.Constant(value=value):
            return value
        case _:
            raise TypeError("not a condition")


def _number(node: ast.expr, params: Mapping[str, str]) -> float:
    value = _value(node, params)
    if not isinstance(value, int | float):
        raise TypeError("not a number")
    return float(value)


def _read(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
