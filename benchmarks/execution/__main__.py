"""`python -m benchmarks.execution [--only NAME] [--reps N] [--out FOLDER]`: from a trade's bytes to an order's bytes.

Ends with 1 when a rival is faster at p50 or p99; a rival that can't be had here is said and left out.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine.venvs import SkippedError
from benchmarks.execution.report import Row, keep, lines_of, ratios, summed
from benchmarks.execution.sides import Bench, Seen

REPS = 3
NAUTILUS = "its Binance adapter is not driven here yet"
MEMORY = Path("/dev/shm")
"""A disk that never waits: what is left is our own work."""
MANY = 200
"""Symbols of the rows about many markets."""


@dataclass(frozen=True, slots=True)
class Load:
    """A row: `rate` trades a second (0: as fast as they are taken), `count` of them in each repetition."""

    name: str
    rate: float
    count: int
    every: int
    symbols: int = 1


LOADS = (
    Load("order_at_1_per_s", 1, 20, 1),
    Load("order_at_1000_per_s", 1_000, 5_000, 20),
    Load("order_at_5000_per_s", 5_000, 25_000, 100),
    Load("markets_200_at_5000_per_s", 5_000, 25_000, 33, MANY),
    Load("markets_200_flat_out", 0, 60_000, 33, MANY),
)


def benches(symbols: int, cache: Path, skipped: dict[str, str]) -> Iterator[Bench]:
    """Every side that can be run here; the others go into `skipped`."""
    count = str(symbols)
    here = [sys.executable, "-m"]
    yield Bench("ours", [*here, "benchmarks.execution.ours", "URL", str(cache / "disk"), count], symbols)
    if symbols == 1 and MEMORY.is_dir():
        yield Bench("ours_in_memory", [*here, "benchmarks.execution.ours", "URL", str(MEMORY / "tradedeck"), count], 1)
    yield Bench("ccxt_pro", [*here, "benchmarks.execution.rivals.ccxt_pro", "URL", count], symbols)
    skipped["nautilus"] = NAUTILUS


def measured(loads: Sequence[Load], cache: Path, reps: int) -> Iterator[Row]:
    """A row for each load, the sides in turns; all loads have the same symbols."""
    skipped: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        sides: list[Bench] = []
        for bench in benches(loads[0].symbols, cache, skipped):
            try:
                sides.append(stack.enter_context(bench))
                bench.load(200, 400, 20)  # warms caches, connections and branches
            except SkippedError as error:
                skipped[bench.name] = str(error)
                sides = [side for side in sides if side is not bench]
        for load in loads:
            seen: dict[str, list[Seen]] = {side.name: [] for side in sides}
            for _ in range(reps):
                for side in sides:
                    seen[side.name].append(side.load(load.rate, load.count, load.every))
            yield row_of(load, seen, skipped)


def row_of(load: Load, seen: dict[str, list[Seen]], skipped: dict[str, str]) -> Row:
    """All repetitions of a load together."""

    def all_of(side: str, name: str) -> list[float]:
        return [value for one in seen[side] for value in getattr(one, name)]

    wire, inside, lag = (
        {side: summed(all_of(side, name)) for side in seen} for name in ("wire_us", "inside_us", "lag_us")
    )
    stages: dict[str, list[float]] = {}
    for one in seen.get("ours", []):
        for name, values in one.stages.items():
            stages.setdefault(name, []).extend(values)
    judged = lag if load.symbols > 1 else wire
    ratio = ratios(judged, "ours")
    if "ours_in_memory" in judged:
        ratio |= {f"in memory, {name}": times for name, times in ratios(judged, "ours_in_memory").items()}
    return Row(
        name=load.name,
        wire_us=wire if load.symbols == 1 else {},
        inside_us=inside if load.symbols == 1 else {},
        stages_us={name: summed(values) for name, values in stages.items()} if load.symbols == 1 else {},
        lag_us=lag,
        events_per_s={side: round(max(_rate(one) for one in all_seen)) for side, all_seen in seen.items()},
        counts={
            side: {
                "sent": load.count * len(all_seen),
                "handled": sum(one.handled for one in all_seen),
                "marked": sum(one.marked for one in all_seen),
                "answered": len(all_of(side, "wire_us")),
            }
            for side, all_seen in seen.items()
        },
        ratio=ratio,
        holds=all(times > 1 for name, times in ratio.items() if not name.startswith("in memory")) if ratio else None,
        skipped=dict(skipped),
    )


def _rate(one: Seen) -> float:
    """Trades a second until the last marked one was handled."""
    return one.handled / (one.seconds + max(one.lag_us, default=0.0) / 1e6)


def main() -> int:
    """Measure, print, keep as JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.execution", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--reps", type=int, default=REPS, help="repetitions of each side")
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="where execution.json goes")
    parser.add_argument("--cache", type=Path, default=Path(".bench"), help="the rivals' environments and our journal")
    given = parser.parse_args()
    failed = False
    for symbols in (1, MANY):
        loads = [load for load in LOADS if load.symbols == symbols and given.only in load.name]
        for row in measured(loads, given.cache.absolute(), given.reps) if loads else ():
            keep([row], given.out / "execution.json")
            print("\n".join(lines_of(row)), flush=True)
            failed |= row.holds is False
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
