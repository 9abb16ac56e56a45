"""`python -m benchmarks.engine [--only NAME] [--reps N] [--out FOLDER]`: the engine beside its rivals.

Ends with 1 when a bar does not hold; a rival that can't be had here is said and left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.engine.data import bars_file, ticks_file
from benchmarks.engine.measure import Told, in_turns, our_worker, rival_worker
from benchmarks.engine.ours import LINEAR
from benchmarks.engine.report import Row, compared, keep, line_of, linear_row, memory_row
from benchmarks.engine.rows import LINEAR_BAR, PAIRINGS, Pairing, Side
from benchmarks.engine.venvs import RIVALS, SkippedError, python_of

REPS = 5
_MEMORY = {"single_vs_vectorbt_rust": "memory_vs_vectorbt_rust", "interpreted_vs_nautilus": "memory_vs_nautilus"}


def measured(pairing: Pairing, cache: Path, reps: int) -> Row:
    """The row of one pairing; skipped when nobody to compare with can be had."""
    reasons: list[str] = []
    for side in (pairing.rival, pairing.instead):
        if side is None:
            continue
        try:
            return _against(side, pairing, cache, reps)
        except SkippedError as error:
            reasons.append(f"{side.rival}: {error}")
    return Row(name=pairing.name, bar=pairing.bar, skipped="; ".join(reasons))


def _against(side: Side, pairing: Pairing, cache: Path, reps: int) -> Row:
    python = python_of(RIVALS[side.rival], cache)
    data = bars_file(cache) if pairing.data == "bars" else ticks_file(cache)
    with our_worker(pairing.ours, data) as ours, rival_worker(python, side.script, side.job, data) as rival:
        in_turns(ours, rival, reps)
    return compared(pairing, side.rival, ours.told, rival.told)


def linearity(cache: Path, reps: int) -> Row:
    """Ours alone, over ever more bars."""
    data = bars_file(cache, max(LINEAR))
    tolds: list[Told] = []
    for count in LINEAR:
        with our_worker(f"linear_{count}", data) as worker:
            for _ in range(reps + 1):
                worker.repeat()
        tolds.append(worker.told)
    return linear_row(tolds, LINEAR_BAR)


def rows(only: str, cache: Path, reps: int) -> Iterator[Row]:
    """Every row whose name contains `only`."""
    for pairing in PAIRINGS:
        if only in pairing.name or only in _MEMORY.get(pairing.name, "-"):
            row = measured(pairing, cache, reps)
            yield row
            if pairing.name in _MEMORY and not row.skipped:
                yield memory_row(row, _MEMORY[pairing.name])
    if only in "linearity":
        yield linearity(cache, reps)


def main() -> int:
    """Measure, print a line for each row, keep them as JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.engine", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--reps", type=int, default=REPS, help="repetitions of each side, after one to warm up")
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="where engine.json goes")
    parser.add_argument("--cache", type=Path, default=Path(".bench"), help="data and the rivals' environments")
    given = parser.parse_args()
    failed = False
    for row in rows(given.only, given.cache.absolute(), given.reps):
        keep([row], given.out / "engine.json")
        print(line_of(row), flush=True)
        failed |= row.holds is False
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
