"""Isolated margin, fee tiers and delays are the same in native code: liquidations, rates and arrivals included."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from tests.shared.compile.fuzz import differences
from tests.shared.compile.grammar import LATENCIES, TIERS, instrument, load, market, settings
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.latency import Latency
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Margin, Settings
from tradedeck.sim.kernel.layout import LIQUIDATION

SOURCE = """
from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy


class Made(Strategy):
    def setup(self, setup: Setup) -> None:
        self.weight = setup.number("weight", 4.0, low=0.1, high=20.0)
        self.count = 0

    def on_bar(self, bar: BarView) -> None:
        self.count += 1
        if self.count % 7 == 1:
            self.target_weight(self.weight)
        elif self.count % 7 == 3:
            self.target(-abs(self.position) * 0.5)
        elif self.count % 7 == 4:
            self.buy(1.0, price=bar.low - 1.0, loss=bar.low - 4.0)
        elif self.count % 7 == 6:
            self.sell(2.0, take=bar.close - 3.0)

    def on_fill(self, fill: FillView) -> None:
        if fill.size > 3.0 and self.working < 5:
            self.sell(1.0)
"""


@pytest.fixture(scope="module")
def greedy(tmp_path_factory: pytest.TempPathFactory) -> type[Strategy]:
    folder = tmp_path_factory.mktemp("greedy")
    return load(SOURCE, folder, "greedy")


def both(kind: type[Strategy], bars: BarSeries, terms: Settings) -> Run:
    """The native run, once it is the one of Python."""
    market_of = instrument(terms.account)
    native = backtest(kind, bars, market_of, settings=terms, tier=Tier.COMPILED)
    python = backtest(kind, bars, market_of, settings=terms, tier=Tier.INTERPRETED)
    assert differences(native, python) == []
    return native


def cases(count: int, account: Account) -> list[tuple[BarSeries, Settings]]:
    """Markets, and terms on that account."""
    found: list[tuple[BarSeries, Settings]] = []
    for number in range(count):
        random = Random(number)
        bars, terms = market(random, 300), settings(random)
        cash = Decimal(5 if account is Account.INVERSE else 300)
        found.append((bars, replace(terms, account=account, margin=Margin.CROSS, cash=cash)))
    return found


@pytest.mark.parametrize("account", [Account.LINEAR, Account.INVERSE])
def test_isolated_positions_are_lost_alike(greedy: type[Strategy], account: Account) -> None:
    lost = 0
    for bars, terms in cases(25, account):
        run = both(greedy, bars, replace(terms, margin=Margin.ISOLATED, leverage=20))
        lost += int((run.orders["reason"] == LIQUIDATION).sum())
    assert lost > 20


@pytest.mark.parametrize("account", list(Account))
def test_fee_tiers_are_reached_and_left_alike(greedy: type[Strategy], account: Account) -> None:
    seen: set[int] = set()
    # On an inverse account the weight buys few contracts.
    part = 100 if account is Account.INVERSE else 1
    tiers = tuple(replace(tier, volume=tier.volume / part) for tier in TIERS)
    for bars, terms in cases(25, account):
        over_weeks = replace(bars, open_ns=bars.open_ns[0] + np.arange(len(bars), dtype=np.int64) * 14_400 * 10**9)
        run = both(greedy, over_weeks, replace(terms, tiers=tiers, traded=Decimal(0), cash=terms.cash * 10))
        seen |= set(run.fills["tier"].tolist())
    assert seen == {0, 1, 2}


@pytest.mark.parametrize("latency", LATENCIES, ids=["log-normal", "gamma", "recorded"])
def test_delays_are_taken_alike(greedy: type[Strategy], latency: Latency) -> None:
    late = 0
    for bars, terms in cases(15, Account.LINEAR):
        run = both(greedy, bars, replace(terms, latency=latency, latency_ns=0))
        placed = run.orders["placed"][run.fills["order"] - 1]
        late += int((run.fills["bar"] - placed > 1).sum())
    assert late > 10
