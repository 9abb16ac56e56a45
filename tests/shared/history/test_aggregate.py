"""Bars from trades: a venue's own bars again to the last bit, and boundaries that are said exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history import bundled_week
from tradedeck.history.aggregate import Rule, aggregate, bars_from, by_count, by_time, by_value, by_volume, longer
from tradedeck.history.frames import Frame, cut, joined
from tradedeck.history.load import load_bars, load_trades
from tradedeck.history.series import TradeSeries
from tradedeck.history.timeframes import DAY_NS, timeframe_ns_of, timeframe_text

DATA = Path(__file__).parents[2] / "data"


def trades(*rows: tuple[int, float, float]) -> TradeSeries:
    times, prices, sizes = zip(*rows, strict=True)
    return TradeSeries("X", np.array(times), np.array(prices), np.array(sizes), np.ones(len(rows), np.int8))


def test_recorded_trades_make_the_venues_own_bars_exactly() -> None:
    made = aggregate(load_trades(DATA / "XRPETH_trades.parquet"), by_time(MINUTE_NS))
    recorded = load_bars(DATA / "XRPETH_bars_1m.parquet")
    assert len(recorded) == 2_469
    assert made.digest() == recorded.digest()


def test_a_trade_on_the_boundary_opens_the_next_bar() -> None:
    bars = aggregate(trades((59, 1.0, 1.0), (60, 2.0, 1.0), (119, 3.0, 2.0), (300, 4.0, 1.0)), by_time(60 * 10**6))
    assert bars.open_ns.tolist() == [0]
    bars = aggregate(
        trades(*((t * 10**9, p, 1.0) for t, p in ((59, 1.0), (60, 2.0), (119, 3.0), (300, 4.0)))), by_time(MINUTE_NS)
    )
    assert bars.open_ns.tolist() == [0, MINUTE_NS, 5 * MINUTE_NS]
    assert (bars.open.tolist(), bars.close.tolist()) == ([1.0, 2.0, 4.0], [1.0, 3.0, 4.0])


def test_a_bar_by_count_has_so_many_trades_and_an_unfinished_one_is_left_out() -> None:
    bars = aggregate(trades(*((t, float(t), 0.5) for t in range(1, 8))), by_count(3))
    assert bars.open.tolist() == [1.0, 4.0]
    assert bars.close.tolist() == [3.0, 6.0]
    assert bars.volume.tolist() == [1.5, 1.5]


def test_a_bar_by_volume_ends_with_the_trade_that_reaches_it_and_the_next_starts_empty() -> None:
    sizes = (0.1, 0.2, 0.05, 0.9, 0.3, 0.29)
    bars = aggregate(trades(*((t, float(t), size) for t, size in enumerate(sizes, 1))), by_volume(0.3))
    # 0.1 + 0.2 is 0.3 here, though not in floats; 0.05 + 0.9 goes over and nothing is carried on.
    assert bars.close.tolist() == [2.0, 4.0, 5.0]
    assert bars.volume.tolist() == [pytest.approx(0.3), pytest.approx(0.95), 0.3]


def test_a_bar_by_value_counts_price_times_size() -> None:
    bars = aggregate(trades((1, 10.0, 1.0), (2, 20.0, 1.0), (3, 50.0, 1.0), (4, 1.0, 1.0)), by_value(30))
    assert bars.close.tolist() == [20.0, 50.0]


def test_sums_too_large_for_the_finest_steps_are_counted_coarser() -> None:
    bars = aggregate(trades(*((t, 1.0, 4e15) for t in range(1, 5))), by_volume(8e15))
    assert bars.close.tolist() == [1.0, 1.0]
    assert bars.volume.tolist() == [8e15, 8e15]


def test_bars_that_begin_at_one_moment_open_a_nanosecond_apart() -> None:
    bars = aggregate(trades(*((5, 1.0, 1.0) for _ in range(3)), (6, 1.0, 1.0)), by_count(1))
    assert bars.open_ns.tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    "rule", [by_time(MINUTE_NS), by_count(100), by_volume(1_000), by_value(3)], ids=lambda r: r.name
)
def test_trades_in_pieces_make_the_same_bars(rule: Rule) -> None:
    recorded = load_trades(DATA / "XRPETH_trades.parquet")
    whole: Frame = {"time_ns": recorded.time_ns, "price": recorded.price, "size": recorded.size}
    pieces = [cut(whole, slice(at, at + 777)) for at in range(0, len(recorded), 777)]
    bars = joined(bars_from(pieces, rule))
    expected = aggregate(recorded, rule)
    assert bars["time_ns"].tolist() == expected.open_ns.tolist()
    assert bars["volume"].tolist() == expected.volume.tolist()
    assert len(expected) > 10


def test_minutes_become_hours_on_the_grid() -> None:
    week = load_bars(bundled_week())
    hours = longer(week.slice(30, 30 + 200), 60 * MINUTE_NS)
    # From half past midnight for 200 minutes: the fourth hour is not over.
    assert (hours.open_ns - week.open_ns[0]).tolist() == [0, 60 * MINUTE_NS, 120 * MINUTE_NS]
    assert hours.open[1] == week.open[60]
    assert hours.high[1] == week.high[60:120].max()
    assert hours.low[1] == week.low[60:120].min()
    assert hours.close[1] == week.close[119]
    assert hours.volume[1] == pytest.approx(week.volume[60:120].sum(), rel=1e-12)


def test_a_week_begins_on_monday() -> None:
    week = load_bars(bundled_week())  # 2024-03-04 is a Monday
    assert longer(week, 7 * DAY_NS).open_ns.tolist() == [int(week.open_ns[0])]
    with pytest.raises(NotFoundError, match="no whole bar of 1w"):
        longer(week.slice(0, 5_000), 7 * DAY_NS)


def test_bars_are_not_cut_into_shorter_or_odd_ones() -> None:
    week = longer(load_bars(bundled_week()), 5 * MINUTE_NS)
    with pytest.raises(RefusedError, match="bars of 5m don't make bars of 7m"):
        longer(week, 7 * MINUTE_NS)
    with pytest.raises(RefusedError, match="above zero"):
        by_count(0)
    with pytest.raises(NotFoundError, match="not enough trades"):
        aggregate(trades((1, 1.0, 1.0)), by_count(2))


@pytest.mark.parametrize("text", ["250ms", "1s", "5m", "4h", "1d", "2w"])
def test_timeframes_are_read_as_they_are_written(text: str) -> None:
    assert timeframe_text(timeframe_ns_of(text)) == text


@pytest.mark.parametrize("text", ["", "m", "0m", "1M", "1.5h", "-1m"])
def test_what_is_no_timeframe_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="write it as 1s, 5m"):
        timeframe_ns_of(text)
