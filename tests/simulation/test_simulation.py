"""Whatever the weather, the device and the venue agree in the end; and the seeds would tell if they did not."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.world import Story, tell
from tradedeck.domain.events import Filled, Place
from tradedeck.domain.order import Order
from tradedeck.engine import Engine
from tradedeck.engine.turn import Turn
from tradedeck.execution.recovery import Recovery

SEEDS = 200
FEW = 40
"""Enough seeds to find a planted mistake."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """A storm is loud."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def broken(stories: list[Story]) -> dict[int, list[str]]:
    return {story.seed: story.broken for story in stories if story.broken}


def test_after_every_storm_the_venue_and_the_device_agree() -> None:
    stories = [tell(seed) for seed in range(SEEDS)]
    assert broken(stories) == {}
    # A generator that makes no trouble would agree as well.
    assert sum(story.deaths > 0 for story in stories) > SEEDS // 3
    assert sum(story.unknown > 0 for story in stories) > SEEDS // 3
    assert sum(story.fills for story in stories) > SEEDS


def test_the_same_seed_tells_the_same_story() -> None:
    assert [tell(seed).digest for seed in (1, 2)] == [tell(seed).digest for seed in (1, 2)]
    assert tell(1).digest != tell(2).digest


def test_the_story_is_the_same_in_another_process() -> None:
    code = "import logging; logging.disable(50); from tests.simulation.world import tell; print(tell(3).digest)"
    root = Path(__file__).parents[2]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == tell(3).digest


def first_found(words: str) -> int:
    """The first seed that tells of it."""
    for seed in range(FEW):
        if any(words in line for line in tell(seed).broken):
            return seed
    raise AssertionError(f"no seed below {FEW} finds: {words}")


def test_a_client_that_sends_again_after_a_timeout_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right, again = Recovery._miss, set[tuple[int, str]]()

    async def send_again(self: Recovery, order: Order) -> None:
        if (id(self), order.client_order_id) not in again:
            again.add((id(self), order.client_order_id))
            await self._venue.send(Place(order))  # type: ignore[attr-defined]
        await right(self, order)

    monkeypatch.setattr(Recovery, "_miss", send_again)
    assert first_found("was sent 2 times") < FEW


def test_a_ledger_that_counts_a_fill_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Engine._on_fill

    def forget(self: Engine, order: Order, report: Filled, turn: Turn) -> None:
        self._known_fills.clear()
        right(self, order, report, turn)

    monkeypatch.setattr(Engine, "_on_fill", forget)
    assert first_found("fill") < FEW
