"""A native run goes by blocks of bars, over the light desk where that is enough; neither shows in what it does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research import native
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings

HOUR_NS = 3_600_000_000_000
COIN = Instrument(
    "COIN", "test", "COIN", "USD", Decimal("0.1"), Decimal("0.01"), Decimal("0.01"), Decimal(1000), Decimal(0),
    FeeSchedule(Decimal("0.001"), Decimal("0.001")),
)  # fmt: skip


def walked(bars: int, seed: int = 3) -> BarSeries:
    closes = 100 + np.cumsum(np.random.default_rng(seed).choice([-0.5, 0.0, 0.5], bars)).clip(-50, 400)
    opens = np.r_[100.0, closes[:-1]]
    return BarSeries(
        "COIN", HOUR_NS, np.arange(1, bars + 1) * HOUR_NS, opens, np.maximum(opens, closes) + 0.2,
        np.minimum(opens, closes) - 0.2, closes, np.full(bars, 1000.0),
    )  # fmt: skip


class Crossing(Strategy):
    """In above the band or the cross, out below; two outputs of one line, one of a longer timeframe."""

    def setup(self, setup: Setup) -> None:
        self.fast = setup.sma(3)
        self.slow = setup.line("ema", 8)
        self.upper = setup.line("bbands", 5, 2.0, output="upper")
        self.lower = setup.line("bbands", 5, 2.0, output="lower")
        self.day = setup.sma(2, timeframe="4h")
        self.size = setup.number("size", 1.0, low=0.01, high=100)

    def on_bar(self, bar: BarView) -> None:
        if self.fast.value > self.slow.value and bar.close < self.upper.value and self.day.value >= self.day.previous:
            self.target(self.size)
        elif bar.close > self.lower.value:
            self.close()


class Limited(Crossing):
    """The same by limit orders, for the full desk."""

    def on_bar(self, bar: BarView) -> None:
        if self.working:
            self.cancel_all()
        elif self.position:
            self.close()
        elif self.fast.value > self.slow.value:
            self.buy(self.size, price=bar.close)


class Alternating(Strategy):
    """All it can buy in one bar, sold in the next."""

    def on_bar(self, bar: BarView) -> None:
        if self.position:
            self.close()
        else:
            self.buy(1.0)


def same(one: Run, other: Run) -> None:
    np.testing.assert_array_equal(one.orders, other.orders)
    np.testing.assert_array_equal(one.fills, other.fills)
    np.testing.assert_array_equal(one.equity, other.equity)
    assert (one.cash, one.fees, one.profit, one.notes) == (other.cash, other.fees, other.profit, other.notes)


@pytest.mark.parametrize("kind", [Crossing, Limited])
def test_the_length_of_a_block_changes_nothing(kind: type[Strategy], monkeypatch: pytest.MonkeyPatch) -> None:
    series = walked(700)
    python = backtest(kind, series, COIN, tier=Tier.INTERPRETED)
    assert len(python.fills) > 20
    for block in (1, 7, 64, 699, 700, 10_000):
        monkeypatch.setattr(native, "BLOCK", block)
        same(backtest(kind, series, COIN, tier=Tier.COMPILED), python)


def test_progress_is_told_after_every_block_and_can_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "BLOCK", 100)
    told: list[int] = []
    backtest(Alternating, walked(250), COIN, tier=Tier.COMPILED, progress=told.append)
    assert told == [100, 200, 250]

    def stop(done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    told.clear()
    with pytest.raises(KeyboardInterrupt):
        backtest(Alternating, walked(250), COIN, tier=Tier.COMPILED, progress=stop)
    assert told == [100]
    same(backtest(Alternating, walked(250), COIN, tier=Tier.COMPILED), backtest(Alternating, walked(250), COIN))


@settings(deadline=None, max_examples=60)
@given(cash=st.integers(60, 400), seed=st.integers(0, 40), slippage=st.integers(0, 4))
def test_an_account_near_its_end_is_counted_as_python_counts_it(cash: int, seed: int, slippage: int) -> None:
    # The dearest price of a series is far above most of them: the bound alone would refuse what can be paid.
    terms = Settings(cash=Decimal(cash), slippage_ticks=slippage)
    series = walked(300, seed)
    compiled = backtest(Alternating, series, COIN, settings=terms, tier=Tier.COMPILED)
    same(
        replace(compiled, tier=Tier.INTERPRETED),
        backtest(Alternating, series, COIN, settings=terms, tier=Tier.INTERPRETED),
    )


def test_the_light_desk_goes_on_where_only_the_bound_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    series = walked(60, 5)
    series = replace(series, high=np.r_[series.high[:-1], 150.0])
    # By the bound every round trip loses a third, and the second could not be paid.
    terms = Settings(cash=Decimal(160))
    ran: list[bool] = []
    walk = native.walk_native

    def watched(module: native.Native, *rest: object) -> bool:
        ran.append(walk(module, *rest) and module.light)  # pyright: ignore[reportArgumentType]
        return ran[-1]

    monkeypatch.setattr(native, "walk_native", watched)
    run = backtest(Alternating, series, COIN, settings=terms, tier=Tier.COMPILED)
    assert ran == [True]
    assert len(run.fills) > 50
