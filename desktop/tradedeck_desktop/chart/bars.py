"""Bars as columns with spare room, and coarser levels for zooming out: nothing is sampled away.

Level 0 is the bars themselves; each bar of level n + 1 joins two of level n (open of the first, close
of the last, extremes and volume of both). A growing bar only notes that the tail is out of date; levels
above are brought up to date when somebody looks.
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
        self._reserve(index + 1)
        self._times[index] = time_ns
        self._rows[:, index] = row
        self.count = max(self.count, index + 1)

    def view(self, start: int, stop: int) -> View:
        return View(self._times[start:stop], *(row[start:stop] for row in self._rows))

    def join(self, below: _Level, start: int) -> None:
        """Make every bar from `start` on out of the two it joins."""
        stop = (below.count + 1) // 2
        part = below.view(2 * start, below.count)
        pairs = len(part.close) // 2
        self._reserve(stop)
        out, whole = slice(start, start + pairs), 2 * pairs
        self._times[out] = part.time_ns[:whole:2]
        self._rows[0, out] = part.open[:whole:2]
        self._rows[1, out] = part.high[:whole].reshape(-1, 2).max(axis=1)
        self._rows[2, out] = part.low[:whole].reshape(-1, 2).min(axis=1)
        self._rows[3, out] = part.close[1:whole:2]
        self._rows[4, out] = part.volume[:whole].reshape(-1, 2).sum(axis=1)
        if whole < len(part.close):
            self._times[stop - 1] = part.time_ns[-1]
            self._rows[:, stop - 1] = [c[-1] for c in (part.open, part.high, part.low, part.close, part.volume)]
        self.count = stop

    def grow(self, price: float, size: float) -> None:
        """Let the last bar take a trade."""
        row = self._rows[:, self.count - 1]
        row[1], row[2] = max(row[1], price), min(row[2], price)
        row[3] = price
        row[4] += size

    def _reserve(self, count: int) -> None:
        while count > self._times.size:
            self._times = np.concatenate([self._times, np.empty_like(self._times)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)], axis=1)


class Bars:
    """The bars of one symbol and timeframe, oldest first."""

    def __init__(self, timeframe_ns: int) -> None:
        self.timeframe_ns = timeframe_ns
        self._levels = [_Level(1 << number) for number in range(LEVELS)]
        self._stale_from = 0

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
        self._stale_from = min(self._stale_from, index)

    def trade(self, time_ns: int, price: float, size: float) -> None:
        """Let the last bar grow with a trade, or open the next one with it."""
        open_ns = time_ns - time_ns % self.timeframe_ns
        count = len(self)
        if count and open_ns == self.time_ns(count - 1):
            self._levels[0].grow(price, size)
            self._stale_from = min(self._stale_from, count - 1)
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
        if number:
            self._refresh()
        level = self._levels[number]
        first = max(start, 0) >> number
        last = min((stop + level.span - 1) >> number, level.count)
        return level.view(first, max(last, first)), level.span, first << number

    def _refresh(self) -> None:
        start = self._stale_from
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            start //= 2
            level.join(below, start)
        self._stale_from = len(self)
