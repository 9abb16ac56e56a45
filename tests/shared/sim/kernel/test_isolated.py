"""Isolated margin: what is set aside when a position is opened is all that it can lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.anything import CHARGED, Case, cases, markets, plan_of
from tests.shared.research.scripted import COIN, FLAT, Bar, Plan, ends, fees, fills, play, scripted
from tests.shared.research.test_purse import TEN, Both, together, told
from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import BarView, FillView
from tradedeck.research.result import Run, State, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Margin, Settings
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import cash_of, free_of

FILLED = (State.FILLED, at.NO_REASON)
NO_MARGIN = (State.REJECTED, at.NO_MARGIN)


def level(price: float) -> Bar:
    return (price, price, price, price)


def isolated(bars: Sequence[Bar], plan: Plan, **terms: Any) -> Run:
    """Ten to one and a hundredth of maintenance, unless told otherwise."""
    usual: dict[str, Any] = {"cash": Decimal(1000), "leverage": 10, "maintenance": Decimal("0.01"), "account": "linear"}
    return play(bars, plan, margin=Margin.ISOLATED, **{**usual, **terms})


def one(verb: str, lots: float) -> Plan:
    return {0: lambda s: getattr(s, verb)(lots)}


@pytest.mark.parametrize(("verb", "bar", "tick"), [
    # 50 at 100 set 500 aside. Long: (5000 - 500) / (50 * 0.99) = 90.9; short: (5000 + 500) / (50 * 1.01) = 108.9.
    ("buy", (100, 101, 70, 90), 90),
    ("sell", (100, 130, 99, 100), 108),
    # A gap beyond: the venue takes the position over where the 500 are gone.
    ("buy", (75, 76, 70, 72), 90),
    ("sell", (125, 130, 120, 121), 110),
])  # fmt: skip
def test_a_linear_position_is_closed_before_it_loses_more_than_was_set_aside(verb: str, bar: Bar, tick: int) -> None:
    run = isolated([FLAT, FLAT, bar], one(verb, 50))
    assert fills(run)[1] == (2, -50 if verb == "buy" else 50, tick, "taker")
    assert ends(run)[1] == (State.FILLED, at.LIQUIDATION)
    assert run.cash >= 500


@pytest.mark.parametrize(("verb", "bar", "tick"), [
    # 100 of 1 quote at 100 are a coin, 0.2 set aside. Long: 101 / 1.2 = 84.2; short: 99 / 0.8 = 123.75.
    ("buy", (100, 100, 60, 61), 84),
    ("sell", (100, 250, 100, 200), 123),
    # All of it is gone at 100 / 1.2 = 83.3 and at 100 / 0.8 = 125.
    ("buy", (60, 61, 60, 60), 84),
    ("sell", (200, 250, 190, 200), 125),
])  # fmt: skip
def test_an_inverse_position_is_closed_before_it_loses_more_than_was_set_aside(verb: str, bar: Bar, tick: int) -> None:
    run = isolated([FLAT, FLAT, bar], one(verb, 100), account="inverse", cash=Decimal(2), leverage=5)
    assert fills(run)[1] == (2, -100 if verb == "buy" else 100, tick, "taker")
    assert run.cash >= Decimal("1.8")


def test_the_fee_of_the_forced_close_is_paid_out_of_the_margin_too() -> None:
    # 4500 / (50 * (1 - 0.001)) = 90.09
    run = isolated([FLAT, FLAT, level(50)], one("buy", 50), instrument=fees("0", "0.001"))
    assert fills(run)[1] == (2, -50, 91, "taker")
    assert run.cash == 1000 - 450 - Decimal("0.001") * (5000 + 50 * 91)


@pytest.mark.parametrize("part", [0, 5, 10])
def test_increases_add_their_margin_and_reductions_release_their_part(part: int) -> None:
    # 10 at 100 and 10 at 110: (2100 - 210) / (20 * 0.99) = 95.45, whatever part of it is left.
    plan: Plan = {0: lambda s: s.buy(10), 1: lambda s: s.buy(10), 2: lambda s: s.sell(part) if part else None}
    bars = [FLAT, FLAT, level(110), level(100), (100, 100, 96, 96), (96, 96, 95, 95)]
    run = isolated(bars, plan)
    assert fills(run)[-1] == (5, part - 20, 95, "taker")
    assert ends(run)[-1] == (State.FILLED, at.LIQUIDATION)


@pytest.mark.parametrize(("lots", "end"), [(5, FILLED), (6, NO_MARGIN)])
def test_what_a_position_gains_opens_no_other_until_it_is_taken(lots: int, end: tuple[State, int]) -> None:
    # 40 at 100 set 800 of 1000 aside; at 200 five more need the 200 that are left.
    plan: Plan = {0: lambda s: s.buy(40), 1: lambda s: s.buy(lots)}
    assert ends(isolated([FLAT, FLAT, level(200)], plan, leverage=5))[1] == end


@pytest.mark.parametrize(("lots", "end"), [(37, FILLED), (38, NO_MARGIN)])
def test_turning_around_is_paid_from_what_the_end_of_the_position_leaves(lots: int, end: tuple[State, int]) -> None:
    # 20 at 100 lose 200 of 1000 at 90; 17 the other way need 765, 18 need 810.
    plan: Plan = {0: lambda s: s.buy(20), 1: lambda s: s.sell(lots)}
    assert ends(isolated([FLAT, FLAT, level(90)], plan, leverage=2))[1] == end


@pytest.mark.parametrize(("lots", "end"), [(99, FILLED), (100, NO_MARGIN)])
def test_the_fee_of_an_opening_has_to_be_free_too(lots: int, end: tuple[State, int]) -> None:
    run = isolated([FLAT, FLAT], one("buy", lots), instrument=fees("0", "0.001"))
    assert ends(run) == [end]


def test_funding_beyond_the_free_cash_brings_the_liquidation_nearer() -> None:
    # All 1000 are set aside; 200 of funding leave 800: (2000 - 800) / (20 * 0.99) = 60.6 in the place of 50.5.
    bars = [FLAT, FLAT, FLAT, (100, 100, 55, 55)]
    plain = isolated(bars, one("buy", 20), leverage=2)
    charged = isolated(bars, one("buy", 20), leverage=2, funding=np.array([0.0, 0.0, 0.1, 0.0]))
    assert len(fills(plain)) == 1
    assert fills(charged)[1] == (3, -20, 60, "taker")


def test_the_venue_comes_before_a_stop_that_a_gap_has_jumped() -> None:
    run = isolated([FLAT, FLAT, level(70)], {0: lambda s: s.buy(50, loss=95)})
    assert fills(run)[1] == (2, -50, 90, "taker")
    assert ends(run)[1:] == [(State.CANCELED, at.LIQUIDATION), (State.FILLED, at.LIQUIDATION)]


def test_a_stop_before_the_liquidation_price_saves_the_margin() -> None:
    run = isolated([FLAT, FLAT, (100, 100, 70, 70)], {0: lambda s: s.buy(50, loss=95)})
    assert fills(run)[1] == (2, -50, 95, "taker")


def test_a_loss_in_one_market_leaves_the_other_alone() -> None:
    # Each sets 500 of 1000 aside; the other market is lost at 9, and the main one is held on.
    plan: Both = {0: lambda s, o: (s.buy(50), s.buy(500, market=o))}
    other: list[Bar] = [TEN, TEN, (10, 10, 5, 5), (5, 5, 5, 5)]
    run = together(
        [FLAT] * 4, other, plan, cash=Decimal(1000), leverage=10, account=Account.LINEAR, margin=Margin.ISOLATED
    )  # fmt: skip
    assert told(run) == [(0, 1, 50), (1, 1, 5000), (1, 2, -5000)]
    assert run.fills[-1]["price"] == 18
    assert run.profit == -500


def test_what_one_market_has_set_aside_is_not_there_for_the_other() -> None:
    plan: Both = {0: lambda s, o: s.buy(50), 1: lambda s, o: (s.buy(501, market=o), s.buy(500, market=o))}
    run = together(
        [FLAT] * 3, [TEN] * 3, plan, cash=Decimal(1000), leverage=10, account=Account.LINEAR, margin=Margin.ISOLATED
    )  # fmt: skip
    assert [int(order["reason"]) for order in run.orders] == [0, at.NO_MARGIN, 0]


def test_a_spot_account_has_no_margin_to_isolate() -> None:
    with pytest.raises(RefusedError, match="no margin to isolate"):
        isolated([FLAT], {}, account="spot")


RATES = st.sampled_from(["0", "0.0005", "0.002"])


@settings(max_examples=150, deadline=None)
@given(
    markets(), st.sampled_from(["buy", "sell"]), st.integers(1, 60), st.integers(2, 50), RATES,
    st.sampled_from(["linear", "inverse"]),
)  # fmt: skip
def test_a_position_never_costs_more_than_its_margin_and_the_fee_to_open_it(
    bars: list[Bar], verb: str, lots: int, leverage: int, rate: str, account: str
) -> None:  # fmt: skip
    cash = Decimal(10_000) if account == "linear" else Decimal(100)
    run = isolated(
        [FLAT, *bars], one(verb, lots), leverage=leverage, account=account, cash=cash, instrument=fees("0", rate)
    )  # fmt: skip
    if len(run.fills) < 2:
        return
    first = Decimal(int(run.fills[0]["price"]))
    notional = lots * first if account == "linear" else lots / first
    # What is set aside is a whole number of cash units.
    unit = 1 if account == "linear" else Decimal("1e-8")
    assert run.cash >= cash - notional / leverage - notional * Decimal(rate) - unit


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(5, 50))
def test_an_account_keeps_what_was_free_through_every_liquidation(case: Case, leverage: int) -> None:
    account = Account.INVERSE if case.settings.account is Account.INVERSE else Account.LINEAR
    terms = replace(case.settings, account=account, margin=Margin.ISOLATED, leverage=leverage)

    class Watching(scripted(plan_of(case.steps))):
        free = 0.0

        def look(self, order: int) -> None:
            books: Any = getattr(self.desk, "main", None)
            if order and books.orders[(order - 1) * at.WIDTH + at.REASON] == at.LIQUIDATION:
                assert books.state[at.POSITION] == books.state[at.MARGIN] == books.state[at.BASIS] == 0
                # A unit for every fill: what is set aside is counted in whole units.
                assert cash_of(books.state, books.terms) >= self.free - books.state[at.FILLS]
            self.free = free_of(books.state, books.terms)

        def on_bar(self, bar: BarView) -> None:
            super().on_bar(bar)
            self.look(0)

        def on_fill(self, fill: FillView) -> None:
            self.look(fill.order)

    backtest(Watching, case.series, CHARGED, settings=terms, tier=Tier.INTERPRETED)


@settings(max_examples=60, deadline=None)
@given(markets(), st.integers(1, 90))
def test_a_long_paid_in_full_is_never_closed_by_force(bars: list[Bar], lots: int) -> None:
    run = isolated([FLAT, *bars, level(1)], one("buy", lots), leverage=1, cash=Decimal(100_000))
    assert len(run.fills) == 1


@settings(max_examples=100, deadline=None)
@given(cases())
def test_what_backs_a_position_makes_no_difference_far_from_its_end(case: Case) -> None:
    account = Account.INVERSE if case.settings.account is Account.INVERSE else Account.LINEAR
    # Nothing set aside can be lost at these prices, and there is more cash than anything needs.
    far = replace(
        case.settings, account=account, leverage=1, maintenance=Decimal(0), cash=Decimal(10**8), margin=Margin.CROSS
    )  # fmt: skip
    plan = {bar: act for bar, act in plan_of(case.steps).items() if bar < len(case.bars)}
    calm = [(*(min(max(price, 60), 115) for price in bar[:4]), bar[4]) for bar in case.bars]
    cross = play(calm, plan, **_told(far))
    alone = play(calm, plan, **_told(replace(far, margin=Margin.ISOLATED)))
    assert cross.orders.tolist() == alone.orders.tolist()
    assert cross.fills.tolist() == alone.fills.tolist()
    assert (cross.cash, cross.profit) == (alone.cash, alone.profit)


def _told(terms: Settings) -> dict[str, Any]:
    names = ("cash", "slippage_ticks", "latency_ns", "path", "touch", "volume_share", "margin", "leverage")
    return {**{name: getattr(terms, name) for name in names}, "account": str(terms.account), "instrument": COIN}
