"""The candles behind a chart: history, live trades, and which part of them is on screen. No control in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tradedeck.domain.bar import Bar
from tradedeck.domain.trade import Trade
from tradedeck_mobile.kit.hooks import observable

FRAME_S = 0.1
"""Between two drawings of the chart."""
MAX_CANDLES = 1_500
FIRST_VISIBLE, FEWEST_VISIBLE = 60.0, 10.0
AXIS_WIDTH = 72
"""Room for prices at the right, in px."""


@dataclass(frozen=True, slots=True)
class Candle:
    """Floats: for the eye only. `open_ns` in UTC."""

    open_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @staticmethod
    def of(bar: Bar) -> Candle:
        """A closed bar."""
        return Candle(bar.open_ns, *(float(v) for v in (bar.open, bar.high, bar.low, bar.close, bar.volume)))


@observable
class Candles:
    """Only `frame` tells the screen to draw; everything else changes quietly."""

    def __init__(self) -> None:
        self.frame = 0
        self._rows: list[Candle] = []
        self._timeframe_ns = 60_000_000_000
        self._visible, self._offset = FIRST_VISIBLE, 0.0
        self._width = self._height = 0.0
        self._scale_start = FIRST_VISIBLE
        self._cross: tuple[float, float] | None = None
        self._pending = False

    # Data

    def load(self, bars: Iterable[Bar], timeframe_ns: int) -> None:
        """Start over with closed bars, oldest first."""
        self._rows = [Candle.of(bar) for bar in bars]
        self._timeframe_ns, self._offset = timeframe_ns, 0.0
        self.touch()

    def take(self, news: Bar | Trade) -> None:
        """A trade moves the newest candle; a closed bar of this length replaces what trades made of it."""
        if isinstance(news, Trade):
            self._trade(news)
        elif news.timeframe_ns == self._timeframe_ns:
            self._close(Candle.of(news))
        self.touch()

    def _trade(self, trade: Trade) -> None:
        price, size = float(trade.price), float(trade.size)
        opened = trade.time_ns - trade.time_ns % self._timeframe_ns
        last = self._rows[-1] if self._rows else None
        if last is None or opened > last.open_ns:
            self._append(Candle(opened, price, price, price, price, size))
        elif opened == last.open_ns:
            high, low = max(last.high, price), min(last.low, price)
            self._rows[-1] = replace(last, high=high, low=low, close=price, volume=last.volume + size)

    def _close(self, candle: Candle) -> None:
        if self._rows and self._rows[-1].open_ns == candle.open_ns:
            self._rows[-1] = candle
        elif not self._rows or candle.open_ns > self._rows[-1].open_ns:
            self._append(candle)

    def _append(self, candle: Candle) -> None:
        self._rows.append(candle)
        if self._offset:
            self._offset += 1
        if len(self._rows) > MAX_CANDLES:
            del self._rows[0]
            self._offset = min(self._offset, max(0.0, len(self._rows) - self._visible))

    # What is on screen

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the chart in px; zero before the first layout."""
        return self._width, self._height

    @property
    def last(self) -> Candle | None:
        """The newest candle, on screen or not."""
        return self._rows[-1] if self._rows else None

    @property
    def cross(self) -> tuple[float, float] | None:
        """Where the finger rests, in px."""
        return self._cross

    @property
    def visible(self) -> float:
        """How many candles fit on the screen."""
        return self._visible

    def view(self) -> list[Candle]:
        """The candles on screen, oldest first."""
        end = len(self._rows) - int(self._offset)
        return self._rows[max(0, end - int(self._visible)) : end]

    def picked(self) -> Candle | None:
        """The candle under the finger, else the newest on screen."""
        view = self.view()
        if not view:
            return None
        if self._cross is None:
            return view[-1]
        index = int(self._cross[0] / max(1.0, self._step()))
        return view[min(max(index, 0), len(view) - 1)]

    # Gestures

    def resize(self, width: float, height: float) -> None:
        """The chart's place on the screen, in px."""
        self._width, self._height = width, height
        self.touch()

    def scale_start(self) -> None:
        """Fingers touched down."""
        self._scale_start = self._visible

    def scale(self, factor: float, moved_px: float, fingers: int) -> None:
        """Fingers moved: one pans, two zoom as well."""
        if fingers > 1 and factor > 0:
            self.zoom(self._scale_start / factor)
        self.pan(moved_px)

    def zoom(self, visible: float) -> None:
        """Show so many candles."""
        self._visible = min(max(visible, FEWEST_VISIBLE), max(FEWEST_VISIBLE, float(len(self._rows))))
        self.pan(0)

    def wheel(self, delta: float) -> None:
        """A mouse wheel or a trackpad: down shows more."""
        self.zoom(self._visible * (1.1 if delta > 0 else 0.9))

    def pan(self, moved_px: float) -> None:
        """Move by so many px; to the right is back in time."""
        furthest = max(0.0, len(self._rows) - self._visible)
        self._offset = min(max(0.0, self._offset + moved_px / max(1.0, self._step())), furthest)
        self.touch()

    def point(self, at: tuple[float, float] | None) -> None:
        """A finger rests at this place, or has left."""
        self._cross = at
        self.touch()

    def _step(self) -> float:
        return max(1.0, self._width - AXIS_WIDTH) / self._visible

    # Drawing

    def touch(self) -> None:
        """Draw soon; many calls are one drawing."""
        if not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_later(FRAME_S, self._draw)

    def _draw(self) -> None:
        self._pending = False
        self.frame += 1
