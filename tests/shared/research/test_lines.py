"""Lines of longer timeframes and of other markets show nothing before it has happened."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.scripted import MIDNIGHT_NS
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries
from tradedeck.research.lines import Columns, LineKey, line_key, longer
from tradedeck.research.run import aligned

FIVE_NS = 5 * MINUTE_NS


@st.composite
def gapped(draw: st.DrawFn) -> BarSeries:
    """Minute bars from anywhere in an hour, with minutes missing."""
    minutes = sorted(draw(st.sets(st.integers(0, 90), min_size=1, max_size=60)))
    count = len(minutes)
    price = np.array(draw(st.lists(st.integers(50, 150), min_size=count, max_size=count)), np.float64)
    opens = MIDNIGHT_NS + np.array(minutes, np.int64) * MINUTE_NS
    volume = np.arange(count, dtype=np.float64)
    return BarSeries("COIN", MINUTE_NS, opens, price, price + 3, price - 3, price + 1, volume)


def slowly(series: BarSeries, i: int, output: Callable[[list[int]], float]) -> list[float]:
    """What every five-minute bar that is over at the close of bar `i` gives, from the bars up to `i` alone."""
    now = int(series.open_ns[i]) + MINUTE_NS
    found: dict[int, list[int]] = {}
    for k in range(i + 1):
        found.setdefault(int(series.open_ns[k]) // FIVE_NS, []).append(k)
    return [output(rows) for bucket, rows in sorted(found.items()) if (bucket + 1) * FIVE_NS <= now]


@settings(deadline=None)
@given(gapped())
def test_a_longer_bar_is_seen_from_its_close_on(series: BarSeries) -> None:
    made, newest = longer(series, FIVE_NS)
    for i in range(len(series)):
        highs = slowly(series, i, lambda rows: max(series.high[rows]))
        closes = slowly(series, i, lambda rows: series.close[rows[-1]])
        volumes = slowly(series, i, lambda rows: sum(series.volume[rows]))
        seen = int(newest[i]) + 1
        assert seen == len(closes)
        assert made.high[:seen].tolist() == highs
        assert made.close[:seen].tolist() == closes
        assert made.volume[:seen].tolist() == volumes


@settings(deadline=None)
@given(gapped(), st.integers(1, 4))
def test_a_line_of_a_longer_timeframe_is_the_mean_of_its_closed_bars(series: BarSeries, length: int) -> None:
    values, earlier = Columns(series).line(line_key("sma", (length,), "close", "", FIVE_NS, 0))
    assert earlier is not None
    for i in range(len(series)):
        closes = slowly(series, i, lambda rows: float(series.close[rows[-1]]))
        now = fmean(closes[-length:]) if len(closes) >= length else np.nan
        before = fmean(closes[:-1][-length:]) if len(closes) > length else np.nan
        np.testing.assert_allclose([values[i], earlier[i]], [now, before], rtol=1e-12)


@settings(deadline=None)
@given(gapped(), st.data())
def test_bars_to_come_change_no_line(series: BarSeries, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(series)))
    key = line_key("ema", (2,), "close", "", FIVE_NS, 0)
    whole, part = Columns(series).line(key), Columns(series.slice(0, cut)).line(key)
    for a, b in zip(whole, part, strict=True):
        assert a is not None
        assert b is not None
        np.testing.assert_array_equal(a[:cut], b)


@settings(deadline=None)
@given(gapped(), gapped())
def test_another_market_shows_its_newest_bar_and_keeps_it_over_gaps(main: BarSeries, other: BarSeries) -> None:
    if other.open_ns[0] > main.open_ns[0]:
        with pytest.raises(RefusedError, match="begins after"):
            aligned(main, other)
        return
    laid = aligned(main, other)
    assert laid.open_ns.tolist() == main.open_ns.tolist()
    for i, open_ns in enumerate(main.open_ns):
        newest = max(k for k in range(len(other)) if other.open_ns[k] <= open_ns)
        own = other.open_ns[newest] == open_ns
        assert laid.close[i] == other.close[newest]
        assert laid.high[i] == (other.high[newest] if own else other.close[newest])
        assert laid.volume[i] == (other.volume[newest] if own else 0)


def plain(count: int = 20) -> BarSeries:
    price = np.arange(count, dtype=np.float64) + 100
    opens = MIDNIGHT_NS + np.arange(count, dtype=np.int64) * MINUTE_NS
    return BarSeries("COIN", MINUTE_NS, opens, price, price + 1, price - 1, price, price)


def test_a_line_may_take_any_column_and_any_output() -> None:
    columns = Columns(plain())
    volume, _ = columns.line(line_key("sma", (2,), "volume", "", MINUTE_NS, 0))
    assert volume[1:].tolist() == [
        (a + b) / 2 for a, b in zip(columns.series.volume, columns.series.volume[1:], strict=False)
    ]
    upper, _ = columns.line(line_key("bbands", (5, 2.0), "close", "upper", MINUTE_NS, 0))
    lower, _ = columns.line(line_key("bbands", (5, 2.0), "close", "lower", MINUTE_NS, 0))
    assert (upper[4:] > lower[4:]).all()


@pytest.mark.parametrize(("asked", "words"), [
    (("nothing", (2,), "close", ""), "no indicator nothing"),
    (("sma", (2,), "colour", ""), "no column"),
    (("bbands", (5, 2.0), "close", "side"), "has no output side"),
    (("sma", (0,), "close", ""), "must be"),
])  # fmt: skip
def test_a_line_that_cannot_be_is_refused(asked: tuple[Any, Any, Any, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        line_key(*asked, MINUTE_NS, 0)


def test_a_timeframe_must_be_a_multiple_of_the_bars() -> None:
    with pytest.raises(RefusedError, match="multiple"):
        longer(plain(), MINUTE_NS * 3 // 2)


def test_many_lines_over_a_long_series_are_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [LineKey("sma", (float(n),), timeframe_ns=MINUTE_NS) for n in range(2, 6)]
    alone = [Columns(plain()).line(key)[0] for key in keys]
    monkeypatch.setattr("tradedeck.research.lines._MANY", 5)
    together = Columns(plain())
    together.compute(keys)
    together.compute(keys[:1])
    for key, wanted in zip(keys, alone, strict=True):
        np.testing.assert_array_equal(together.line(key)[0], wanted)


def test_old_columns_go_when_they_take_too_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradedeck.research.lines.MAX_KEPT_BYTES", 2 * plain().close.nbytes)
    columns = Columns(plain())
    keys = [LineKey("sma", (float(n),), timeframe_ns=MINUTE_NS) for n in range(2, 6)]
    first = columns.line(keys[0])[0]
    for key in keys:
        columns.line(key)
    again = columns.line(keys[0])[0]
    assert again is not first
    np.testing.assert_array_equal(again, first)
