"""Charges by the bar, reckoned from the fills alone, are those that the kernel took on its way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.anything import CHARGED, Case, cases
from tests.shared.research.scripted import FLAT, play, series
from tradedeck.research.curve import charges_of, curve_of
from tradedeck.research.declared import declare
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.drive import Drive
from tradedeck.research.lines import Columns
from tradedeck.research.settings import Account, Settings
from tradedeck.research.tape import Tape, borrow_a_bar
from tradedeck.research.terms import terms_of
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import equity_of


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from([0.0, 0.001, -0.002]))
def test_cash_funding_and_worth_are_those_of_the_kernel(case: Case, rate: float) -> None:
    bars, terms = case.series, terms_of(CHARGED, case.settings, len(case.bars))
    rates = np.array([rate * (bar % 3 == 1) for bar in range(len(bars))]) if rate else None
    made, declared = declare(case.kind, {}, [Columns(bars)])
    tape = Tape(bars, terms, case.settings, rates)
    drive = Drive(made, declared, ResearchDesk([tape], declared.cursor), [tape], bars, 0, lean_allowed=False)
    drive.run()
    [(_, fills)] = drive.logs()
    state = tape.books.state
    charges = charges_of(bars, fills, terms, rates, borrow_a_bar(bars, case.settings))
    start = float(case.settings.cash)
    curve = curve_of(bars, fills, terms, start, charges)
    assert curve.funding == state[at.FUNDING] * terms.unit
    fees = (state[at.MAKER_TURNOVER] * terms.maker + state[at.TAKER_TURNOVER] * terms.taker) * terms.unit
    assert curve.fees == fees
    assert curve.paid == state[at.CASH] * terms.unit - fees - curve.funding
    worth = equity_of(state, tape.books.terms, int(bars.close[-1])) * tape.books.unit
    np.testing.assert_allclose(curve.equity[-1], worth, rtol=1e-9, atol=2e-8)
    np.testing.assert_allclose(start + float(curve.paid + curve.held), worth, rtol=1e-9, atol=2e-8)


def test_without_funding_or_borrowing_there_are_no_charges() -> None:
    bars = series(FLAT)
    terms = terms_of(CHARGED, Settings(), 1)
    assert charges_of(bars, np.zeros((0, at.FILL_WIDTH), np.int64), terms, None, 0.0) is None


def test_only_spot_accounts_borrow() -> None:
    own = Settings(borrow_rate=Decimal(1))
    assert borrow_a_bar(series(FLAT), own) == 1 / (365 * 24 * 60)
    assert borrow_a_bar(series(FLAT), replace(own, account=Account.LINEAR)) == 0.0


def test_a_run_without_fills_is_worth_its_cash_throughout() -> None:
    run = play([FLAT] * 3, {}, cash=Decimal(500))
    assert run.equity.tolist() == [500.0] * 3
    assert (run.cash, run.profit, run.fees) == (500, 0, 0)
