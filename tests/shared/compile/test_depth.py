"""Depth strategies in native code do what they do in plain Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from shared.sim.depth.books import MS, instrument
from shared.sim.depth.scripted import scripted

from tradedeck.research.depth import DepthSeries, DepthSettings, Filling, Queue, Trigger
from tradedeck.research.depth.run import open_replay, plain
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, CLEAR, FILLS, NOW, ORDERS, Replay

pytest.importorskip("numba")

from tradedeck.compile.depth import loop_source, native_loop


def random_book(seed: int, rows: int) -> DepthSeries:
    """Levels and trades around a price, late by as much as they like, the venue's sequence and ours apart."""
    chance = np.random.default_rng(seed)
    kind = chance.choice([BID, ASK, CLEAR, BUYER_TOOK, BUYER_TOOK + 1], rows, p=[0.4, 0.4, 0.005, 0.1, 0.095])
    near = chance.integers(-2, 6, rows)
    middle = 5_000 + np.cumsum(chance.integers(-1, 2, rows))
    price = np.where(kind == BID, middle - near, np.where(kind == ASK, middle + near, middle))
    lots = np.where(kind >= BUYER_TOOK, chance.integers(1, 20, rows), chance.integers(0, 12, rows))
    venue_ns = np.cumsum(chance.integers(0, 3, rows)) * MS
    local_ns = venue_ns + chance.integers(0, 9, rows) * MS
    order = np.argsort(local_ns, kind="stable")
    price[kind == CLEAR] = 0
    kind, venue_ns, local_ns, price, lots = (
        column[order].astype(np.int64) for column in (kind, venue_ns, local_ns, price, lots)
    )
    return DepthSeries("XY", kind, venue_ns, local_ns, price, lots)


def untraded(series: DepthSeries) -> DepthSeries:
    """The same book without its tape, and at least one row."""
    kept = np.flatnonzero(series.kind < BUYER_TOOK)
    kept = kept if len(kept) else np.zeros(1, np.int64)
    kind = np.where(series.kind < BUYER_TOOK, series.kind, BID)
    venue_ns, local_ns, price, lots = (
        column[kept] for column in (series.venue_ns, series.local_ns, series.price, series.lots)
    )
    return DepthSeries("XY", kind[kept], venue_ns, local_ns, price, lots, series.quotes)


def left_behind(replay: Replay) -> dict[str, Any]:
    """All that a replay has written."""
    return {name: np.array(column).tolist() for name, column in replay._asdict().items()}


assumptions = some.builds(
    DepthSettings,
    to_venue_ns=some.sampled_from([(0,), (3 * MS,), (MS, 7 * MS, 0)]),
    to_home_ns=some.sampled_from([(0,), (2 * MS, 5 * MS)]),
    recorded_delay=some.booleans(),
    queue=some.sampled_from(Queue),
    exponent=some.sampled_from([1.0, 2.0, 2.5]),
    partial=some.booleans(),
    filling=some.sampled_from(Filling),
    trigger=some.sampled_from(Trigger),
)


@settings(max_examples=60, deadline=None)
@given(seed=some.integers(0, 2**31 - 1), rows=some.integers(1, 400), assumed=assumptions, quotes=some.booleans())
def test_native_and_plain_leave_the_same_behind(seed: int, rows: int, assumed: DepthSettings, quotes: bool):
    series = replace(random_book(seed, rows), quotes=quotes)
    if assumed.filling is Filling.SHRINK:
        series = untraded(series)
    native = open_replay(series, instrument(), assumed)
    listed = plain(native)
    assert native_loop(scripted)(native, seed, 300) == scripted(listed, seed, 300) == 0
    assert left_behind(native) == left_behind(listed)


def test_the_random_strategy_trades():
    replay = open_replay(random_book(1, 5_000), instrument(), DepthSettings(queue=Queue.LOG))
    native_loop(scripted)(replay, 1, 1_000)
    assert replay.state[ORDERS] == 1_000
    assert replay.state[FILLS] > 300
    assert replay.state[NOW] > 0


def test_a_strategys_module_imports_the_replay():
    source = loop_source(scripted)
    assert source.count("def scripted(") == 1
    assert "def advance(" not in source
