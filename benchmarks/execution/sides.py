"""A feeder and one side connected to it, each in a process of its own."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.engine.venvs import SkippedError

ANSWER_S = 180.0
CATCH_UP_S = 1.0
"""A side that is behind gets so much more time, as long as it goes on."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Seen:
    """One load: `wire_us` from the feeder's write to the order's arrival, `inside_us` within the side's process."""

    wire_us: list[float]
    inside_us: list[float]
    stages: dict[str, list[float]]
    lag_us: list[float]
    marked: int
    handled: int
    seconds: float


class Program:
    """A process that speaks one line of JSON at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._note_errors)]
        for thread in self._threads:
            thread.start()

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Say a line and wait for the answer.

        Raises:
            SkippedError: it ended, or takes too long.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SkippedError(self._last_words()) from error
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """Wait for a line.

        Raises:
            SkippedError: it ended, or takes too long.
        """
        try:
            line = self._lines.get(timeout=ANSWER_S)
        except queue.Empty as error:
            raise SkippedError(f"no answer in {ANSWER_S:g} s") from error
        if not line:
            raise SkippedError(self._last_words())
        return json.loads(line)

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        for thread in self._threads:
            thread.join()  # they end with the pipes, which the process has let go of
        self._process.communicate()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):  # a library's own prints are not answers
                self._lines.put(line)
        self._lines.put("")

    def _note_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors = [*self._errors[-9:], line.strip()]

    def _last_words(self) -> str:
        self._threads[1].join(timeout=10)
        return next((line for line in reversed(self._errors) if line), "it ended without a word")


def _all_told(side: Program, count: int) -> dict[str, Any]:
    """What a side has seen, once it has caught up or stands still."""
    told = side.ask({})
    while told["handled"] < count:
        time.sleep(CATCH_UP_S)
        more = side.ask({})
        if not more["handled"]:
            break
        told["handled"] += more["handled"]
        told["handled_ns"] |= more["handled_ns"]
        told["inside_us"] += more["inside_us"]
        for name, values in more["stages"].items():
            told["stages"][name] += values
    return told


class Bench:
    """A side at its own feeder; feeders that nobody loads sleep."""

    def __init__(self, name: str, command: Sequence[str], symbols: int) -> None:
        """`command`: URL stands where the feeder's address goes."""
        self.name = name
        self._command, self._symbols = command, symbols
        self._programs: list[Program] = []

    def __enter__(self) -> Self:
        """Start both and wait until the side follows its market.

        Raises:
            SkippedError: the side can't be run here.
        """
        try:
            feeder = self._start([sys.executable, "-m", "benchmarks.execution.feeder", str(self._symbols)])
            url = f"http://127.0.0.1:{feeder.hear()['port']}"
            self._start([part.replace("URL", url) for part in self._command]).hear()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in self._programs:
            program.end()

    def load(self, rate: float, count: int, every: int) -> Seen:
        """Push `count` trades, `rate` a second, every `every`-th marked.

        Raises:
            SkippedError: a program ended.
        """
        feeder, side = self._programs
        pushed = feeder.ask({"rate": rate, "count": count, "every": every})
        told = _all_told(side, count)
        sent: dict[str, int] = pushed["sent_ns"]
        arrived, handled = pushed["arrived_ns"], told["handled_ns"]
        return Seen(
            wire_us=[(arrived[price] - at_ns) / 1e3 for price, at_ns in sent.items() if price in arrived],
            inside_us=told["inside_us"],
            stages=told["stages"],
            lag_us=[(handled[price] - at_ns) / 1e3 for price, at_ns in sent.items() if price in handled],
            marked=len(sent),
            handled=told["handled"],
            seconds=pushed["seconds"],
        )

    def _start(self, command: Sequence[str]) -> Program:
        program = Program(command)
        self._programs.append(program)
        return program
