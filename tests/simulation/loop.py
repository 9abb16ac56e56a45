"""An event loop without clock, socket or thread: time jumps to what is due next, and chance picks who is first."""

from __future__ import annotations

import asyncio
import random
from typing import Any


class DeadlockError(Exception):
    """Everybody waits for somebody else."""


class _Jump:
    """What the loop takes for its selector: waiting costs nothing and moves the time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise DeadlockError("nothing is due and nobody can go on")
        self._loop.now_s += timeout
        self._loop.shuffle()
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Seeded: those who could go on at the same moment do so in an order that the seed decides."""

    _ready: Any  # a deque of handles, kept by BaseEventLoop itself

    def __init__(self, seed: str) -> None:
        super().__init__()
        self.now_s = 0.0
        self._chance = random.Random(seed)
        self._selector = _Jump(self)
        # A billionth of a second late is on time: sums of floats are not exact.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self.now_s

    def shuffle(self) -> None:
        """Mix those that are ready. Only whole turns are mixed: what one of them starts comes after it."""
        if len(self._ready) > 1:
            ready = list(self._ready)
            self._chance.shuffle(ready)
            self._ready.clear()
            self._ready.extend(ready)

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class VirtualClock:
    """The loop's time as UTC nanoseconds."""

    def __init__(self, loop: VirtualLoop, begun_ns: int) -> None:
        self._loop = loop
        self._begun_ns = begun_ns

    def now_ns(self) -> int:
        return self._begun_ns + round(self._loop.now_s * 1e9)
