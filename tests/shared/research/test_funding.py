"""Funding in research: charged market by market, shown as a line, the same in native code, never from the future."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.scripted import COIN, FLAT, series
from tradedeck.compile.stranger import load_stranger
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.funding import FundingRate
from tradedeck.history import bundled_week, read_bars
from tradedeck.history.funding import FundingSeries, load_funding, rates_at
from tradedeck.history.series import Floats, series_of
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.replay import replay
from tradedeck.research.reporting.lines import named_lines
from tradedeck.research.result import Tier
from tradedeck.research.run import Rates, backtest, columns_of
from tradedeck.research.settings import Account, Settings
from tradedeck.research.settings import Path as BarPath
from tradedeck.research.sweep import sweep
from tradedeck.research.truth.check import check_truth
from tradedeck.research.truth.findings import Level
from tradedeck.sim.listings import instrument_of
from tradedeck.sim.path import replay_bars

NAN = float("nan")
BTC = instrument_of("BTCUSDT")
RATES_FILE = Path(__file__).parents[2] / "data" / "funding_2025-05.csv"
PERPETUAL = Settings(account=Account.LINEAR, cash=Decimal(10_000))
NOTE = replace(COIN, symbol="NOTE", base="N")


def rates(*values: float) -> Floats:
    return np.array(values, np.float64)


class Payer(Strategy):
    """Takes the side that is paid, while the rate is worth it."""

    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()
        self.least = setup.number("least", 0.001, low=0, high=1)

    def on_bar(self, bar: BarView) -> None:
        if self.rate.value > self.least:
            self.target(-10)
        elif self.rate.value < -self.least:
            self.target(10)
        elif self.rate.value != self.rate.previous:
            self.close()


def told(kind: Callable[[Any, Setup], None], see: Callable[[Any], Any], count: int, funding: Rates, **more: Any) -> Any:
    """What a strategy sees at each bar."""
    seen: list[Any] = []

    class Sees(Strategy):
        def setup(self, setup: Setup) -> None:
            kind(self, setup)

        def on_bar(self, bar: BarView) -> None:
            seen.append(see(self))

    backtest(Sees, series(*[FLAT] * count), COIN, funding=funding, settings=PERPETUAL, **more)
    return seen


def own(strategy: Any, setup: Setup) -> None:
    strategy.rate = setup.funding()


def test_a_line_shows_the_rate_that_was_due_last_and_the_one_at_the_bar_before() -> None:
    values = told(own, lambda s: (s.rate.value, s.rate.previous), 6, rates(NAN, 0.1, NAN, 0.0, NAN, -0.2))
    assert [isnan(value) for value, _ in values] == [True] + [False] * 5
    assert [value for value, _ in values[1:]] == [0.1, 0.1, 0.0, 0.0, -0.2]
    assert [before for _, before in values[2:]] == [0.1, 0.1, 0.0, 0.0]


def test_it_keeps_nothing_waiting_and_crosses_like_any_line() -> None:
    def crossing(strategy: Any, setup: Setup) -> None:
        strategy.rate = setup.funding()
        strategy.up = setup.crosses_above(strategy.rate, 0.05)

    values = told(crossing, lambda s: s.up.value, 6, rates(NAN, 0.01, NAN, 0.1, NAN, 0.2))
    assert values == [False, False, False, True, False, False]


def test_every_market_has_rates_of_its_own() -> None:
    def both(strategy: Any, setup: Setup) -> None:
        strategy.other = setup.market("other", "NOTE")
        strategy.lines = setup.funding(), setup.funding(strategy.other)

    note = series(*[FLAT] * 3, symbol="NOTE")
    values = told(
        both, lambda s: [line.value for line in s.lines], 3, [rates(0.1, NAN, NAN), rates(0.2, NAN, 0.3)],
        others=[(note, NOTE)],
    )  # fmt: skip
    assert values == [[0.1, 0.2], [0.1, 0.2], [0.1, 0.3]]


def test_each_market_is_charged_its_own_rate() -> None:
    class Both(Strategy):
        def setup(self, setup: Setup) -> None:
            self.other = setup.market("other", "NOTE")

        def on_bar(self, bar: BarView) -> None:
            self.target(5)
            self.target(-3, market=self.other)

    note = series(*[(10, 10, 10, 10)] * 4, symbol="NOTE")

    def paid(funding: Rates) -> Decimal:
        run = backtest(Both, series(*[FLAT] * 4), COIN, others=[(note, NOTE)], funding=funding, settings=PERPETUAL)
        assert run.cash == 10_000 - 500 + 30 - run.funding
        assert run.equity[-1] == pytest.approx(10_000 - float(run.funding))
        return run.funding

    mine, its = rates(NAN, NAN, 0.01, NAN), rates(NAN, NAN, NAN, 0.1)
    assert paid(mine) == paid([mine]) == paid([mine, None]) == 5
    assert paid([None, its]) == -3
    assert paid([mine, its]) == 2


def test_a_rate_is_charged_where_its_market_has_no_bar_on_what_was_held() -> None:
    class Other(Strategy):
        def setup(self, setup: Setup) -> None:
            self.other = setup.market("other", "NOTE")

        def on_bar(self, bar: BarView) -> None:
            self.target(3, market=self.other)

    note = series(*[(10, 10, 10, 10)] * 2, symbol="NOTE")
    run = backtest(
        Other, series(*[FLAT] * 4), COIN, others=[(note, NOTE)], funding=[None, rates(NAN, NAN, NAN, 0.1)],
        settings=PERPETUAL,
    )  # fmt: skip
    assert run.funding == 3


def test_on_a_spot_account_rates_are_shown_and_not_charged() -> None:
    class Reads(Payer):
        def on_bar(self, bar: BarView) -> None:
            if self.rate.value > 0:
                self.target(10)

    run = backtest(Reads, series(*[FLAT] * 5), COIN, funding=rates(0.1, NAN, 0.1, NAN, 0.1))
    assert len(run.fills) == 1
    assert run.funding == 0


def test_a_strategy_that_wants_rates_is_refused_without() -> None:
    with pytest.raises(RefusedError, match="no funding rates of COIN; add them with --funding"):
        backtest(Payer, series(FLAT), COIN)


@pytest.mark.parametrize(("funding", "words"), [
    (rates(0.1), "one rate for each bar"),
    (rates(0.1, float("inf")), "one rate for each bar"),
    ([None, rates(0.1, 0.1)], "funding of 2 markets, but the run has 1"),
])  # fmt: skip
def test_rates_that_fit_no_market_are_refused(funding: Rates, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        backtest(Payer, series(FLAT, FLAT), COIN, funding=funding)


RATES = st.lists(st.sampled_from([NAN, NAN, NAN, 0.0, 0.0005, 0.002, -0.002, 0.01, -0.03]), min_size=2, max_size=40)


@settings(deadline=None, max_examples=60)
@given(RATES, st.data())
def test_native_code_sees_and_pays_the_same_rates(drawn: list[float], data: st.DataObject) -> None:
    closes = data.draw(st.lists(st.integers(80, 120), min_size=len(drawn), max_size=len(drawn)))
    bars = series(*((c, c + 3, c - 3, c) for c in closes))
    given_rates = rates(*drawn)
    native, python = (
        backtest(Payer, bars, COIN, funding=given_rates, settings=PERPETUAL, tier=tier)
        for tier in (Tier.COMPILED, Tier.INTERPRETED)
    )
    assert native.orders.tolist() == python.orders.tolist()
    assert native.fills.tolist() == python.fills.tolist()
    assert (native.cash, native.funding, native.equity.tolist()) == (
        python.cash,
        python.funding,
        python.equity.tolist(),
    )
    [summary] = sweep(Payer, bars, COIN, [{}], PERPETUAL, funding=given_rates)
    assert summary.profit == pytest.approx(float(python.profit))


@given(RATES, st.data())
def test_a_line_never_knows_a_rate_before_its_bar(drawn: list[float], data: st.DataObject) -> None:
    bars, all_rates = series(*[FLAT] * len(drawn)), rates(*drawn)
    cut = data.draw(st.integers(1, len(drawn)))
    whole = named_lines(Payer, {}, columns_of(bars, [], all_rates))["funding"]
    part = named_lines(Payer, {}, columns_of(bars.slice(0, cut), [], all_rates[:cut]))["funding"]
    np.testing.assert_array_equal(whole[:cut], part)
    for bar, value in enumerate(whole):
        known = [rate for rate in drawn[: bar + 1] if not isnan(rate)]
        assert value == known[-1] if known else isnan(value)


def test_the_checks_of_a_result_run_with_its_rates() -> None:
    drawn = np.where(np.arange(200) % 8 == 0, np.sin(np.arange(200)) * 0.01, np.nan)
    bars = series(*((100 + k % 5, 106, 94, 100 + k % 3) for k in range(200)))
    run = backtest(Payer, bars, COIN, funding=drawn, settings=PERPETUAL)
    assert len(run.fills) > 10
    found = {one.check: one for one in check_truth(Payer, run, funding=drawn, seconds=600)}
    assert {name: found[name].level for name in ("look-ahead", "repainting", "repeatable")} == {
        "look-ahead": Level.FINE, "repainting": Level.FINE, "repeatable": Level.FINE,
    }  # fmt: skip


def test_a_strategy_that_knows_the_coming_rate_is_found_out() -> None:
    drawn = np.where(np.arange(200) % 8 == 0, np.sin(np.arange(200)) * 0.01, np.nan)

    class Peeks(Payer):
        def on_bar(self, bar: BarView) -> None:
            column: Any = self.rate
            coming = column.values[min(column._cursor.i + 8, len(column.values) - 1)]
            self.target(-10 if coming > 0 else 10)

    bars = series(*[FLAT] * 200)
    run = backtest(Peeks, bars, COIN, funding=drawn, settings=PERPETUAL)
    found = {one.check: one for one in check_truth(Peeks, run, funding=drawn, seconds=600)}
    assert found["look-ahead"].level is Level.FAILED


LOADED = """
from tradedeck.ports.strategy import BarView, Setup, Strategy


