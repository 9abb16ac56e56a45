"""A search in a process of its own, to be killed: says a line after every batch, and when it asks for the next."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.research.crossing import DECLARED, evaluate
from shared.research.runs import week

from tradedeck.history.series import BarSeries
from tradedeck.research.optimise import Method, Plan, optimise
from tradedeck.research.result import Summary
from tradedeck.research.space import Space, space_of

BARS = week().slice(0, 720)


def plan(method: Method) -> Plan:
    return Plan(method, trials=240, batch=12, seed=11)


def space() -> Space:
    return space_of(DECLARED, ["fast=5:50:5", "slow=20:200:5"], ["fast<slow"])


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def telling(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
    say(f"evaluating {len(combos)}")
    return evaluate(combos, series)


if __name__ == "__main__":
    optimise(
        space(), telling, BARS, plan(Method(sys.argv[2])), file=Path(sys.argv[1]),
        show=lambda progress: say(f"done {progress.done}"),
    )  # fmt: skip
