"""Rows as they are kept in bench-out/execution.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PARTS = {"p50": 0.5, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Row:
    """One load at every side.

    Times in microseconds by side: the lowest, p50 and p99 of all repetitions together. `ratio`: how many times
    longer the rival takes, by `rival p50` and so on. `holds`: ours, on disk, is below every rival at p50 and p99;
    None when nobody was there.
    """

    name: str
    wire_us: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    inside_us: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    stages_us: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    lag_us: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    events_per_s: dict[str, float] = field(default_factory=dict[str, float])
    counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    ratio: dict[str, float] = field(default_factory=dict[str, float])
    holds: bool | None = None
    skipped: dict[str, str] = field(default_factory=dict[str, str])


def summed(values: Sequence[float]) -> dict[str, float]:
    """Lowest, p50, p99, and how many."""
    if not values:
        return {}
    ranked = sorted(values)
    parts = {name: ranked[min(len(ranked) - 1, int(part * len(ranked)))] for name, part in PARTS.items()}
    return {key: round(value, 1) for key, value in {"min": ranked[0], **parts, "n": len(ranked)}.items()}


def ratios(by_side: Mapping[str, Mapping[str, float]], own: str) -> dict[str, float]:
    """Every rival's p50 and p99 over those of our side called `own`."""
    ours = by_side.get(own)
    if not ours:
        return {}
    return {
        f"{side} {part}": round(times[part] / ours[part], 2)
        for side, times in by_side.items()
        if not side.startswith("ours") and times
        for part in PARTS
    }


def keep(rows: Iterable[Row], path: Path) -> None:
    """Put the rows into the file; rows of other names that are there already stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {row["name"]: row for row in json.loads(path.read_text())} if path.exists() else {}
    kept |= {row.name: asdict(row) for row in rows}
    path.write_text(json.dumps(list(kept.values()), indent=2) + "\n")


def lines_of(row: Row) -> list[str]:
    """A row as people read it."""
    lines = [row.name]
    for title, table in (
        ("wire", row.wire_us),
        ("inside", row.inside_us),
        ("lag", row.lag_us),
        ("of ours", row.stages_us),
    ):
        for side, times in table.items():
            if times:
                told = ", ".join(f"{key} {value / 1e3:.3f} ms" for key, value in times.items() if key != "n")
                lines.append(f"  {title} {side}: {told} (n {times['n']:.0f})")
    lines += [f"  {side}: {rate:,.0f} events/s" for side, rate in row.events_per_s.items()]
    lines += [f"  {side} skipped: {reason}" for side, reason in row.skipped.items()]
    if row.holds is not None:
        lines.append(f"  times ours: {row.ratio} {'holds' if row.holds else 'DOES NOT HOLD'}")
    return lines
