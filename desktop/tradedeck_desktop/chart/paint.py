"""Painting candles in batches: pixel rectangles computed in numpy, two calls a colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from tradedeck.design import Theme
from tradedeck_desktop.chart.bars import View
from tradedeck_desktop.chart.scale import PriceScale

Rects = NDArray[np.int32]
BODY_SHARE = 0.7
VOLUME_ALPHA = 110


@dataclass(frozen=True, slots=True)
class Columns:
    """Where bars lie: the centre of each in px, and how wide a body is."""

    centres: NDArray[np.float64]
    body_px: int


def columns(first_index: int, span: int, count: int, first_shown: float, px_per_bar: float) -> Columns:
    """Centres of `count` bars, each of `span` level-0 bars, when `first_shown` lies at x = 0."""
    indices = first_index + span * np.arange(count) + span / 2
    centres: NDArray[np.float64] = ((indices - first_shown) * px_per_bar).astype(np.float64)
    return Columns(centres, max(1, int(px_per_bar * span * BODY_SHARE)))


def draw_candles(painter: QPainter, view: View, at: Columns, scale: PriceScale, theme: Theme) -> None:
    """Wicks and bodies; a rising bar is hollow in outline when wide, so that colour is not alone."""
    rising = view.close >= view.open
    tops = _rows(scale, np.maximum(view.open, view.close))
    bottoms = np.maximum(_rows(scale, np.minimum(view.open, view.close)), tops)
    lefts = (at.centres - at.body_px / 2).astype(np.int32)
    bodies = _rects(lefts, tops, np.full(len(lefts), at.body_px, np.int32), bottoms - tops + 1)
    middles = lefts + at.body_px // 2
    highs, lows = _rows(scale, view.high), _rows(scale, view.low)
    wicks = _rects(middles, highs, np.ones(len(middles), np.int32), lows - highs + 1)
    painter.setPen(Qt.PenStyle.NoPen)
    for mask, colour in ((rising, theme.up), (~rising, theme.down)):
        painter.setBrush(QColor(colour))
        _draw(painter, wicks[mask])
        _draw(painter, bodies[mask])
    if at.body_px >= 5:
        hollow = bodies[rising & (bottoms - tops >= 3)].copy()
        hollow[:, :2] += 1
        hollow[:, 2:] -= 1
        painter.setBrush(QColor(theme.bg1))
        _draw(painter, hollow)


def draw_volume(painter: QPainter, view: View, at: Columns, top: float, height: float, theme: Theme) -> None:
    """Volume from the bottom up, the largest in sight filling `height`."""
    largest = float(view.volume.max()) if len(view.volume) else 0.0
    if largest <= 0:
        return
    heights = np.maximum(view.volume / largest * height, 1).astype(np.int32)
    lefts = (at.centres - at.body_px / 2).astype(np.int32)
    tops = (top + height - heights).astype(np.int32)
    bars = _rects(lefts, tops, np.full(len(lefts), at.body_px, np.int32), heights)
    rising = view.close >= view.open
    painter.setPen(Qt.PenStyle.NoPen)
    for mask, colour in ((rising, theme.up), (~rising, theme.down)):
        shade = QColor(colour)
        shade.setAlpha(VOLUME_ALPHA)
        painter.setBrush(shade)
        _draw(painter, bars[mask])


def _rows(scale: PriceScale, prices: NDArray[np.float64]) -> Rects:
    return (scale.top + (scale.high - prices) * scale.per_price).astype(np.int32)


def _rects(left: Rects, top: Rects, width: Rects, height: Rects) -> Rects:
    """As QRect keeps them: left, top, right, bottom, the last two inside."""
    return np.stack([left, top, left + width - 1, top + height - 1], axis=1)


def _draw(painter: QPainter, rects: Rects) -> None:
    if len(rects):
        # The array is QRects already; making one object for each would cost more than painting them.
        whole = np.ascontiguousarray(rects, np.int32)
        painter.drawRects(cast(QRect, shiboken6.wrapInstance(whole.ctypes.data, QRect)), len(whole))
