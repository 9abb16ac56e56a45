"""A market in columns: what research reads. Arrays, not objects; numbers, not decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError

_HIGHEST = 1e18
"""No price and no volume is as large; NaN is neither above nor below anything."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BarSeries:
    """Closed bars of one symbol, oldest first, all columns of one length.

    `open_ns` are UTC nanoseconds, strictly rising; prices in quote units, volume in base units.
    """

    symbol: str
    timeframe_ns: int
    open_ns: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    _range: tuple[float, float] | None = field(init=False, default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raise RefusedError, naming the first bar, unless the columns make sense."""
        columns = (self.open, self.high, self.low, self.close, self.volume)
        if any(len(column) != len(self.open_ns) for column in columns):
            raise RefusedError("the columns of a series must be of one length", code="data.length")
        low, high = self.low, self.high
        inside = (low > 0) & (low <= self.open) & (self.open <= high) & (low <= self.close) & (self.close <= high)
        good = inside & (high < _HIGHEST) & (self.volume >= 0) & (self.volume < _HIGHEST)
        if not good.all():
            raise self._bad(int((~good).argmax()), "prices must be between low and high, above zero, volume not below")
        later = self.open_ns[1:] > self.open_ns[:-1]
        if not later.all():
            raise self._bad(int((~later).argmax()) + 1, "its time is not after that of the bar before")

    def _bad(self, bar: int, why: str) -> RefusedError:
        return RefusedError(f"{self.symbol}, bar {bar}: {why}; repair that place", code="data.bar")

    def __len__(self) -> int:
        return len(self.open_ns)

    def slice(self, start: int, stop: int) -> BarSeries:
        """Bars `start` to `stop`, without a copy and without looking at them again."""
        cut = slice(start, stop)
        made = object.__new__(BarSeries)
        object.__setattr__(made, "_range", None)
        object.__setattr__(made, "symbol", self.symbol)
        object.__setattr__(made, "timeframe_ns", self.timeframe_ns)
        for name in ("open_ns", "open", "high", "low", "close", "volume"):
            object.__setattr__(made, name, getattr(self, name)[cut])
        return made

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest price of all, looked for once."""
        if self._range is None:
            object.__setattr__(self, "_range", (float(self.low.min()), float(self.high.max())))
        assert self._range is not None
        return self._range

    def digest(self) -> str:
        """SHA-256 of symbol, timeframe and every column: the name of exactly this data."""
        sum_ = sha256(f"{self.symbol} {self.timeframe_ns} {len(self)}".encode())
        for column in (self.open_ns, self.open, self.high, self.low, self.close, self.volume):
            sum_.update(np.ascontiguousarray(column).tobytes())
        return sum_.hexdigest()


@dataclass(frozen=True, slots=True)
class TradeSeries:
    """Trades of one symbol, oldest first, all columns of one length.

    `time_ns` are UTC nanoseconds; prices in quote units, sizes in base units; `side` is +1 where a buyer took
    liquidity and -1 where a seller did.
    """

    symbol: str
    time_ns: Ints
    price: Floats
    size: Floats
    side: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.time_ns)


def series_of(bars: Iterable[Bar]) -> BarSeries:
    """Exact bars as columns; each price is the float nearest to its decimal.

    Raises:
        ValueError: there are none.
    """
    kept = list(bars)
    if not kept:
        raise ValueError("no bars to make a series of")
    return BarSeries(
        kept[0].symbol,
        kept[0].timeframe_ns,
        np.array([bar.open_ns for bar in kept], np.int64),
        *(
            np.array([float(getattr(bar, name)) for bar in kept], np.float64)
            for name in ("open", "high", "low", "close", "volume")
        ),
    )
