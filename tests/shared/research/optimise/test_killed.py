"""kill -9 in the middle of a search costs at most the batch that was running."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from shared.research.crossing import evaluate
from shared.research.optimise import doomed

from tradedeck.history.series import BarSeries
from tradedeck.research.optimise import Method, optimise
from tradedeck.research.result import Summary

pytestmark = pytest.mark.chaos

BATCH = 12


def kill_after(file: Path, method: Method, lines: int) -> int:
    """Start the search, kill it once it has said so many lines; returns how many trials it had said were done."""
    paths = os.pathsep.join([*filter(None, sys.path), str(Path.cwd() / "tests")])
    with subprocess.Popen(
        [sys.executable, "-m", "shared.research.optimise.doomed", str(file), method],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths},
    ) as child:  # fmt: skip
        assert child.stdout is not None
        done = 0
        for _ in range(lines):
            word, _, number = child.stdout.readline().partition(" ")
            done = int(number) if word == "done" else done
        child.kill()
    assert child.returncode == -9
    return done


@pytest.mark.parametrize(
    ("method", "name"), [(Method.TPE, "a.log"), (Method.GENETIC, "b.log"), (Method.RANDOM, "c.db")]
)
def test_killed_again_and_again_a_search_ends_as_if_nothing_had_happened(
    tmp_path: Path, method: Method, name: str
) -> None:
    file, chance = tmp_path / name, random.Random(5)
    whole = optimise(doomed.space(), evaluate, doomed.BARS, doomed.plan(method))
    done = 0
    for _ in range(2):
        done = max(done, kill_after(file, method, chance.randint(9, 18)))
    asked: list[Mapping[str, str]] = []

    def counting(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        asked.extend(combos)
        return evaluate(combos, series)

    resumed = optimise(doomed.space(), counting, doomed.BARS, doomed.plan(method), file=file)
    assert done >= BATCH
    assert str(resumed.trials) == str(whole.trials)
    assert len(asked) <= len(whole.trials) - done
