"""Round trips are paired first in, first out, and their profits add up to the account's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.research.runs import BTC, run_of, sma_cross, week

from tradedeck.research.result import ORDER, Kind
from tradedeck.research.settings import Account, Settings
from tradedeck.research.trades import STILL_OPEN, exit_reasons, round_trips
from tradedeck.sim.kernel.layout import LIQUIDATION


def test_profits_of_all_trades_are_the_profit_of_the_run() -> None:
    run = sma_cross(week())
    trades = round_trips(run)
    assert len(trades) > 50
    assert sum(trade.profit for trade in trades) == run.profit
    assert [trade.number for trade in trades] == list(range(1, len(trades) + 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 500), st.sampled_from([1, -1]), st.integers(1, 9)), max_size=30))
def test_any_fills_pair_without_loss_of_a_lot_or_a_cent(rows: list[tuple[int, int, int]]) -> None:
    run = run_of(week().slice(0, 501), sorted(rows, key=lambda row: row[0]), Settings())
    trades = round_trips(run)
    closed = [trade for trade in trades if not trade.is_open]
    assert sum(t.profit for t in trades) == run.profit
    assert sum(t.fees for t in trades) == run.fees
    assert sum(t.size for t in closed) * 2 + sum(t.size for t in trades if t.is_open) == run.grid.exact_size(
        sum(row[2] for row in rows)
    )
    assert len({t.sign for t in trades if t.is_open}) <= 1


def test_the_oldest_lot_leaves_first_and_a_reversal_opens_the_rest() -> None:
    run = run_of(week(), [(10, 1, 5), (20, 1, 5), (30, -1, 7), (40, -1, 6)], Settings())
    trades = round_trips(run)
    lot = BTC.lot
    assert [(t.entry_bar, t.exit_bar, t.size / lot, t.sign) for t in trades] == [
        (10, 30, 5, 1), (20, 30, 2, 1), (20, 40, 3, 1), (40, -1, 3, -1),
    ]  # fmt: skip
    assert trades[-1].reason == STILL_OPEN
    assert trades[-1].exit_price == Decimal(str(week().close[-1]))
    assert trades[0].bars == 20


def test_the_worst_and_best_price_are_those_of_the_bars_held() -> None:
    series = week()
    long, short = (round_trips(run_of(series, [(100, s, 5), (130, -s, 5)], Settings()))[0] for s in (1, -1))
    low = min(series.low[100:130].min(), series.open[130])
    high = max(series.high[100:130].max(), series.open[130])
    assert (float(long.worst), float(long.best)) == (low, high)
    assert (float(short.worst), float(short.best)) == (high, low)


def test_a_trade_within_one_bar_spans_its_own_two_prices() -> None:
    run = run_of(week(), [(100, 1, 5), (100, -1, 5)], Settings())
    trade = round_trips(run)[0]
    assert trade.bars == 0
    assert trade.worst == trade.best == trade.entry_price


def test_no_fills_are_no_trades() -> None:
    assert round_trips(run_of(week(), [], Settings())) == []


def test_the_trades_of_every_market_are_told_by_its_own_steps() -> None:
    run = run_of(week(), [(10, 1, 5), (20, -1, 5), (30, 1, 5), (40, -1, 5)], Settings())
    run.fills["market"][2:] = run.orders["market"][2:] = 1
    [main] = run.markets
    coarse = replace(BTC, symbol="OTHER", lot=Decimal("0.001"))
    found = round_trips(replace(run, parts=(main, replace(main, instrument=coarse))))
    assert [(trade.market, trade.size) for trade in found] == [
        ("BTCUSDT", Decimal("0.00005")),
        ("OTHER", Decimal("0.005")),
    ]


def test_inverse_contracts_earn_base_coins() -> None:
    run = run_of(
        week(), [(10, 1, 10_000_000), (500, -1, 10_000_000)], Settings(account=Account.INVERSE, taker=Decimal(0))
    )
    trade = round_trips(run)[0]
    expected = trade.size / trade.entry_price - trade.size / trade.exit_price
    assert trade.profit == pytest.approx(expected, abs=Decimal("2e-8"))
    assert trade.rate == pytest.approx(float(1 - trade.entry_price / trade.exit_price), abs=1e-5)


def test_an_exit_says_what_closed_it() -> None:
    orders = np.zeros(7, ORDER)
    orders[6]["number"], orders[6]["reason"] = 7, LIQUIDATION
    for row, (kind, sign, parent, group) in enumerate(
        [
            (Kind.LIMIT, 1, 0, 0),
            (Kind.LIMIT, -1, 1, 1),
            (Kind.STOP, -1, 1, 1),
            (Kind.LIMIT, 1, 1, 0),
            (Kind.MARKET, -1, 0, 0),
            (Kind.STOP, -1, 0, 0),
        ]
    ):
        orders[row]["number"], orders[row]["kind"], orders[row]["sign"] = row + 1, kind, sign
        orders[row]["parent"], orders[row]["group"] = parent, group
    assert exit_reasons(orders) == {
        1: "limit",
        2: "take",
        3: "loss",
        4: "limit",
        5: "signal",
        6: "stop",
        7: "liquidation",
    }
