"""Headline figures agree with the run they are of."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import isnan

import numpy as np
import pytest
from shared.research.runs import run_of, sma_cross, week

from tradedeck.research.figures import benchmark_of, costs_of, measure
from tradedeck.research.settings import Account, Settings
from tradedeck.research.trades import round_trips


def test_figures_of_a_week_agree_with_its_fills() -> None:
    run = sma_cross(week())
    trades = [trade for trade in round_trips(run) if not trade.is_open]
    found = measure(run, round_trips(run))
    assert found.final - found.start == pytest.approx(found.profit, abs=1e-6)
    assert found.days == 7
    assert found.trades == len(trades)
    assert found.win_rate == sum(t.profit > 0 for t in trades) / len(trades)
    assert found.profit_factor == pytest.approx(
        float(sum(t.profit for t in trades if t.profit > 0) / -sum(t.profit for t in trades if t.profit < 0))
    )
    assert found.expectancy * found.trades == pytest.approx(float(sum(t.profit for t in trades)))
    assert found.exposure == pytest.approx(sum(t.bars for t in round_trips(run)) / len(week()))
    assert found.max_drawdown == pytest.approx(
        (1 - run.equity / np.maximum.accumulate(np.maximum(run.equity, 1e6))).max()
    )
    assert found.longest_drawdown_ns % week().timeframe_ns == 0


def test_buy_and_hold_starts_at_the_first_open() -> None:
    run = sma_cross(week())
    assert benchmark_of(run)[-1] / 1e6 == pytest.approx(week().close[-1] / week().open[0])
    assert set(benchmark_of(replace(run, settings=Settings(account=Account.INVERSE)))) == {1e6}


def test_a_run_without_trades_has_nothing_to_say_about_them() -> None:
    found = measure(run_of(week(), [], Settings()), [])
    assert (found.trades, found.profit, found.exposure, found.losses_in_a_row) == (0, 0.0, 0.0, 0)
    assert all(
        isnan(x) for x in (found.win_rate, found.profit_factor, found.expectancy, found.sharpe, found.best_trade)
    )


def test_a_run_without_bars_does_not_fall_over() -> None:
    found = measure(replace(run_of(week(), [], Settings()), series=week().slice(0, 0), equity=np.empty(0),
                            ), [])  # fmt: skip
    assert found.final == found.start
    assert isnan(found.exposure)


def test_costs_add_up_to_what_trading_took() -> None:
    rows = [(10, 1, 500), (20, -1, 500)]
    run = run_of(week(), rows, Settings(slippage_ticks=3))
    costs = costs_of(run)
    assert costs.slippage == Decimal("0.03") * Decimal("0.005") * 2
    assert costs.gross == run.profit + run.fees + costs.slippage
    held = replace(run, funding=Decimal(2))
    assert costs_of(held).borrow == 2
    perpetual = replace(held, settings=Settings(account=Account.LINEAR))
    assert (costs_of(perpetual).funding, costs_of(perpetual).borrow) == (2, 0)
