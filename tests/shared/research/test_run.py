"""Whatever is asked for on whatever market: nothing appears from nowhere, and every way of running agrees."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.anything import CHARGED, Case, cases, markets
from tests.shared.research.scripted import series
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.declared import declare
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.drive import Drive
from tradedeck.research.lines import Columns
from tradedeck.research.result import Run, State, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.research.tape import Tape
from tradedeck.research.terms import terms_of

ANY = settings(max_examples=150, deadline=None)


def run_of(case: Case, bars: BarSeries | None = None) -> Run:
    return backtest(case.kind, bars or case.series, CHARGED, settings=case.settings, tier=Tier.INTERPRETED)


def worth(case: Case, lots: int, price: int) -> Fraction:
    """What a fill moves, in quote units; in coins on an inverse account, to the nearest hundred-millionth."""
    if case.settings.account is Account.INVERSE:
        return -Fraction(round(Fraction(10**8 * lots, price)), 10**8)
    return Fraction(lots * price)


@ANY
@given(cases())
def test_cash_is_the_start_and_what_every_fill_fee_and_charge_moved(case: Case) -> None:
    run = run_of(case)
    traded = fees = Fraction(0)
    for fill in run.fills:
        value = worth(case, int(fill["lots"]), int(fill["price"]))
        traded -= int(fill["sign"]) * value
        fees += abs(value) * Fraction(CHARGED.fees.maker if fill["maker"] else CHARGED.fees.taker)
    assert Fraction(run.fees) == fees
    assert Fraction(run.cash) == Fraction(case.settings.cash) + traded - fees - Fraction(run.funding)
    held = int((run.fills["sign"] * run.fills["lots"]).sum())
    last = int(run.series.close[-1])
    sign = 1 if held > 0 else -1
    assert abs(Fraction(run.profit) - (Fraction(run.cash) - Fraction(case.settings.cash)) - sign * worth(
        case, abs(held), last
    )) <= Fraction(1, 10**8)  # fmt: skip


@ANY
@given(cases())
def test_equity_at_each_close_is_cash_and_position_then(case: Case) -> None:
    case = Case(case.bars, case.steps, _free_of_charges(case), case.answers)
    run = run_of(case)
    cash, held, row = Fraction(case.settings.cash), 0, 0
    for bar in range(len(run.series)):
        while row < len(run.fills) and run.fills[row]["bar"] == bar:
            fill = run.fills[row]
            value = worth(case, int(fill["lots"]), int(fill["price"]))
            rate = Fraction(CHARGED.fees.maker if fill["maker"] else CHARGED.fees.taker)
            cash -= int(fill["sign"]) * value + abs(value) * rate
            held += int(fill["sign"] * fill["lots"])
            row += 1
        exact = cash + (1 if held > 0 else -1) * worth(case, abs(held), int(run.series.close[bar]))
        assert run.equity[bar] == pytest.approx(float(exact), rel=1e-9, abs=2e-8)


def _free_of_charges(case: Case) -> Settings:
    return replace(case.settings, borrow_rate=Decimal(0))


@ANY
@given(cases())
def test_orders_fill_as_far_as_they_go_and_pairs_on_one_side_only(case: Case) -> None:
    run = run_of(case)
    filled: Counter[int] = Counter()
    for fill in run.fills:
        filled[int(fill["order"])] += int(fill["lots"])
    for order in run.orders:
        assert int(order["filled"]) == filled[int(order["number"])] <= max(int(order["lots"]), 0)
        assert (State(order["state"]) is State.FILLED) <= (order["filled"] == order["lots"])
        assert (order["ended"] == -1) == (State(order["state"]) is State.WORKING)
    roots = {int(o["number"]): (int(o["group"]), int(o["kind"])) for o in run.orders if o["group"]}
    for group in {group for group, _ in roots.values()}:
        kinds = {kind for number, (own, kind) in roots.items() if own == group and filled[number]}
        assert len(kinds) <= 1, "the take and the stop of one group have both traded"


@ANY
@given(cases())
def test_the_position_is_the_sum_of_the_fills_and_spot_never_owes(case: Case) -> None:
    run = run_of(case)
    held = np.array([
        (run.fills["sign"] * run.fills["lots"])[run.fills["bar"] <= bar].sum() for bar in range(len(run.series))
    ])  # fmt: skip
    assert run.position.tolist() == held.tolist()
    if case.settings.account is Account.SPOT and not case.settings.borrow_rate:
        cash, lots = Fraction(case.settings.cash), 0
        for fill in run.fills:
            value = int(fill["lots"] * fill["price"])
            rate = Fraction(CHARGED.fees.maker if fill["maker"] else CHARGED.fees.taker)
            cash -= int(fill["sign"]) * value + value * rate
            lots += int(fill["sign"] * fill["lots"])
            assert cash >= -Fraction(1, 10**6)
            assert lots >= 0


class EveryBar(Tape):
    """A tape that never skips a bar."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.due = 0

    def look(self, i: int) -> None:
        self.due = i + 1