class Loaded(Strategy):
    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()
        self.paid = setup.crosses_above(self.rate, 0.001)

    def on_bar(self, bar: BarView) -> None:
        if self.paid.value:
            self.target(-10)
        elif self.rate.value < 0 and self.rate.previous >= 0:
            self.close()
"""


def test_a_source_of_the_subset_may_ask_for_rates_and_runs_natively() -> None:
    kind = load_stranger(LOADED)
    drawn = rates(0.0, 0.002, NAN, -0.001, NAN, 0.0, 0.005, NAN, -0.01, NAN)
    bars = series(*[FLAT] * 10)
    native, python = (
        backtest(kind, bars, COIN, funding=drawn, settings=PERPETUAL, tier=tier)
        for tier in (Tier.COMPILED, Tier.INTERPRETED)
    )
    assert native.fills["bar"].tolist() == [2, 4, 7, 9]
    assert native.fills.tolist() == python.fills.tolist()


class Follows(Strategy):
    """Long while the newest rate is below zero: the short pays."""

    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()

    def on_bar(self, bar: BarView) -> None:
        self.target(0.01 if self.rate.value < 0 else 0.0)


def test_the_live_engine_trades_on_rates_as_research_does() -> None:
    bars = list(islice(read_bars(bundled_week(), BTC), 600))
    # Of the recorded rates, one every ten minutes instead of every eight hours.
    real = load_funding(RATES_FILE, "BTCUSDT")
    times = bars[0].open_ns + np.arange(len(real), dtype=np.int64) * 10 * MINUTE_NS + 3_000_000
    events = [
        FundingRate("BTCUSDT", Decimal(repr(rate)), int(ns)) for rate, ns in zip(real.rate.tolist(), times, strict=True)
    ]
    market = heapq.merge(replay_bars(bars, BTC), events, key=lambda event: event.time_ns)
    live = replay(Follows, market, BTC)
    columns = series_of(bars)
    rates_then = rates_at(columns, FundingSeries("BTCUSDT", times - 3_000_000, real.rate))
    run = backtest(Follows, columns, BTC, funding=rates_then, settings=Settings(path=BarPath.AGAINST))
    assert len(run.fills) == 10
    assert [fill.side.sign for fill in live.fills] == run.fills["sign"].tolist()
    # Live, an order is sent at the close that asked for it; in research it fills when the next bar opens, just then.
    assert [fill.time_ns // MINUTE_NS for fill in live.fills] == [
        int(columns.open_ns[bar]) // MINUTE_NS for bar in run.fills["bar"]
    ]
