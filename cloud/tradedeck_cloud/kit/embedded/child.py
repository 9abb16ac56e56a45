"""One child server: it ends with its parent, and one that outlived a killed parent is found again."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from tradedeck.domain.errors import UnavailableError

START_PATIENCE_S = 30.0
STOP_PATIENCE_S = 15.0
POLL_S = 0.03
_PR_SET_PDEATHSIG = 1


class Child:
    """A server process. `stop_signal` is the one it shuts down cleanly on."""

    def __init__(self, name: str, folder: Path, stop_signal: signal.Signals) -> None:
        self.name = name
        self._note = folder / f"{name}.process"
        self._log_path = folder / f"{name}.log"
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, command: Sequence[str | Path], *, uid: int | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Start it; as user `uid` where given.

        Must run on a thread that lives as long as the server: the kernel ends the server with that thread.

        Raises:
            UnavailableError: its program could not be run.
        """
        libc = ctypes.CDLL(None)
        number = int(self._stop_signal)

        def end_with_parent() -> None:
            libc.prctl(_PR_SET_PDEATHSIG, number)

        try:
            with self._log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    [str(part) for part in command],
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    user=uid,
                    group=uid,
                    extra_groups=[] if uid is not None else None,
                    env={**os.environ, **(env or {})},
                    preexec_fn=end_with_parent,  # noqa: PLW1509 - set before exec, nothing else runs in between
                    start_new_session=True,
                )
            pid = self._process.pid
            self._note.write_text(json.dumps({"pid": pid, "started": _started(pid)}))
        except OSError as error:
            raise UnavailableError(
                f"{self.name} could not be started: {error.strerror or error}", code="embedded.start"
            ) from error

    async def wait_for(self, answers: Callable[[], bool]) -> None:
        """Wait until the server answers.

        Raises:
            UnavailableError: it ended, or took too long; the message holds its last log line.
        """
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if answers():
                return
            await asyncio.sleep(POLL_S)
        await self.stop()
        raise UnavailableError(
            f"{self.name} did not start: {self._last_words()}; see {self._log_path}", code="embedded.start"
        )

    async def stop(self) -> None:
        """Shut it down cleanly; by force when that takes too long."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self._stop_signal)
            if not await _until(lambda: process.poll() is not None, STOP_PATIENCE_S):
                process.kill()
                process.wait()
        self._process = None
        self._note.unlink(missing_ok=True)

    async def end_leftover(self) -> None:
        """End the server of an earlier run that is still there: the same process, not just its number.

        Raises:
            UnavailableError: it does not end.
        """
        try:
            known = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return
        pid, started = known["pid"], known["started"]
        if not started or _started(pid) != started:
            return
        os.kill(pid, self._stop_signal)
        if not await _until(lambda: _started(pid) != started, STOP_PATIENCE_S):
            raise UnavailableError(
                f"{self.name} of an earlier run (process {pid}) does not end; end it and start again",
                code="embedded.leftover",
            )

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def _last_words(self) -> str:
        try:
            lines = [line for line in self._log_path.read_text(errors="replace").splitlines() if line.strip()]
        except OSError:
            return "no log"
        return lines[-1][-300:] if lines else "it said nothing"


def wheel_folder(package: str) -> Path:
    """Where a wheel's files are, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError(f"{package} is not installed; run `make setup` again", code="embedded.wheel")
    return Path(spec.submodule_search_locations[0])


def free_port() -> int:
    """A TCP port on the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty when there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


async def _until(done: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True
