"""The mean reverter on the bundled week."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import talib

from tests.shared.strategies.markets import BTC, week
from tradedeck.research.result import Kind
from tradedeck.research.run import backtest
from tradedeck.strategies import RsiReversion


def test_it_bids_only_after_a_fall_and_sells_only_after_a_recovery() -> None:
    run = backtest(RsiReversion, week(), BTC)
    rsi = talib.RSI(week().close, 14)
    bids = run.orders[run.orders["kind"] == Kind.LIMIT]
    sales = run.orders[run.orders["kind"] == Kind.MARKET]
    assert (rsi[bids["placed"]] < 30).all()
    assert (rsi[sales["placed"]] > 60).all()
    assert (bids["sign"] == 1).all()
    assert (sales["sign"] == -1).all()


def test_its_bids_rest_half_a_thousandth_under_the_close() -> None:
    run = backtest(RsiReversion, week(), BTC)
    bids = run.orders[run.orders["kind"] == Kind.LIMIT]
    wanted = week().close[bids["placed"]] * (1 - 0.0005)
    assert np.abs(bids["price"] * 0.01 - wanted).max() <= 0.01 + 1e-9


def test_it_makes_27_round_trips_in_the_week() -> None:
    run = backtest(RsiReversion, week(), BTC)
    assert len(run.fills) == 54
    assert (run.profit, run.fees) == (Decimal("-39.5714901"), Decimal("35.9227901"))
