"""What a report may show beside the run itself, when somebody has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.montecarlo import Outlook


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in the data: from the end of the bar before it to the open of the bar after, UTC nanoseconds."""

    start_ns: int
    end_ns: int
    missing: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Scores over two parameters: `scores[y][x]`, NaN where nothing was tried. `name` says what is scored."""

    name: str
    x_name: str
    y_name: str
    x: tuple[str, ...]
    y: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked about the result: look-ahead, all tiers alike, the sums of the ledger ..."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Extras:
    """Lines are whole columns, one value a bar; `gaps` None takes those of the regular grid."""

    lines: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    gaps: tuple[Gap, ...] | None = None
    heat: Heat | None = None
    checks: tuple[Check, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    fingerprint: Mapping[str, Any] = field(default_factory=dict[str, Any])
    deflated_sharpe: float = float("nan")
    trials: int = 1


def gaps_of(series: BarSeries) -> tuple[Gap, ...]:
    """Where bars are missing on the regular grid of the timeframe."""
    step = series.timeframe_ns
    opens = series.open_ns
    found: list[Gap] = []
    for place in ((opens[1:] - opens[:-1]) > step).nonzero()[0].tolist():
        start, end = int(opens[place]) + step, int(opens[place + 1])
        found.append(Gap(start, end, (end - start) // step))
    return tuple(found)
