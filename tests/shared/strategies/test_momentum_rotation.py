"""Rotation between bitcoin and ether on four days."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from tests.shared.strategies.markets import BTC, ETH, bitcoin, ether, held
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.strategies import MomentumRotation


def run(**params: str) -> Run:
    return backtest(MomentumRotation, bitcoin(), BTC, params=params, others=[(ether(), ETH)])


def test_it_holds_one_market_at_a_time() -> None:
    done = run()
    both = (held(done) > 1e-9) & (held(done, 1) > 1e-9)
    assert not both.any()
    assert (held(done) > 1e-9).any()
    assert (held(done, 1) > 1e-9).any()


def test_what_it_buys_has_risen_most_over_twelve_hours() -> None:
    done = run()
    risen = np.array([talib.ROC(series.close, 720) for series in (bitcoin(), ether())])
    buys = done.fills[done.fills["sign"] > 0]
    assert len(buys) == 6
    for fill in buys:
        decided, market = fill["bar"] - 1, fill["market"]
        assert risen[market, decided] > max(risen[1 - market, decided], 0.0)


def test_it_is_in_cash_when_nothing_has_risen() -> None:
    done = run(lead="0")
    fell = np.max([talib.ROC(series.close, 720) for series in (bitcoin(), ether())], axis=0) <= 0
    hours = np.flatnonzero((bitcoin().open_ns % 3_600_000_000_000 == 0) & np.r_[False, fell[:-1]])
    assert len(hours)
    assert held(done)[hours] + held(done, 1)[hours] == pytest.approx(0.0, abs=1e-9)


def test_a_lead_keeps_it_from_changing_often() -> None:
    assert len(run(lead="0").fills) > len(run().fills) == 11


def test_a_weight_of_nine_tenths_made_these_days() -> None:
    done = run()
    assert float(done.profit) == pytest.approx(22_359.91, abs=0.01)
    assert float(done.fees) == pytest.approx(10_248.90, abs=0.01)
