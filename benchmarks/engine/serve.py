"""The working end of a measurement: one job in one process, a repetition whenever a line comes in.

Runs in every rival's environment too, so it needs nothing but the standard library.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """`n` events are worked on; `prepare` (not timed) makes what is timed; `check` sums up what that returned."""

    n: int
    prepare: Callable[[], Callable[[], Any]]
    check: Callable[[Any], dict[str, float]]


def peak_mib() -> float:
    """The most memory this process has had at once, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts the parent's memory too, from before this program took its place
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(jobs: Mapping[str, Callable[[Path], Job]], versions: Mapping[str, str]) -> None:
    """`python SCRIPT JOB DATA`: say what is ready, then answer each line of standard input with a repetition."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a rival's own prints must not get between the answers
    imported = peak_mib()
    job = jobs[sys.argv[1]](Path(sys.argv[2]))

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    known = {"python": sys.version.split()[0], **versions}
    say({"n": job.n, "versions": known, "imported_mib": round(imported, 1), "loaded_mib": round(peak_mib(), 1)})
    for _ in sys.stdin:
        run = job.prepare()
        gc.collect()
        started = time.perf_counter()
        result = run()
        seconds = time.perf_counter() - started
        say({"seconds": seconds, "checks": job.check(result), "peak_mib": round(peak_mib(), 1)})
        del run, result
