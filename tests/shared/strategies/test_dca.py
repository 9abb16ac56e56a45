"""Cost averaging on the bundled week."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tests.shared.strategies.markets import BTC, held, week
from tradedeck.research.run import backtest
from tradedeck.strategies import CostAveraging

HOUR_NS = 3_600_000_000_000


def test_it_buys_once_an_hour_on_the_hour_for_a_hundred() -> None:
    run = backtest(CostAveraging, week(), BTC)
    buys = run.fills[run.fills["sign"] > 0]
    assert (week().open_ns[buys["bar"]] % HOUR_NS == 0).all()
    assert buys["lots"] * 1e-5 * buys["price"] * 0.01 == pytest.approx(100.0, rel=0.01)
    assert (np.diff(week().open_ns[buys["bar"]]) >= HOUR_NS).all()


def test_it_sells_everything_two_percent_above_what_it_paid() -> None:
    run = backtest(CostAveraging, week(), BTC)
    sales = run.fills[run.fills["sign"] < 0]
    assert len(sales) == 8
    paid, size = 0.0, 0
    for fill in run.fills:
        if fill["sign"] > 0:
            paid, size = paid + fill["price"] * fill["lots"], size + fill["lots"]
        else:
            decided = week().close[fill["bar"] - 1] * 100
            assert fill["lots"] == size
            assert decided * size > paid * 1.02
            paid, size = 0.0, 0


def test_it_stops_buying_at_the_most_it_may_spend() -> None:
    run = backtest(CostAveraging, week(), BTC, params={"most": "500", "profit": "10"})
    assert len(run.fills) == 5
    assert held(run)[-1] * 65_000 == pytest.approx(500, rel=0.1)


def test_a_rising_week_pays() -> None:
    run = backtest(CostAveraging, week(), BTC)
    assert (run.profit, run.fees) == (Decimal("270.4037423103"), Decimal("32.2133129897"))
