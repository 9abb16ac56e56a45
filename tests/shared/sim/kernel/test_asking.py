"""How the floats a strategy asks with become whole ticks and lots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.research.scripted import COIN, FLAT, Act, Plan, play
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import grid_of
from tradedeck.ports.strategy import Strategy
from tradedeck.research.settings import Settings
from tradedeck.research.terms import terms_of
from tradedeck.sim.kernel import asking

FINE = replace(COIN, tick=Decimal("0.1"), lot=Decimal("0.001"), min_size=Decimal("0.001"))
GRID = grid_of(FINE)
TERMS = terms_of(FINE, Settings(), 10).cells


@settings(deadline=None)
@given(st.floats(-1e9, 1e9))
def test_sizes_become_the_grids_lots(size: float) -> None:
    assert asking.lots_of(TERMS, size) == GRID.lots(size)


@settings(deadline=None)
@given(st.floats(0.2, 1e9))
def test_prices_become_the_grids_ticks_never_worse_than_asked(price: float) -> None:
    assert asking.limit_ticks(TERMS, 1, price) == GRID.ticks_below(price)
    assert asking.limit_ticks(TERMS, -1, price) == GRID.ticks_above(price)
    assert asking.stop_ticks(TERMS, 1, price) == GRID.ticks_above(price)
    assert asking.stop_ticks(TERMS, -1, price) == GRID.ticks_below(price)


def test_a_float_within_a_millionth_of_a_step_is_that_step() -> None:
    assert asking.lots_of(TERMS, 0.1 + 0.2) == asking.lots_of(TERMS, 0.3) == 300
    assert asking.limit_ticks(TERMS, -1, 0.1 + 0.2) == 3


def test_a_trailing_distance_is_never_less_than_asked_and_at_least_a_tick() -> None:
    assert [asking.distance_ticks(TERMS, d) for d in (0.01, 0.1, 0.11, 0.0, -1.0, nan)] == [1, 1, 2, 0, 0, 0]


SIZED: list[Callable[[Strategy, float], object]] = [
    lambda s, x: s.buy(x),
    lambda s, x: s.target(x),
    lambda s, x: s.oco(x, take=110, loss=90),
    lambda s, x: s.trail(x, distance=5),
]


@pytest.mark.parametrize("size", [nan, inf, -inf, 1e300])
@pytest.mark.parametrize("ask", SIZED)
def test_a_size_that_is_no_number_stops_the_strategy(ask: Any, size: float) -> None:
    with pytest.raises(RefusedError, match=r"can't be|finite numbers"):
        play([FLAT, FLAT], {0: lambda s: ask(s, size)})


BAD_PRICES: list[Act] = [
    lambda s: s.buy(1, price=inf),
    lambda s: s.buy(1, stop=1e300),
    lambda s: s.buy(1, take=inf),
    lambda s: s.buy(1, loss=-inf),
    lambda s: s.buy(1, price=90, show=inf),
    lambda s: s.oco(1, take=nan, loss=90),
    lambda s: s.oco(1, take=110, loss=inf),
    lambda s: s.replace(s.buy(1, price=90), size=inf),
    lambda s: s.replace(s.buy(1, price=90), price=inf),
    lambda s: s.replace(s.buy(1, price=90), stop=inf),
]


@pytest.mark.parametrize("ask", BAD_PRICES)
def test_a_price_that_is_no_number_stops_the_strategy(ask: Any) -> None:
    with pytest.raises(RefusedError, match="finite numbers"):
        play([FLAT, FLAT], {0: ask})


BAD_DISTANCES: list[Act] = [
    lambda s: s.trail(1, distance=0.0),
    lambda s: s.trail(1, distance=-1.0),
    lambda s: s.trail(1, distance=nan),
    lambda s: s.trail(1, distance=inf),
    lambda s: s.buy(1, trail=0.0),
    lambda s: s.buy(1, trail=1e300),
]


@pytest.mark.parametrize("ask", BAD_DISTANCES)
def test_a_trailing_distance_is_above_zero(ask: Any) -> None:
    with pytest.raises(RefusedError, match="above zero"):
        play([FLAT, FLAT], {0: ask})


CROSSED: list[Act] = [
    lambda s: s.buy(1, take=90, loss=110),
    lambda s: s.sell(1, take=110, loss=90),
    lambda s: s.oco(1, take=90, loss=110),
    lambda s: s.oco(-1, take=110, loss=90),
]


@pytest.mark.parametrize("ask", CROSSED)
def test_take_must_be_on_the_winning_side_of_loss(ask: Any) -> None:
    with pytest.raises(RefusedError, match="winning side"):
        play([FLAT, FLAT], {0: ask})


CONTRADICTIONS: list[tuple[Act, str]] = [
    (lambda s: s.buy(1, tif="soon"), "no time in force"),
    (lambda s: s.buy(1, post_only=True), "post-only needs a plain limit"),
    (lambda s: s.buy(1, stop=110, price=111, post_only=True), "post-only needs a plain limit"),
    (lambda s: s.buy(1, show=1), "iceberg"),
]


@pytest.mark.parametrize(("ask", "words"), CONTRADICTIONS)
def test_options_that_contradict_each_other_are_refused(ask: Any, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        play([FLAT, FLAT], {0: ask})


def test_a_target_counts_market_orders_on_their_way_but_not_resting_ones() -> None:
    told: list[int] = []
    plan: Plan = {
        0: lambda s: (s.buy(9, price=90), told.extend([s.target(5), s.target(5), s.target(3), s.target(3.4)]))
    }
    run = play([FLAT] * 3, plan, account="linear")
    assert told == [2, 0, 3, 0]
    assert [int(o["sign"] * o["lots"]) for o in run.orders] == [9, 5, -2]


def test_a_replacement_of_size_zero_is_rejected() -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.replace(s.buy(3, price=90), size=0.2)})
    assert run.orders["lots"].tolist() == [3, -1]


def test_an_iceberg_shows_at_least_a_lot() -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.buy(6, price=90, show=0.1)})
    assert run.orders["lots"].tolist() == [1]


def test_a_trail_of_a_negative_size_buys() -> None:
    run = play([FLAT, FLAT], {0: lambda s: s.trail(-3, distance=4)}, account="linear")
    assert [int(run.orders[0][name]) for name in ("sign", "lots", "stop")] == [1, 3, 104]


@pytest.mark.parametrize("ask", SIZED)
def test_a_desk_that_already_has_other_orders_refuses_the_same(ask: Callable[[Strategy, float], object]) -> None:
    plan: Plan = {0: lambda s: s.buy(1, price=90), 1: lambda s: ask(s, nan)}
    with pytest.raises(RefusedError, match="finite numbers"):
        play([FLAT] * 3, plan)
