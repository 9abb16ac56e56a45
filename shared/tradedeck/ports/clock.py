"""What time it is, for the parts that may know."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Gives the time; handed in, so that tests and replays own it."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        ...
