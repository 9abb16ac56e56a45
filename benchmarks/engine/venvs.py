"""An environment of its own for each rival, outside the project's lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL_TIMEOUT_S = 1200


class SkippedError(Exception):
    """A rival can't be measured here; the text says why."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What to install and the lowest Python it runs on; no requirements: in our own environment."""

    name: str
    requirements: tuple[str, ...] = ()
    lowest: tuple[int, int] = (3, 11)
    options: tuple[str, ...] = ()


RIVALS = {
    rival.name: rival
    for rival in (
        Rival("nautilus2", ("nautilus_trader>=2.0.0rc0,<2.1", "numpy"), (3, 12), ("--prerelease", "allow")),
        Rival("nautilus1", ("nautilus_trader==1.221.0", "pandas<3")),
        Rival("vectorbt", ("vectorbt==1.2.*", "vectorbt-rust")),
        Rival("hftbacktest", ("hftbacktest==2.4.4", "numba")),
        Rival("backtesting", ("backtesting==0.6.6",)),
        Rival("hand_numba"),
        Rival("hand_python"),
    )
}


def python_of(rival: Rival, cache: Path) -> Path:
    """The interpreter that has `rival` in it, installing it the first time.

    Raises:
        SkippedError: it can't be had here.
    """
    if not rival.requirements:
        return Path(sys.executable)
    home = cache / "venv" / rival.name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "installed"
    wanted = "\n".join(rival.requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        _install(rival, home, python)
        stamp.write_text(wanted)
    return python


def _install(rival: Rival, home: Path, python: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")  # uv names itself to what it runs
    if uv is None:
        raise SkippedError("its environment is made by uv, which is not on the PATH")
    base = _base_python(uv, rival.lowest)
    _call([uv, "venv", "--quiet", "--clear", "--python", base, str(home)])
    _call([uv, "pip", "install", "--quiet", "--python", str(python), *rival.options, *rival.requirements])


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise SkippedError(f"not installed within {INSTALL_TIMEOUT_S} s") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise SkippedError(" ".join(lines[-3:]) or "not installed, no reason given")


def _base_python(uv: str, lowest: tuple[int, int]) -> str:
    if sys.version_info[:2] >= lowest:
        return sys.executable
    for candidate in [*_version_folders(lowest), *_on_path(uv, lowest)]:
        if _runs(candidate, lowest):
            return candidate
    raise SkippedError(f"it needs Python {lowest[0]}.{lowest[1]} or newer, and there is none here")


def _version_folders(lowest: tuple[int, int]) -> list[str]:
    """Interpreters kept by pyenv: its commands on the PATH refuse to run unless they are switched on."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [
        str(found)
        for minor in range(lowest[1] + 1, lowest[1] - 1, -1)
        for found in sorted(root.glob(f"{lowest[0]}.{minor}.*/bin/python"))
    ]


def _on_path(uv: str, lowest: tuple[int, int]) -> list[str]:
    found: list[str] = []
    for minor in (lowest[1] + 1, lowest[1]):
        name = f"{lowest[0]}.{minor}"
        done = subprocess.run([uv, "python", "find", name], capture_output=True, text=True, check=False)
        found += [done.stdout.strip()] if done.returncode == 0 else []
        found += [path] if (path := shutil.which(f"python{name}")) else []
    return found


def _runs(python: str, lowest: tuple[int, int]) -> bool:
    code = f"import sys; sys.exit(sys.version_info[:2] < {lowest})"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
