"""Long columns, small enough to travel inside a page.

A chart can't show more than a few thousand points at once, but people zoom. So bars are gathered into buckets,
at most MAX_BUCKETS of them, each with its first, highest, lowest and last price; the page gathers these further by
itself. Numbers become whole steps, then differences, which deflate well; browsers inflate them by themselves.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

import numpy as np

from tradedeck.history.series import BarSeries, Floats, Ints

MAX_BUCKETS = 180_000
_MISSING = -(2**31)
_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Buckets:
    """So many bars each; `starts` are the first bar of each."""

    size: int
    starts: Ints
    bars: int

    @property
    def lasts(self) -> Ints:
        """The last bar of each."""
        return np.append(self.starts[1:] - 1, self.bars - 1) if self.bars else self.starts


def buckets_of(bars: int, at_most: int = MAX_BUCKETS) -> Buckets:
    """The fewest bars a bucket that keep the buckets at or below `at_most`."""
    size = max(1, -(-bars // at_most))
    return Buckets(size, np.arange(0, bars, size, dtype=np.int64), bars)


def gathered(series: BarSeries, buckets: Buckets) -> dict[str, Floats]:
    """Open, high, low and close of every bucket."""
    if not buckets.bars:
        return {name: np.empty(0) for name in ("open", "high", "low", "close")}
    return {
        "open": series.open[buckets.starts],
        "high": np.maximum.reduceat(series.high, buckets.starts),
        "low": np.minimum.reduceat(series.low, buckets.starts),
        "close": series.close[buckets.lasts],
    }


def packed(values: Floats, step: float) -> dict[str, object]:
    """A column as {"step", "n", "data"}: whole steps, each less the one before, deflated, in base64.

    What is not finite is kept as missing. A step that would not fit into 32 bits is made coarser.
    """
    finite = np.isfinite(values)
    largest = float(np.max(np.abs(values[finite]), initial=0.0))
    while largest / step > _LIMIT:
        step *= 10.0
    whole = np.full(len(values), _MISSING, np.int64)
    whole[finite] = np.rint(values[finite] / step)
    # Differences wrap around at 32 bits and so does their sum in the page.
    steps = np.diff(whole, prepend=0).astype(np.int32)
    return {"step": step, "n": len(values), "data": deflated(steps.astype("<i4").tobytes())}


def step_for(values: Floats) -> float:
    """A step fine enough for six figures of a column without a grid of its own."""
    sizes = np.abs(values[np.isfinite(values)])
    largest = float(np.max(sizes, initial=0.0))
    return float(10.0 ** (np.floor(np.log10(largest)) - 6)) if largest > 0 else 1.0


def deflated(data: bytes) -> str:
    """Bytes as deflated base64, which a page inflates with DecompressionStream."""
    return base64.b64encode(zlib.compress(data, 6)).decode()
