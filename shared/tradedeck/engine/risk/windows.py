"""What was sent within a running window of event time."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class Window:
    """Counts by key what happened within the last `length_ns`."""

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns
        self._times: dict[Hashable, deque[int]] = {}

    def count(self, key: Hashable, now_ns: int) -> int:
        """How often `key` came within the window that ends now."""
        times = self._times.get(key)
        if times is None:
            return 0
        if times and times[-1] > now_ns:
            # Stamped by a clock that is ahead of the market's: it counts as new, else it would never leave.
            times = self._times[key] = deque(min(time_ns, now_ns) for time_ns in times)
        while times and times[0] <= now_ns - self._length_ns:
            times.popleft()
        return len(times)

    def add(self, key: Hashable, now_ns: int) -> None:
        """`key` has come once more."""
        self._times.setdefault(key, deque()).append(now_ns)


class Newest:
    """When each thing was last sent; what is older than `keep_ns` is forgotten."""

    def __init__(self, keep_ns: int) -> None:
        self._keep_ns = keep_ns
        self._times: dict[Hashable, int] = {}

    def age_ns(self, key: Hashable, now_ns: int) -> int | None:
        """How long ago `key` was sent; None when it was not, or long ago."""
        sent_ns = self._times.get(key)
        return None if sent_ns is None else abs(now_ns - sent_ns)

    def add(self, key: Hashable, now_ns: int) -> None:
        """`key` has just been sent."""
        self._times.pop(key, None)
        self._times[key] = now_ns
        # The oldest come first, so that forgetting looks at no more than it forgets, and one.
        while abs(now_ns - next(iter(self._times.values()))) > self._keep_ns:
            del self._times[next(iter(self._times))]
