"""A line without axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flet as ft
import flet.canvas as cv

from tradedeck_mobile.kit.hooks import use_state
from tradedeck_mobile.kit.ui import component

EDGE = 3.0
"""Room above and below the line, in px."""


def curve_points(values: Sequence[float], width: float, height: float) -> list[tuple[float, float]]:
    """Values from left to right over the whole width, the highest at the top; level ones in the middle.

    Empty without room or values.
    """
    if len(values) < 2 or min(width, height) <= 2 * EDGE:
        return []
    low, high = min(values), max(values)
    step = width / (len(values) - 1)
    if low == high:
        return [(round(i * step, 1), height / 2) for i in range(len(values))]
    scale = (height - 2 * EDGE) / (high - low)
    return [(round(i * step, 1), round(EDGE + (high - value) * scale, 1)) for i, value in enumerate(values)]


@component
def Spark(values: tuple[float, ...], color: str, label: str, height: int, width: int | None = None) -> Any:
    """`values` from left to right."""
    (room_x, room_y), set_room = use_state((0.0, 0.0))
    points = curve_points(values, room_x, room_y)
    paint = ft.Paint(color=color, stroke_width=2, style=ft.PaintingStyle.STROKE)
    key = f"{len(values)}.{values[-1] if values else 0}.{color}"
    line: list[Any] = [cv.Points(list(points), cv.PointMode.POLYGON, paint, key=key)] if points else []
    canvas = cv.Canvas(
        expand=True,
        shapes=line,
        on_resize=lambda event: set_room((event.width, event.height)),
    )
    return ft.Semantics(label=label, content=ft.Container(canvas, height=height, width=width))
