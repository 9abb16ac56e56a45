"""What to say of Python that is not in the subset, and what to write instead."""

from __future__ import annotations

import ast

_LIST = "values in a row are kept in a list that setup makes, such as [0.0] * 20"
_LOOP = "write it as `for k in range(...)`"
_WAITS = "handlers never wait; take async and await out"
_WORDS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda is not in the subset; write a method",
    ast.Dict: f"a dict is not in the subset; {_LIST}",
    ast.Set: f"a set is not in the subset; {_LIST}",
    ast.List: f"a list is not in the subset here; {_LIST}",
    ast.Tuple: f"a tuple is not in the subset here; {_LIST}",
    ast.ListComp: f"a comprehension is not in the subset; {_LOOP}",
    ast.SetComp: f"a comprehension is not in the subset; {_LOOP}",
    ast.DictComp: f"a comprehension is not in the subset; {_LOOP}",
    ast.GeneratorExp: f"a generator is not in the subset; {_LOOP}",
    ast.Yield: "yield is not in the subset; return the value",
    ast.YieldFrom: "yield is not in the subset; return the value",
    ast.Await: _WAITS,
    ast.AsyncFor: _WAITS,
    ast.AsyncWith: _WAITS,
    ast.AsyncFunctionDef: _WAITS,
    ast.JoinedStr: "a text with values is not in the subset; write the text out",
    ast.NamedExpr: ":= is not in the subset; assign on a line of its own",
    ast.Starred: "* is not in the subset; write the arguments out",
    ast.Slice: "a slice is not in the subset; read one cell after the other in a loop",
    ast.While: "while may never end; use `for k in range(...)` with a bound, and break",
    ast.Import: "imports stand at the top of the source",
    ast.ImportFrom: "imports stand at the top of the source",
    ast.With: "with is not in the subset; a strategy opens nothing",
    ast.Try: "try hides errors; ask with `if` before they can happen",
    ast.Raise: "raise is not in the subset; leave with `return`",
    ast.Assert: "assert is not in the subset; ask with `if`, and leave with `return`",
    ast.Global: "global is not in the subset; keep it in an attribute that setup sets",
    ast.Nonlocal: "nonlocal is not in the subset; keep it in an attribute that setup sets",
    ast.Delete: "del is not in the subset; set it to 0.0 instead",
    ast.ClassDef: "a class within a method is not in the subset; keep attributes that setup sets",
    ast.FunctionDef: "a function within a method is not in the subset; write a method",
    ast.Match: "match is not in the subset; use if and elif",
}


def not_in_subset(node: ast.AST) -> str:
    """The reason to refuse `node` for what it is."""
    return _WORDS.get(type(node), f"{type(node).__name__.lower()} is not in the subset; write it with numbers and `if`")
