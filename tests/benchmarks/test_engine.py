"""The comparison is fair: seeded data, workers that take turns, and checks that both sides must pass."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engine.data import bars_file, ticks_file
from benchmarks.engine.measure import Told, Worker, in_turns, our_worker, rival_worker
from benchmarks.engine.ours import CrossSignals, bars, series_from
from benchmarks.engine.pairs import PAIRS, untied
from benchmarks.engine.report import Row, compared, keep, line_of, linear_row, memory_row
from benchmarks.engine.rows import PAIRINGS
from benchmarks.engine.venvs import RIVALS, Rival, SkippedError, python_of
from tradedeck.research.result import Tier

SINGLE = next(pairing for pairing in PAIRINGS if pairing.name == "single_vs_hand_numba")


def told(seconds: list[float], equity: float = 1.0, peak: float = 300.0, n: int = 1000) -> Told:
    return Told(n=n, seconds=seconds, checks={"equity": equity, "fills": 3}, imported_mib=100.0, peak_mib=peak)


def test_seeded_data_are_the_same_every_time(tmp_path: Path) -> None:
    one, other = (np.load(bars_file(tmp_path / name, 1000)) for name in ("one", "other"))
    assert all((one[column] == other[column]).all() for column in one.files)
    assert (one["low"] <= np.minimum(one["open"], one["close"])).all()
    ticks = np.load(ticks_file(tmp_path, 1000))
    assert (np.diff(ticks["ts_ns"]) > 0).all()


def test_our_worker_and_the_loops_by_hand_end_at_the_same_equity(tmp_path: Path) -> None:
    data = bars_file(tmp_path, 3000)
    hand = rival_worker(python_of(RIVALS["hand_python"], tmp_path), "hand_python.py", "single", data)
    with our_worker("interpreted", data) as ours, hand as rival:
        in_turns(ours, rival, 2)
    row = compared(replace(SINGLE, bar=0), "hand_python", ours.told, rival.told)
    assert row.holds
    assert row.reps == 2
    assert row.checks["ours"]["fills"] > 50


def test_a_strategy_woken_at_crosses_trades_like_one_woken_at_every_bar(tmp_path: Path) -> None:
    data = bars_file(tmp_path, 3000)
    job = bars(CrossSignals, Tier.SPARSE)(data)
    opens, closes = series_from(data).open, series_from(data).close
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "engine"))
    try:
        from benchmarks.engine.rivals.hand_python import loop
    finally:
        sys.path.pop(0)
    curve, fills = loop(opens, closes)
    assert job.check(job.prepare()()) == {"equity": round(curve[-1], 2), "fills": fills}


def test_a_row_holds_only_when_it_is_fast_and_right() -> None:
    fast, slow = told([1.0, 1.0, 1.0]), told([2.0, 3.0, 4.0])
    assert compared(SINGLE, "x", fast, slow).holds
    assert compared(SINGLE, "x", fast, slow).ratio == 3.0
    assert compared(SINGLE, "x", fast, slow).spread == (2.0, 4.0)
    assert not compared(replace(SINGLE, bar=3.5), "x", fast, slow).holds
    assert not compared(SINGLE, "x", fast, told([2.0, 3.0, 4.0], equity=1.01)).holds


def test_memory_counts_above_what_the_import_took() -> None:
    row = memory_row(compared(SINGLE, "x", told([1.0], peak=150.0), told([1.0], peak=300.0)), "memory")
    assert (row.ours, row.rival, row.ratio, row.holds) == (50.0, 200.0, 4.0, True)


def test_linear_means_a_bar_takes_no_longer_among_many() -> None:
    assert linear_row([told([1.0], n=1000), told([10.0], n=10_000)], 0.5).ratio == 1.0
    assert not linear_row([told([1.0], n=1000), told([100.0], n=10_000)], 0.5).holds


def test_rows_are_kept_by_name(tmp_path: Path) -> None:
    path = tmp_path / "out" / "engine.json"
    keep([Row("a", ratio=1.0), Row("b", skipped="not to be had")], path)
    keep([Row("a", ratio=2.0)], path)
    kept = {row["name"]: row for row in json.loads(path.read_text())}
    assert kept["a"]["ratio"] == 2.0
    assert kept["b"]["holds"] is None
    assert "not to be had" in line_of(Row("b", skipped="not to be had"))


def test_a_worker_that_dies_says_why() -> None:
    dying = Worker([sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(SkippedError, match="no such thing"), dying:
        pass


def test_a_rival_that_does_not_run_on_any_python_here_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(SkippedError):
        python_of(Rival("future", ("future",), (3, 99)), tmp_path)


def test_pairs_whose_averages_are_ever_equal_are_set_apart() -> None:
    closes = np.full(400, 30_000.0) + np.arange(400) ** 2 / 100
    assert untied(closes).all()
    assert not untied(np.full(400, 30_000.0)).any()
    assert len(PAIRS) == 1000
