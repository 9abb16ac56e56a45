"""The shape of the equity curve."""

from __future__ import annotations

from collections.abc import Sequence

EDGE = 3.0
"""Room above and below the line, in px."""


def curve_points(values: Sequence[float], width: float, height: float) -> list[tuple[float, float]]:
    """Values from left to right over the whole width, the highest at the top; empty without room or values."""
    if len(values) < 2 or min(width, height) <= 2 * EDGE:
        return []
    low, high = min(values), max(values)
    step, scale = width / (len(values) - 1), (height - 2 * EDGE) / ((high - low) or 1.0)
    return [(round(i * step, 1), round(EDGE + (high - value) * scale, 1)) for i, value in enumerate(values)]
