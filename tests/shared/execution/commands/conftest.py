"""A sandbox exchange beside the command line, which has an event loop of its own."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tradedeck.history import bundled_week
from tradedeck.sandbox.server import SandboxSettings, running
from tradedeck.store.secrets import PASSPHRASE_VARIABLE

KEY, SECRET = "sandbox-key", "sandbox-secret"
PASSPHRASE = "correct horse battery"


class Box:
    """A sandbox on a thread of its own."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with running(SandboxSettings(data=bundled_week(), speed=self._speed, skip=600)) as box:
            self.url = box.url
            self._started.set()
            await self._stop.wait()


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(60.0) as made:
        yield made


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keys go into a file under a passphrase."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
    yield
    keyring.set_keyring(before)


@dataclass
class Shell:
    """Runs `tradedeck ...` in this process with a data folder; what it printed is in `out` and `err`."""

    data: Path
    capsys: pytest.CaptureFixture[str]
    typed: Callable[[str], None]
    out: str = ""
    err: str = ""

    def run(self, *words: str, typed: str = "") -> int:
        from tradedeck.cli import main

        self.typed(typed)
        code = main([*words, "--data", str(self.data)])
        self.out, self.err = self.capsys.readouterr()
        return code


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Shell(tmp_path / "data", capsys, lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text)))
    root.handlers[:] = handlers
    root.setLevel(level)
