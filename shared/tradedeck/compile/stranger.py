"""Strategies from strangers: whether a source may be loaded, decided without running any of it.

What they may contain is listed in docs/reference/subset.md. A source that passes can only do arithmetic on what it
is shown and ask its desk for orders: it reaches no file, no network, no other object of the program, and every
event ends after a known number of steps.
"""

from __future__ import annotations

import ast
import builtins
import copyreg
import hashlib
import linecache
import math
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from types import FunctionType
from typing import cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from tradedeck.compile.declaring import Declaring
from tradedeck.compile.expressions import FUNCTIONS, MATH_FUNCTIONS, MATH_NUMBERS
from tradedeck.compile.program import translate
from tradedeck.compile.spelling import check_spelling
from tradedeck.compile.subset import HANDLERS, MAX_WHOLE, Source, SubsetError, refuse, remember
from tradedeck.compile.values import Shape
from tradedeck.ports import strategy as port
from tradedeck.ports.strategy import Strategy

_EXACT = "_exact"
"""A name no source can use: it begins with an underscore."""
MAX_TREE = 120
"""No tree of a source is deeper, `elif` after `elif` included."""
_PORT = "tradedeck.ports.strategy"
_ANNOTATIONS = frozenset({"float", "int", "bool", "str"})
_PYTHON = frozenset(vars(builtins)) | {"math", "self"}
_LITERAL = "only numbers and texts written out may stand here; work values out in setup"


@dataclass(slots=True)
class Checked:
    """A source that may be loaded: its class's name, its tree, and what the tree says.

    No event does more than `steps` statements.
    """

    name: str
    tree: ast.Module
    text: str
    source: Source
    shape: Shape
    imports: dict[str, object]
    steps: int


def check_source(text: str) -> Checked:
    """Whether a whole module may be loaded; nothing of it is run.

    Raises:
        SubsetError: it may not; the line, and what to do instead.
    """
    check_spelling(text)
    try:
        tree = _parsed(text)
        _check_depth(tree)
        module = _Module()
        return module.checked(tree, text)
    except RecursionError:
        raise SubsetError(1, "this is nested too deep; give parts of it names") from None


class _Sent(type):
    """The kind of strangers' classes: they are pickled as their source, and checked again where they arrive."""


class _Stranger(Strategy, metaclass=_Sent):
    """What a stranger's `Strategy` is."""


_loaded: WeakValueDictionary[str, type[Strategy]] = WeakValueDictionary()
_sources: WeakKeyDictionary[type, str] = WeakKeyDictionary()


def _reduced(kind: type) -> str | tuple[Callable[[str], type[Strategy]], tuple[str]]:
    text = _sources.get(kind)
    return kind.__qualname__ if text is None else (load_stranger, (text,))


copyreg.pickle(_Sent, _reduced)


