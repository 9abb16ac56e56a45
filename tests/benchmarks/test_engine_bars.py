"""A figure beside a rival's is worth something only when both did the same work."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import plain_loop
from benchmarks.engine_bars import INSTRUMENT, through_engine
from benchmarks.rows import Row, keep
from tradedeck.history import bundled_week, read_bars


def test_the_engine_and_the_plain_loop_trade_the_same() -> None:
    bars = list(read_bars(bundled_week(), INSTRUMENT))[:2000]
    result = through_engine(bars)
    fills, profit = plain_loop.run([float(bar.close) for bar in bars], 1.0)
    totals = result.totals
    assert len(result.fills) == fills > 20
    assert abs(float(totals.realised + totals.unrealised - totals.fees) - profit) < 1e-4


def test_a_row_is_kept_with_its_units_and_versions(tmp_path: Path) -> None:
    row = Row("name", 2.0, 1.0, 2.0, "bars/s", {"python": "3.11"}, "work", {})
    kept = json.loads(keep(row, tmp_path / "out").read_text())
    assert kept["ratio"] == 2.0
    assert {"name", "ours", "rival", "ratio", "unit", "versions"} <= kept.keys()