def logs_of(case: Case, tape: type[Tape] = Tape, *, lean: bool = True, funding: Any = None) -> list[Any]:
    """The logs of a run over a tape of this kind."""
    bars = case.series
    made, declared = declare(case.kind, {}, [Columns(bars)])
    tapes = [tape(bars, terms_of(CHARGED, case.settings, len(bars)), case.settings, funding)]
    desk = ResearchDesk(tapes, declared.cursor)
    drive = Drive(made, declared, desk, tapes, bars, declared.warm_from(), lean_allowed=lean)
    drive.run()
    [(orders, fills)] = drive.logs()
    return [orders.tolist(), fills.tolist(), desk.notes]


@settings(max_examples=250, deadline=None)
@given(cases(plain=True))
def test_the_light_desk_does_what_the_full_one_does(case: Case) -> None:
    assert logs_of(case) == logs_of(case, lean=False)


@settings(max_examples=250, deadline=None)
@given(cases(), st.booleans())
def test_skipping_bars_changes_nothing(case: Case, funded: bool) -> None:
    rates = np.array([0.001 * (bar % 7 == 3) for bar in range(len(case.bars))]) if funded else None
    assert logs_of(case, funding=rates) == logs_of(case, EveryBar, lean=False, funding=rates)


@ANY
@given(cases(), st.data())
def test_what_comes_later_changes_nothing_before(case: Case, data: st.DataObject) -> None:
    whole = run_of(case)
    cut = data.draw(st.integers(1, len(case.bars)))
    part = run_of(case, case.series.slice(0, cut))
    asked = ["number", "kind", "sign", "lots", "price", "stop", "placed", "group", "parent"]
    assert part.orders[asked].tolist() == whole.orders[whole.orders["placed"] < cut][asked].tolist()
    assert part.fills.tolist() == whole.fills[whole.fills["bar"] < cut].tolist()
    assert part.equity.tolist() == whole.equity[:cut].tolist()


class Woken(Strategy):
    """Sleeps between signals."""

    def setup(self, setup: Setup) -> None:
        fast, slow = setup.sma(2), setup.sma(4)
        self.up, self.down = setup.crosses_above(fast, slow), setup.crosses_below(fast, slow)

    def on_signal(self, bar: BarView) -> None:
        if self.up.value:
            self.buy(3, take=bar.close + 4, loss=bar.close - 4)
        if self.down.value:
            self.sell(1, price=bar.close + 2, good_for_hours=0.1)


class Watching(Woken):
    """The same, asking at every bar."""

    def on_signal(self, bar: BarView) -> None:
        pass

    def on_bar(self, bar: BarView) -> None:
        if self.up.value or self.down.value:
            super().on_signal(bar)


@ANY
@given(markets(), st.booleans())
def test_waking_at_signals_is_the_same_as_asking_at_every_bar(bars: Any, margin: bool) -> None:
    terms = Settings(account=Account.LINEAR if margin else Account.SPOT)
    one, two = (
        backtest(kind, series(*bars), CHARGED, settings=terms, tier=Tier.INTERPRETED) for kind in (Woken, Watching)
    )
    assert (one.tier, two.tier) == (Tier.SPARSE, Tier.INTERPRETED)
    assert one.orders.tolist() == two.orders.tolist()
    assert one.fills.tolist() == two.fills.tolist()
    assert one.cash == two.cash
