"""The fills are those of hftbacktest 2.4.4, as benchmarks/engine/l2_parity.py has kept them."""

from __future__ import annotations

import json

import pytest
from shared.research.depth.recorded import DATA, SPOT, USDM, Recorded

from tradedeck.research.depth import DepthRun, DepthSeries, DepthSettings, Queue
from tradedeck.research.depth.run import finished, open_replay, plain
from tradedeck.sim.depth.samples import crossing, quoting

_MS = 1_000_000
_QUEUES = {f"quoting-{queue}": queue for queue in Queue if queue is not Queue.RISK_AVERSE}


@pytest.fixture(scope="module")
def series() -> dict[str, DepthSeries]:
    return {recorded.name: recorded.series() for recorded in (USDM, SPOT)}


def assumed(name: str) -> DepthSettings:
    """The assumptions of a case of the script."""
    delay = (50 * _MS,) if name == "quoting-slow" else (_MS,)
    queue = Queue.LOG if name == "quoting-partial-log" else _QUEUES.get(name, Queue.RISK_AVERSE)
    return DepthSettings(to_venue_ns=delay, to_home_ns=delay, queue=queue, exponent=2.0, partial="partial" in name)


def run(name: str, series: DepthSeries, recorded: Recorded) -> DepthRun:
    """The case by the plain functions."""
    settings = assumed(name)
    replay = plain(open_replay(series, recorded.instrument, settings, room=20_000))
    if name == "crossing":
        assert crossing(replay, 100, 500, 1, float(recorded.tick)) == 0
    else:
        assert quoting(replay, 777 if "partial" in name else 1) == 0
    return finished(replay, series, recorded.instrument, settings)


@pytest.mark.parametrize("recorded", [USDM, SPOT], ids=lambda recorded: recorded.name)
@pytest.mark.parametrize(
    "name", ["crossing", "quoting", "quoting-slow", *_QUEUES, "quoting-partial", "quoting-partial-log"]
)
def test_the_same_orders_fill_at_the_same_times(name: str, recorded: Recorded, series: dict[str, DepthSeries]):
    kept = json.loads((DATA / "parity" / f"hftbacktest_{recorded.name}.json").read_text())
    ours: dict[tuple[int, int], list[int]] = {}
    for order, venue_ns, _, _, price, lots, maker in run(name, series[recorded.name], recorded).fills.tolist():
        # hftbacktest tells one sum for what an order fills at one moment.
        ours.setdefault((order, venue_ns), [order, venue_ns, price, 0, maker])[3] += lots
    theirs = kept["fills"][name]
    assert theirs
    assert sorted(fill for fill in ours.values() if fill[1] < kept["end_ns"]) == theirs
