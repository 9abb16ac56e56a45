"""The bars in front: history from the venue, then every trade. No widgets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.trade import Trade
from tradedeck.ports.provider import Provider
from tradedeck_desktop.chart import Bars

TIMEFRAMES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}
"""Names and minutes."""
HISTORY_BARS = 1000
MAX_MISSED = 10_000
"""Trades kept while history is on its way."""


class ChartModel(QObject):
    """One symbol's bars of one timeframe; `reload` is handed in and gets them loaded anew."""

    changed = Signal()

    def __init__(self, reload: Callable[[], None]) -> None:
        super().__init__()
        self._reload = reload
        self._symbol = ""
        self._loads = 0
        self._missed: deque[Trade] = deque(maxlen=MAX_MISSED)
        self.timeframe = "1m"
        self.bars: Bars | None = None

    def choose(self, timeframe: str) -> None:
        """Show another timeframe."""
        if timeframe != self.timeframe:
            self.timeframe = timeframe
            self._reload()
            self.changed.emit()

    def clear(self) -> None:
        """Show nothing until the next load."""
        self._loads += 1
        self.bars = None
        self.changed.emit()

    async def load(self, provider: Provider, symbol: str) -> None:
        """Get the history of `symbol`; a later load wins.

        Raises:
            UnavailableError: the venue does not answer.
            RefusedError: it has no such bars.
        """
        self._loads += 1
        number, minutes = self._loads, TIMEFRAMES[self.timeframe]
        self._symbol = symbol
        self._missed.clear()
        whole = await provider.bars(symbol, minutes * MINUTE_NS, HISTORY_BARS)
        # The venue gives closed bars; the one that is growing is made of its minutes.
        fine = await provider.bars(symbol, MINUTE_NS, minutes) if minutes > 1 else ()
        if number != self._loads:
            return
        self.bars = bars = Bars(minutes * MINUTE_NS)
        end_ns = 0
        for bar in whole:
            _put(bars, bar)
            end_ns = bar.open_ns + bar.timeframe_ns
        for bar in fine:
            if bar.open_ns >= end_ns:
                _grow(bars, bar)
        end_ns = max([end_ns, *(bar.open_ns + MINUTE_NS for bar in fine)])
        self._replay(bars, (trade for trade in self._missed if trade.time_ns >= end_ns))
        self.changed.emit()

    def on_event(self, event: Trade | Bar) -> None:
        """Take one trade or closed bar."""
        if event.symbol != self._symbol:
            return
        if isinstance(event, Trade):
            self._missed.append(event)
            if self.bars is not None:
                self._replay(self.bars, (event,))
        elif self.bars is not None and event.timeframe_ns == self.bars.timeframe_ns:
            _put(self.bars, event)

    @staticmethod
    def _replay(bars: Bars, trades: Iterable[Trade]) -> None:
        for trade in trades:
            bars.trade(trade.time_ns, float(trade.price), float(trade.size))


def _put(bars: Bars, bar: Bar) -> None:
    bars.put(bar.open_ns, float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))


def _grow(bars: Bars, bar: Bar) -> None:
    """A finer bar as the few trades that look the same from far away."""
    for price in (bar.open, bar.high, bar.low):
        bars.trade(bar.open_ns, float(price), 0.0)
    bars.trade(bar.open_ns, float(bar.close), float(bar.volume))
