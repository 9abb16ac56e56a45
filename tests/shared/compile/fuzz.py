"""Differential fuzz: `python -m tests.shared.compile.fuzz --strategies 250 --markets 40 --seed 1`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np

from tests.shared.compile.grammar import Writer, instrument, load, market, settings
from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings

BARS = 300


def differences(native: Run, python: Run) -> list[str]:
    """What two runs disagree about."""
    found = [
        name
        for name in ("orders", "fills", "position")
        if getattr(native, name).tolist() != getattr(python, name).tolist()
    ]
    found += ["equity"] if not np.array_equal(native.equity, python.equity) else []
    return found + [
        n
        for n in ("cash", "fees", "funding", "profit", "notes")
        if repr(getattr(native, n)) != repr(getattr(python, n))
    ]


def outcome(kind: type[Strategy], series: BarSeries, terms: Settings, tier: Tier | None) -> Run | str:
    """A run, or the error that ended it."""
    try:
        return backtest(kind, series, instrument(terms.account), settings=terms, tier=tier)
    except (RefusedError, ArithmeticError, ValueError, IndexError) as error:
        return f"{type(error).__name__}: {error}"


def compare(kind: type[Strategy], seed: int, markets: int, tiers: Counter[str]) -> list[str]:
    """Problems of one strategy over several markets and terms."""
    problems: list[str] = []
    for number in range(markets):
        random = Random(seed * 1_000_003 + number)
        series, terms = market(random, BARS), settings(random)
        native = outcome(kind, series, terms, None)
        python = outcome(kind, series, terms, Tier.INTERPRETED)
        tiers[native.tier if isinstance(native, Run) else "error"] += 1
        if isinstance(native, Run) and isinstance(python, Run):
            tiers["orders"] += len(python.orders)
            tiers["fills"] += len(python.fills)
            if wrong := differences(native, python):
                problems.append(f"seed {seed} market {number}: {', '.join(wrong)} ({terms})")
        elif native != python:
            problems.append(f"seed {seed} market {number}: {native!r:.200} against {python!r:.200}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--strategies", type=int, default=250)
    parser.add_argument("--markets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    tiers: Counter[str] = Counter()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(chosen.strategies):
            seed = chosen.seed * 100_000 + number
            kind = load(Writer(Random(seed)).source(), Path(folder), f"made_{seed}")
            found = compare(kind, seed, chosen.markets, tiers)
            problems += found
            if found or number % 10 == 9:
                print(f"{number + 1} strategies, {len(problems)} mismatches, {dict(tiers)}", flush=True)
    pairs = chosen.strategies * chosen.markets
    print(f"seed {chosen.seed}: {pairs} pairs, {len(problems)} mismatches, {dict(tiers)}")
    print("\n".join(problems[:20]))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
