"""The same search on one process, on several, and on a cluster of two machines: the same table."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from shared.research.crossing import DECLARED, evaluate
from shared.research.runs import week

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.history.series import BarSeries
from tradedeck.research.optimise import Method, Plan, Prune, StudyResult, on_processes, on_ray, optimise
from tradedeck.research.optimise.terms import Evaluate
from tradedeck.research.result import Summary
from tradedeck.research.space import space_of

HALF_DAY = week().slice(0, 720)
PLAN = Plan(Method.TPE, trials=40, batch=10, prune=Prune.HALVING)


def search(judge: Evaluate) -> StudyResult:
    return optimise(space_of(DECLARED, ["fast=5:50:5", "slow=20:100:20"], ["fast<slow"]), judge, HALF_DAY, PLAN)


def dies(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
    os._exit(3)


def refuses(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
    raise RefusedError("fast must be below slow")


def test_processes_give_what_one_gives() -> None:
    with on_processes(evaluate, HALF_DAY, 2) as spread:
        two = search(spread)
    with on_processes(evaluate, HALF_DAY, 1) as spread:
        one = search(spread)
    assert two.table.equals(one.table)
    assert str(two.trials) == str(one.trials)


def test_a_worker_that_dies_is_told_and_a_refusal_arrives_as_it_was() -> None:
    with pytest.raises(UnavailableError, match="worker process died"), on_processes(dies, HALF_DAY, 2) as spread:
        search(spread)
    with pytest.raises(RefusedError, match="fast must be below slow"), on_processes(refuses, HALF_DAY, 2) as spread:
        search(spread)


def test_other_bars_than_those_sent_are_refused() -> None:
    with on_processes(evaluate, HALF_DAY, 2) as spread, pytest.raises(RefusedError, match="no part of those"):
        spread([{"fast": "5", "slow": "20"}], week().slice(600, 800))


@pytest.fixture
def two_machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Ray cluster of two nodes with a core each; its workers find our modules as this process does."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(Path.cwd() / "tests")]))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray import cluster_utils

    small = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
    cluster: Any = cluster_utils.Cluster(initialize_head=True, head_node_args=small)
    try:
        cluster.add_node(num_cpus=1, object_store_memory=80_000_000)
        cluster.wait_for_nodes()
        yield str(cluster.address)
    finally:
        cluster.shutdown()


@pytest.mark.filterwarnings("ignore")  # Ray's own, of which there are many
def test_a_cluster_of_two_machines_gives_the_same_table(two_machines: str, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    with on_ray(evaluate, HALF_DAY, address=two_machines) as spread:
        import ray

        assert ray.cluster_resources()["CPU"] == 2
        far = search(spread)
    assert not ray.is_initialized()
    with on_ray(refuses, HALF_DAY, address=two_machines) as spread, pytest.raises(RefusedError, match="below slow"):
        search(spread)
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == ""
    assert far.table.equals(search(evaluate).table)
