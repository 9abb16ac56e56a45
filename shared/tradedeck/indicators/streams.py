"""SMA, EMA, RSI and ATR, one bar at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from math import fsum


class Stream(ABC):
    """An indicator fed with bars; `value` is the newest, `previous` the one before."""

    def __init__(self) -> None:
        self.value: float | None = None
        self.previous: float | None = None

    def update(self, high: float, low: float, close: float) -> None:
        """Take one closed bar."""
        self.previous = self.value
        self.value = self._next(high, low, close)

    @abstractmethod
    def _next(self, high: float, low: float, close: float) -> float | None: ...


class SMA(Stream):
    """Mean of the last `length` closes; warm after `length` bars."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._window: deque[float] = deque(maxlen=_checked(length))

    def _next(self, high: float, low: float, close: float) -> float | None:
        self._window.append(close)
        if len(self._window) < (self._window.maxlen or 0):
            return None
        # A running sum drifts after millions of bars; summing the window anew does not.
        return fsum(self._window) / len(self._window)


class EMA(Stream):
    """Exponential mean with alpha = 2 / (length + 1), seeded with the mean of the first `length` closes."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = _checked(length)
        self._alpha = 2 / (length + 1)
        self._seed: list[float] = []

    def _next(self, high: float, low: float, close: float) -> float | None:
        if self.value is not None:
            return self.value + self._alpha * (close - self.value)
        self._seed.append(close)
        return fsum(self._seed) / self._length if len(self._seed) == self._length else None


class RSI(Stream):
    """Wilder's relative strength index, 0 to 100 (J. W. Wilder, 1978); warm after `length` + 1 bars.

    50 when nothing moved.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self._gain, self._loss = _Wilder(length), _Wilder(length)
        self._before: float | None = None

    def _next(self, high: float, low: float, close: float) -> float | None:
        before, self._before = self._before, close
        if before is None:
            return None
        gain = self._gain.update(max(close - before, 0.0))
        loss = self._loss.update(max(before - close, 0.0))
        if gain is None or loss is None:
            return None
        return 100 * (gain / (gain + loss)) if gain + loss else 50.0


class ATR(Stream):
    """Wilder's average true range; the first bar's range is high - low; warm after `length` bars."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._mean = _Wilder(length)
        self._before: float | None = None

    def _next(self, high: float, low: float, close: float) -> float | None:
        before, self._before = self._before, close
        span = high - low if before is None else max(high, before) - min(low, before)
        return self._mean.update(span)


class _Wilder:
    """Wilder's smoothing: the plain mean of the first `length` values, then alpha = 1 / length."""

    def __init__(self, length: int) -> None:
        self._length = _checked(length)
        self._seed: list[float] = []
        self._value: float | None = None

    def update(self, value: float) -> float | None:
        if self._value is not None:
            self._value += (value - self._value) / self._length
        else:
            self._seed.append(value)
            if len(self._seed) == self._length:
                self._value = fsum(self._seed) / self._length
        return self._value


def over(stream: Stream, bars: Iterable[tuple[float, float, float]]) -> list[float | None]:
    """The whole series: one value for each (high, low, close)."""
    values: list[float | None] = []
    for high, low, close in bars:
        stream.update(high, low, close)
        values.append(stream.value)
    return values


def _checked(length: int) -> int:
    if length < 1:
        raise ValueError(f"an indicator needs a length of at least 1, not {length}")
    return length
