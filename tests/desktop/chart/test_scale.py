"""Spans, prices in pixels, round labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck_desktop.chart.scale import (
    MAX_BARS,
    MIN_BARS,
    PriceScale,
    Span,
    round_steps,
    time_label,
    time_step_min,
)

HOUR_NS = 3_600_000_000_000


@given(
    low=st.floats(0.01, 1e6),
    rise=st.floats(0.01, 1e6),
    height=st.floats(10, 2000),
    share=st.floats(0, 1),
)
def test_a_price_and_its_place_are_one(low: float, rise: float, height: float, share: float) -> None:
    scale = PriceScale(low, low + rise, 26, height)
    price = low + rise * share
    assert 26 - 1e-6 <= scale.y(price) <= 26 + height + 1e-6
    assert scale.price(scale.y(price)) == pytest.approx(price, rel=1e-6, abs=1e-6)


@given(low=st.floats(0.001, 1e6), rise=st.floats(0.001, 1e6), most=st.integers(1, 30))
def test_labels_are_round_within_sight_and_not_too_many(low: float, rise: float, most: int) -> None:
    steps = round_steps(low, low + rise, most)
    assert len(steps) <= most + 1
    assert all(low - rise * 1e-6 <= step <= low + rise * (1 + 1e-6) for step in steps)
    assert steps == sorted(steps)


def test_labels_are_numbers_a_person_would_choose() -> None:
    assert round_steps(67_012, 67_099, 5) == [67_020, 67_040, 67_060, 67_080]
    assert round_steps(5, 5, 5) == []


@given(
    factors=st.lists(st.floats(0.01, 100), max_size=20), moves=st.lists(st.floats(-1e7, 1e7), max_size=20),
    count=st.integers(0, 100_000),
)  # fmt: skip
def test_zooming_and_moving_never_leave_the_bars(factors: list[float], moves: list[float], count: int) -> None:
    span = Span()
    for factor in factors:
        span = span.zoomed(factor)
    for move in moves:
        span = span.moved(move, count)
    assert MIN_BARS <= span.bars <= MAX_BARS
    assert 0 <= span.back <= max(0.0, count - MIN_BARS)


def test_time_labels_do_not_touch() -> None:
    step = time_step_min(bar_min=1, bar_px=8, label_px=70)
    assert step == 10
    assert time_step_min(bar_min=60, bar_px=8, label_px=70) == 720
    assert time_step_min(bar_min=1440, bar_px=0.01, label_px=70) == 10_080


def test_midnight_is_told_by_its_day() -> None:
    assert time_label(0, 60) == "Jan 01"
    assert time_label(HOUR_NS, 60) == "01:00"
    assert time_label(HOUR_NS, 1440) == "Jan 01"
