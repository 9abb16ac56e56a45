"""The trend follower on the bundled week."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tests.shared.research.runs import mean
from tests.shared.strategies.markets import BTC, held, week
from tradedeck.research.run import backtest
from tradedeck.strategies import SmaCross


def test_it_is_long_exactly_while_the_fast_average_was_above_the_slow_one_a_bar_ago() -> None:
    run = backtest(SmaCross, week(), BTC)
    above = mean(week().close, 20) > mean(week().close, 50)
    np.testing.assert_allclose(held(run)[1:], np.where(above[:-1], 0.01, 0.0), atol=1e-9)


def test_a_week_of_minutes_costs_more_in_fees_than_the_trend_brings() -> None:
    run = backtest(SmaCross, week(), BTC)
    assert len(run.fills) == 261
    assert (run.profit, run.fees) == (Decimal("-144.1887382"), Decimal("175.0859382"))
