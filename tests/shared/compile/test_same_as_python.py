"""Native code and Python do the same: orders, fills and cash to the last lot, over random strategies and markets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.shared.compile.fuzz import compare
from tests.shared.compile.grammar import Writer, load

SEEDS = (900_000, 900_002, 900_003, 900_004, 900_005, 900_006)
MARKETS = 40


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_strategy_does_the_same_in_native_code(seed: int, tmp_path: Path) -> None:
    tiers: Counter[str] = Counter()
    kind = load(Writer(Random(seed)).source(), tmp_path, f"made_{seed}")
    assert compare(kind, seed, MARKETS, tiers) == []
    assert tiers["compiled"] > 0, "nothing was compared"
