"""The trades that backtesting.py and nautilus_trader made of recorded minutes are the trades that we make."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.engine.parity import kept_file, outcome_in
from benchmarks.engine.parity_cases import RIVALS, STRATEGIES, continuous, markets, ours, series_for
from benchmarks.engine.parity_compare import Outcome, Ties, Trade, differences, ties_of
from tradedeck.history.series import BarSeries
from tradedeck.research.result import Tier


@cache
def recorded() -> dict[str, BarSeries]:
    return markets()


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("rival", RIVALS)
def test_trade_by_trade_ours_are_the_rivals(rival: str, strategy: str, symbol: str) -> None:
    theirs = outcome_in(kept_file(rival, strategy, symbol).read_text())
    assert len(theirs.trades) > 20
    own = ours(rival, strategy, symbol, series_for(rival, recorded()[symbol]))
    assert differences(own, theirs) == []


@pytest.mark.parametrize("strategy", ["sma-cross", "stop-and-take"])
def test_python_and_native_code_make_the_same_trades(strategy: str) -> None:
    series = recorded()["ETHUSDT"].slice(0, 1500)
    interpreted, compiled = (
        ours("backtesting", strategy, "ETHUSDT", series, tier) for tier in (Tier.INTERPRETED, Tier.COMPILED)
    )
    assert interpreted == compiled
    assert interpreted.trades


def test_one_tick_one_bar_or_a_hundredth_of_a_cent_is_a_difference() -> None:
    own = outcome_in(kept_file("backtesting", "stop-and-take", "ETHUSDT").read_text())
    first, *rest = own.trades
    for wrong in (
        replace(first, entry=first.entry + 1),
        replace(first, exit=first.exit - 1),
        replace(first, entry_bar=first.entry_bar + 1),
        replace(first, fees=first.fees + 0.0001),
    ):
        assert len(differences(own, replace(own, trades=(wrong, *rest)))) == 2
    assert differences(own, replace(own, equity=own.equity + 0.0001)) != []
    assert differences(own, replace(own, trades=tuple(rest))) != []


def test_continuous_bars_open_where_the_last_one_closed() -> None:
    series = continuous(recorded()["BTCUSDT"])
    assert (series.open[1:] == series.close[:-1]).all()
    assert (series.low <= series.open).all()
    assert (series.high >= series.open).all()


def test_averages_are_equal_only_in_whole_numbers() -> None:
    closes = np.array([100.01, 100.03, 100.02, 100.02, 100.05])
    assert ties_of(closes, 1, 3, 0.01).bars == {2}
    assert ties_of(closes, 1, 3, 0.01).last == 10005


def test_a_trade_that_a_tie_decided_is_explained_and_so_is_what_it_held_up() -> None:
    ties = Ties(frozenset({9}), 1.0, 0)
    shared = Trade(1, 100, 5, 110, 0.0)
    ours_only = (Trade(10, 100, 20, 105, 0.0),)
    theirs_only = (Trade(15, 100, 30, 101, 0.0),)
    own, theirs = Outcome((shared, *ours_only), 15.0), Outcome((shared, *theirs_only), 11.0)
    assert differences(own, theirs, ties) == []
    assert len(differences(own, theirs, replace(ties, bars=frozenset({12})))) == 2
    assert len(differences(own, replace(theirs, equity=11.5), ties)) == 1
    assert len(differences(own, theirs)) == 3
