"""The grid on the bundled week."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tests.shared.strategies.markets import BTC, held, week
from tradedeck.research.result import State
from tradedeck.research.run import backtest
from tradedeck.strategies import Grid


def test_the_first_ladder_lies_below_the_first_close_one_step_apart() -> None:
    run = backtest(Grid, week(), BTC, params={"rungs": "5", "step": "0.01"})
    first = run.orders[:5]
    assert (first["sign"] == 1).all()
    prices = first["price"] * 0.01
    assert prices[0] == pytest.approx(week().close[0] * 0.99, abs=0.011)
    assert prices[1:] / prices[:-1] == pytest.approx(0.99, abs=1e-6)


def test_every_buy_is_offered_one_step_higher() -> None:
    run = backtest(Grid, week(), BTC)
    bought = run.fills[run.fills["sign"] > 0]
    offered = run.orders[run.orders["sign"] < 0]
    assert len(bought) == len(offered) > 100
    assert np.sort(offered["price"]) == pytest.approx(np.sort(bought["price"]) / 0.996, abs=1.01)


def test_while_it_holds_nothing_the_ladder_follows_the_price_up() -> None:
    run = backtest(Grid, week(), BTC)
    taken_away = run.orders[run.orders["state"] == State.CANCELED]
    assert len(taken_away) == 184
    assert held(run)[taken_away["ended"] - 1] == pytest.approx(0.0, abs=1e-9)


def test_it_never_holds_more_than_its_rungs() -> None:
    run = backtest(Grid, week(), BTC)
    assert held(run).max() == pytest.approx(0.08)
    assert held(run).min() == pytest.approx(0.0, abs=1e-9)


def test_a_swinging_week_pays_more_than_its_fees() -> None:
    run = backtest(Grid, week(), BTC)
    assert len(run.fills) == 405
    assert (run.profit, run.fees) == (Decimal("261.9672752"), Decimal("271.8247248"))
    assert (run.fills["maker"] == 1).all()
