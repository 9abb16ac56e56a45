"""A report's three files say the same, need nothing else, and exist for runs of any kind."""

from __future__ import annotations

import base64
import csv
import json
import re
import zlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared.research.runs import BTC, run_of, sma_cross, week

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries
from tradedeck.research.reporting import Extras, Heat, gaps_of, page_of, report_of, to_json, write_report
from tradedeck.research.result import Note
from tradedeck.research.settings import Settings


def without(series: BarSeries, start: int, stop: int) -> BarSeries:
    keep = np.r_[0:start, stop : len(series)]
    return BarSeries(series.symbol, series.timeframe_ns, *(getattr(series, name)[keep] for name in (
        "open_ns", "open", "high", "low", "close", "volume"
    )))  # fmt: skip


def inside(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="report" type="text/plain">([^<]*)</script>', page)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def test_the_three_files_tell_of_the_same_trades(tmp_path: Path) -> None:
    run = sma_cross(week())
    written = write_report(run, tmp_path / "made" / "here")
    told = json.loads(written.data.read_text())
    rows = list(csv.DictReader(written.trades.read_text().splitlines()))
    page = inside(written.page.read_text())
    assert len(rows) == len(told["trades"]) == len(page["trades"]) > 50
    assert [row["profit"] for row in rows] == [trade["profit"] for trade in told["trades"]]
    assert sum(Decimal(row["profit"]) for row in rows) == run.profit
    assert told["figures"] == page["figures"]


def test_the_same_run_is_the_same_bytes() -> None:
    assert to_json(report_of(sma_cross(week()))) == to_json(report_of(sma_cross(week())))


def test_the_page_reaches_for_nothing_outside() -> None:
    run = sma_cross(week().slice(0, 2000))
    page = page_of(run, report_of(run))
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*|@import|https?://[^\s"'<]*|url\((?!data:)""", page) == []
    assert "default-src 'none'" in page


def test_what_a_strategy_writes_stays_text() -> None:
    evil = "</script><script>alert(1)</script>"
    run = replace(sma_cross(week().slice(0, 2000)), strategy=evil, notes=(Note(5, evil, 1.0),))
    page = page_of(run, report_of(run))
    assert "<script>alert" not in page
    assert inside(page)["notes"][0]["text"] == evil


@pytest.mark.parametrize("bars", [0, 1, 2, 100])
def test_a_run_of_hardly_any_bars_has_a_report(bars: int) -> None:
    run = run_of(week().slice(0, max(bars, 1)), [], Settings())
    if not bars:
        run = replace(run, series=week().slice(0, 0), equity=np.empty(0), notes=())
    report = report_of(run)
    assert report["figures"]["sharpe"] is None
    assert report["trades"] == []
    assert inside(page_of(run, report))["run"]["bars"] == bars


def test_gaps_are_found_and_trades_across_them_marked() -> None:
    holed = without(week(), 105, 125)
    run = run_of(holed, [(100, 1, 5), (110, -1, 5), (200, 1, 5), (210, -1, 5)], Settings())
    data = report_of(run)["data"]
    assert [(gap.missing, gap.end_ns - gap.start_ns) for gap in gaps_of(holed)] == [(20, 20 * 60_000_000_000)]
    assert (data["missing"], data["trades_in_gaps"]) == (20, 1)
    assert data["completeness"] == pytest.approx(1 - 20 / len(week()))
    assert [trade["in_gap"] for trade in report_of(run)["trades"]] == [True, False]


def test_bars_with_orders_are_explained_in_the_json() -> None:
    run = run_of(week(), [(100, 1, 5), (110, -1, 5)], Settings())
    told = report_of(run, Extras(lines={"close": week().close}))["why"]
    assert set(told) == {"99", "100", "109", "110"}
    assert told["100"]["verdict"] == "It traded: 1 fill in this bar."
    assert told["100"]["lines"]["close"] == f"{week().close[100]:.10g}"


def test_what_is_known_beside_the_run_is_told_too() -> None:
    heat = Heat("Sharpe", "fast", "slow", ("5", "10"), ("20",), ((1.5, float("nan")),))
    told = report_of(run_of(week(), [], Settings()), Extras(heat=heat, trials=2, deflated_sharpe=0.4))
    assert told["heat"]["scores"] == [[1.5, None]]
    assert told["luck"] == {"trials": 2, "deflated_sharpe": 0.4}


def test_a_million_bars_make_a_page_below_eight_megabytes() -> None:
    random, count = np.random.default_rng(0), 1_000_000
    close = np.rint(6e6 * np.exp(np.cumsum(random.standard_normal(count) * 4e-4))) / 100
    opened = np.r_[close[0], close[:-1]]
    spread = np.rint(np.abs(random.standard_normal(count)) * 1000) / 100
    series = BarSeries(
        "BTCUSDT", 60_000_000_000, np.arange(count, dtype=np.int64) * 60_000_000_000, opened,
        np.maximum(opened, close) + spread, np.minimum(opened, close) - spread, close, np.ones(count),
    )  # fmt: skip
    run = sma_cross(series, 20, 50)
    assert len(run.fills) > 20_000
    assert len(page_of(run, report_of(run))) < 8_000_000


def test_a_folder_that_can_not_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(RefusedError, match="can't be written"):
        write_report(run_of(week(), [], Settings()), tmp_path / "taken")


def test_an_open_trade_has_no_exit_time_in_the_table(tmp_path: Path) -> None:
    written = write_report(run_of(week(), [(100, 1, 5)], Settings()), tmp_path)
    row = next(csv.DictReader(written.trades.read_text().splitlines()))
    assert (row["exit_time"], row["reason"], row["entry_time"]) == ("", "still open", "2024-03-04 01:40:00")
    assert row["exit_price"] == str(Decimal(str(week().close[-1])))
    assert BTC.symbol == row["market"]