def load_stranger(text: str) -> type[Strategy]:
    """The strategy class of a source, once it is checked; the same class as long as somebody has it.

    It can be pickled, and so be sent to other processes.

    Raises:
        SubsetError: it may not be loaded; the line, and what to do instead.
    """
    if text in _loaded:
        return _loaded[text]
    checked = check_source(text)
    filename = f"<strategy {checked.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
    # The imports were checked by name and are handed over; no import statement is left to run.
    kept = [node for node in checked.tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    bounded = _Bounded().visit(ast.Module(deepcopy(kept), []))
    code = compile(ast.fix_missing_locations(bounded), filename, "exec", _future_annotations(), dont_inherit=True)
    space: dict[str, object] = {
        "__name__": "stranger",
        "__builtins__": {name: getattr(builtins, name) for name in (*FUNCTIONS, "range", "__build_class__")},
        _EXACT: _exact,
        **checked.imports,
        "Strategy": _Stranger,
    }
    exec(code, space)  # noqa: S102 - checked above
    kind = cast(type[Strategy], space[checked.name])
    remember(kind, checked.source)
    _loaded[text], _sources[kind] = kind, text
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return kind


def _exact(value: object) -> object:
    """A sum, difference or product as it is; whole ones only while floats hold them exactly, as in native code."""
    if isinstance(value, int) and not -MAX_WHOLE <= value <= MAX_WHOLE:
        raise OverflowError("a whole number beyond 2**53; make it a float, such as 0.0")
    return value


class _Bounded(ast.NodeTransformer):
    """Has every sum, difference and product looked at, so that no whole number grows without end in Python either."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """X + y as exact(x + y); lists of setup stay as they are."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
            return node
        return ast.copy_location(ast.Call(ast.Name(_EXACT, ast.Load()), [node], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """X += y as x = exact(x + y); what stands in an index does nothing, so reading it twice is the same."""
        read = deepcopy(node.target)
        read.ctx = ast.Load()
        value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        return self.visit(ast.copy_location(ast.Assign([node.target], value), node))


def _future_annotations() -> int:
    import __future__

    return __future__.annotations.compiler_flag


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # What Python only warns of, such as an unknown escape, is refused like what it doesn't know.
            warnings.simplefilter("error")
            return ast.parse(text)
    except SyntaxError as error:
        raise SubsetError(error.lineno or 1, f"this is not Python: {error.msg}") from None
    except (MemoryError, ValueError, Warning) as error:
        raise SubsetError(1, f"Python can't read this: {error or 'it is nested too deep'}") from None


def _check_compiles(tree: ast.Module) -> None:
    """What Python itself refuses only after parsing, such as an argument named twice."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(tree, "<strategy>", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise SubsetError(error.lineno or 1, f"this is not Python: {error.msg}") from None


def _check_depth(tree: ast.Module) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_TREE):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise refuse(next((node for node in level if hasattr(node, "lineno")), tree), "this is nested too deep; cut it up")


@dataclass(slots=True)
class _Module:
    """Goes over the statements of a module."""

    imports: dict[str, object] = field(default_factory=dict[str, object])
    constants: dict[str, float | bool | str] = field(default_factory=dict[str, float | bool | str])
    kind: ast.ClassDef | None = None

    def checked(self, tree: ast.Module, text: str) -> Checked:
        for node in tree.body:
            self._statement(node)
        if self.kind is None:
            raise SubsetError(1, "there is no strategy; write `class Mine(Strategy):`")
        for node in ast.walk(self.kind):
            self._name(node)
        methods, constants = self._body(self.kind)
        functions = {name: name for name in self.imports if name in MATH_FUNCTIONS}
        known = self.constants | {f"self.{name}": value for name, value in constants.items()}
        known |= {name: value for name, value in self.imports.items() if isinstance(value, float)}
        source = Source(self.kind.name, methods, known, functions)
        shape = self._shape(source)
        _check_reached(source)
        steps = translate(source, shape).steps
        _check_compiles(tree)
        return Checked(self.kind.name, tree, text, source, shape, self.imports, steps)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._constant(node, name, value, self.constants)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, annotation=annotation):
                self._annotation(annotation)
                self._constant(node, name, value, self.constants)
            case ast.ClassDef() if self.kind is None:
                self.kind = node
                self._header(node)
            case ast.ClassDef():
                raise refuse(node, "one strategy a source; put the other into a source of its own")
            case _:
                raise refuse(
                    node, "a source holds imports, numbers, texts and one class; put everything else into its methods"
                )

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        origin = node.module if isinstance(node, ast.ImportFrom) and not node.level else ""
        for alias in node.names:
            name = alias.name
            if alias.asname is not None:
                raise refuse(node, f"import {name} under its own name")
            if self.kind is not None:
                raise refuse(node, "imports come first")
            if isinstance(node, ast.Import) and name == "math":
                self.imports["math"] = math
            elif origin == "math" and name in MATH_FUNCTIONS | MATH_NUMBERS:
                self.imports[name] = getattr(math, name)
            elif origin == _PORT and name in port.__all__:
                self.imports[name] = getattr(port, name)
            elif not (origin == "__future__" and name == "annotations"):
                raise refuse(node, f"{name} can't be imported; only math and names of {_PORT} can")

    def _constant(
        self, node: ast.stmt, name: str, value: ast.expr, kept: dict[str, float | bool | str]
    ) -> None:  # fmt: skip
        self._fresh(node, name)
        if name in kept:
            raise refuse(node, f"{name} is set already; a number outside of methods never changes")
        if self.kind is not None and kept is self.constants:
            raise refuse(node, f"set {name} before the class")
        kept[name] = _literal(value)

    def _fresh(self, node: ast.AST, name: str) -> None:
        """Refuse a name that has a meaning already."""
        if name.startswith("_") and name != "_":
            raise refuse(node, f"{name} begins with an underscore; use a name without")
        if name in _PYTHON and name != "self":
            raise refuse(node, f"{name} is a name of Python's own; use another")
        if name in self.imports or name in self.constants or (self.kind is not None and name == self.kind.name):
            raise refuse(node, f"{name} already means something else here; use another name")

    def _header(self, node: ast.ClassDef) -> None:
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        if node.decorator_list:
            raise refuse(node.decorator_list[0], "decorators are not in the subset; take it off")
        if node.keywords or bases != ["Strategy"] or len(node.bases) != 1 or getattr(node, "type_params", None):
            raise refuse(node, f"write it as `class {node.name}(Strategy):`")
        if self.imports.get("Strategy") is not Strategy:
            raise refuse(node, f"begin with `from {_PORT} import Strategy`")
        if node.name.startswith("_") or node.name in _PYTHON | self.imports.keys() | self.constants.keys():
            raise refuse(node, f"{node.name} already means something else here; use another name")

    def _name(self, node: ast.AST) -> None:
        """One name of the class, whatever it is for."""
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self._fresh(node, name)
            case ast.Name(id=name) if name.startswith("_") and name != "_":
                raise refuse(node, f"{name} begins with an underscore; use a name without")
            case ast.Name(id="math") if "math" not in self.imports:
                raise refuse(node, "begin with `import math`")
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) if name.startswith("_"):
                raise refuse(node, f"{name} is private; use a name without the underscore")
            case _:
                pass
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.expr):
                self._annotation(part)

    def _annotation(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=None):
                pass
            case ast.Name(id=name) if name in _ANNOTATIONS or isinstance(self.imports.get(name), type):
                pass
            case ast.Subscript(value=ast.Name(id="list"), slice=ast.Name(id="float" | "int")):
                pass
            case _:
                raise refuse(node, "an annotation is float, int, bool, str, list[float] or a name that is imported")

    def _body(self, kind: ast.ClassDef) -> tuple[dict[str, ast.FunctionDef], dict[str, float | bool | str]]:
        methods: dict[str, ast.FunctionDef] = {}
        constants: dict[str, float | bool | str] = {}
        for node in kind.body:
            match node:
                case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                    continue
                case ast.FunctionDef(name=name):
                    _check_method(node, methods)
                    methods[name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._constant(node, name, value, constants)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._constant(node, name, value, constants)
                case _:
                    raise refuse(node, "a class holds numbers, texts and plain methods; put everything else into those")
            if name in constants and (name in methods or hasattr(Strategy, name) or name == "desk"):
                raise refuse(node, f"{name} is the strategy's own already; use another name")
        return methods, constants

    def _shape(self, source: Source) -> Shape:
        setup = source.methods.get("setup")
        if setup is None:
            return Shape()
        reserved = frozenset([*vars(Strategy), "desk", *source.methods])
        return Declaring(source.constants, reserved).shape(setup)


def _check_method(node: ast.FunctionDef, methods: dict[str, ast.FunctionDef]) -> None:
    name = node.name
    if node.decorator_list:
        raise refuse(node.decorator_list[0], "decorators are not in the subset; take it off")
    if getattr(node, "type_params", None):
        raise refuse(node, "types as parameters are not in the subset; write plain arguments")
    if name in methods:
        raise refuse(node, f"there are two methods {name}; rename one")
    if name in ("on_trade", "on_book"):
        raise refuse(node, f"{name} runs in Python of your own only; use {', '.join(HANDLERS)}")
    known = getattr(Strategy, name, None)
    if name == "desk" or (known is not None and name not in HANDLERS and name != "setup"):
        what = "a verb" if isinstance(known, FunctionType) else "the strategy's own"
        raise refuse(node, f"{name} is {what}; use another name")


def _check_reached(source: Source) -> None:
    """Every method must be translated, so every one must be called."""
    open_, reached = [name for name in HANDLERS if name in source.methods], {"setup"}
    if not open_:
        raise SubsetError(1, f"nothing would ever happen; write one of {', '.join(HANDLERS)}")
    while open_:
        name = open_.pop()
        if name in reached or name not in source.methods:
            continue
        reached.add(name)
        calls = [node.func for node in ast.walk(source.methods[name]) if isinstance(node, ast.Call)]
        open_ += [function.attr for function in calls if isinstance(function, ast.Attribute)]
    for name, node in source.methods.items():
        if name not in reached:
            raise refuse(node, f"nothing calls {name}; call it or take it out")


def _literal(node: ast.expr) -> float | bool | str:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str | bool) and sign == 1:
        return value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise refuse(node, _LITERAL)
    if isinstance(value, int) and value >= MAX_WHOLE:
        raise refuse(node, "a whole number this large is not exact; keep below 2**53")
    return sign * value
