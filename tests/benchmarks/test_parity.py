"""The trades that backtesting.py and nautilus_trader made of recorded minutes are the trades that we make."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from benchmarks.engine.parity import kept_file, outcome_in
from benchmarks.engine.parity_cases import RIVALS, STRATEGIES, continuous, differences, markets, ours, series_for
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
        assert len(differences(own, replace(own, trades=(wrong, *rest)))) == 1
    assert differences(own, replace(own, equity=own.equity + 0.0001)) != []
    assert differences(own, replace(own, trades=tuple(rest))) != []


def test_continuous_bars_open_where_the_last_one_closed() -> None:
    series = continuous(recorded()["BTCUSDT"])
    assert (series.open[1:] == series.close[:-1]).all()
    assert (series.low <= series.open).all()
    assert (series.high >= series.open).all()
