"""The pyramid of bars against a naive oracle."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradedeck_desktop.chart import Bars
from tradedeck_desktop.chart.bars import View

MINUTE_NS = 60_000_000_000
Row = tuple[float, float, float, float, float]

prices = st.integers(1, 10_000).map(float)
trades = st.lists(st.tuples(st.integers(0, 3), prices, st.integers(1, 9).map(float)), min_size=1, max_size=300)


def fed(moves: list[tuple[int, float, float]], look_every: int) -> tuple[Bars, list[Row]]:
    """Bars fed with trades (minutes later, price, size), looked at now and then; and what they must be."""
    bars, expected, now = Bars(MINUTE_NS), list[Row](), 0
    for number, (later, price, size) in enumerate(moves):
        now += later * MINUTE_NS
        bars.trade(now, price, size)
        if later or not expected:
            expected.append((price, price, price, price, size))
        else:
            o, h, low, _, v = expected[-1]
            expected[-1] = (o, max(h, price), min(low, price), price, v + size)
        if number % look_every == 0:
            bars.window(0, len(bars), 2)
    return bars, expected


def rows(view: View) -> list[Row]:
    columns = (view.open, view.high, view.low, view.close, view.volume)
    return [tuple(float(x) for x in row) for row in zip(*columns, strict=True)]  # type: ignore[misc]


def joined(expected: list[Row], span: int) -> list[Row]:
    parts = [expected[i : i + span] for i in range(0, len(expected), span)]
    return [(p[0][0], max(r[1] for r in p), min(r[2] for r in p), p[-1][3], sum(r[4] for r in p)) for p in parts]


@given(moves=trades, look_every=st.integers(1, 40), pixels=st.integers(1, 400))
def test_every_level_is_the_same_bars_joined(
    moves: list[tuple[int, float, float]], look_every: int, pixels: int
) -> None:
    bars, expected = fed(moves, look_every)
    view, span, first = bars.window(0, len(bars), pixels)
    assert first == 0
    assert len(bars) == len(expected)
    assert rows(view) == joined(expected, span)
    assert len(view.close) <= max(2, pixels + 1)


@given(moves=trades, pixels=st.integers(1, 60), data=st.data())
def test_no_extreme_is_lost_when_zoomed_out(
    moves: list[tuple[int, float, float]], pixels: int, data: st.DataObject
) -> None:
    bars, expected = fed(moves, 7)
    start = data.draw(st.integers(0, len(expected) - 1))
    stop = data.draw(st.integers(start + 1, len(expected)))
    view, span, first = bars.window(start, stop, pixels)
    assert first <= start
    covered = expected[first : first + span * len(view.close)]
    assert len(covered) >= stop - start
    assert float(view.high.max()) == max(row[1] for row in covered)
    assert float(view.low.min()) == min(row[2] for row in covered)


def test_room_grows_beyond_the_first_arrays() -> None:
    bars = Bars(MINUTE_NS)
    for number in range(10_000):
        bars.put(number * MINUTE_NS, 1.0, 2.0 + number, 0.5, 1.5, 1.0)
    view, span, _ = bars.window(0, len(bars), 100)
    assert span == 128
    assert float(view.high.max()) == 2.0 + 9_999
    assert np.all(view.volume[:-1] == 128)


def test_the_last_bar_can_be_replaced_and_older_news_is_ignored() -> None:
    bars = Bars(MINUTE_NS)
    bars.put(MINUTE_NS, 1, 2, 0.5, 1.5, 1)
    bars.put(2 * MINUTE_NS, 1, 3, 1, 2, 1)
    bars.put(2 * MINUTE_NS, 1, 9, 1, 7, 5)
    bars.put(MINUTE_NS, 4, 4, 4, 4, 4)
    view, _, _ = bars.window(0, 2, 100)
    assert rows(view) == [(1, 2, 0.5, 1.5, 1), (1, 9, 1, 7, 5)]


def test_a_time_finds_its_bar() -> None:
    bars = Bars(MINUTE_NS)
    for minute in (1, 2, 5):
        bars.put(minute * MINUTE_NS, 1, 1, 1, 1, 1)
    assert bars.index_of(0) == -1
    assert [bars.index_of(m * MINUTE_NS + 1) for m in (1, 2, 3, 5, 9)] == [0, 1, 1, 2, 2]
    assert all(a < b for a, b in pairwise(bars.time_ns(i) for i in range(3)))
