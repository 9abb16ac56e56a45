"""What an account may do, what it pays, and when a perpetual is closed by force."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from tests.shared.research.scripted import FLAT, Bar, Plan, ends, fees, fills, play
from tradedeck.research.result import Run, State
from tradedeck.sim.kernel import layout as at

FILLED = (State.FILLED, at.NO_REASON)


def level(price: float) -> Bar:
    return (price, price, price, price)


@pytest.mark.parametrize(("cash", "end"), [(1000, (State.REJECTED, at.NO_CASH)), (1001, FILLED)])
def test_a_spot_account_pays_price_and_fee_in_full(cash: int, end: tuple[State, int]) -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.buy(10)}, cash=Decimal(cash), instrument=fees("0", "0.001"))
    assert ends(run) == [end]


def test_a_spot_account_sells_only_what_it_holds() -> None:
    plan: Plan = {0: lambda s: s.buy(5), 1: lambda s: (s.sell(6), s.sell(5))}
    assert ends(play([FLAT] * 3, plan)) == [FILLED, (State.REJECTED, at.NO_POSITION), FILLED]


def test_borrowing_lets_a_spot_account_be_short_and_costs_by_the_bar() -> None:
    # 5256 a year is 0.01 a minute: 10 of the 1000 borrowed at each of two opens, nothing once it is given back.
    plan: Plan = {0: lambda s: s.sell(10), 2: lambda s: s.buy(10)}
    run = play([FLAT, FLAT, level(100), level(110), FLAT], plan, borrow_rate=Decimal(5256))
    assert run.funding == 10 + 11
    assert run.profit == 1000 - 1100 - 21


def test_maker_and_taker_fees_are_exact() -> None:
    plan: Plan = {0: lambda s: s.buy(7), 1: lambda s: s.sell(3, price=110)}
    run = play([FLAT, FLAT, FLAT, (100, 111, 100, 100)], plan, instrument=fees("0.00019", "0.00051"))
    assert run.fees == 700 * Decimal("0.00051") + 330 * Decimal("0.00019")
    assert run.cash == 1_000_000 - 700 + 330 - run.fees
    assert run.profit == 30 - run.fees


@pytest.mark.parametrize(("lots", "end"), [(51, (State.REJECTED, at.NO_MARGIN)), (50, FILLED)])
@pytest.mark.parametrize("verb", ["buy", "sell"])
def test_a_perpetual_needs_its_initial_margin(verb: str, lots: int, end: tuple[State, int]) -> None:
    run = play(
        [FLAT, FLAT], {0: lambda s: getattr(s, verb)(lots)}, cash=Decimal(1000), leverage=5, account="linear"
    )  # fmt: skip
    assert ends(run) == [end]


def test_shrinking_a_position_needs_no_margin() -> None:
    plan: Plan = {0: lambda s: s.buy(50), 1: lambda s: s.sell(20)}
    run = play([FLAT, FLAT, level(83)], plan, cash=Decimal(1000), leverage=5, account="linear")
    assert fills(run)[1] == (2, -20, 83, "taker")


@pytest.mark.parametrize(("verb", "paid"), [("buy", 5), ("sell", -5)])
def test_funding_goes_from_long_to_short_at_its_bars_open(verb: str, paid: int) -> None:
    rates = np.array([0.0, 0.001, 0.001, 0.0])
    run = play(
        [FLAT] * 4, {0: lambda s: getattr(s, verb)(50)}, funding=rates, account="linear"
    )  # fmt: skip
    # The first rate falls due at the open before the order fills.
    assert run.funding == paid
    assert run.cash == 1_000_000 - (5000 if verb == "buy" else -5000) - paid
    assert run.equity[-1] == 1_000_000 - paid


def test_equity_at_a_close_counts_the_funding_so_far() -> None:
    rates = np.array([0.0, 0.0, 0.001, 0.0, 0.001])
    run = play([FLAT] * 5, {0: lambda s: s.buy(50)}, funding=rates, account="linear")
    assert (run.equity - 1_000_000).tolist() == [0, 0, -5, -5, -10]


@pytest.mark.parametrize(("verb", "bar", "tick"), [
    # long 50 at 100 with 1000: 4000 / (50 * (1 - 0.01)) = 80.8; short: 6000 / (50 * (1 + 0.01)) = 118.8
    ("buy", (100, 101, 70, 90), 80),
    ("buy", (75, 76, 70, 72), 75),
    ("sell", (100, 130, 99, 100), 118),
    ("sell", (125, 130, 120, 121), 125),
])  # fmt: skip
def test_a_linear_position_is_closed_where_its_margin_is_gone(verb: str, bar: Bar, tick: int) -> None:
    run = play(
        [FLAT, FLAT, bar], {0: lambda s: (getattr(s, verb)(50), s.buy(1, price=60))},
        cash=Decimal(1000), leverage=10, maintenance=Decimal("0.01"), account="linear",
    )  # fmt: skip
    assert fills(run)[1] == (2, -50 if verb == "buy" else 50, tick, "taker")
    assert ends(run)[1:] == [(State.CANCELED, at.LIQUIDATION), (State.FILLED, at.LIQUIDATION)]


def test_a_stop_before_the_liquidation_price_saves_the_account() -> None:
    run = play(
        [FLAT, FLAT, (100, 101, 70, 90)], {0: lambda s: s.buy(50, loss=85)},
        cash=Decimal(1000), leverage=10, maintenance=Decimal("0.01"), account="linear",
    )  # fmt: skip
    assert fills(run)[1] == (2, -50, 85, "taker")


def test_a_maintenance_of_all_of_it_has_no_price_to_be_closed_at() -> None:
    run = play(
        [FLAT, FLAT, (100, 100, 1, 100)], {0: lambda s: s.buy(5)}, account="linear", maintenance=Decimal(1)
    )  # fmt: skip
    assert len(fills(run)) == 1


def inverse(bars: list[Bar], verb: str, cash: str, *, funding: list[float] | None = None) -> Run:
    """100 contracts of 1 quote unit each, opened at the second bar and closed after the third."""
    plan: Plan = {0: lambda s: getattr(s, verb)(100), 2: lambda s: s.close()}
    return play(
        bars, plan, account="inverse", cash=Decimal(cash), leverage=5, maintenance=Decimal("0.01"),
        funding=None if funding is None else np.array(funding), instrument=fees("0.0002", "0.0005"),
    )  # fmt: skip


@pytest.mark.parametrize(("verb", "side"), [("buy", 1), ("sell", -1)])
def test_inverse_contracts_pay_the_textbook_profit_in_coins(verb: str, side: int) -> None:
    # N * (1 / entry - 1 / exit): 100 * (1/100 - 1/125) = 0.2 coins; fees on 1 coin and on 0.8 of one.
    run = inverse([FLAT, FLAT, FLAT, level(125)], verb, "2")
    fee = Fraction(5, 10_000) * (1 + Fraction(4, 5))
    assert Fraction(run.fees) == fee
    assert Fraction(run.profit) == side * Fraction(1, 5) - fee
    assert run.equity[-1] == pytest.approx(2 + float(run.profit), rel=1e-12)


def test_an_open_inverse_position_is_worth_its_coins_at_the_close() -> None:
    run = inverse([FLAT, FLAT, level(80)], "buy", "2")
    # 100 * (1/100 - 1/80) = -0.25, and the fee of 0.0005.
    assert run.profit == Decimal("-0.25") - Decimal("0.0005")


def test_funding_of_inverse_contracts_is_paid_in_coins() -> None:
    run = inverse([FLAT, FLAT, level(80), level(80)], "buy", "2", funding=[0, 0, 0.001, 0])
    assert run.funding == Decimal("0.00125")


@pytest.mark.parametrize(("verb", "bar", "cash", "tick"), [
    # long: 100 * (1 + 0.01) / (0.5 + 1 - fee 0.0005) = 67.4; short: 100 * (1 - 0.01) / (1 - 0.5 + 0.0005) = 197.8
    ("buy", (100, 100, 60, 61), "0.5", 67),
    ("sell", (100, 250, 100, 200), "0.5", 197),
])  # fmt: skip
def test_an_inverse_position_is_closed_where_its_margin_is_gone(verb: str, bar: Bar, cash: str, tick: int) -> None:
    run = inverse([FLAT, FLAT, bar], verb, cash)
    assert fills(run)[1] == (2, -100 if verb == "buy" else 100, tick, "taker")
    assert ends(run)[1] == (State.FILLED, at.LIQUIDATION)


def test_a_short_hedged_with_coins_is_never_closed_by_force() -> None:
    run = play(
        [FLAT, FLAT, (100, 100_000, 100, 50_000)], {0: lambda s: s.sell(100)}, account="inverse", cash=Decimal(1)
    )  # fmt: skip
    assert len(fills(run)) == 1
    assert run.profit == Decimal("0.002") - 1


def test_the_margin_left_limits_how_much_more_is_opened() -> None:
    plan: Plan = {0: lambda s: s.buy(50), 1: lambda s: s.buy(1)}
    run = play([FLAT, FLAT, level(99)], plan, cash=Decimal(1000), leverage=5, account="linear")
    assert ends(run) == [FILLED, (State.REJECTED, at.NO_MARGIN)]
