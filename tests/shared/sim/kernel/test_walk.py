"""How a bar is walked: which order meets which price, and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shared.research.scripted import FLAT, Act, Plan, ends, fills, play
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.research.result import State
from tradedeck.research.settings import Path, Touch
from tradedeck.sim.kernel import layout as at

SECOND_NS = 10**9


def test_a_market_order_takes_the_next_open_and_pays_the_slippage() -> None:
    run = play([FLAT, (105, 110, 95, 100), FLAT], {0: lambda s: s.buy(3), 1: lambda s: s.sell(2)}, slippage_ticks=2)
    assert fills(run) == [(1, 3, 107, "taker"), (2, -2, 98, "taker")]


def test_slippage_never_brings_a_price_below_one_tick() -> None:
    low = (2, 2, 2, 2)
    run = play([FLAT, FLAT, low], {0: lambda s: s.buy(9), 1: lambda s: s.sell(9)}, slippage_ticks=5)
    assert fills(run)[1] == (2, -9, 1, "taker")


def test_an_order_of_the_last_bar_still_works_when_the_data_ends() -> None:
    run = play([FLAT], {0: lambda s: s.buy(1)})
    assert ends(run) == [(State.WORKING, 0)]
    assert fills(run) == []


@pytest.mark.parametrize(("low", "touch", "filled"), [
    (95, Touch.THROUGH, False), (94, Touch.THROUGH, True), (95, Touch.AT, True), (96, Touch.AT, False),
])  # fmt: skip
def test_a_limit_fills_once_the_price_has_gone_through_it_or_at_the_touch(low: int, touch: Touch, filled: bool) -> None:
    run = play([FLAT, (100, 100, low, 100)], {0: lambda s: s.buy(4, price=95)}, touch=touch)
    assert fills(run) == ([(1, 4, 95, "maker")] if filled else [])


def test_a_gap_through_a_resting_limit_fills_it_at_its_own_price() -> None:
    run = play([FLAT, FLAT, (80, 82, 79, 81)], {0: lambda s: s.buy(4, price=95)})
    assert fills(run) == [(2, 4, 95, "maker")]


def test_a_gap_fills_the_most_generous_limit_first_then_the_older_one() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, price=90), s.buy(2, price=95), s.buy(3, price=95))}
    assert [lots for _, lots, _, _ in fills(play([FLAT, FLAT, (80, 80, 80, 80)], plan))] == [2, 3, 1]


def test_a_limit_that_crosses_when_it_arrives_takes_the_better_price() -> None:
    run = play([FLAT, (97, 99, 96, 98)], {0: lambda s: s.buy(4, price=100)}, slippage_ticks=1)
    assert fills(run) == [(1, 4, 98, "taker")]


def test_slippage_can_take_a_limit_out_of_reach_of_the_touch() -> None:
    run = play([FLAT, (100, 100, 100, 100)], {0: lambda s: s.buy(4, price=100)}, slippage_ticks=1)
    assert fills(run) == []


def test_resting_limits_share_a_steps_volume_and_fill_in_parts() -> None:
    # 40 lots a bar are 10 a step, half of them ours: 5. The low comes before and after: steps 1 (down) and 3 (up).
    bars = [FLAT, (100, 100, 100, 100, 0), (100, 102, 90, 101, 40)]
    run = play(bars, {0: lambda s: s.buy(12, price=95)}, volume_share=0.5, path=Path.LOW_FIRST)
    assert fills(run) == [(2, 5, 95, "maker"), (2, 5, 95, "maker")]
    assert ends(run) == [(State.WORKING, 0)]


def test_an_odd_volume_leaves_its_rest_to_the_last_step() -> None:
    bars = [FLAT, (100, 100, 100, 100, 0), (100, 102, 90, 92, 7)]
    run = play(bars, {0: lambda s: s.buy(12, price=95)}, volume_share=1.0, path=Path.HIGH_FIRST)
    assert fills(run) == [(2, 1, 95, "maker"), (2, 4, 95, "maker")]


def test_the_open_has_its_own_share_of_the_volume() -> None:
    bars = [FLAT, (100, 100, 100, 100, 0), (90, 90, 90, 90, 8)]
    run = play(bars, {0: lambda s: (s.buy(3, price=95), s.buy(12, price=94))})
    # The gap's 2 lots go to the better price, then steps 1, 2 and 3 bring 2 each.
    assert fills(run) == [
        (2, 2, 95, "maker"), (2, 1, 95, "maker"), (2, 1, 94, "maker"), (2, 2, 94, "maker"), (2, 2, 94, "maker"),
    ]  # fmt: skip


def test_without_a_bound_any_size_fills() -> None:
    run = play([FLAT, FLAT, (100, 100, 90, 100, 1)], {0: lambda s: s.buy(900, price=95)}, volume_share=0.0)
    assert fills(run) == [(2, 900, 95, "maker")]


def test_volume_does_not_bound_those_who_take() -> None:
    assert fills(play([FLAT, (100, 100, 100, 100, 0)], {0: lambda s: s.buy(900)})) == [(1, 900, 100, "taker")]


def test_a_stop_fills_at_its_trigger_with_slippage() -> None:
    run = play([FLAT, (100, 110, 99, 105)], {0: lambda s: s.buy(2, stop=104)}, slippage_ticks=1)
    assert fills(run) == [(1, 2, 105, "taker")]


def test_a_stop_that_the_open_jumps_over_fills_at_the_open() -> None:
    run = play([FLAT, FLAT, (108, 110, 107, 109)], {0: lambda s: s.buy(2, stop=104)})
    assert fills(run) == [(2, 2, 108, "taker")]


def test_a_stop_beyond_the_price_on_arrival_fires_at_once() -> None:
    assert fills(play([FLAT, FLAT], {0: lambda s: s.buy(2, stop=95)})) == [(1, 2, 100, "taker")]


def test_of_two_stops_the_jump_fires_the_older_one_first() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, stop=106), s.buy(2, stop=104))}
    assert [lots for _, lots, _, _ in fills(play([FLAT, FLAT, (108, 108, 108, 108)], plan))] == [1, 2]


def test_within_a_step_the_nearer_stop_fires_first() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, stop=106), s.buy(2, stop=104))}
    assert fills(play([FLAT, (100, 108, 100, 108)], plan)) == [(1, 2, 104, "taker"), (1, 1, 106, "taker")]


def test_a_stop_limit_takes_when_its_limit_allows_the_trigger_price() -> None:
    run = play([FLAT, (100, 110, 99, 105)], {0: lambda s: s.buy(2, stop=104, price=106)}, slippage_ticks=1)
    assert fills(run) == [(1, 2, 105, "taker")]


def test_a_stop_limit_that_is_jumped_over_rests_at_its_limit() -> None:
    run = play([FLAT, FLAT, (108, 110, 104, 109)], {0: lambda s: s.buy(2, stop=104, price=106)})
    assert fills(run) == [(2, 2, 106, "maker")]


def test_a_stop_limit_whose_trigger_was_not_reached_does_not_fill() -> None:
    assert fills(play([FLAT, (100, 103, 90, 100)], {0: lambda s: s.buy(2, stop=104, price=106)})) == []


def test_a_triggered_stop_limit_fills_in_a_later_jump() -> None:
    bars = [FLAT, FLAT, (108, 110, 107, 109), (101, 101, 101, 101)]
    assert fills(play(bars, {0: lambda s: s.buy(2, stop=104, price=106)})) == [(3, 2, 106, "maker")]


@pytest.mark.parametrize(("price", "end"), [(100, (State.EXPIRED, at.WOULD_TAKE)), (99, (State.WORKING, 0))])
def test_post_only_ends_rather_than_takes(price: int, end: tuple[State, int]) -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.buy(2, price=price, post_only=True)})
    assert ends(run) == [end]


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_ioc_and_fok_fill_on_arrival_or_end(tif: str) -> None:
    plan: Plan = {0: lambda s: (s.buy(2, price=100, tif=tif), s.buy(2, price=99, tif=tif))}
    run = play([FLAT, (100, 100, 90, 100)], plan)
    assert fills(run) == [(1, 2, 100, "taker")]
    assert ends(run) == [(State.FILLED, 0), (State.EXPIRED, at.NO_MATCH)]


TWO_WAYS = (100, 110, 90, 100)


@pytest.mark.parametrize(("path", "first"), [
    (Path.PESSIMISTIC, "loss"), (Path.OPTIMISTIC, "take"), (Path.HIGH_FIRST, "take"), (Path.LOW_FIRST, "loss"),
])  # fmt: skip
def test_the_path_decides_whether_take_or_loss_comes_first(path: Path, first: str) -> None:
    run = play([FLAT, FLAT, TWO_WAYS], {0: lambda s: s.buy(1, take=105, loss=95)}, path=path)
    assert fills(run)[1] == ((2, -1, 95, "taker") if first == "loss" else (2, -1, 105, "maker"))


@pytest.mark.parametrize(("path", "price"), [(Path.PESSIMISTIC, 105), (Path.OPTIMISTIC, 95)])
def test_for_a_short_the_high_hurts_first(path: Path, price: int) -> None:
    run = play([FLAT, FLAT, TWO_WAYS], {0: lambda s: s.sell(1, take=95, loss=105)}, path=path, account="linear")
    assert fills(run)[1][2] == price


@pytest.mark.parametrize(("close", "first"), [(105, 94), (95, 106)])
def test_against_goes_first_against_the_bars_direction(close: int, first: int) -> None:
    plan: Plan = {0: lambda s: (s.buy(1, price=94), s.sell(1, price=106))}
    run = play([FLAT, (100, 110, 90, close)], plan, path=Path.AGAINST, account="linear")
    assert [price for _, _, price, _ in fills(run)] == [first, 200 - first]


ONE_SIDED: list[tuple[Act, str]] = [
    (lambda s: (s.buy(1, stop=104), s.buy(2, stop=106)), "high"),
    (lambda s: (s.sell(1, stop=96), s.sell(2, stop=94)), "low"),
]


@pytest.mark.parametrize(("asks", "second"), ONE_SIDED)
def test_a_flat_account_with_one_sided_orders_goes_to_the_dearer_extreme_first(asks: Any, second: str) -> None:
    # The opposite exit asked for at the first fill is only reached when the walk comes back from that extreme.
    seen: list[int] = []

    def answer(strategy: Any, fill: Any) -> None:
        seen.append(fill.time_ns)

    run = play([FLAT, TWO_WAYS], {0: asks}, on_fill=answer, account="linear")
    assert [price for _, _, price, _ in fills(run)] == ([104, 106] if second == "high" else [96, 94])
    # Both within the first quarter of the bar: the extreme was the first place the path went.
    assert [(time_ns - run.series.open_ns[1]) * 10 // MINUTE_NS for time_ns in seen] == [1, 1]


def test_a_flat_account_with_orders_on_both_sides_goes_against_the_bar() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, price=94), s.sell(1, price=106))}
    run = play([FLAT, (100, 110, 90, 105)], plan, account="linear")
    assert [price for _, _, price, _ in fills(run)] == [94, 106]


@pytest.mark.parametrize(("seconds", "price"), [(0, 100), (6, 104), (15, 110), (30, 90), (45, 95)])
def test_latency_lets_the_price_move_on_within_the_bar(seconds: int, price: int) -> None:
    # Open 100, high 110 at a quarter, low 90 at half, close 100 at the end of the minute.
    run = play([FLAT, TWO_WAYS, FLAT], {0: lambda s: s.buy(1)}, latency_ns=seconds * SECOND_NS)
    assert fills(run) == [(1, 1, price, "taker")]


def test_latency_of_a_whole_bar_lands_in_the_next() -> None:
    run = play([FLAT, TWO_WAYS, (105, 105, 105, 105)], {0: lambda s: s.buy(1)}, latency_ns=60 * SECOND_NS)
    assert fills(run) == [(2, 1, 105, "taker")]


def test_an_order_asked_for_at_a_fill_meets_the_market_only_after_its_latency() -> None:
    def answer(strategy: Any, fill: Any) -> None:
        if fill.side > 0:
            strategy.sell(1)

    run = play([FLAT, TWO_WAYS], {0: lambda s: s.buy(1)}, on_fill=answer, latency_ns=15 * SECOND_NS)
    # The buy arrives at the high after 15 s; the sale 15 s later at the low.
    assert fills(run) == [(1, 1, 110, "taker"), (1, -1, 90, "taker")]


def test_an_order_asked_for_at_a_fill_trades_at_the_price_of_that_fill() -> None:
    def answer(strategy: Any, fill: Any) -> None:
        if fill.side > 0:
            strategy.sell(fill.size)

    run = play([FLAT, (100, 110, 90, 100)], {0: lambda s: s.buy(2, price=95)}, on_fill=answer)
    assert fills(run) == [(1, 2, 95, "maker"), (1, -2, 95, "taker")]


def test_a_fill_knows_when_it_happened_on_the_way() -> None:
    times: list[int] = []
    run = play(
        [FLAT, (100, 110, 100, 110)], {0: lambda s: s.buy(1, stop=105)}, on_fill=lambda _, f: times.append(f.time_ns)
    )  # fmt: skip
    # Half the way to the high, which is reached after a quarter of the minute.
    assert times == [int(run.series.open_ns[1]) + MINUTE_NS // 8]


def test_two_stops_of_one_trigger_both_fire_there() -> None:
    plan: Plan = {0: lambda s: (s.buy(1, stop=104), s.buy(2, stop=104))}
    assert fills(play([FLAT, (100, 108, 100, 108)], plan)) == [(1, 1, 104, "taker"), (1, 2, 104, "taker")]
