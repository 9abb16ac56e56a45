"""The market maker on two recorded order books of ten and six minutes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.shared.research.depth.recorded import SPOT, USDM, Recorded
from tests.shared.strategies.markets import BTC, week
from tradedeck.domain.errors import RefusedError
from tradedeck.research.depth import DepthRun, DepthSettings, replay_depth
from tradedeck.research.run import backtest
from tradedeck.strategies import MarketMaker

TWO_MS = DepthSettings(to_venue_ns=(2_000_000,), to_home_ns=(2_000_000,))


def run(recorded: Recorded, **params: str) -> DepthRun:
    return replay_depth(MarketMaker, recorded.series(), recorded.instrument, params, TWO_MS)


@pytest.mark.parametrize(("recorded", "fills"), [(SPOT, 15), (USDM, 11)])
def test_it_is_filled_on_both_sides_and_always_as_a_maker(recorded: Recorded, fills: int) -> None:
    done = run(recorded)
    assert len(done.fills) == fills
    assert (done.fills["maker"] == 1).all()
    assert set(done.fills["sign"].tolist()) == {1, -1}


def test_it_never_holds_more_than_its_units() -> None:
    done = run(SPOT, half_spread="0", units="2")
    held = np.cumsum(done.fills["sign"] * done.fills["lots"])
    assert np.abs(held).max() == 200


def test_nearer_quotes_are_filled_more_often() -> None:
    assert len(run(SPOT, half_spread="0").fills) == 53


def test_at_a_fee_of_two_hundredths_of_a_percent_the_spread_does_not_pay() -> None:
    done = run(USDM, half_spread="0")
    assert done.profit < 0
    assert done.fees > 0


def test_over_bars_it_is_refused_for_it_would_never_be_woken() -> None:
    with pytest.raises(RefusedError, match="replay a recorded order book"):
        backtest(MarketMaker, week(), BTC)
