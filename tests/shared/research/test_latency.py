"""Delays to the venue: constant, drawn or recorded; order n takes the n-th, round and round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.anything import CHARGED, Case, cases
from tests.shared.research.scripted import FLAT, fills, play
from tradedeck.domain.errors import RefusedError
from tradedeck.research.depth import drawn_delays
from tradedeck.research.fingerprint import settings_of
from tradedeck.research.latency import DRAWS, MOST_DELAYS, Constant, Gamma, Latency, LogNormal, Recorded
from tradedeck.research.reporting.contents import plain
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Path, Settings

MS = 10**6
SECOND = 10**9


def test_drawn_delays_are_those_of_their_distribution() -> None:
    normal = np.array(LogNormal(20 * MS, 0.5, 7).delays_ns())
    assert len(normal) == DRAWS
    assert np.median(normal) == pytest.approx(20 * MS, rel=0.03)
    assert np.log(normal).std() == pytest.approx(0.5, rel=0.03)
    gamma = np.array(Gamma(20 * MS, 8 * MS, 7).delays_ns())
    assert gamma.mean() == pytest.approx(20 * MS, rel=0.03)
    assert gamma.std() == pytest.approx(8 * MS, rel=0.03)


@pytest.mark.parametrize("one", [LogNormal(MS, 1.0, 1), Gamma(MS, MS, 1)])
def test_the_seed_alone_decides_what_is_drawn(one: LogNormal | Gamma) -> None:
    assert one.delays_ns() == replace(one).delays_ns()
    assert one.delays_ns() != replace(one, seed=2).delays_ns()


def test_a_depth_replay_draws_the_same_delays() -> None:
    assert drawn_delays(20 * MS, 0.5, seed=7) == LogNormal(20 * MS, 0.5, 7).delays_ns()


@pytest.mark.parametrize(("latency", "words"), [
    (Recorded(()), "0 delays"), (Recorded((0,) * (MOST_DELAYS + 1)), "100,001 delays"),
    (Recorded((5, -1)), "below 0"), (Constant(-1), "below 0"), (Constant(90_000 * SECOND), "longer than a day"),
    (LogNormal(0, 1.0, 1), "a median above 0"), (LogNormal(5, float("nan"), 1), "a spread"),
    (LogNormal(5, 1.0, -1), "a seed"), (Gamma(5, 0, 1), "deviation above 0"), (LogNormal(10**9, 99.0, 1), "a day"),
])  # fmt: skip
def test_delays_that_make_no_sense_are_refused(latency: Latency, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        play([FLAT], {}, latency=latency)


def test_orders_take_the_delays_in_turn() -> None:
    # From 100 down to 80 and back within the bar's first half: at 15 seconds 80, at 30 seconds 100.
    bars = [FLAT, (100, 100, 80, 100), FLAT]
    turns = Recorded((0, 15 * SECOND, 70 * SECOND))
    run = play(bars, {0: lambda s: [s.buy(1) for _ in range(4)]}, latency=turns, path=Path.LOW_FIRST)
    assert sorted(fills(run)) == [(1, 1, 80, "taker"), (1, 1, 100, "taker"), (1, 1, 100, "taker"), (2, 1, 100, "taker")]
    arrived = {int(fill["order"]): (int(fill["bar"]), int(fill["price"])) for fill in run.fills}
    assert arrived == {1: (1, 100), 2: (1, 80), 3: (2, 100), 4: (1, 100)}


def test_a_row_of_delays_comes_on_top_of_the_constant_one() -> None:
    bars = [FLAT, (100, 100, 80, 100), FLAT]
    late = Recorded((5 * SECOND,))
    run = play(bars, {0: lambda s: s.buy(1)}, latency_ns=10 * SECOND, latency=late, path=Path.LOW_FIRST)
    assert fills(run) == [(1, 1, 80, "taker")]


def ran(case: Case, **changes: Any) -> Run:
    return backtest(
        case.kind, case.series, CHARGED, settings=replace(case.settings, **changes), tier=Tier.INTERPRETED
    )  # fmt: skip


def same(one: Run, other: Run) -> bool:
    return one.orders.tolist() == other.orders.tolist() and one.fills.tolist() == other.fills.tolist()


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from([0, 7, 61]))
def test_parts_that_say_the_same_are_exchangeable(case: Case, seconds: int) -> None:
    delay = seconds * SECOND
    told = ran(case, latency_ns=delay)
    assert same(told, ran(case, latency_ns=0, latency=Constant(delay)))
    assert same(told, ran(case, latency_ns=0, latency=Recorded((delay,) * 7)))


@settings(max_examples=100, deadline=None)
@given(cases(), st.lists(st.integers(0, 200), min_size=1, max_size=9))
def test_no_order_trades_before_it_can_have_arrived(case: Case, seconds: list[int]) -> None:
    delays: Sequence[int] = [one * SECOND for one in seconds]
    run = ran(case, latency_ns=0, latency=Recorded(tuple(delays)))
    bars = run.series
    asked = {int(order["number"]): int(order["placed"]) for order in run.orders if order["parent"] == 0}
    for fill in run.fills:
        number = int(fill["order"])
        if number not in asked or run.orders[number - 1]["reason"]:
            continue
        # Asked for at the bar's close, or within it when it answers a fill.
        start = int(bars.open_ns[max(asked[number], 0)]) + (0 if case.answers else bars.timeframe_ns)
        assert int(bars.open_ns[fill["bar"]]) + bars.timeframe_ns >= start + delays[(number - 1) % len(delays)]


PARTS = [None, Constant(5), LogNormal(5, 0.25, 1), Gamma(50, 20, 1), Recorded((1, 2, 3))]


@pytest.mark.parametrize("latency", PARTS)
def test_every_part_survives_the_way_through_json(latency: Latency | None) -> None:
    used = Settings(latency=latency)
    assert settings_of({"settings": json.loads(json.dumps(plain(asdict(used))))}) == used


def test_a_part_of_unknown_makings_is_refused() -> None:
    told: dict[str, Any] = plain(asdict(Settings()))
    with pytest.raises(RefusedError, match="no latency is made of warp"):
        settings_of({"settings": {**told, "latency": {"warp": 9}}})
