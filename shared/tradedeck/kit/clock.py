"""The system's clock, the only one in the library."""

from __future__ import annotations

import time


class SystemClock:
    """UTC nanoseconds from the operating system; never goes back within a process."""

    def __init__(self) -> None:
        self._newest_ns = 0

    def now_ns(self) -> int:
        """UTC nanoseconds; repeats the newest reading while the system's clock is set back."""
        self._newest_ns = max(self._newest_ns, time.time_ns())
        return self._newest_ns
