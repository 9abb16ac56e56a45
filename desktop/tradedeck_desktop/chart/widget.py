"""The chart's widget: candles, volume, axes, fills, working orders and a crosshair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.chart.bars import Bars, View
from tradedeck_desktop.chart.paint import columns, draw_candles, draw_volume
from tradedeck_desktop.chart.scale import ZOOM_STEP, PriceScale, Span, round_steps, time_label, time_step_min
from tradedeck_desktop.kit.theme import figures_font, text_font

AXIS_PX = 76
TIME_PX = 22
TOP_PX = 26
VOLUME_SHARE = 0.16
PRICE_PAD = 0.06
NEAR_RANGES = 1.0
LABEL_PX = 70
MINUTE_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class FillMark:
    """One of our fills."""

    time_ns: int
    price: float
    buy: bool


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A working order of ours at its price."""

    price: float
    buy: bool
    text: str


class Chart(QWidget):
    """Shows `bars`; the wheel zooms, a drag and the arrow keys move, Home and End jump."""

    def __init__(self, theme: Theme, price_decimals: int = 2) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Price chart")
        self._theme, self._decimals = theme, price_decimals
        self._bars: Bars | None = None
        self._span = Span()
        self._fills: Sequence[FillMark] = ()
        self._orders: Sequence[OrderLine] = ()
        self._mouse: QPointF | None = None
        self._drag: tuple[float, Span] | None = None
        self._empty = "Waiting for the first prices …"
        self.paints = 0

    def show_bars(self, bars: Bars | None, price_decimals: int) -> None:
        """Show another market; None shows the empty state."""
        self._bars, self._decimals, self._span = bars, price_decimals, Span()
        self.update()

    def show_trading(self, fills: Sequence[FillMark], orders: Sequence[OrderLine]) -> None:
        """Show our fills, oldest first, and working orders."""
        self._fills, self._orders = fills, orders
        self.update()

    def use(self, theme: Theme) -> None:
        """Paint in another theme."""
        self._theme = theme
        self.update()

    @property
    def span(self) -> Span:
        """What is in sight."""
        return self._span

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """See Qt."""
        self.paints += 1
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.bg1))
        bars = self._bars
        if bars is None or not len(bars):
            painter.setPen(QColor(self._theme.text2))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
        else:
            self._paint_market(painter, bars)
        painter.end()

    def _paint_market(self, painter: QPainter, bars: Bars) -> None:
        first, last = self._span.range(len(bars))
        view, span, at_index = bars.window(int(first), int(last) + 1, int(self._plot_width()))
        if not len(view.close):
            return
        scale = self._price_scale(view)
        px = self._px_per_bar()
        at = columns(at_index, span, len(view.close), first, px)
        self._paint_grid(painter, bars, scale, first, px)
        painter.setClipRect(QRectF(0, 0, self._plot_width(), self.height() - TIME_PX))
        volume_px = (self.height() - TIME_PX - TOP_PX) * VOLUME_SHARE
        draw_volume(painter, view, at, self.height() - TIME_PX - volume_px, volume_px, self._theme)
        draw_candles(painter, view, at, scale, self._theme)
        self._paint_orders(painter, scale)
        self._paint_fills(painter, bars, scale, first, px)
        painter.setClipping(False)
        self._paint_last(painter, bars, scale)
        self._paint_readout(painter, bars, scale, first, px)

    def _price_scale(self, view: View) -> PriceScale:
        low, high = float(view.low.min()), float(view.high.max())
        # Working orders near the bars are part of the picture; far ones would flatten it.
        near = [o.price for o in self._orders if abs(o.price - (low + high) / 2) <= (high - low) * NEAR_RANGES]
        low, high = min([low, *near]), max([high, *near])
        pad = ((high - low) or high * 0.001) * PRICE_PAD
        room = (self.height() - TIME_PX - TOP_PX) * (1 - VOLUME_SHARE)
        return PriceScale(low - pad, high + pad, TOP_PX, room)

    def _paint_grid(self, painter: QPainter, bars: Bars, scale: PriceScale, first: float, px: float) -> None:
        theme, width, bottom = self._theme, self._plot_width(), self.height() - TIME_PX
        painter.setFont(figures_font(11))
        line, label = QPen(QColor(theme.line)), QPen(QColor(theme.text3))
        for price in round_steps(scale.low, scale.high, max(2, int(scale.height / 56))):
            y = int(scale.y(price))
            painter.setPen(line)
            painter.drawLine(0, y, int(width), y)
            painter.setPen(label)
            painter.drawText(
                QRectF(width + 6, y - 8, AXIS_PX - 10, 16), Qt.AlignmentFlag.AlignRight, self._price(price)
            )
        bar_min = bars.timeframe_ns / MINUTE_NS
        step_min = time_step_min(bar_min, px, LABEL_PX)
        step_ns = step_min * MINUTE_NS
        start_index = max(0, int(first))
        time_ns = bars.time_ns(min(start_index, len(bars) - 1)) // step_ns * step_ns
        for number in range(int(width / LABEL_PX) + 2):
            at_ns = time_ns + number * step_ns
            index = start_index + (at_ns - bars.time_ns(min(start_index, len(bars) - 1))) / bars.timeframe_ns
            x = int((index + 0.5 - first) * px)
            if 0 <= x < width - 20:
                painter.setPen(line)
                painter.drawLine(x, TOP_PX, x, bottom)
                painter.setPen(label)
                area = QRectF(x - LABEL_PX / 2, bottom + 4, LABEL_PX, 16)
                painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, time_label(at_ns, step_min))
        painter.setPen(line)
        painter.drawLine(int(width), 0, int(width), self.height())
        painter.drawLine(0, bottom, self.width(), bottom)

    def _paint_orders(self, painter: QPainter, scale: PriceScale) -> None:
        painter.setFont(text_font(11))
        for order in self._orders:
            y = scale.y(order.price)
            if not TOP_PX <= y <= self.height() - TIME_PX:
                continue
            colour = QColor(self._theme.up if order.buy else self._theme.down)
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(0, int(y), int(self._plot_width()), int(y))
            painter.drawText(QPointF(8, y - 4), order.text)

    def _paint_fills(self, painter: QPainter, bars: Bars, scale: PriceScale, first: float, px: float) -> None:
        painter.setPen(QPen(QColor(self._theme.bg1), 1))
        width = self._plot_width()
        for fill in self._fills:
            x = (bars.index_of(fill.time_ns) + 0.5 - first) * px
            if not 0 <= x <= width:
                continue
            y = scale.y(fill.price)
            tip, base = (y + 4, y + 13) if fill.buy else (y - 4, y - 13)
            painter.setBrush(QColor(self._theme.up if fill.buy else self._theme.down))
            painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - 5, base), QPointF(x + 5, base)]))

    def _paint_last(self, painter: QPainter, bars: Bars, scale: PriceScale) -> None:
        price = bars.last_close()
        y = scale.y(price)
        if not TOP_PX <= y <= self.height() - TIME_PX:
            return
        accent = QColor(self._theme.accent)
        painter.setPen(QPen(accent, 1, Qt.PenStyle.DotLine))
        painter.drawLine(0, int(y), int(self._plot_width()), int(y))
        self._tag(painter, y, self._price(price), accent)

    def _paint_readout(self, painter: QPainter, bars: Bars, scale: PriceScale, first: float, px: float) -> None:
        mouse = self._mouse
        index = len(bars) - 1 if mouse is None else int(min(max(mouse.x() / px + first, 0), len(bars) - 1))
        view, _, _ = bars.window(index, index + 1, 10)
        rising = view.close[0] >= view.open[0]
        painter.setFont(figures_font(11))
        painter.setPen(QColor(self._theme.up if rising else self._theme.down))
        figures = (("O", view.open), ("H", view.high), ("L", view.low), ("C", view.close))
        prices = "  ".join(f"{name} {self._price(float(column[0]))}" for name, column in figures)
        sign = "▲" if rising else "▼"
        at = time_label(bars.time_ns(index), 1)
        painter.drawText(QPointF(10, 17), f"{at} UTC  {sign}  {prices}  V {float(view.volume[0]):,.3f}")
        if mouse is None:
            return
        painter.setPen(QPen(QColor(self._theme.line_strong), 1, Qt.PenStyle.DashLine))
        painter.drawLine(int(mouse.x()), TOP_PX, int(mouse.x()), self.height() - TIME_PX)
        painter.drawLine(0, int(mouse.y()), int(self._plot_width()), int(mouse.y()))
        if TOP_PX <= mouse.y() <= TOP_PX + scale.height:
            self._tag(painter, mouse.y(), self._price(scale.price(mouse.y())), QColor(self._theme.line_strong))

    def _tag(self, painter: QPainter, y: float, text: str, colour: QColor) -> None:
        area = QRectF(self._plot_width() + 1, y - 9, AXIS_PX - 2, 18)
        painter.fillRect(area, colour)
        on_strong = colour == QColor(self._theme.line_strong)
        painter.setPen(QColor(self._theme.text1 if on_strong else self._theme.on_colour))
        painter.setFont(figures_font(11))
        painter.drawText(area.adjusted(0, 0, -5, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)

    # Moving about

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom; the newest bar stays in place."""
        self._move(self._span.zoomed(1 / ZOOM_STEP if event.angleDelta().y() > 0 else ZOOM_STEP))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Start a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = (event.position().x(), self._span)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End a drag."""
        self._drag = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag, or move the crosshair."""
        self._mouse = event.position() if event.position().x() < self._plot_width() else None
        if self._drag is not None:
            start, span = self._drag
            self._move(span.moved((event.position().x() - start) / self._px_per_bar(), self._count()))
        self.update()

    def leaveEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """No crosshair outside."""
        self._mouse = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows move by a tenth of the sight, + and - zoom, Home and End jump."""
        step, count = self._span.bars / 10, self._count()
        moves = {
            Qt.Key.Key_Left: lambda: self._span.moved(step, count),
            Qt.Key.Key_Right: lambda: self._span.moved(-step, count),
            Qt.Key.Key_Home: lambda: self._span.moved(count, count),
            Qt.Key.Key_End: lambda: self._span.moved(-count, count),
            Qt.Key.Key_Plus: lambda: self._span.zoomed(1 / ZOOM_STEP),
            Qt.Key.Key_Minus: lambda: self._span.zoomed(ZOOM_STEP),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self._move(move())

    def _move(self, span: Span) -> None:
        self._span = span
        self.update()

    def _count(self) -> int:
        return 0 if self._bars is None else len(self._bars)

    def _plot_width(self) -> float:
        return max(1.0, self.width() - AXIS_PX)

    def _px_per_bar(self) -> float:
        return self._plot_width() / self._span.bars

    def _price(self, price: float) -> str:
        return f"{price:,.{self._decimals}f}"
