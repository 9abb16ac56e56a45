"""What orders bring with them, how they end, and what the venue refuses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.shared.research.scripted import COIN, FLAT, MIDNIGHT_NS, Act, Plan, ends, fills, play
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.research.result import Kind, State
from tradedeck.research.settings import Touch
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.orders import book

FILLED = (State.FILLED, at.NO_REASON)
WORKING = (State.WORKING, at.NO_REASON)


def test_each_fill_of_a_bracket_gets_exits_of_exactly_its_size() -> None:
    bars = [FLAT, (100, 100, 100, 100, 0), (100, 100, 90, 95, 20)]
    run = play(bars, {0: lambda s: s.buy(12, price=95, take=110, loss=80)}, path="low-first")
    assert fills(run) == [(2, 5, 95, "maker"), (2, 5, 95, "maker")]
    exits = [(Kind(o["kind"]), int(o["sign"]), int(o["lots"]), int(o["group"]), int(o["parent"])) for o in run.orders]
    assert exits[1:] == [
        (Kind.LIMIT, -1, 5, 1, 1), (Kind.STOP, -1, 5, 1, 1), (Kind.LIMIT, -1, 5, 2, 1), (Kind.STOP, -1, 5, 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("bar", "price", "who"), [((100, 111, 99, 100), 110, 1), ((100, 101, 79, 100), 80, 2)])
def test_the_first_exit_to_fill_cancels_the_other(bar: Any, price: int, who: int) -> None:
    run = play([FLAT, FLAT, bar], {0: lambda s: s.buy(3, take=110, loss=80)})
    assert fills(run)[1][:3] == (2, -3, price)
    assert ends(run)[who] == FILLED
    assert ends(run)[3 - who] == (State.CANCELED, at.BY_PARTNER)


@pytest.mark.parametrize("exits", [{"take": 110.0}, {"loss": 90.0}, {"trail": 10.0}])
def test_a_single_exit_stands_in_no_group(exits: Any) -> None:
    run = play([FLAT, FLAT, FLAT], {0: lambda s: s.buy(3, **exits)})
    assert [(int(o["group"]), int(o["parent"]), int(o["sign"])) for o in run.orders[1:]] == [(0, 1, -1)]


def test_loss_and_trail_together_start_at_the_loss_and_follow() -> None:
    bars = [FLAT, FLAT, (100, 104, 100, 104), (104, 104, 104, 104)]
    run = play(bars, {0: lambda s: s.buy(3, loss=80, trail=10)})
    assert [int(stop) for stop in run.orders["stop"][1:]] == [80, 94]


def test_a_partial_fill_of_one_of_a_pair_cancels_the_other_at_once() -> None:
    bars = [FLAT, FLAT, (100, 100, 100, 100, 0), (100, 106, 100, 104, 8)]
    plan: Plan = {0: lambda s: s.buy(10), 1: lambda s: s.oco(10, take=105, loss=90)}
    run = play(bars, plan, path="high-first")
    assert fills(run)[1:] == [(3, -2, 105, "maker"), (3, -2, 105, "maker")]
    assert ends(run)[1:] == [WORKING, (State.CANCELED, at.BY_PARTNER)]


def test_a_pair_of_negative_size_buys_back() -> None:
    plan: Plan = {0: lambda s: s.sell(4), 1: lambda s: s.oco(-4, take=90, loss=110)}
    run = play([FLAT, FLAT, (100, 112, 100, 111)], plan, account="linear")
    assert fills(run)[1] == (2, 4, 110, "taker")


def test_canceling_one_of_a_pair_leaves_the_other() -> None:
    plan: Plan = {0: lambda s: s.buy(1), 1: lambda s: s.oco(1, take=110, loss=90), 2: lambda s: s.cancel(2)}
    run = play([FLAT, FLAT, FLAT, FLAT, (100, 100, 89, 89)], plan)
    assert ends(run) == [FILLED, (State.CANCELED, at.BY_STRATEGY), FILLED]


def test_a_trailing_stop_follows_the_best_close_and_only_tightens() -> None:
    closes = [100, 100, 103, 101, 106, 90]
    bars = [FLAT, *[(a, max(a, b), min(a, b), b) for a, b in pairwise(closes)]]
    run = play(bars, {0: lambda s: s.buy(2), 1: lambda s: s.trail(2, distance=5)})
    # 95 at first; 98 after the close at 103; the 101 loosens nothing; 101 after 106; the fall fills it there.
    assert [int(stop) for stop in run.orders["stop"][1:]] == [95, 98, 101]
    assert ends(run)[1:] == [(State.CANCELED, at.SUCCEEDED), (State.CANCELED, at.SUCCEEDED), FILLED]
    assert fills(run)[1] == (5, -2, 101, "taker")


def test_a_trailing_stop_of_a_short_follows_downwards() -> None:
    bars = [FLAT, FLAT, (100, 100, 94, 94), (94, 100, 94, 99)]
    plan: Plan = {0: lambda s: s.sell(2), 1: lambda s: s.trail(-2, distance=5)}
    run = play(bars, plan, account="linear")
    assert [int(stop) for stop in run.orders["stop"][1:]] == [105, 99]
    assert fills(run)[1] == (3, 2, 99, "taker")


def test_two_trailing_stops_are_both_moved_at_one_close() -> None:
    plan: Plan = {0: lambda s: s.buy(4), 1: lambda s: (s.trail(2, distance=5), s.trail(2, distance=9))}
    run = play([FLAT, FLAT, (100, 104, 100, 104), (104, 104, 104, 104)], plan)
    assert [int(stop) for stop in run.orders["stop"][1:]] == [95, 91, 99, 95]


def test_a_successor_takes_the_rest_and_the_options_of_what_it_replaces() -> None:
    bars = [FLAT, (100, 100, 100, 100, 0), (100, 100, 94, 100, 8), (100, 100, 100, 100, 0), FLAT]
    plan: Plan = {0: lambda s: s.buy(10, price=95, take=120), 2: lambda s: s.replace(1, price=93)}
    run = play(bars, plan, path="high-first")
    first, successor = run.orders[0], run.orders[3]
    assert (State(first["state"]), int(first["filled"])) == (State.CANCELED, 4)
    assert int(first["reason"]) == at.SUCCEEDED
    assert (int(successor["lots"]), int(successor["price"])) == (6, 93)


def test_a_successor_brings_the_exits_of_what_it_replaces() -> None:
    plan: Plan = {0: lambda s: s.buy(10, price=95, take=120), 1: lambda s: s.replace(1, size=4)}
    run = play([FLAT, FLAT, FLAT, (100, 100, 94, 100), FLAT], plan)
    assert [(int(o["lots"]), int(o["price"])) for o in run.orders[1:]] == [(4, 95), (4, 120)]


def test_replacing_a_stop_moves_its_trigger() -> None:
    plan: Plan = {0: lambda s: s.buy(1), 1: lambda s: s.sell(1, stop=90), 2: lambda s: s.replace(2, stop=95)}
    run = play([FLAT, FLAT, FLAT, (100, 100, 94, 96)], plan)
    assert fills(run)[1] == (3, -1, 95, "taker")


def test_what_does_not_work_any_more_has_no_successor_and_no_cancel() -> None:
    told: list[int] = []

    def at_last(strategy: Any) -> None:
        told.extend([strategy.replace(1, price=90), strategy.replace(7, price=90), strategy.replace(0, price=90)])
        strategy.cancel(1)
        strategy.cancel(99)

    run = play([FLAT, FLAT, FLAT], {0: lambda s: s.buy(1), 1: at_last})
    assert told == [0, 0, 0]
    assert ends(run) == [FILLED]


def test_an_order_ends_at_the_first_close_after_its_time() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, price=90, good_for_hours=1 / 60), s.buy(1, price=90, good_for_hours=1.5 / 60))}
    run = play([FLAT] * 5, plan)
    assert ends(run) == [(State.CANCELED, at.TIME_OVER)] * 2
    assert run.orders["ended"].tolist() == [1, 2]


def test_a_day_order_ends_at_midnight_and_the_earlier_time_counts() -> None:
    plan: Plan = {
        0: lambda s: (
            s.buy(1, price=90, tif="day"),
            s.buy(1, price=90, tif="day", good_for_hours=1 / 60),
            s.buy(1, price=90, tif="day", good_for_hours=9),
        )
    }
    run = play([FLAT] * 6, plan, start_ns=MIDNIGHT_NS - 4 * MINUTE_NS)
    assert run.orders["ended"].tolist() == [3, 1, 3]


def test_an_iceberg_shows_one_slice_after_the_other() -> None:
    run = play([FLAT, FLAT, (100, 100, 94, 100)], {0: lambda s: s.buy(10, price=95, show=4, take=120)})
    slices = run.orders[run.orders["sign"] == 1]
    assert [(int(o["lots"]), int(o["parent"])) for o in slices] == [(4, 0), (4, 1), (2, 1)]
    # A new slice meets the market where the one before it filled: it takes there.
    assert fills(run) == [(2, 4, 95, "maker"), (2, 4, 95, "taker"), (2, 2, 95, "taker")]


def test_canceling_the_working_slice_ends_the_iceberg() -> None:
    run = play([FLAT, FLAT, FLAT], {0: lambda s: s.buy(10, price=95, show=4), 1: lambda s: s.cancel(1)})
    assert ends(run) == [(State.CANCELED, at.BY_STRATEGY)]


def test_showing_all_of_it_is_no_iceberg() -> None:
    run = play([FLAT, FLAT, (100, 100, 94, 100)], {0: lambda s: s.buy(4, price=95, show=4)})
    assert ends(run) == [FILLED]


REJECTED: list[tuple[Act, int]] = [
    (lambda s: s.buy(0.4), at.SIZE_ZERO),
    (lambda s: s.buy(-3), at.SIZE_ZERO),
    (lambda s: s.buy(1), at.SIZE_BOUNDS),
    (lambda s: s.buy(1001), at.SIZE_BOUNDS),
    (lambda s: s.buy(2, price=-4), at.PRICE_BOUNDS),
    (lambda s: s.buy(2, stop=-4), at.PRICE_BOUNDS),
    (lambda s: s.buy(2, price=2), at.NOTIONAL_SMALL),
    (lambda s: s.sell(2, stop=2), at.NOTIONAL_SMALL),
    (lambda s: s.sell(2, reduce_only=True), at.NOT_REDUCING),
]


@pytest.mark.parametrize(("ask", "reason"), REJECTED)
def test_the_venue_rejects_what_breaks_its_rules(ask: Any, reason: int) -> None:
    run = play([FLAT, FLAT], {0: ask}, instrument=replace(COIN, min_size=Decimal(2)))
    assert ends(run) == [(State.REJECTED, reason)]


def test_a_market_order_is_weighed_at_the_newest_price() -> None:
    run = play([(2, 2, 2, 2), FLAT], {0: lambda s: (s.buy(2), s.buy(3))})
    assert ends(run) == [(State.REJECTED, at.NOTIONAL_SMALL), FILLED]


def test_no_more_than_two_hundred_orders_work_at_once() -> None:
    run = play([FLAT, FLAT], {0: lambda s: [s.buy(1, price=90) for _ in range(201)]})
    assert ends(run)[199:] == [WORKING, (State.REJECTED, at.TOO_MANY)]


def test_more_orders_than_a_run_may_ask_for_stop_it() -> None:
    with pytest.raises(RefusedError, match="more than 1008 orders"):
        play([FLAT] * 2, {0: lambda s: [s.buy(0.1) for _ in range(1009)]})


def test_reduce_only_counts_what_is_already_on_the_way() -> None:
    plan: Plan = {
        0: lambda s: s.buy(10),
        1: lambda s: (s.sell(6, price=120, reduce_only=True), s.sell(5, reduce_only=True), s.sell(4, reduce_only=True)),
    }
    run = play([FLAT, FLAT, FLAT], plan)
    assert ends(run)[1:] == [WORKING, (State.REJECTED, at.NOT_REDUCING), FILLED]


def test_a_reduce_only_order_trades_no_more_than_is_held_when_it_fills() -> None:
    plan: Plan = {0: lambda s: s.buy(10), 1: lambda s: s.sell(8, price=110, reduce_only=True), 2: lambda s: s.sell(7)}
    run = play([FLAT, FLAT, FLAT, FLAT, (100, 111, 100, 100)], plan)
    assert fills(run)[2] == (4, -3, 110, "maker")


def test_a_reduce_only_order_ends_when_there_is_nothing_left_to_shrink() -> None:
    plan: Plan = {0: lambda s: s.buy(10), 1: lambda s: s.sell(8, price=110, reduce_only=True), 2: lambda s: s.sell(10)}
    run = play([FLAT, FLAT, FLAT, FLAT, (100, 111, 100, 100)], plan)
    assert ends(run)[1] == (State.REJECTED, at.NOT_REDUCING)


def test_a_rejection_of_one_exit_does_not_touch_the_other() -> None:
    # The stop at 1 is worth less than the venue takes; the limit stands.
    run = play([FLAT, FLAT, (100, 111, 100, 100)], {0: lambda s: s.buy(1, take=110, loss=1)})
    assert ends(run) == [FILLED, FILLED, (State.REJECTED, at.NOTIONAL_SMALL)]


def test_numbers_follow_the_order_in_which_orders_come_to_exist() -> None:
    told: list[int] = []
    plan: Plan = {
        0: lambda s: told.append(s.buy(1, take=120, loss=80)),
        1: lambda s: told.extend([s.oco(1, take=130, loss=70), s.trail(1, distance=5)]),
    }
    run = play([FLAT, FLAT, FLAT], plan)
    assert told == [1, 4, 6]
    assert run.orders["number"].tolist() == [1, 2, 3, 4, 5, 6]


def test_the_touch_lets_the_exits_of_a_fill_wait_for_the_price_to_come_back() -> None:
    run = play([FLAT, (100, 100, 95, 97)], {0: lambda s: s.buy(2, price=95, take=97)}, touch=Touch.AT)
    assert fills(run) == [(1, 2, 95, "maker"), (1, -2, 97, "maker")]


def test_a_loss_nearer_than_the_trail_stays_until_the_trail_is_nearer() -> None:
    bars = [FLAT, FLAT, (100, 104, 100, 104), (104, 107, 104, 107), (107, 107, 107, 107)]
    run = play(bars, {0: lambda s: s.buy(3, loss=95, trail=10)})
    assert [int(stop) for stop in run.orders["stop"][1:]] == [95, 97]


def test_reduce_only_does_not_count_orders_of_the_other_side() -> None:
    plan: Plan = {0: lambda s: s.buy(10), 1: lambda s: (s.buy(5, price=90), s.sell(10, reduce_only=True))}
    assert ends(play([FLAT] * 3, plan))[1:] == [WORKING, FILLED]


def test_turnover_past_64_bits_is_left_to_python_and_counted_on() -> None:
    state, terms, filled = [0] * at.STATE_CELLS, [0] * at.TERM_CELLS, [0] * (3 * at.FILL_WIDTH)
    for _ in range(3):
        book(state, terms, filled, 0, 1, 2**30, 2**30, 0)
    assert state[at.OVERFULL] == 2
    assert state[at.TAKER_TURNOVER] == 3 * 2**60


def test_a_spot_account_borrows_no_more_than_it_is_worth() -> None:
    run = play([FLAT] * 3, {0: lambda s: s.sell(11)}, cash=Decimal(1000), borrow_rate=Decimal("0.1"))
    assert ends(run) == [(State.REJECTED, at.NO_MARGIN)]
    run = play([FLAT] * 3, {0: lambda s: s.sell(10)}, cash=Decimal(1000), borrow_rate=Decimal("0.1"))
    assert ends(run) == [FILLED]


def test_what_is_borrowed_is_bought_back_when_nothing_is_left() -> None:
    bars = [FLAT, FLAT, (100, 250, 100, 250)]
    run = play(bars, {0: lambda s: s.sell(10)}, cash=Decimal(1000), borrow_rate=Decimal("0.1"))
    assert fills(run)[-1][1] == 10
    assert 195 <= fills(run)[-1][2] <= 200
    assert run.position[-1] == 0
