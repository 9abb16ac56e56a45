"""The least that any engine with a Python callback for each bar must do: no orders, no books, floats."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

FAST, SLOW, FEE = 20, 50, 0.001


class _Cross:
    """Two running means; `wants` says whether to be long."""

    def __init__(self) -> None:
        self.wants = False
        self._fast: deque[float] = deque(maxlen=FAST)
        self._slow: deque[float] = deque(maxlen=SLOW)
        self._fast_sum = self._slow_sum = 0.0

    def on_close(self, close: float) -> None:
        """Take the close of a bar."""
        fast, slow = self._fast, self._slow
        if len(fast) == FAST:
            self._fast_sum -= fast[0]
        if len(slow) == SLOW:
            self._slow_sum -= slow[0]
        fast.append(close)
        slow.append(close)
        self._fast_sum += close
        self._slow_sum += close
        if len(slow) == SLOW:
            self.wants = self._fast_sum / FAST > self._slow_sum / SLOW


def run(closes: Sequence[float], size: float) -> tuple[int, float]:
    """Trade the cross at the close; fills and profit after fees."""
    cross = _Cross()
    on_close = cross.on_close
    cash = held = 0.0
    fills = 0
    for close in closes:
        on_close(close)
        if cross.wants and not held:
            held = size
            cash -= close * size * (1 + FEE)
            fills += 1
        elif held and not cross.wants:
            cash += close * size * (1 - FEE)
            held = 0.0
            fills += 1
    return fills, cash + held * closes[-1]
