"""From data and assumptions to fills."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from shared.research.depth.recorded import USDM
from shared.sim.depth.books import instrument, market

from tradedeck.domain.errors import RefusedError
from tradedeck.research.depth import DepthSeries, DepthSettings, drawn_delays, run_loop
from tradedeck.research.depth.run import finished, open_replay, plain
from tradedeck.sim.depth.layout import ASK, BASE, BID, BUYER_TOOK, WINDOW
from tradedeck.sim.depth.samples import quoting


def test_a_native_run_is_the_plain_one():
    series = USDM.series()
    settings = DepthSettings(to_venue_ns=drawn_delays(2_000_000, 0.5, seed=7), to_home_ns=(1_000_000,))
    replay = plain(open_replay(series, USDM.instrument, settings, room=20_000))
    assert quoting(replay, 1) == 0
    expected = finished(replay, series, USDM.instrument, settings)
    result = run_loop(quoting, series, USDM.instrument, settings, 1)
    assert result.fills.tolist() == expected.fills.tolist()
    assert (result.cash, result.fees, result.profit) == (expected.cash, expected.fees, expected.profit)
    assert result.fees > 0


def test_logs_grow_until_they_hold_everything():
    rows = [(BID, 0, 10_000, 5), (ASK, 0, 10_002, 5)]
    for k in range(1, 4_000):
        rows += [(BID, 2 * k, 10_000 - k % 2, 5), (ASK, 2 * k, 10_002 + k % 2, 5)]
        rows += [(BID, 2 * k + 1, 10_000 - k % 2, 0), (ASK, 2 * k + 1, 10_002 + k % 2, 0)]
    series = market(*rows)
    result = run_loop(quoting, series, instrument(), DepthSettings(), 1)
    replay = plain(open_replay(series, instrument(), DepthSettings(), room=100_000))
    assert quoting(replay, 1) == 0
    assert replay.state[WINDOW] == open_replay(series, instrument(), DepthSettings()).state[WINDOW]
    assert result.fills.tolist() == finished(replay, series, instrument(), DepthSettings()).fills.tolist()


def test_drawn_delays_are_the_same_for_the_same_seed():
    delays = drawn_delays(1_000_000, 0.3, seed=1)
    assert delays == drawn_delays(1_000_000, 0.3, seed=1)
    assert delays != drawn_delays(1_000_000, 0.3, seed=2)
    assert min(delays) > 0
    assert np.median(delays) == pytest.approx(1_000_000, rel=0.05)


def test_the_window_holds_every_price_that_can_be_best():
    replay = open_replay(
        market((BID, 0, 100, 5), (ASK, 0, 90_000, 5), (BUYER_TOOK, 1, 5_000, 1)), instrument(), DepthSettings()
    )
    first, last = replay.state[BASE], replay.state[BASE] + replay.state[WINDOW] - 1
    assert first < 5_000 < last
    assert last < 90_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (DepthSettings(exponent=0), "exponent"),
        (DepthSettings(to_venue_ns=(-1,)), "delays"),
        (DepthSettings(to_home_ns=()), "delays"),
    ],
)
def test_assumptions_that_make_no_sense_are_refused(settings: DepthSettings, message: str):
    with pytest.raises(RefusedError, match=message):
        open_replay(market((BID, 0, 100, 5)), instrument(), settings)


def test_prices_too_far_apart_are_refused():
    series = market((BUYER_TOOK, 0, 1, 5), (BUYER_TOOK, 0, 100_000_000, 5))
    with pytest.raises(RefusedError, match="too far apart"):
        open_replay(series, instrument(), DepthSettings())


def test_an_empty_series_is_refused():
    none = np.empty(0, np.int64)
    with pytest.raises(RefusedError, match="no rows"):
        open_replay(DepthSeries("XY", none, none, none, none, none), instrument(), DepthSettings())


def test_nothing_traded_costs_nothing():
    series = market((BID, 0, 100, 5))
    replay = plain(open_replay(series, instrument(), DepthSettings()))
    assert quoting(replay, 1) == 0
    result = finished(replay, series, instrument(), DepthSettings())
    assert (result.profit, result.fees, result.position) == (Decimal(0), Decimal(0), 0)
