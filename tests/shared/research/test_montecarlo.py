"""Draws can be repeated, keep what they promise to keep, and stop when told to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from shared.research.runs import sma_cross, week

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import Floats
from tradedeck.research.metrics import returns_of
from tradedeck.research.montecarlo import (
    Outlook,
    block_bootstrap,
    bootstrapped_trades,
    shuffled_trades,
    skipped_trades,
    stationary_bootstrap,
    stationary_places,
)
from tradedeck.research.trades import round_trips

Method = Callable[[int], Outlook]


def profits() -> Floats:
    return np.array([float(trade.profit) for trade in round_trips(sma_cross(week()))])


def returns() -> Floats:
    return returns_of(sma_cross(week()).equity, 1e6)[::30]


METHODS: dict[str, Method] = {
    "shuffled": lambda seed: shuffled_trades(profits(), 1e5, np.random.default_rng(seed), 200),
    "bootstrapped": lambda seed: bootstrapped_trades(profits(), 1e5, np.random.default_rng(seed), 200),
    "skipped": lambda seed: skipped_trades(profits(), 1e5, np.random.default_rng(seed), 200),
    "block": lambda seed: block_bootstrap(returns(), np.random.default_rng(seed), 200),
    "stationary": lambda seed: stationary_bootstrap(returns(), np.random.default_rng(seed), 200),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_outlook_and_another_one_another(name: str) -> None:
    method = METHODS[name]
    assert method(1) == method(1)
    assert method(1).drawdown != method(2).drawdown


@pytest.mark.parametrize("name", METHODS)
def test_percentiles_rise_and_bands_end_at_the_final_figures(name: str) -> None:
    found = METHODS[name](3)
    assert list(found.final.values()) == sorted(found.final.values())
    assert list(found.drawdown.values()) == sorted(found.drawdown.values())
    assert {p: band[-1] for p, band in found.bands.items()} == pytest.approx(found.final)
    assert 0 <= found.drawdown[1] <= found.drawdown[99] <= 1


def test_shuffling_moves_the_way_but_not_the_end() -> None:
    gains = profits()
    found = shuffled_trades(gains, 1e5, np.random.default_rng(0), 100)
    assert list(found.final.values()) == pytest.approx([1 + gains.sum() / 1e5] * 7)
    assert found.drawdown[1] < found.drawdown[99]


def test_drawing_again_centres_on_what_happened() -> None:
    gains = np.array([10.0, -5.0, 7.0, -6.0, 4.0] * 20)
    found = bootstrapped_trades(gains, 1000.0, np.random.default_rng(0), 4000)
    assert found.final[50] == pytest.approx(1 + gains.sum() / 1000, abs=0.01)
    assert found.final[5] == pytest.approx(found.final[50] - 1.645 * gains.std() * 10 / 1000, abs=0.01)


def test_missing_none_is_the_run_itself_and_missing_all_is_nothing() -> None:
    gains = profits()
    whole = skipped_trades(gains, 1e5, np.random.default_rng(0), 10, skip=0.0)
    none = skipped_trades(gains, 1e5, np.random.default_rng(0), 10, skip=1.0)
    assert whole.final[50] == pytest.approx(1 + gains.sum() / 1e5)
    assert (none.final[1], none.final[99], none.drawdown[99]) == (1.0, 1.0, 0.0)


def test_ruin_is_counted_on_the_way_not_only_at_the_end() -> None:
    found = shuffled_trades(np.array([-60.0, 60.0]), 100.0, np.random.default_rng(0), 1000, ruin_level=0.5)
    assert found.ruin == pytest.approx(0.5, abs=0.05)
    assert found.loss == 0.0


def test_blocks_are_geometric_and_run_on_in_a_circle() -> None:
    places = stationary_places(1000, 50, 0.1, np.random.default_rng(0))
    follows = (np.diff(places, axis=1) % 1000) == 1
    assert follows.mean() == pytest.approx(0.9, abs=0.01)
    assert places.min() == 0
    assert places.max() == 999


def test_a_block_as_long_as_the_data_only_turns_it() -> None:
    moves = returns()
    found = block_bootstrap(moves, np.random.default_rng(0), 20, block=len(moves))
    assert found.final[1] == pytest.approx(found.final[99])
    assert found.final[1] == pytest.approx(float(np.prod(1 + moves)))


def test_progress_is_told_and_can_stop_the_work() -> None:
    moves = np.full(100_000, 1e-6)
    seen: list[tuple[int, int]] = []

    def stop_after_two(done: int, total: int) -> bool:
        seen.append((done, total))
        return len(seen) < 2

    found = block_bootstrap(moves, np.random.default_rng(0), 1000, progress=stop_after_two)
    assert seen == [(40, 1000), (80, 1000)]
    assert found.draws == 80


@pytest.mark.parametrize("values", [np.array([]), np.array([1.0])])
def test_what_can_not_be_drawn_is_refused(values: Floats) -> None:
    with pytest.raises(RefusedError):
        shuffled_trades(values, 0.0, np.random.default_rng(0))
    with pytest.raises(RefusedError):
        block_bootstrap(values, np.random.default_rng(0), block=0)
    with pytest.raises(RefusedError):
        stationary_bootstrap(values, np.random.default_rng(0), mean_block=0.5)
