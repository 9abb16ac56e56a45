"""Funding capture on a month of a perpetual with its real rates."""

from __future__ import annotations

import numpy as np
import pytest

from tests.shared.strategies.markets import BTC, PERPETUAL, funded, held
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.strategies import FundingCapture


def run(**params: str) -> Run:
    market = funded()
    return backtest(
        FundingCapture,
        market.perpetual,
        PERPETUAL,
        params=params,
        settings=Settings(account=Account.LINEAR),
        others=[(market.spot, BTC)],
        funding=market.rates,
    )


def hedge(done: Run) -> np.ndarray:
    fills = done.fills[done.fills["market"] == 1]
    total = np.zeros(len(done.series))
    np.add.at(total, fills["bar"], fills["sign"] * fills["lots"])
    return np.cumsum(total) * 1e-5


def test_it_is_short_the_perpetual_and_long_as_much_spot() -> None:
    done = run()
    assert held(done).min() == pytest.approx(-0.01)
    assert hedge(done) == pytest.approx(-held(done), abs=1e-9)


def test_it_enters_after_the_first_rate_above_six_thousandths_of_a_percent() -> None:
    first = int(run().fills["bar"][0])
    rates = np.nan_to_num(funded().rates)
    assert rates[first - 1] > 0.00006
    assert (rates[: first - 1] <= 0.00006).all()


def test_it_leaves_after_the_first_rate_that_it_would_have_had_to_pay() -> None:
    done = run()
    first, last = int(done.fills["bar"][0]), int(done.fills["bar"][-1])
    rates = np.nan_to_num(funded().rates)
    assert rates[last - 1] < 0
    assert (rates[first : last - 1] >= 0).all()


def test_it_is_paid_the_rate_of_every_eight_hours_it_was_short() -> None:
    done = run()
    short = np.r_[0.0, held(done)[:-1]]
    owed = float((short * funded().perpetual.open * np.nan_to_num(funded().rates)).sum())
    assert float(done.funding) == pytest.approx(owed, abs=1e-4)
    assert float(done.funding) == pytest.approx(-4.5114, abs=1e-4)


def test_what_is_left_after_four_fees_is_the_funding_not_the_price() -> None:
    done = run()
    assert len(done.fills) == 4
    assert float(done.fees) == pytest.approx(4.1451, abs=1e-4)
    assert float(done.profit) == pytest.approx(0.4529, abs=1e-4)
    moved = funded().perpetual.close
    assert (moved.max() - moved.min()) * 0.01 > 100


def test_going_in_and_out_for_small_rates_gives_it_all_to_fees() -> None:
    busy = run(enter="0.00009", leave="0.00004")
    assert len(busy.fills) == 24
    assert busy.profit < 0
    assert busy.fees > -busy.funding


def test_without_a_rate_it_does_nothing() -> None:
    market = funded()
    none = np.full(len(market.rates), np.nan)
    done = backtest(FundingCapture, market.perpetual, PERPETUAL, others=[(market.spot, BTC)], funding=none)
    assert len(done.orders) == 0
