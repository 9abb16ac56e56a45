"""The pair of bitcoin and ether on four days."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tests.shared.strategies.markets import BTC, ETH, bitcoin, ether, held
from tradedeck.domain.errors import RefusedError
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.strategies import Pairs


def run() -> Run:
    settings = Settings(account=Account.LINEAR)
    return backtest(Pairs, bitcoin(), BTC, settings=settings, others=[(ether(), ETH)])


def test_it_is_long_one_and_short_the_other_for_the_same_money() -> None:
    done = run()
    bitcoins, ethers = held(done), held(done, 1)
    inside = np.flatnonzero(bitcoins)
    assert len(inside) > 1000
    assert (np.sign(bitcoins[inside]) == -np.sign(ethers[inside])).all()
    sides = np.abs(bitcoins * bitcoin().close)[inside], np.abs(ethers * ether().close)[inside]
    assert sides[0] == pytest.approx(1000, rel=0.06)
    assert sides[1] == pytest.approx(1000, rel=0.06)


def test_it_sells_what_is_dear_by_two_deviations() -> None:
    done = run()
    ratio = np.log(bitcoin().close / ether().close)
    entries = done.fills[(done.fills["market"] == 0) & (np.r_[0.0, held(done)[:-1]][done.fills["bar"]] == 0)]
    assert len(entries) > 20
    for fill in entries:
        window = ratio[fill["bar"] - 240 : fill["bar"]]
        away = (window[-1] - window.mean()) / window.std()
        assert away * -fill["sign"] > 2


def test_minutes_cost_more_in_fees_than_the_ratio_gives_back() -> None:
    done = run()
    assert len(done.fills) == 108
    assert done.profit.quantize(Decimal("0.01")) == Decimal("-155.40")
    assert done.fees.quantize(Decimal("0.01")) == Decimal("108.17")


def test_without_prices_of_the_other_market_it_says_so() -> None:
    with pytest.raises(RefusedError, match="no prices of ETHUSDT"):
        backtest(Pairs, bitcoin(), BTC)
