"""One measurement as it is kept in bench-out/."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 3
"""The best of so many counts: everything else on the machine only makes it slower."""


@dataclass(frozen=True, slots=True)
class Row:
    """Ours beside a rival's. `ratio` above 1 means that ours is better."""

    name: str
    ours: float
    rival: float
    ratio: float
    unit: str
    versions: dict[str, str]
    work: str
    checks: dict[str, str]


def best_seconds(work: Callable[[], object]) -> float:
    """The shortest of ROUNDS runs, in seconds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def keep(row: Row, folder: Path) -> Path:
    """Write the row as `<folder>/<name>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.name}.json"
    path.write_text(json.dumps(asdict(row), indent=2) + "\n")
    return path
