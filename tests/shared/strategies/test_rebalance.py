"""Two markets at fixed shares on four days."""

from __future__ import annotations

import numpy as np
import pytest

from tests.shared.strategies.markets import BTC, ETH, bitcoin, ether, held
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.strategies import Rebalance


def run(band: str = "0.01") -> Run:
    return backtest(Rebalance, bitcoin(), BTC, params={"band": band}, others=[(ether(), ETH)])


def shares(done: Run) -> tuple[np.ndarray, np.ndarray]:
    return held(done) * bitcoin().close / done.equity, held(done, 1) * ether().close / done.equity


def test_after_every_trade_both_shares_are_two_fifths() -> None:
    done = run()
    first, second = shares(done)
    bars = np.unique(done.fills["bar"])
    assert len(bars) == 5
    assert first[bars] == pytest.approx(0.4, abs=0.003)
    assert second[bars] == pytest.approx(0.4, abs=0.003)


def test_it_trades_only_on_the_four_hours() -> None:
    done = run()
    assert (bitcoin().open_ns[done.fills["bar"]] % (4 * 3_600_000_000_000) == 0).all()


def test_a_wide_band_buys_once_and_lets_the_shares_drift() -> None:
    done = run(band="0.2")
    assert len(done.fills) == 2
    assert max(abs(share[-1] - 0.4) for share in shares(done)) > 0.005


def test_it_gains_in_days_when_both_rise() -> None:
    done = run()
    assert len(done.fills) == 10
    assert float(done.profit) == pytest.approx(67_564.53, abs=0.01)
    assert float(done.fees) == pytest.approx(864.72, abs=0.01)
