"""The candle chart: few shapes, each new every frame, so that the client replaces instead of comparing."""

from __future__ import annotations

from typing import Any

import flet as ft
import flet.canvas as cv

from tradedeck.design import Theme
from tradedeck_mobile.kit.figures import clock
from tradedeck_mobile.kit.look import use_theme
from tradedeck_mobile.kit.ui import component
from tradedeck_mobile.parts.candles import AXIS_WIDTH, Candle, Candles

TIME_HEIGHT = 22
VOLUME_SHARE = 0.18
"""Part of the height for volume."""
PADDING = 10
PRICE_LINES = 5
LABEL_SIZE = 11
TAG_HEIGHT = 20
"""Of the last price, in px; no other price is written under it."""


class _Drawing:
    """One frame: where prices and candles are on the canvas, and the shapes so far."""

    def __init__(self, candles: Candles, theme: Theme, decimals: int) -> None:
        self.theme, self.decimals, self.frame = theme, decimals, candles.frame
        self.view = candles.view()
        self.visible = candles.visible
        self.last: Candle = candles.last or self.view[-1]
        self.width = candles.size[0] - AXIS_WIDTH
        self.height = candles.size[1] - TIME_HEIGHT
        self.volume_top = self.height * (1 - VOLUME_SHARE)
        self.low = min(c.low for c in self.view)
        self.high = max(c.high for c in self.view)
        self.step = self.width / self.visible
        self.shapes: list[cv.Shape] = []

    def x(self, index: int) -> float:
        """The middle of a candle."""
        return round((index + 0.5) * self.step, 1)

    def y(self, price: float) -> float:
        """The height of a price."""
        room = self.volume_top - 2 * PADDING
        return round(PADDING + (self.high - price) * room / ((self.high - self.low) or 1.0), 1)

    def key(self, name: str) -> str:
        return f"{name}.{self.frame}"

    def lines(self, name: str, points: list[tuple[float, float]], color: str, width: float = 1) -> None:
        """Separate lines, two points each."""
        paint = ft.Paint(color=color, stroke_width=width, style=ft.PaintingStyle.STROKE)
        self.shapes.append(cv.Points(list(points), cv.PointMode.LINES, paint, key=self.key(name)))

    def text(self, name: str, x: float, y: float, value: str, color: str) -> None:
        style = ft.TextStyle(size=LABEL_SIZE, color=color, font_family="Mono")
        self.shapes.append(cv.Text(x, y - LABEL_SIZE * 0.65, value, style=style, key=self.key(name)))

    def price(self, value: float) -> str:
        return f"{value:,.{self.decimals}f}"


def shapes_of(candles: Candles, theme: Theme, decimals: int) -> list[cv.Shape]:
    """Everything on the canvas; empty before the first candle or layout."""
    if not candles.view() or min(candles.size) <= TIME_HEIGHT:
        return []
    drawing = _Drawing(candles, theme, decimals)
    _grid(drawing)
    _bodies(drawing)
    _last_price(drawing)
    if candles.cross is not None:
        _cross(drawing, candles.cross)
    return drawing.shapes


def _grid(d: _Drawing) -> None:
    levels = [d.low + (d.high - d.low) * i / (PRICE_LINES - 1) for i in range(PRICE_LINES)]
    d.lines("grid", [p for level in levels for p in ((0.0, d.y(level)), (d.width, d.y(level)))], d.theme.line)
    for i, level in enumerate(levels):
        if abs(d.y(level) - d.y(d.last.close)) < TAG_HEIGHT:
            continue
        d.text(f"price{i}", d.width + 6, d.y(level), d.price(level), d.theme.text3)
    every = max(1, int(d.visible // 3))
    for index in range(every // 2, len(d.view), every):
        at = clock(d.view[index].open_ns)[:5]
        d.text(f"time{index}", max(0.0, d.x(index) - 16), d.height + TIME_HEIGHT / 2, at, d.theme.text3)


def _bodies(d: _Drawing) -> None:
    most = max(c.volume for c in d.view) or 1.0
    for name, color, rising in (("up", d.theme.up, True), ("down", d.theme.down, False)):
        wicks: list[tuple[float, float]] = []
        bodies: list[tuple[float, float]] = []
        volumes: list[tuple[float, float]] = []
        for index, c in enumerate(d.view):
            if (c.close >= c.open) is not rising:
                continue
            x, top, bottom = d.x(index), d.y(max(c.open, c.close)), d.y(min(c.open, c.close))
            wicks += [(x, d.y(c.high)), (x, d.y(c.low))]
            bodies += [(x, top), (x, max(bottom, top + 1))]
            height = round(c.volume / most * (d.height - d.volume_top - 4), 1)
            volumes += [(x, d.height), (x, d.height - max(height, 1))]
        if bodies:
            width = max(1.0, d.step * 0.7)
            d.lines(f"volume-{name}", volumes, ft.Colors.with_opacity(0.35, color), width)
            d.lines(f"wick-{name}", wicks, color)
            d.lines(f"body-{name}", bodies, color, width)


def _last_price(d: _Drawing) -> None:
    last = d.last
    y = min(max(d.y(last.close), 9.0), d.volume_top)
    color = d.theme.up if last.close >= last.open else d.theme.down
    dashed = ft.Paint(color=color, stroke_width=1, stroke_dash_pattern=[3, 3], style=ft.PaintingStyle.STROKE)
    d.shapes.append(cv.Line(0, y, d.width, y, paint=dashed, key=d.key("last-line")))
    top, fill = y - TAG_HEIGHT / 2, ft.Paint(color=color)
    d.shapes.append(cv.Rect(d.width, top, AXIS_WIDTH, TAG_HEIGHT, border_radius=4, paint=fill, key=d.key("tag")))
    d.text("last", d.width + 6, y, d.price(last.close), d.theme.on_colour)


def _cross(d: _Drawing, at: tuple[float, float]) -> None:
    index = min(max(int(at[0] / d.step), 0), len(d.view) - 1)
    x, y = d.x(index), min(max(at[1], 0.0), d.height)
    d.lines("cross", [(x, 0.0), (x, d.height), (0.0, y), (d.width, y)], d.theme.line_strong)


@component
def CandleChart(candles: Candles, decimals: int) -> Any:
    """Pan with a finger, zoom with two or the wheel, rest to read."""
    theme = use_theme()

    def moved(event: Any) -> None:
        candles.scale(event.horizontal_scale or 1.0, event.focal_point_delta.x, event.pointer_count)

    def rested(event: Any) -> None:
        candles.point((event.local_position.x, event.local_position.y))

    return ft.Semantics(
        identifier="chart",
        label="Price chart",
        container=True,
        content=ft.GestureDetector(
            expand=True,
            drag_interval=33,
            trackpad_scroll_causes_scale=True,
            on_scale_start=lambda _event: candles.scale_start(),
            on_scale_update=moved,
            on_scroll=lambda event: candles.wheel(event.scroll_delta.y),
            on_long_press_start=rested,
            on_long_press_move_update=rested,
            on_long_press_end=lambda _event: candles.point(None),
            content=cv.Canvas(
                expand=True,
                shapes=shapes_of(candles, theme, decimals),
                on_resize=lambda event: candles.resize(event.width, event.height),
                resize_interval=50,
            ),
        ),
    )
