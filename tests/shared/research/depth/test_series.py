"""Recorded files as columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared.research.depth.recorded import SPOT, USDM, Recorded

from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.research.depth import DepthSeries, read_depth
from tradedeck.research.depth.series import rows_of
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, CLEAR, LOCAL_NS, NEVER, ROW, VENUE_NS


@pytest.mark.parametrize("recorded", [USDM, SPOT], ids=lambda recorded: recorded.name)
def test_a_recording_starts_with_its_snapshot(recorded: Recorded):
    series = recorded.series()
    assert series.kind[0] == CLEAR
    assert set(series.kind[1:100].tolist()) <= {BID, ASK}
    assert np.all(np.diff(series.local_ns) >= 0)


def test_a_recorders_clock_that_is_behind_moves():
    delays = USDM.series().local_ns - USDM.series().venue_ns
    assert delays.min() == 1_000_000
    later = read_depth(USDM.depth, USDM.trades, USDM.instrument, least_delay_ns=5_000_000)
    assert (later.local_ns - later.venue_ns).min() == 5_000_000


def test_only_updates_newer_than_the_snapshot_count_even_those_that_came_before_it():
    series = USDM.series()
    depth = pl.read_parquet(USDM.depth).with_row_index()
    snapshot = depth.filter(pl.col("kind") == "snapshot")
    newer = depth.filter((pl.col("kind") == "diff") & (pl.col("u") > snapshot["u"][0]))
    early = newer.filter(pl.col("index") < snapshot["index"][0])
    assert len(early) > 0
    assert np.count_nonzero(series.kind < CLEAR) == len(snapshot) + len(newer)
    first = series.slice(1 + len(snapshot), 1 + len(snapshot) + len(early))
    assert first.price.tolist() == (early["price"] * 10).round().cast(pl.Int64).to_list()
    assert set(first.local_ns.tolist()) == {int(series.local_ns[0])}


def test_every_snapshot_starts_the_book_anew(tmp_path: Path):
    depth = pl.read_parquet(USDM.depth)
    snapshot = depth.filter(pl.col("kind") == "snapshot")
    last = depth.tail(1).select("ts", pl.col("u", "ts_recv_ns") + 1)
    later = snapshot.drop("ts", "u", "ts_recv_ns").join(last, how="cross").select(depth.columns)
    pl.concat([depth, later]).write_parquet(tmp_path / "two.parquet")
    series = read_depth(tmp_path / "two.parquet", USDM.trades, USDM.instrument)
    assert np.flatnonzero(series.kind == CLEAR).tolist() == [0, len(series) - len(snapshot) - 1]


def test_every_print_after_the_snapshot_is_there():
    series = USDM.series()
    trades = pl.read_parquet(USDM.trades)
    start = pl.read_parquet(USDM.depth).filter(pl.col("kind") == "snapshot")["ts_recv_ns"][0]
    after = trades.filter(pl.col("ts_recv_ns") >= start)
    took = series.kind >= BUYER_TOOK
    assert series.price[took].tolist() == (after["price"] * 10).round().cast(pl.Int64).to_list()
    assert series.lots[took].tolist() == (after["size"] * 1000).round().cast(pl.Int64).to_list()
    assert (series.kind[took] == BUYER_TOOK).tolist() == (after["side"] == "buy").to_list()


def test_prices_off_the_grid_are_refused():
    with pytest.raises(RefusedError, match="not a whole number of ticks"):
        read_depth(SPOT.depth, SPOT.trades, USDM.instrument)


def test_a_file_without_a_snapshot_is_refused(tmp_path: Path):
    pl.read_parquet(USDM.depth).filter(pl.col("kind") == "diff").write_parquet(tmp_path / "diffs.parquet")
    with pytest.raises(RefusedError, match="snapshot"):
        read_depth(tmp_path / "diffs.parquet", USDM.trades, USDM.instrument)


def test_a_missing_column_is_named(tmp_path: Path):
    pl.read_parquet(USDM.trades).drop("side").write_parquet(tmp_path / "trades.parquet")
    with pytest.raises(RefusedError, match="no column side"):
        read_depth(USDM.depth, tmp_path / "trades.parquet", USDM.instrument)


def test_a_missing_file_is_named():
    with pytest.raises(RefusedError, match="no such file"):
        read_depth(Path("nowhere.parquet"), USDM.trades, USDM.instrument)


def test_a_damaged_file_is_said_to_be(tmp_path: Path):
    (tmp_path / "half.parquet").write_bytes(USDM.depth.read_bytes()[:1_000])
    with pytest.raises(CorruptError, match="Parquet"):
        read_depth(tmp_path / "half.parquet", USDM.trades, USDM.instrument)


def test_the_digest_names_exactly_this_data():
    series = USDM.series()
    assert series.digest() == USDM.series().digest()
    assert series.slice(0, 100).digest() != series.slice(0, 101).digest()
    assert len(series.slice(10, 30)) == 20


def test_two_clocks_that_agree_share_their_rows():
    ones = np.ones(3, np.int64)
    series = DepthSeries("XY", ones, np.array([1, 2, 3]), np.array([4, 5, 6]), ones, ones)
    home, venue = rows_of(series)
    assert np.shares_memory(home, venue)
    assert home[-ROW:].tolist() == [NEVER] * ROW


def test_two_clocks_that_differ_have_each_its_sequence():
    ones = np.ones(3, np.int64)
    home, venue = rows_of(DepthSeries("XY", ones, np.array([1, 3, 2]), np.array([4, 5, 6]), ones, ones))
    assert home[VENUE_NS::ROW].tolist() == [1, 3, 2, NEVER]
    assert venue[VENUE_NS::ROW].tolist() == [1, 2, 3, NEVER]
    assert venue[LOCAL_NS::ROW].tolist() == [4, 6, 5, NEVER]
