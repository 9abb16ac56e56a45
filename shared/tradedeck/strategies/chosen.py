"""A strategy by what people type: a bundled name, or a file of their own."""

from __future__ import annotations

import inspect
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED


def chosen(text: str) -> type[Strategy]:
    """The bundled strategy of that name, or the class of `PATH.py:CLASS`.

    The class may be left out where the file has only one. The file is run, so it must be one's own.

    Raises:
        NotFoundError: no such name, file or class.
        RefusedError: the file can't be run, or has several strategies and none was named.
    """
    path, _, name = text.partition(":")
    if not path.endswith(".py"):
        if text not in BUNDLED:
            known = ", ".join(sorted(BUNDLED))
            raise NotFoundError(f"no strategy {text}; give FILE.py:CLASS or one of {known}", code="strategy.unknown")
        return BUNDLED[text]
    found = _strategies_of(Path(path))
    if name in found:
        return found[name]
    known = ", ".join(found)
    if not found:
        raise NotFoundError(f"{path} has no class that derives from Strategy", code="strategy.unknown")
    if name:
        raise NotFoundError(f"{path} has no strategy {name}; it has {known}", code="strategy.unknown")
    if len(found) > 1:
        raise RefusedError(f"{path} has several strategies; write {path}:CLASS with one of {known}")
    return next(iter(found.values()))


def _strategies_of(path: Path) -> dict[str, type[Strategy]]:
    """The strategies written in a file, by name. The module is registered: `inspect` and pickling look it up there."""
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", code="strategy.file")
    name = f"tradedeck_file_{path.stem}"
    spec = spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise RefusedError(f"{path}, line {error.lineno}: {error.msg}", code="strategy.source") from error
    except Exception as error:
        raise RefusedError(f"{path} can't be run: {error}", code="strategy.source") from error
    return {
        kind.__name__: kind
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Strategy) and kind.__module__ == name
    }
