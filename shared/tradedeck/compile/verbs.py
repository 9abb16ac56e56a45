"""The verbs of a strategy as calls of the kernel, or of the light desk where only plain market orders are asked for."""

from __future__ import annotations

import ast

from tradedeck.compile.expressions import Expressions
from tradedeck.compile.subset import acts, refuse
from tradedeck.compile.values import Kind, Value

KERNEL = "S, T, O, W"
_NAN = 'float("nan")'
_TIFS = {"gtc": "0", "ioc": "IOC", "fok": "FOK", "day": "DAY"}
_ORDER_OPTIONS = frozenset(
    {"price", "stop", "take", "loss", "trail", "tif", "post_only", "reduce_only", "good_for_hours", "show"}
)
VERBS = frozenset(
    {
        "buy",
        "sell",
        "close",
        "target",
        "target_weight",
        "bracket",
        "oco",
        "trail",
        "cancel",
        "cancel_all",
        "replace",
        "note",
    }
)


class Verbs:
    """Translates verb calls; `plain` stays True while everything fits the light desk."""

    def __init__(self, expressions: Expressions, *, light: bool) -> None:
        self._expressions = expressions
        self._light = light

    def call(self, node: ast.Call, name: str) -> Value:
        """Native source of a verb. Raises SubsetError."""
        if any(isinstance(part, ast.Starred) for part in node.args) or any(part.arg is None for part in node.keywords):
            raise refuse(node, "* and ** are not in the subset")
        if sum(acts(part) for part in (*node.args, *node.keywords)) > 1:
            raise refuse(node, "only one of these may be a call that does something; give the others names first")
        options = {part.arg or "": part.value for part in node.keywords}
        if "market" in options:
            raise refuse(node, "second markets run in Python only; leave market out")
        if name in ("buy", "sell"):
            return self._order(node, 1 if name == "buy" else -1, options)
        return getattr(self, f"_{name}")(node, options)

    def _floats(self, node: ast.Call, options: dict[str, ast.expr], names: tuple[str, ...], required: int) -> list[str]:
        """Arguments by place or name as floats; those beyond `required` may be missing (NaN)."""
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False)) if len(node.args) <= 1 else {}
        if len(node.args) > 1 or set(options) - set(names) or set(given) & set(options):
            raise refuse(node, f"this verb takes {', '.join(names)}; all but the first by name")
        given |= options
        if any(name not in given for name in names[:required]):
            raise refuse(node, f"this verb needs {', '.join(names[:required])}")
        return [self._expressions.floating(given[name]) if name in given else _NAN for name in names]

    def _order(self, node: ast.Call, sign: int, options: dict[str, ast.expr]) -> Value:
        if len(node.args) > 1 or ("size" in options) == bool(node.args):
            raise refuse(node, "a size is needed, and options by name")
        size = self._expressions.floating(node.args[0] if node.args else options.pop("size"))
        if stray := set(options) - _ORDER_OPTIONS:
            raise refuse(node, f"an order has no option {min(stray)}")
        if not options and self._light:
            return Value(f"light_ask(i, {sign}, {size}, P, o, Q, T, K, G, F)", Kind.WHOLE)
        floats = [
            self._expressions.floating(options[name]) if name in options else _NAN
            for name in ("price", "stop", "take", "loss", "trail", "show")
        ]
        flags = [self._tif(node, options.get("tif"))]
        for name, flag in (("post_only", "POST_ONLY"), ("reduce_only", "REDUCE_ONLY")):
            if name in options:
                flags.append(f"({flag} if {self._expressions.test(options[name])} else 0)")
        hours = self._expressions.floating(options["good_for_hours"]) if "good_for_hours" in options else "0.0"
        *prices, show = floats
        return self._full(
            f"_order({KERNEL}, {sign}, {size}, {', '.join(prices)}, {' | '.join(flags)}, {hours}, {show})"
        )

    @staticmethod
    def _tif(node: ast.Call, tif: ast.expr | None) -> str:
        if tif is None:
            return "0"
        if not isinstance(tif, ast.Constant) or tif.value not in _TIFS:
            raise refuse(node, 'tif is "gtc", "ioc", "fok" or "day", written out')
        return _TIFS[str(tif.value)]

    def _full(self, code: str) -> Value:
        return Value("_leave()" if self._light else code, Kind.WHOLE)

    def _target(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        (size,) = self._floats(node, options, ("size",), 1)
        return self._to(size)

    def _close(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        if node.args or options:
            raise refuse(node, "close takes nothing here")
        return self._to("0.0")

    def _to(self, size: str) -> Value:
        if self._light:
            return Value(f"light_target(i, {size}, P, o, Q, T, K, G, F)", Kind.WHOLE)
        return Value(f"_good(ask_target({KERNEL}, {size}))", Kind.WHOLE)

    def _target_weight(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        (weight,) = self._floats(node, options, ("weight",), 1)
        return self._full(f"_good(ask_target({KERNEL}, {weight} * _equity(S, T, a) / _last(S, T)))")

    def _bracket(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        size, take, loss, price, stop = self._floats(node, options, ("size", "take", "loss", "price", "stop"), 3)
        return self._full(f"_bracket({KERNEL}, {size}, {price}, {stop}, {take}, {loss})")

    def _oco(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        size, take, loss = self._floats(node, options, ("size", "take", "loss"), 3)
        return self._full(f"_good(ask_pair({KERNEL}, {size}, {take}, {loss}))")

    def _trail(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        size, distance = self._floats(node, options, ("size", "distance"), 2)
        return self._full(f"_good(ask_trail({KERNEL}, {size}, {distance}))")

    def _cancel(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        return self._full(f"_cancel(S, O, W, {self._number(node, options)})")

    def _cancel_all(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        if node.args or options:
            raise refuse(node, "cancel_all takes nothing")
        return self._full("_cancel_all(S, O, W)")

    def _replace(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        number = self._number(node, {name: part for name, part in options.items() if name == "order"})
        rest = {name: part for name, part in options.items() if name != "order"}
        if stray := set(rest) - {"size", "price", "stop"}:
            raise refuse(node, f"replace has no option {min(stray)}")
        floats = [self._expressions.floating(rest[n]) if n in rest else _NAN for n in ("size", "price", "stop")]
        return self._full(f"_good(ask_replace({KERNEL}, {number}, {', '.join(floats)}))")

    def _number(self, node: ast.Call, options: dict[str, ast.expr]) -> str:
        if len(node.args) + len(options) != 1 or set(options) - {"order"}:
            raise refuse(node, "the number of an order is needed")
        made = self._expressions.number(node.args[0] if node.args else options["order"])
        if made.kind is Kind.FLOAT:
            raise refuse(node, "an order's number is a whole number")
        return made.code

    def _note(self, node: ast.Call, options: dict[str, ast.expr]) -> Value:
        if len(node.args) != 1 or set(options) - {"price"}:
            raise refuse(node, "note takes a text, and a price by name")
        if not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
            raise refuse(node, 'a note\'s text is written out here, such as self.note("bought")')
        text = self._expressions.value(node.args[0]).code
        price = self._expressions.floating(options["price"]) if "price" in options else _NAN
        return Value(f"_note({'i' if self._light else 'S[BAR]'}, {text}, {price}, M, N)", Kind.NOTHING)
