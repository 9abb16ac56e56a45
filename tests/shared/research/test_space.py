"""A space holds exactly the combinations the user described."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.research.crossing import DECLARED, Parameter

from tradedeck.domain.errors import RefusedError
from tradedeck.research.space import space_of


def test_a_grid_has_every_allowed_combination_once_and_keeps_defaults() -> None:
    space = space_of(DECLARED, ["fast=5:20:5", "slow=10:30:10"], ["fast<slow"])
    found = [(int(point["fast"]), int(point["slow"])) for point in space.points()]
    assert found == [(f, s) for f in (5, 10, 15, 20) for s in (10, 20, 30) if f < s]
    assert {point["weight"] for point in space.points()} == {"1"}
    assert space.size == 12


def test_steps_of_decimals_are_exact() -> None:
    space = space_of(DECLARED, ["weight=0.1:0.7:0.1"])
    assert space.axes[0].values == ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7")


def test_lists_are_sorted_numbers_and_one_value_is_fixed() -> None:
    space = space_of(DECLARED, ["fast=9,3,3,7", "slow=100", "side=short,long"])
    assert space.axes[0].values == ("3", "7", "9")
    assert space.axes[1].values == ("short", "long")
    assert space.fixed == {"weight": "1", "slow": "100"}


def test_a_second_market_can_be_searched_by_name() -> None:
    declared = [*DECLARED, Parameter("hedge", "market", "ETHUSDT", "", "")]
    assert space_of(declared, ["fast=1,2"]).fixed["hedge"] == "ETHUSDT"
    assert space_of(declared, ["hedge=ETHUSDT,SOLUSDT"]).axes[0].values == ("ETHUSDT", "SOLUSDT")


def test_a_range_without_steps_can_be_drawn_from_but_not_listed() -> None:
    space = space_of(DECLARED, ["weight=0.2:0.4"])
    assert not space.finite
    drawn = [float(point["weight"]) for point in islice(space.draws(3), 50)]
    assert all(0.2 <= weight <= 0.4 for weight in drawn)
    assert len(set(drawn)) == 50
    with pytest.raises(RefusedError, match="weight=low:high:step"):
        next(space.points())


def test_draws_are_repeatable_distinct_and_end_when_all_are_drawn() -> None:
    space = space_of(DECLARED, ["fast=1:6", "slow=2:7"], ["fast<slow"])
    first, second = (list(space.draws(5)) for _ in range(2))
    assert first == second
    assert sorted(map(str, first)) == sorted(map(str, space.points()))
    assert list(islice(space.draws(6), 5)) != first[:5]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "say what to search"),
        (["fast=5"], "say what to search"),
        (["fast"], "write it as"),
        (["speed=1:2"], "no parameter speed"),
        (["fast=0:10"], "whole numbers 1 to 500"),
        (["fast=1:10:0.5"], "low:high:step"),
        (["fast=1.5,2"], "outside"),
        (["fast=10:5"], "low below high"),
        (["fast=1:2:3:4"], "low:high:step"),
        (["fast=1:5", "fast=2:6"], "given twice"),
        (["side=long,flat"], "one of long, short"),
        (["weight=0.1:1:0.000000001"], "larger step"),
        (["fast=one,two"], "one"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(words: list[str], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        space_of(DECLARED, words)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ("fast<slow", True),
        ("fast < slow < 30", True),
        ("fast*2 <= slow - 1 or fast == 11", False),
        ("not fast > slow and side == 'long'", True),
        ("slow / (fast - 10) > 1", False),
        ("-fast < 0", True),
        ("side < 5", False),
        ("weight != 1", False),
    ],
)
def test_conditions_compare(condition: str, allowed: bool) -> None:
    space = space_of(DECLARED, ["fast=1:20", "slow=2:30"], [condition])
    assert space.allows({"fast": "10", "slow": "20", "weight": "1", "side": "long"}) is allowed


@pytest.mark.parametrize(
    "condition",
    [
        "fast", "1", "__import__('os')", "fast.real < 1", "fast ** slow < 1", "speed < 1", "fast <", "[fast] < [slow]",
        "fast in slow", "lambda: 1", "True < fast", "fast if slow else 1", "a" * 300, "fast // 2 < 1", "",
        "(fast := 3) < 4", "not 3", "fast & 1 == 1",
    ],
)  # fmt: skip
def test_conditions_do_nothing_but_compare(condition: str) -> None:
    with pytest.raises(RefusedError, match="write comparisons"):
        space_of(DECLARED, ["fast=1:20"], [condition])


def test_conditions_nothing_meets_are_told() -> None:
    space = space_of(DECLARED, ["fast=10:20", "slow=2:5"], ["fast<slow"])
    assert list(space.points()) == []
    with pytest.raises(RefusedError, match="no combination meets fast<slow"):
        next(space.draws(1))


@given(st.integers(0, 2**32 - 1))
def test_every_draw_is_in_the_space(seed: int) -> None:
    space = space_of(DECLARED, ["fast=5:50:5", "weight=0.25:0.5", "side=long,short"])
    point = space.draw(np.random.default_rng(seed))
    assert int(point["fast"]) in range(5, 51, 5)
    assert 0.25 <= float(point["weight"]) <= 0.5
    assert point["side"] in {"long", "short"}
    assert all(0 <= place <= 10 for place in space.place(point))
