"""What a check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tradedeck.kit.clock import SystemClock
from tradedeck.research.reporting import Check


class Level(StrEnum):
    """FINE: nothing found; WARNING: the result means less than it seems; FAILED: it means nothing."""

    FINE = "fine"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bar` is where it shows (-1: nowhere in particular).

    `lines` are the strategy's lines to blame, as "file.py:12: its text"; `figures` what was measured, by name.
    """

    check: str
    level: Level
    detail: str
    bar: int = -1
    lines: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict[str, float])

    def as_check(self) -> Check:
        """As a report shows it."""
        blamed = f" ({'; '.join(self.lines)})" if self.lines else ""
        return Check(self.check, self.level is Level.FINE, self.detail + blamed)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Clock:
    """How much of the time is left for all checks together."""

    def __init__(self, seconds: float) -> None:
        self._end = (SystemClock().now_ns() / 1e9) + seconds

    @property
    def over(self) -> bool:
        """Whether it is used up."""
        return (SystemClock().now_ns() / 1e9) >= self._end


class OutOfTimeError(Exception):
    """Stops a run in the midst of it."""
