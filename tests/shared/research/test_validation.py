"""Splits leak nothing, and the probability of overfitting tells noise from an edge."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.research.crossing import DECLARED, equity, evaluate
from shared.research.runs import week

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import Floats
from tradedeck.research.space import space_of
from tradedeck.research.validation import (
    Split,
    combinatorial_purged,
    cross_validate,
    paths_of,
    pbo,
    purged_kfold,
    returns_matrix,
)


def test_folds_are_purged_on_both_sides_and_embargoed_after() -> None:
    splits = purged_kfold(100, 5, purge=3, embargo=4)
    assert splits[0] == Split((range(27, 100),), (range(20),))
    assert splits[2] == Split((range(37), range(67, 100)), (range(40, 60),))
    assert splits[4] == Split((range(77),), (range(80, 100),))


@given(
    st.integers(10, 300), st.integers(2, 8), st.integers(1, 7), st.integers(0, 10), st.integers(0, 10)
)  # fmt: skip
def test_no_training_bar_is_near_a_test(bars: int, groups: int, tests: int, purge: int, embargo: int) -> None:
    if tests >= groups:
        with pytest.raises(RefusedError, match="leave one to train on"):
            combinatorial_purged(bars, groups, tests)
        return
    splits = combinatorial_purged(bars, groups, tests, purge=purge, embargo=embargo)
    assert len(splits) == math.comb(groups, tests)
    tested = Counter(bar for split in splits for part in split.test for bar in part)
    assert set(tested) == set(range(bars))
    assert set(tested.values()) == {math.comb(groups - 1, tests - 1)}
    for split in splits:
        near = {
            bar for part in split.test for bar in range(part.start - purge, part.stop + purge + embargo)
        }  # fmt: skip
        trained = {bar for part in split.train for bar in part}
        assert trained == set(range(bars)) - near


def test_paths_use_every_tested_group_of_every_split_once() -> None:
    paths = paths_of(6, 2)
    assert len(paths) == 5
    chosen = list(combinations(range(6), 2))
    used = [(split, group) for path in paths for group, split in enumerate(path)]
    assert len(used) == len(set(used)) == 30
    assert all(group in chosen[split] for split, group in used)


def test_cross_validation_picks_on_training_alone() -> None:
    series = week().slice(0, 4000)
    combos = list(space_of(DECLARED, ["fast=10:40:10", "slow=60:180:40"]).points())
    splits = purged_kfold(4000, 4, purge=50)
    table = cross_validate(evaluate, combos, series, splits, "profit")
    assert table["split"].to_list() == [0, 1, 2, 3]
    for row, split in zip(table.iter_rows(named=True), splits, strict=True):
        weights = [len(part) for part in split.train]
        scores = [
            [summary.profit for summary in evaluate(combos, series.slice(part.start, part.stop))]
            for part in split.train
        ]
        means = np.average(np.array(scores), axis=0, weights=weights)
        best = combos[int(np.argmax(means))]
        assert (row["fast"], row["slow"]) == (best["fast"], best["slow"])
        assert row["in_score"] == pytest.approx(means.max())
        part = split.test[0]
        out = [summary.profit for summary in evaluate(combos, series.slice(part.start, part.stop))]
        assert row["out_score"] == pytest.approx(out[int(np.argmax(means))])
        assert row["rank"] == sum(value < out[int(np.argmax(means))] for value in out) / (len(out) - 1)


@pytest.mark.parametrize(("objective", "says"), [("drawdown", "do not trade"), ("profit", "nothing to train on")])
def test_cross_validation_refuses_what_tells_nothing(objective: str, says: str) -> None:
    combos = list(space_of(DECLARED, ["fast=10,20"]).points())
    with pytest.raises(RefusedError, match=says):
        cross_validate(evaluate, combos, week().slice(0, 100), purged_kfold(100, 2, purge=60), objective)
    with pytest.raises(RefusedError, match="two combinations"):
        cross_validate(evaluate, combos[:1], week().slice(0, 100), purged_kfold(100, 2))


def by_hand(returns: Floats, blocks: int) -> list[float]:
    """Logits split by split, straight from the paper."""
    parts = np.split(returns, blocks)
    logits: list[float] = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[block] for block in chosen])
        outside = np.concatenate([parts[block] for block in range(blocks) if block not in chosen])
        trained, tested = (x.mean(axis=0) / x.std(axis=0, ddof=1) for x in (inside, outside))
        rank = int((tested <= tested[int(np.argmax(trained))]).sum()) / (returns.shape[1] + 1)
        logits.append(math.log(rank / (1 - rank)))
    return logits


def test_the_probability_of_overfitting_is_that_of_the_paper() -> None:
    returns = np.random.default_rng(8).normal(0.0001, 0.01, (240, 13))
    expected = by_hand(returns, 8)
    found = pbo(returns, blocks=8)
    assert found.logits == pytest.approx(expected)
    assert found.probability == sum(logit <= 0 for logit in expected) / 70


def test_noise_is_overfitted_half_the_time_and_an_edge_never() -> None:
    chance = np.random.default_rng(3)
    noise = [pbo(chance.normal(0, 0.01, (480, 40)), blocks=10).probability for _ in range(30)]
    assert 0.4 < float(np.mean(noise)) < 0.6
    edge = chance.normal(0, 0.01, (480, 40))
    edge[:, 7] += 0.005
    found = pbo(edge, blocks=16)
    assert len(found.logits) == 12_870
    assert found.probability == 0
    assert found.loss == 0


def test_what_helped_in_one_half_and_hurt_in_the_other_has_a_falling_slope() -> None:
    chance = np.random.default_rng(4)
    returns = chance.normal(0, 0.01, (400, 20))
    returns -= returns.mean(axis=0)
    found = pbo(returns, blocks=8)
    assert found.slope < 0
    assert found.probability > 0.9
    assert found.loss > 0.9


@pytest.mark.parametrize("blocks", [0, 1, 7, 200])
def test_blocks_that_cannot_be_cut_are_refused(blocks: int) -> None:
    with pytest.raises(RefusedError, match="even number of blocks"):
        pbo(np.zeros((100, 5)), blocks=blocks)


def test_strategies_that_never_move_are_no_error() -> None:
    found = pbo(np.zeros((64, 5)), blocks=8)
    assert set(found.logits.tolist()) == {0.0}


def test_the_matrix_of_returns_multiplies_up_to_the_whole() -> None:
    series = week()
    combos = list(space_of(DECLARED, ["fast=10:30:10", "slow=60,120"]).points())
    matrix = returns_matrix(equity, combos, series, 56)
    assert matrix.shape == (56, 6)
    for column, params in enumerate(combos):
        curve = equity(params, series)
        assert np.prod(1 + matrix[:, column]) == pytest.approx(curve[-1] / curve[0])
    with pytest.raises(RefusedError, match="cannot be cut"):
        returns_matrix(equity, combos, series.slice(0, 50), 56)
