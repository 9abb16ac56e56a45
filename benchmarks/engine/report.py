"""Rows as they are kept in bench-out/engine.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.engine.measure import Told
from benchmarks.engine.rows import Pairing


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    `ours`, `rival`: events a second (memory rows: MiB), of the median repetition. `ratio`: the median over
    repetitions of how many times better ours is; `spread` its lowest and highest. `holds`: the ratio reaches
    the bar and every shared check is equal; None for a skipped row. `memory_mib`: above import, data included.
    """

    name: str
    ours: float = 0.0
    rival: float = 0.0
    ratio: float = 0.0
    spread: tuple[float, float] = (0.0, 0.0)
    bar: float = 0.0
    holds: bool | None = None
    reps: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    first_seconds: dict[str, float] = field(default_factory=dict[str, float])
    memory_mib: dict[str, float] = field(default_factory=dict[str, float])
    versions: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    checks: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    skipped: str = ""


def compared(pairing: Pairing, rival_name: str, ours: Told, rival: Told) -> Row:
    """The row of two workers that have worked in turns."""
    ratios = [theirs / own for own, theirs in zip(ours.seconds, rival.seconds, strict=True)]
    agree = all(ours.checks[key] == rival.checks[key] for key in pairing.same)
    ratio = median(ratios)
    return Row(
        name=pairing.name,
        ours=round(ours.rate),
        rival=round(rival.rate),
        ratio=round(ratio, 3),
        spread=(round(min(ratios), 3), round(max(ratios), 3)),
        bar=pairing.bar,
        holds=agree and ratio >= pairing.bar,
        reps=len(ratios),
        seconds={"ours": ours.seconds, rival_name: rival.seconds},
        first_seconds={"ours": ours.first, rival_name: rival.first},
        memory_mib={"ours": ours.above_import_mib, rival_name: rival.above_import_mib},
        versions={"ours": ours.versions, rival_name: rival.versions},
        checks={"ours": ours.checks, rival_name: rival.checks},
    )


def memory_row(speed: Row, name: str) -> Row:
    """Memory above import of the two sides of a row."""
    ours, rival = speed.memory_mib.values()
    ratio = round(rival / ours, 3)
    return Row(
        name=name,
        ours=ours,
        rival=rival,
        ratio=ratio,
        spread=(ratio, ratio),
        bar=1.0,
        holds=ratio >= 1,
        reps=speed.reps,
        memory_mib=speed.memory_mib,
        versions=speed.versions,
    )


def linear_row(tolds: Sequence[Told], bar: float) -> Row:
    """How a bar's time grows from the last but one length to the last; every length's rate in `seconds`."""
    per_bar = [[seconds / told.n for seconds in told.seconds] for told in tolds]
    ratios = [small / large for small, large in zip(per_bar[-2], per_bar[-1], strict=True)]
    ratio = median(ratios)
    return Row(
        name="linearity",
        ours=round(tolds[-1].rate),
        rival=round(tolds[-2].rate),
        ratio=round(ratio, 3),
        spread=(round(min(ratios), 3), round(max(ratios), 3)),
        bar=bar,
        holds=ratio >= bar,
        reps=len(ratios),
        seconds={str(told.n): told.seconds for told in tolds},
        memory_mib={str(told.n): told.above_import_mib for told in tolds},
        versions={"ours": tolds[-1].versions},
        checks={str(told.n): told.checks for told in tolds},
    )


def keep(rows: Iterable[Row], path: Path) -> None:
    """Put the rows into the file; rows of other names that are there already stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {row["name"]: row for row in json.loads(path.read_text())} if path.exists() else {}
    kept |= {row.name: asdict(row) for row in rows}
    path.write_text(json.dumps(list(kept.values()), indent=2) + "\n")


def line_of(row: Row) -> str:
    """A row as people read it."""
    if row.skipped:
        return f"{row.name}: skipped, {row.skipped}"
    verdict = "holds" if row.holds else "DOES NOT HOLD"
    low, high = row.spread
    return (
        f"{row.name}: ours {row.ours:,.0f}, other {row.rival:,.0f}, {row.ratio:g} times ({low:g} to {high:g}); "
        f"bar {row.bar:g} {verdict}"
    )
