"""Starting the programs as their users would, and stopping what was started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any, cast

from tradedeck.domain.errors import UnavailableError

READY = "ready "
STOP_PATIENCE_S = 20.0
MAX_KEPT_LINES = 200


class Program:
    """One child process. Its last lines are kept for when it fails."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.lines: list[str] = []
        self._ready: Queue[dict[str, Any]] = Queue()
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("a", encoding="utf-8")
        # A session of its own: Ctrl-C reaches the demo alone, which then stops everything in order.
        self._child = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"read {name}")
        self._reader.start()

    def ready(self, timeout_s: float) -> dict[str, Any]:
        """Wait for its next `ready {...}` line.

        Raises:
            UnavailableError: it ended, or said nothing in time; the message holds its last words.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                return self._ready.get(timeout=0.1)
            except Empty:
                if self._child.poll() is not None and self._ready.empty():
                    break
        last_words = "\n".join(self.lines[-8:]) or "nothing"
        raise UnavailableError(f"{self.name} did not start; its last words:\n{last_words}")

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._child.poll() is None

    def wait(self, timeout_s: float) -> int:
        """Wait for it to end by itself; its exit code.

        Raises:
            UnavailableError: it still runs.
        """
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"{self.name} did not finish within {timeout_s:.0f} s") from error

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self.running:
            self._child.send_signal(signal.SIGINT)
            try:
                self._child.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._forget()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._child.kill()
        self._child.wait()
        self._forget()

    def _forget(self) -> None:
        """Read what it said last, and let go of it."""
        self._reader.join(STOP_PATIENCE_S)
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._log.close()

    def _read(self) -> None:
        for line in cast(Any, self._child.stdout):
            self.lines = [*self.lines[-MAX_KEPT_LINES:], line.rstrip()]
            if not self._log.closed:
                self._log.write(line)
                self._log.flush()
            if line.startswith(READY):
                self._ready.put(json.loads(line.removeprefix(READY)))
