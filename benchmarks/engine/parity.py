"""`python -m benchmarks.engine.parity [--data FOLDER]`: the same trades as the rivals make, to the tick.

Runs backtesting.py and nautilus_trader over recorded minutes and compares every trade with ours. Over the default
markets the rivals' trades are kept in tests/data/parity, where `make test` compares ours with them without the
rivals. Ends with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.engine import venvs
from benchmarks.engine.measure import RIVALS_FOLDER
from benchmarks.engine.parity_cases import KEPT, RIVALS, STRATEGIES, cash_for, markets, ours, series_for, ties_in
from benchmarks.engine.parity_compare import Outcome, Trade, differences
from tradedeck.history.series import BarSeries

_SCRIPTS = {"backtesting": "parity_backtesting.py", "nautilus1": "parity_nautilus.py"}
TIMEOUT_S = 3600


@dataclass(frozen=True, slots=True)
class Compared:
    """One strategy on one market against one rival; `alone`: trades of one side only, `found`: those unexplained."""

    rival: str
    strategy: str
    symbol: str
    trades: int
    alone: int
    found: list[str]


def kept_file(rival: str, strategy: str, symbol: str) -> Path:
    """Where the rival's trades are kept."""
    return KEPT / f"{rival}_{strategy}_{symbol}.json"


def outcome_in(text: str) -> Outcome:
    """What a rival's script has said."""
    said = json.loads(text)
    return Outcome(tuple(Trade(*trade) for trade in said["trades"]), said["equity"])


def run_rival(rival: str, strategy: str, series: BarSeries, cache: Path) -> str:
    """The rival's outcome as JSON.

    Raises:
        SkippedError: the rival can't be had here or its run failed.
    """
    python = venvs.python_of(venvs.RIVALS[rival], cache)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bars.npz"
        np.savez(
            data, ts_ms=series.open_ns // 1_000_000, open=series.open, high=series.high, low=series.low,
            close=series.close, volume=series.volume,
        )  # fmt: skip
        command = [
            str(python.absolute()),
            str(RIVALS_FOLDER / _SCRIPTS[rival]),
            strategy,
            str(data),
            str(cash_for(series)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise venvs.SkippedError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    return done.stdout.strip().splitlines()[-1]


def compared(data: Path | None, cache: Path) -> Iterator[Compared]:
    """Every rival, strategy and market."""
    for symbol, recorded in markets(data).items():
        for rival in RIVALS:
            series = series_for(rival, recorded)
            for strategy in STRATEGIES:
                said = run_rival(rival, strategy, series, cache)
                if data is None:
                    kept_file(rival, strategy, symbol).write_text(said + "\n")
                own, theirs = ours(rival, strategy, symbol, series), outcome_in(said)
                ties = ties_in(rival, strategy, series)
                alone = len(set(map(_place, own.trades)) ^ set(map(_place, theirs.trades)))
                yield Compared(rival, strategy, symbol, len(own.trades), alone, differences(own, theirs, ties))


def _place(trade: Trade) -> Trade:
    return replace(trade, fees=0)


def main() -> int:
    """Compare, print a line for each."""
    parser = argparse.ArgumentParser(prog="benchmarks.engine.parity", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of recorded bars; else the week and days that come along")
    parser.add_argument("--cache", type=Path, default=Path(".bench"), help="the rivals' environments")
    given = parser.parse_args()
    failed = False
    for one in compared(given.data, given.cache.absolute()):
        failed |= bool(one.found)
        same = f"the same but for {one.alone} that exactly equal averages decided" if one.alone else "the same"
        verdict = f"{len(one.found)} DIFFERENCES" if one.found else same
        print(f"{one.symbol} {one.strategy} against {one.rival}: {one.trades} trades, {verdict}", flush=True)
        for difference in one.found[:5]:
            print(f"  {difference}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
