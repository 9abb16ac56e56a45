"""Columns arrive in a page as they left, and a million bars stay small."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.research.runs import week

from tradedeck.history.series import Floats
from tradedeck.research.reporting.columns import buckets_of, gathered, packed, step_for


def unpacked(column: dict[str, object]) -> Floats:
    """What the page does, in other words: see columns.js."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(str(column["data"]))), "<i4")
    whole = np.cumsum(steps.astype(np.int64)).astype(np.int32).astype(np.float64)
    return np.where(whole == -(2.0**31), np.nan, whole * float(str(column["step"])))


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1) | st.none(), max_size=50))
def test_whole_steps_come_back_as_they_were(steps: list[int | None]) -> None:
    values = np.array([np.nan if step is None else step * 0.01 for step in steps])
    np.testing.assert_allclose(unpacked(packed(values, 0.01)), values, rtol=1e-12)


def test_what_does_not_fit_is_kept_coarser() -> None:
    values = np.array([1e12, -1e12, np.inf, 5e11])
    np.testing.assert_allclose(unpacked(packed(values, 0.01)), [1e12, -1e12, np.nan, 5e11], rtol=1e-8)


def test_a_line_keeps_six_figures() -> None:
    values = np.array([np.nan, 61.23456789, 0.000123])
    np.testing.assert_allclose(unpacked(packed(values, step_for(values))), values, atol=61 * 1e-6)
    assert step_for(np.array([np.nan])) == 1.0


@pytest.mark.parametrize(("bars", "size"), [(0, 1), (1, 1), (100, 1), (101, 2), (1_000, 10)])
def test_buckets_are_no_more_than_asked(bars: int, size: int) -> None:
    buckets = buckets_of(bars, 100)
    assert buckets.size == size
    assert len(buckets.starts) == -(-bars // size)
    assert len(buckets.lasts) == len(buckets.starts)


def test_a_bucket_keeps_every_high_and_low() -> None:
    series = week().slice(0, 1001)
    buckets = buckets_of(1001, 300)
    found = gathered(series, buckets)
    assert found["high"].max() == series.high.max()
    assert found["low"].min() == series.low.min()
    assert found["open"][1] == series.open[4]
    assert found["close"][0] == series.close[3]
    assert found["close"][-1] == series.close[-1]
    assert len(gathered(series.slice(0, 0), buckets_of(0))["open"]) == 0
