"""A market in columns: what research reads. Arrays, not objects; numbers, not decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.bar import Bar

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

    def __len__(self) -> int:
        return len(self.open_ns)

    def slice(self, start: int, stop: int) -> BarSeries:
        """Bars `start` to `stop`, without a copy."""
        cut = slice(start, stop)
        return BarSeries(
            self.symbol, self.timeframe_ns, self.open_ns[cut], self.open[cut], self.high[cut], self.low[cut],
            self.close[cut], self.volume[cut],
        )  # fmt: skip

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
