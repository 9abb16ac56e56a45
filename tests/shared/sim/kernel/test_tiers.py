"""Fee tiers: what is paid on a UTC day follows from what was traded in the 30 days before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.shared.research.anything import CHARGED, Case, cases
from tests.shared.research.scripted import COIN, FLAT, MIDNIGHT_NS, Act, Bar, Plan, play, scripted, series
from tests.shared.research.test_purse import TEN, Both, together
from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, FeeTier, Margin, Settings
from tradedeck.research.sweep import sweep
from tradedeck.research.trades import round_trips

DAY_NS = 86_400 * 10**9


def tier(volume: int, maker: str, taker: str) -> FeeTier:
    return FeeTier(Decimal(volume), Decimal(maker), Decimal(taker))


TIERS = (tier(0, "0.001", "0.002"), tier(1000, "0.0005", "0.001"), tier(2000, "-0.0001", "0.0003"))


def spaced(bars: Sequence[Bar], step_ns: int) -> BarSeries:
    """Bars of a minute with time between them."""
    made = series(*bars)
    return replace(made, open_ns=MIDNIGHT_NS + np.arange(len(made), dtype=np.int64) * step_ns)


def days(count: int, plan: Plan, **terms: Any) -> Run:
    """One bar a day, all of them at 100."""
    chosen: dict[str, Any] = {"tiers": TIERS, **terms}
    used = Settings(**chosen)
    return backtest(scripted(plan), spaced([FLAT] * count, DAY_NS), COIN, settings=used, tier=Tier.INTERPRETED)


def trade(lots: int) -> Act:
    return lambda s: s.buy(lots)


def test_a_days_rates_follow_from_what_was_traded_before_it() -> None:
    # Days 1 to 4: nothing, 500, 1000 and 1500 before them. The day's own trades do not count.
    run = days(6, {0: trade(5), 1: trade(5), 2: trade(5), 3: trade(5)})
    assert run.fills["tier"].tolist() == [0, 0, 1, 1]
    assert run.fees == 500 * (2 * Decimal("0.002") + 2 * Decimal("0.001"))
    assert run.cash == 1_000_000 - 2000 - run.fees


def test_what_is_more_than_30_days_old_counts_no_more() -> None:
    # The first 1000 are traded on day 1: day 31 still has them, day 32 only what was traded on day 31.
    run = days(35, {0: trade(10), 30: trade(1), 31: trade(1)})
    assert run.fills["tier"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("traded", "found"), [(999, [0, 0]), (1000, [1, 0]), (5000, [2, 0])])
def test_what_was_traded_before_the_first_bar_counts_for_30_days(traded: int, found: list[int]) -> None:
    run = days(34, {28: trade(1), 29: trade(1)}, traded=Decimal(traded))
    assert run.fills["tier"].tolist() == found


def test_makers_and_takers_of_a_tier_pay_their_own() -> None:
    made = series(FLAT, (100, 100, 90, 100), FLAT)
    run = backtest(
        scripted({0: lambda s: (s.buy(3), s.buy(7, price=95))}), made, COIN,
        settings=Settings(tiers=TIERS, traded=Decimal(2000)), tier=Tier.INTERPRETED,
    )  # fmt: skip
    assert run.fees == 300 * Decimal("0.0003") - 665 * Decimal("0.0001")


def test_the_rates_that_hold_say_whether_a_spot_account_can_pay() -> None:
    plan: Plan = {0: trade(10)}
    assert len(days(2, plan, cash=Decimal("1001.5")).fills) == 0
    assert len(days(2, plan, cash=Decimal("1001.5"), traded=Decimal(1000)).fills) == 1


def test_markets_of_one_account_earn_their_tier_together() -> None:
    # 500 in each of them on the first day: both are dear, then both are cheap.
    plan: Both = {0: lambda s, o: (s.buy(5), s.buy(50, market=o)), 1: lambda s, o: (s.buy(1), s.buy(1, market=o))}
    run = together([FLAT] * 3, [TEN] * 3, plan, tiers=TIERS, step_ns=DAY_NS)
    assert run.fills["tier"].tolist() == [0, 0, 1, 1]
    assert run.fees == 1000 * Decimal("0.002") + 110 * Decimal("0.001")


def test_volume_from_before_counts_once_for_several_markets() -> None:
    plan: Both = {0: lambda s, o: (s.buy(1), s.buy(1, market=o))}
    run = together([FLAT] * 2, [TEN] * 2, plan, tiers=TIERS, traded=Decimal(1000))
    assert run.fills["tier"].tolist() == [1, 1]


def test_trades_pay_what_their_fills_did() -> None:
    run = days(6, {0: trade(10), 1: lambda s: s.sell(10)})
    [trip] = round_trips(run)
    assert trip.fees == 1000 * Decimal("0.002") + 1000 * Decimal("0.001") == run.fees


def test_a_sweep_knows_the_tiers() -> None:
    bars = spaced([FLAT, (100, 104, 97, 101), (101, 103, 90, 95), (95, 120, 95, 118)] * 40, DAY_NS // 4)
    terms = Settings(tiers=TIERS)
    plan: dict[int, Act] = {k: (trade(3) if k % 2 else lambda s: s.close()) for k in range(100)}
    kind = scripted(plan)
    [summary] = sweep(kind, bars, COIN, [{}], terms, workers=1)
    run = backtest(kind, bars, COIN, settings=terms)
    assert summary.fees == float(run.fees)
    assert set(run.fills["tier"].tolist()) == {0, 1, 2}


@pytest.mark.parametrize(("terms", "words"), [
    ({"maker": Decimal(0)}, "contradict"),
    ({"tiers": TIERS[1:]}, "begin at a volume of 0"),
    ({"tiers": (TIERS[0], TIERS[2], TIERS[1])}, "rise from there"),
    ({"tiers": (tier(0, "0.1", "10"),)}, "fractions of the notional"),
    ({"traded": Decimal(-1)}, "traded must be at least 0"),
])  # fmt: skip
def test_tiers_that_make_no_sense_are_refused(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        days(1, {}, **terms)


def volume(case: Case, lots: int, price: int) -> int:
    return lots if case.settings.account is Account.INVERSE else lots * price


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from([3, 11, 24, 240]), st.sampled_from([0, 1500]), st.sampled_from(list(Margin)))
def test_fees_are_exact_whatever_is_traded_when(case: Case, hours: int, traded: int, margin: Margin) -> None:
    assume(case.settings.account is not Account.SPOT or margin is Margin.CROSS)
    terms = replace(case.settings, tiers=TIERS, traded=Decimal(traded), latency_ns=0, margin=margin)
    bars = spaced(case.bars, hours * 3600 * 10**9)
    run = backtest(case.kind, bars, CHARGED, settings=terms, tier=Tier.INTERPRETED)
    on = [(int(bars.open_ns[fill["bar"]]) // DAY_NS, fill) for fill in run.fills]
    first, fees = int(bars.open_ns[0]) // DAY_NS, Fraction(0)
    for day, fill in on:
        before = sum(
            volume(case, int(other["lots"]), int(other["price"])) for then, other in on if day - 30 <= then < day
        )
        before += traded if day - 30 < first else 0
        row = max(k for k, one in enumerate(TIERS) if before >= one.volume)
        assert fill["tier"] == row
        lots, price = int(fill["lots"]), int(fill["price"])
        worth = Fraction(lots * price)
        if case.settings.account is Account.INVERSE:
            worth = Fraction(round(Fraction(10**8 * lots, price)), 10**8)
        fees += worth * Fraction(TIERS[row].maker if fill["maker"] else TIERS[row].taker)
    assert Fraction(run.fees) == fees


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from([3, 24]))
def test_tiers_that_are_all_the_same_change_nothing(case: Case, hours: int) -> None:
    bars = spaced(case.bars, hours * 3600 * 10**9)
    own = CHARGED.fees
    same = tuple(FeeTier(Decimal(volume), own.maker, own.taker) for volume in (0, 300, 900))
    plain = backtest(case.kind, bars, CHARGED, settings=case.settings, tier=Tier.INTERPRETED)
    tiered = backtest(case.kind, bars, CHARGED, settings=replace(case.settings, tiers=same), tier=Tier.INTERPRETED)
    assert plain.orders.tolist() == tiered.orders.tolist()
    assert (plain.cash, plain.fees, plain.profit) == (tiered.cash, tiered.fees, tiered.profit)
    assert plain.equity.tolist() == tiered.equity.tolist()


@settings(max_examples=60, deadline=None)
@given(cases())
def test_worth_at_the_end_counts_what_every_tier_took(case: Case) -> None:
    bars = spaced(case.bars, 11 * 3600 * 10**9)
    run = backtest(case.kind, bars, CHARGED, settings=replace(case.settings, tiers=TIERS), tier=Tier.INTERPRETED)
    end = float(case.settings.cash) + float(run.profit)
    np.testing.assert_allclose(run.equity[-1], end, rtol=1e-9, atol=2e-8)


def test_a_run_within_one_day_pays_the_first_tier() -> None:
    run = play([FLAT] * 50, {k: trade(1) for k in range(40)}, tiers=TIERS)
    assert run.fees == 4000 * Decimal("0.002")
