"""What an account was worth at every close, against the same sums in fractions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import isnan
from statistics import mean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.scripted import fees
from tradedeck.research.settings import Account, Settings
from tradedeck.research.terms import Terms, terms_of
from tradedeck.sim.kernel import worth
from tradedeck.sim.kernel.layout import F_LOTS, F_SIGN, FILL_WIDTH

Fill = tuple[int, int, int, int, int]
"""Bar, sign, price, lots, and 1 for a maker."""

CHARGED = fees("0.0002", "0.0005")
START = 100_000.0
closes = st.lists(st.integers(20, 300).map(float), min_size=1, max_size=40)
fills = st.lists(
    st.tuples(
        st.integers(0, 60), st.sampled_from([1, -1]), st.integers(20, 300), st.integers(1, 50), st.integers(0, 1)
    ),
    max_size=20,
)  # fmt: skip
accounts = st.sampled_from(list(Account))


def terms(account: Account) -> Terms:
    return terms_of(CHARGED, Settings(account=account), 100)


def rows(made: list[Fill], bars: int) -> list[int]:
    """The kernel's rows of fills within so many bars, oldest first."""
    kept = sorted((fill for fill in made if fill[0] < bars), key=lambda fill: fill[0])
    return [cell for n, (bar, *rest) in enumerate(kept) for cell in (n + 1, 0, bar, *rest, 0)]


def exactly(account: Account, cells: list[int], prices: list[float], charges: list[int]) -> list[Fraction]:
    """The worth at every close, in fractions."""
    inverse = account is Account.INVERSE
    unit = Fraction(1, 10**8) if inverse else Fraction(1)
    made = [cells[at : at + FILL_WIDTH] for at in range(0, len(cells), FILL_WIDTH)]
    found: list[Fraction] = []
    for bar, close in enumerate(prices):
        cash = -Fraction(sum(charges[: bar + 1]))
        held = 0
        for _, _, at, sign, price, lots, maker, _ in made:
            if at > bar:
                break
            value = round(Fraction(10**8 * lots, price)) if inverse else lots * price
            cash += sign * (value if inverse else -value)
            cash -= value * Fraction(CHARGED.fees.maker if maker else CHARGED.fees.taker)
            held += sign * lots
        position = -Fraction(10**8 * held, int(close)) if inverse else held * Fraction(int(close))
        found.append(Fraction(START) + (cash + position) * unit)
    return found


def traced(
    account: Account, cells: list[int], prices: list[float], charges: list[int]
) -> tuple[list[float], list[int]]:
    equity, sums = [0.0] * len(prices), [0] * worth.SUMS
    own = terms(account)
    worth.trace(own.cells, cells, len(cells) // FILL_WIDTH, charges, prices, float(own.unit), START, equity, sums)
    return equity, sums


@settings(deadline=None)
@given(accounts, closes, fills, st.data())
def test_a_trace_is_the_exact_worth_at_every_close(
    account: Account, prices: list[float], made: list[Fill], data: st.DataObject
) -> None:
    charged = st.lists(st.sampled_from([0, 0, 0, 7, -3]), min_size=len(prices), max_size=len(prices))
    charges = data.draw(st.just(list[int]()) | charged)
    cells = rows(made, len(prices))
    equity, sums = traced(account, cells, prices, charges)
    expected = exactly(account, cells, prices, charges)
    assert equity == [pytest.approx(float(one), rel=1e-9, abs=2e-8) for one in expected]
    assert sums[0] == sum(cells[at + F_SIGN] * cells[at + F_LOTS] for at in range(0, len(cells), FILL_WIDTH))


@settings(deadline=None)
@given(accounts, closes, fills, st.data())
def test_a_survey_says_what_the_trace_and_its_deepest_drop_say(
    account: Account, prices: list[float], made: list[Fill], data: st.DataObject
) -> None:
    ends = sorted(data.draw(st.sets(st.integers(0, len(prices) - 1), max_size=5)))
    cells = rows(made, len(prices))
    equity, sums = traced(account, cells, prices, [])
    daily, counted = [0.0] * len(ends), [0] * worth.SUMS
    own = terms(account)
    drop = worth.survey(
        own.cells, cells, len(cells) // FILL_WIDTH, prices, float(own.unit), START, ends, daily, counted
    )  # fmt: skip
    assert drop == pytest.approx(worth.deepest_drop([START, *equity]), rel=1e-9, abs=1e-12)
    assert daily == [equity[bar] for bar in ends]
    assert counted == sums


@pytest.mark.parametrize(("equity", "drop"), [
    ([], 0.0),
    ([100.0], 0.0),
    ([100.0, 120.0, 90.0, 130.0, 117.0], 0.25),
    ([100.0, 90.0, 95.0, 80.0], 0.2),
    ([-5.0, -9.0], 0.0),
    ([-5.0, 100.0, 50.0], 0.5),
    ([100.0, 50.0, -20.0], 1.2),
])  # fmt: skip
def test_the_deepest_drop_is_a_fraction_of_the_peak_before_it(equity: list[float], drop: float) -> None:
    assert worth.deepest_drop(equity) == pytest.approx(drop)


@settings(deadline=None)
@given(st.lists(st.floats(1.0, 1000.0), min_size=1))
def test_the_deepest_drop_is_the_worst_of_all_pairs(equity: list[float]) -> None:
    worst = max(1 - later / peak for n, peak in enumerate(equity) for later in equity[n:])
    assert worth.deepest_drop(equity) == pytest.approx(worst, abs=1e-12)


@pytest.mark.parametrize(("tick", "price", "ticks"), [("0.01", 12.345, 1235), ("0.25", 12.3, 49), ("5", 12.6, 3)])
def test_recorded_prices_go_to_the_nearest_tick(tick: str, price: float, ticks: int) -> None:
    own = terms_of(replace(CHARGED, tick=Decimal(tick)), Settings(), 1)
    assert worth.ticks_of(own.cells, price) == ticks


def test_more_turnover_than_whole_numbers_hold_is_told() -> None:
    most = [cell for n in range(3) for cell in (n + 1, 0, 0, 1 - 2 * (n % 2), 2**30, 2**30, 0, 0)]
    _, sums = traced(Account.LINEAR, most[: 2 * FILL_WIDTH], [1.0], [])
    assert sums[4] == 0
    _, sums = traced(Account.LINEAR, most, [1.0], [])
    assert sums[4] == 1


@given(st.floats(1.0, 1e6), st.lists(st.floats(1.0, 1e6), min_size=2, max_size=40))
def test_the_sharpe_ratio_is_that_of_the_daily_returns(start: float, daily: list[float]) -> None:
    returns = [after / before - 1.0 for before, after in zip([start, *daily], daily, strict=False)]
    spread = stdev(returns)
    found = worth.sharpe(start, daily, 365)
    if spread == 0.0 or isnan(found):
        assert isnan(found) or spread < 1e-12
    else:
        assert found == pytest.approx(mean(returns) / spread * 365**0.5, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("start", "daily"), [
    (100.0, [101.0]),
    (0.0, [1.0, 2.0]),
    (100.0, [101.0, 0.0, 3.0]),
    (100.0, [100.0, 100.0, 100.0]),
])  # fmt: skip
def test_there_is_no_sharpe_ratio_without_two_days_a_worth_and_a_spread(start: float, daily: list[float]) -> None:
    assert isnan(worth.sharpe(start, daily, 365))
