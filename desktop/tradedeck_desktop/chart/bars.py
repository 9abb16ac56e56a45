"""Bars as columns with spare room, and coarser levels for zooming out: nothing is sampled away.

Level 0 is the bars themselves; each bar of level n + 1 joins two of level n (open of the first, close
of the last, extremes and volume of both). Only the last bucket of a level changes when a bar grows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
_FIRST_ROOM = 4096
LEVELS = 16


@dataclass(slots=True)
class View:
    """Columns of one level: times in UTC ns, prices, volume; all the same length."""

    time_ns: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class _Level:
    """Growing columns of bars that each span `span` bars of level 0."""

    def __init__(self, span: int) -> None:
        self.span = span
        self.count = 0
        self._times = np.empty(_FIRST_ROOM, np.int64)
        self._rows = np.empty((5, _FIRST_ROOM), np.float64)

    def put(self, index: int, time_ns: int, row: tuple[float, float, float, float, float]) -> None:
        if index >= self._times.size:
            self._times = np.concatenate([self._times, np.empty_like(self._times)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)], axis=1)
        self._times[index] = time_ns
        self._rows[:, index] = row
        self.count = max(self.count, index + 1)

    def view(self, start: int, stop: int) -> View:
        return View(self._times[start:stop], *(row[start:stop] for row in self._rows))

    def join(self, below: _Level, index: int) -> None:
        """Make bar `index` of this level from its two of the level below."""
        part = below.view(2 * index, min(2 * index + 2, below.count))
        row = (
            float(part.open[0]),
            float(part.high.max()),
            float(part.low.min()),
            float(part.close[-1]),
            float(part.volume.sum()),
        )
        self.put(index, int(part.time_ns[0]), row)


class Bars:
    """The bars of one symbol and timeframe, oldest first."""

    def __init__(self, timeframe_ns: int) -> None:
        self.timeframe_ns = timeframe_ns
        self._levels = [_Level(1 << number) for number in range(LEVELS)]

    def __len__(self) -> int:
        return self._levels[0].count

    def put(self, open_ns: int, open_: float, high: float, low: float, close: float, volume: float) -> None:
        """Add a bar, or replace the last one when it opened at the same time; older news is ignored."""
        base = self._levels[0]
        index = base.count
        if index and open_ns <= (last_ns := self.time_ns(index - 1)):
            if open_ns < last_ns:
                return
            index -= 1
        base.put(index, open_ns, (open_, high, low, close, volume))
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            index //= 2
            level.join(below, index)

    def trade(self, time_ns: int, price: float, size: float) -> None:
        """Let the last bar grow with a trade, or open the next one with it."""
        open_ns = time_ns - time_ns % self.timeframe_ns
        count = len(self)
        if count and open_ns == self.time_ns(count - 1):
            last = self._levels[0].view(count - 1, count)
            self.put(
                open_ns,
                float(last.open[0]),
                max(float(last.high[0]), price),
                min(float(last.low[0]), price),
                price,
                float(last.volume[0]) + size,
            )
        else:
            self.put(open_ns, price, price, price, price, size)

    def time_ns(self, index: int) -> int:
        """When bar `index` opened."""
        return int(self._levels[0].view(index, index + 1).time_ns[0])

    def last_close(self) -> float:
        """The newest price; the chart has at least one bar."""
        count = len(self)
        return float(self._levels[0].view(count - 1, count).close[0])

    def index_of(self, time_ns: int) -> int:
        """The bar that holds `time_ns`, or the last one before it; -1 before the first."""
        times = self._levels[0].view(0, len(self)).time_ns
        return int(np.searchsorted(times, time_ns, side="right")) - 1

    def window(self, start: int, stop: int, pixels: int) -> tuple[View, int, int]:
        """The bars from `start` to `stop` with at most about one a pixel.

        Gives columns, how many bars of level 0 each spans, and the level-0 index of the first.
        """
        number = 0
        while number + 1 < LEVELS and (stop - start) >> number > max(pixels, 1):
            number += 1
        level = self._levels[number]
        first = max(start, 0) >> number
        last = min((stop + level.span - 1) >> number, level.count)
        return level.view(first, max(last, first)), level.span, first << number
