"""A folder on disk for generated modules and their machine code, kept between processes."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile, mkdtemp
from types import ModuleType

_VERSIONS = 3
_MODULES = 512


def cache_folder() -> Path:
    """Where caches go: the variable TRADEDECK_CACHE, else the platform's own place for them."""
    chosen = os.environ.get("TRADEDECK_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "tradedeck" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tradedeck"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tradedeck"


def watch(told: Callable[[str], None]) -> None:
    """Have `told` called with a module's name whenever one is about to be compiled for the first time here."""
    if told not in _WATCHERS:
        _WATCHERS.append(told)


_WATCHERS: list[Callable[[str], None]] = []


def load_module(name: str, source: str) -> ModuleType:
    """The module made of `source`. Numba caches machine code beside its file: a second process compiles nothing.

    The file's name holds the hash of the source and its folder the versions it was compiled with, so that
    nothing stale is ever loaded.

    Where the cache folder can't be written, a private one serves this process alone.
    """
    title = f"{name}_{sha256(source.encode()).hexdigest()[:16]}"
    try:
        path = _folder() / f"{title}.py"
        if not path.exists() or path.read_text(encoding="utf-8") != source:
            _write(path, source)
            _bound(path.parent)
            for told in _WATCHERS:
                told(name)
    except OSError:
        # A home that can't be written must not stop anybody: this process compiles for itself.
        path = Path(_own_folder()) / f"{title}.py"
        _write(path, source)
    spec = spec_from_file_location(f"tradedeck_native_{title}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Numba unpickles what it cached by the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def _own_folder() -> str:
    """A private folder for this process, where the cache can't be written."""
    folder = mkdtemp(prefix="tradedeck-native-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder


@cache
def _version() -> str:
    import numba
    import numpy as np

    return f"native-{sys.implementation.cache_tag}-numba{numba.__version__}-numpy{np.__version__}"


def _folder() -> Path:
    folder = cache_folder() / _version()
    if not folder.exists():
        # Code is loaded from here: nobody else may write.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_newest(cache_folder().glob("native-*"), _VERSIONS)
    return folder


def _write(path: Path, source: str) -> None:
    """Write as a whole or not at all: other processes read here."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(source)
    Path(file.name).replace(path)


def _bound(folder: Path) -> None:
    for stale in _older(folder.glob("*.py"), _MODULES):
        for path in (stale, *folder.glob(f"__pycache__/{stale.stem}.*")):
            with suppress(OSError):
                path.unlink()


def _keep_newest(folders: Iterable[Path], count: int) -> None:
    for stale in _older(folders, count):
        rmtree(stale, ignore_errors=True)


def _older(paths: Iterable[Path], count: int) -> list[Path]:
    aged: list[tuple[float, Path]] = []
    for path in paths:
        with suppress(OSError):
            aged.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(aged, reverse=True)[count:]]
