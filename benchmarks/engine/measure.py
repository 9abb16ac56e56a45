"""Two workers side by side: a repetition of ours, one of the rival's, and so on."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

from benchmarks.engine.venvs import SkippedError

ANSWER_TIMEOUT_S = 600
RIVALS_FOLDER = Path(__file__).with_name("rivals")


@dataclass(slots=True)
class Told:
    """What a worker has said: seconds of each repetition, the last checks, memory in MiB."""

    n: int = 0
    versions: dict[str, str] = field(default_factory=dict[str, str])
    first: float = 0.0
    seconds: list[float] = field(default_factory=list[float])
    checks: dict[str, float] = field(default_factory=dict[str, float])
    imported_mib: float = 0.0
    peak_mib: float = 0.0

    @property
    def rate(self) -> float:
        """Events a second, of the median repetition."""
        return self.n / median(self.seconds)

    @property
    def above_import_mib(self) -> float:
        """Memory that data and run took on top of the imported program."""
        return round(self.peak_mib - self.imported_mib, 1)


class Worker:
    """A job in a process of its own that stays alive between repetitions."""

    def __init__(self, command: Sequence[str], cwd: Path | None = None) -> None:
        self.told = Told()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._note_errors)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        """Wait until its data are loaded.

        Raises:
            SkippedError: it ended instead.
        """
        try:
            ready = self._answer()
        except SkippedError:
            self._stop()
            raise
        self.told.n, self.told.versions = ready["n"], ready["versions"]
        self.told.imported_mib = ready["imported_mib"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def repeat(self) -> None:
        """One repetition; the very first warms up and is kept apart.

        Raises:
            SkippedError: it failed.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SkippedError(self._last_words()) from error
        said = self._answer()
        if self.told.first:
            self.told.seconds.append(said["seconds"])
        else:
            self.told.first = said["seconds"]
        self.told.checks = said["checks"]
        self.told.peak_mib = said["peak_mib"]

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=ANSWER_TIMEOUT_S)
        except queue.Empty as error:
            raise SkippedError(f"no answer in {ANSWER_TIMEOUT_S} s") from error
        if not line:
            raise SkippedError(self._last_words())
        return json.loads(line)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _note_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors = [*self._errors[-9:], line.strip()]

    def _last_words(self) -> str:
        self._threads[1].join(timeout=10)
        return next((line for line in reversed(self._errors) if line), "it ended without a word")

    def _stop(self) -> None:
        self._process.kill()
        for thread in self._threads:
            thread.join()  # they end with the pipes, which the process has let go of
        self._process.communicate()


def our_worker(job: str, data: Path) -> Worker:
    """One of our own jobs."""
    command = [sys.executable, "-m", "benchmarks.engine.ours", job, str(data.resolve())]
    return Worker(command, Path(__file__).resolve().parents[2])


def rival_worker(python: Path, script: str, job: str, data: Path) -> Worker:
    """A job of a script in the rival's environment; the link is kept: it leads to what is installed."""
    return Worker([str(python.absolute()), str(RIVALS_FOLDER / script), job, str(data.resolve())])


def in_turns(ours: Worker, rival: Worker, reps: int) -> None:
    """Both warm up, then `reps` repetitions each, turn by turn, so that a busy machine slows both."""
    for _ in range(reps + 1):
        ours.repeat()
        rival.repeat()
