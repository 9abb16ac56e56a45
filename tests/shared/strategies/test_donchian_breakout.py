"""The breakout on the bundled week."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tests.shared.strategies.markets import BTC, held, week
from tradedeck.research.result import Kind, State
from tradedeck.research.run import backtest
from tradedeck.strategies import DonchianBreakout


def test_it_buys_only_closes_above_every_high_of_the_sixty_bars_before() -> None:
    run = backtest(DonchianBreakout, week(), BTC)
    entries = run.orders[run.orders["kind"] == Kind.MARKET]["placed"]
    assert len(entries) == 91
    for bar in entries:
        assert week().close[bar] > week().high[bar - 60 : bar].max()


def test_every_trade_ends_at_its_stop_and_the_stop_only_rises() -> None:
    run = backtest(DonchianBreakout, week(), BTC)
    stops = run.orders[run.orders["kind"] == Kind.STOP]
    sold = run.fills[run.fills["sign"] < 0]
    assert set(sold["order"]) <= set(stops["number"])
    for trade in np.unique(stops["parent"]):
        own = stops[stops["parent"] == trade]
        assert (np.diff(own["stop"]) > 0).all()
        assert (own["state"][:-1] == State.CANCELED).all()


def test_it_never_holds_more_than_one_size() -> None:
    run = backtest(DonchianBreakout, week(), BTC)
    assert set(np.round(held(run), 5)) == {0.0, 0.01}


def test_on_minutes_most_breakouts_fail_and_fees_do_the_rest() -> None:
    run = backtest(DonchianBreakout, week(), BTC)
    assert (run.profit, run.fees) == (Decimal("-120.0407813"), Decimal("121.6460813"))
