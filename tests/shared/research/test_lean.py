"""The light desk hands over to the full one without losing a wish; `test_run` holds the two to each other."""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

import pytest

from tests.shared.research.scripted import FLAT, Act, Plan, ends, fees, fills, play
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.research.result import State
from tradedeck.sim.kernel import layout as at


def test_the_first_weight_asked_for_is_traded() -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.target_weight(0.5)}, cash=Decimal(1000))
    assert fills(run) == [(1, 5, 100, "taker")]


def test_a_desk_kept_from_before_still_reaches_the_market() -> None:
    def keep(strategy: Any) -> None:
        kept = strategy.desk
        strategy.buy(1, price=90)
        kept.target(2.0, None)
        strategy.buy(3)
        kept.cancel(1)

    run = play([FLAT, FLAT], {0: keep})
    assert fills(run) == [(1, 2, 100, "taker"), (1, 3, 100, "taker")]
    assert ends(run)[0] == (State.CANCELED, at.BY_STRATEGY)


def test_wishes_after_the_hand_over_follow_those_before_it() -> None:
    plan: Plan = {0: lambda s: s.buy(5), 2: lambda s: (s.sell(2), s.sell(3, price=110)), 3: lambda s: s.buy(1)}
    run = play([FLAT, FLAT, FLAT, FLAT, (100, 111, 100, 100)], plan)
    assert fills(run) == [(1, 5, 100, "taker"), (3, -2, 100, "taker"), (4, 1, 100, "taker"), (4, -3, 110, "maker")]


OTHERS: list[Act] = [
    lambda s: s.oco(5, take=110, loss=90),
    lambda s: s.trail(5, distance=9),
    lambda s: s.cancel(1),
    lambda s: s.replace(1, size=2),
    lambda s: s.desk.equity,
]


@pytest.mark.parametrize("wish", OTHERS)
def test_every_wish_it_does_not_know_keeps_what_is_on_the_way(wish: Act) -> None:
    plan: Plan = {0: lambda s: s.buy(5), 1: lambda s: s.sell(4), 2: lambda s: (s.sell(1), wish(s))}
    run = play([FLAT] * 5, plan)
    assert fills(run) == [(1, 5, 100, "taker"), (2, -4, 100, "taker"), (3, -1, 100, "taker")]


def test_an_account_with_just_enough_is_looked_at_exactly() -> None:
    # The bound alone would say no: every order is weighed at the dearest open of 200.
    bars = [FLAT, FLAT, FLAT, FLAT, (200, 200, 200, 200)]
    plan: Plan = {0: lambda s: s.buy(4), 1: lambda s: s.sell(4), 2: lambda s: s.buy(4)}
    run = play(bars, plan, cash=Decimal(1000), instrument=fees("0", "0.001"))
    assert [lots for _, lots, _, _ in fills(run)] == [4, -4, 4]


def test_what_the_account_cannot_pay_is_rejected_as_by_the_full_desk() -> None:
    plan: Plan = {0: lambda s: s.buy(4), 1: lambda s: s.buy(7), 2: lambda s: s.sell(5)}
    run = play([FLAT] * 4, plan, cash=Decimal(1000))
    assert ends(run) == [
        (State.FILLED, 0), (State.REJECTED, at.NO_CASH), (State.REJECTED, at.NO_POSITION),
    ]  # fmt: skip


def test_many_orders_in_one_bar_and_many_sizes_are_too_much_for_it() -> None:
    run = play([FLAT] * 3, {0: lambda s: [s.buy(1) for _ in range(70)]}, cash=Decimal(100_000))
    assert len(fills(run)) == 70
    plan: Plan = {bar: (lambda s, n=bar + 1: s.target(n)) for bar in range(80)}
    assert run_position(plan) == 80


def run_position(plan: Plan) -> int:
    return int(play([FLAT] * 82, plan, cash=Decimal(100_000)).position[-1])


def test_a_size_between_lots_is_rounded_as_everywhere() -> None:
    plan: Plan = {0: lambda s: s.target(2.7), 1: lambda s: s.target(2.9), 2: lambda s: s.buy(1.5)}
    assert [lots for _, lots, _, _ in fills(play([FLAT] * 4, plan))] == [2, 1]


def test_it_tells_the_time_the_price_and_what_is_on_its_way() -> None:
    told: list[Any] = []

    def look(strategy: Any) -> None:
        strategy.buy(1)
        strategy.note("bought", price=nan)
        told.extend([strategy.working, strategy.desk.working, strategy.desk.last_close(None), strategy.desk.now_ns])

    run = play([FLAT, (101, 102, 100, 101), FLAT], {1: look})
    assert told == [1, (1,), 101.0, int(run.series.open_ns[1]) + MINUTE_NS]
    assert [(note.bar, note.text) for note in run.notes] == [(1, "bought")]
