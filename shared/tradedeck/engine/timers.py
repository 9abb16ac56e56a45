"""When a strategy's periods are over."""

from __future__ import annotations

from collections.abc import Sequence


class Timers:
    """Watches whole multiples of some periods since 1970, UTC; several missed ones count as the newest."""

    def __init__(self, periods_ns: Sequence[int]) -> None:
        self._periods = tuple(periods_ns)
        self._seen = -1

    def begin(self, time_ns: int) -> bool:
        """Count from `time_ns` on, if nothing was seen before; whether this was the first time."""
        if not self._periods or self._seen >= 0:
            return False
        self._seen = self._newest(time_ns)
        return True

    def due(self, time_ns: int) -> int | None:
        """The newest boundary up to `time_ns` that was not told yet."""
        if not self._periods or (newest := self._newest(time_ns)) <= self._seen:
            return None
        self._seen = newest
        return newest

    def _newest(self, time_ns: int) -> int:
        return max(time_ns - time_ns % period for period in self._periods)
