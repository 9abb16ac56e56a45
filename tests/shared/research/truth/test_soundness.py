"""Thin evidence, holes in the data and fragile profit are told with their numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from shared.research.runs import BTC, run_of, week

from tradedeck.history.series import BarSeries
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings
from tradedeck.research.trades import round_trips
from tradedeck.research.truth import Level, check_truth, soundness
from tradedeck.research.truth.sensitivity import worse
from tradedeck.strategies import SmaCross

HOURS = week().slice(0, 600)


def without(series: BarSeries, start: int, stop: int) -> BarSeries:
    keep = np.r_[0:start, stop : len(series)]
    columns = (series.open, series.high, series.low, series.close, series.volume)
    return BarSeries(series.symbol, series.timeframe_ns, series.open_ns[keep], *(column[keep] for column in columns))


def test_data_without_holes_is_fine() -> None:
    assert soundness.data_confidence(HOURS, []).level is Level.FINE


def test_trades_across_a_hole_and_into_one_are_marked() -> None:
    holed = without(HOURS, 100, 130)
    # The first is held across the hole, the second filled right after it, the third knows nothing of it.
    fills = [(90, 1, 1000), (110, -1, 1000), (200, 1, 1000), (210, -1, 1000)]
    run = run_of(holed, fills, Settings())
    found = soundness.data_confidence(holed, round_trips(run))
    assert found.level is Level.WARNING
    assert found.figures["bars missing"] == 30
    assert found.figures["trades across gaps"] == 1
    after = run_of(holed, [(100, 1, 1000), (110, -1, 1000)], Settings())
    assert soundness.data_confidence(holed, round_trips(after)).figures["trades across gaps"] == 1


def test_few_trades_are_told() -> None:
    few = round_trips(run_of(HOURS, [(10, 1, 1000), (20, -1, 1000)], Settings()))
    assert soundness.enough_trades(few).level is Level.WARNING
    fills = [fill for bar in range(10, 590, 10) for fill in ((bar, 1, 1000), (bar + 5, -1, 1000))]
    assert soundness.enough_trades(round_trips(run_of(HOURS, fills, Settings()))).level is Level.FINE


def test_one_trade_that_makes_the_profit_is_named() -> None:
    free = Settings(taker=Decimal(0))
    low, high = int(np.argmin(HOURS.open)), int(np.argmax(HOURS.open))
    sign = 1 if low < high else -1
    first, last = sorted((low, high))
    found = soundness.spread_of_profit(round_trips(run_of(HOURS, [(first, sign, 1000), (last, -sign, 1000)], free)))
    assert found is not None
    assert found.level is Level.WARNING
    assert found.figures["share"] == 1.0
    lost = round_trips(run_of(HOURS, [(first, -sign, 1000), (last, sign, 1000)], free))
    assert soundness.spread_of_profit(lost) is None


def test_a_parameter_at_its_edge_is_named() -> None:
    found = {one.check: one for one in check_truth(SmaCross, backtest(SmaCross, HOURS, BTC, params={"fast": "1"}))}
    assert found["parameters"].level is Level.WARNING
    assert "fast is 1, its least" in found["parameters"].detail


def test_markets_that_end_early_and_survivors_are_told() -> None:
    other = replace(HOURS, symbol="ETHUSDT")
    assert soundness.survivorship(HOURS, []) is None
    alive = soundness.survivorship(HOURS, [other])
    assert alive is not None
    assert "survivors" in alive.detail
    dead = soundness.survivorship(HOURS, [other.slice(0, 300)])
    assert dead is not None
    assert dead.detail.startswith("ETHUSDT ends on 2024-03-04, before BTCUSDT")


def test_a_profit_that_fees_eat_is_told() -> None:
    free = Settings(taker=Decimal(0), maker=Decimal("-0.0001"))
    names = worse(free, BTC, HOURS.timeframe_ns)
    assert names["fees doubled"].maker == 0
    assert [one.slippage_ticks for one in names.values()] == [0, 1, 2, 5, 0, 0]
    run = next(
        made
        for params in ({"fast": "10"}, {"fast": "30", "slow": "200"}, {"fast": "40"}, {"fast": "5", "slow": "10"})
        if (made := backtest(SmaCross, week().slice(0, 3000), BTC, params=params, settings=free)).profit > 0
    )
    free_run = {one.check: one for one in check_truth(SmaCross, run)}["sensitivity"]
    assert free_run.figures["as assumed"] == float(run.profit)
    assert (
        free_run.figures["5 more ticks of slippage"] < free_run.figures["1 more tick of slippage"] < float(run.profit)
    )
    dear = replace(run, profit=Decimal("0.001"))
    assert {one.check: one for one in check_truth(SmaCross, dear)}["sensitivity"].figures["as assumed"] == 0.001
