"""The same evaluation on several processes of this machine, or on a Ray cluster; the answers are the same.

An evaluator that runs native code uses every core by itself: it needs neither. These are for strategies in
plain Python, and for more machines than one. The bars are sent once; a stretch of them is two numbers.
"""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import signal
from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.history.series import BarSeries
from tradedeck.research.optimise.terms import Evaluate, Params
from tradedeck.research.result import Summary

Work = tuple[list[dict[str, str]], int, int]
"""Combinations, and the first and last (excluded) bar of their stretch."""

_PARTS = 2
"""Parts of a batch a worker gets, one after the other: slow combinations even out."""


@contextmanager
def on_processes(evaluate: Evaluate, series: BarSeries, workers: int) -> Generator[Evaluate]:
    """`evaluate` spread over `workers` processes; with one, in this process. It must be importable by name.

    Raises:
        UnavailableError: a process died (inside, while evaluating).
    """
    if workers <= 1:
        yield evaluate
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin, (evaluate, series))

    def run(work: Sequence[Work]) -> list[Sequence[Summary]]:
        try:
            return list(pool.map(_evaluate_part, work))
        except BrokenProcessPool:
            raise UnavailableError(
                "a worker process died, perhaps for want of memory; take fewer --workers", code="optimise.worker"
            ) from None

    try:
        yield _spread(run, series, workers)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def on_ray(evaluate: Evaluate, series: BarSeries, *, address: str = "", workers: int = 0) -> Generator[Evaluate]:
    """`evaluate` as tasks of a Ray cluster, a core each.

    The cluster is the one at `address`, one that is connected already, or a new one on this machine with
    `workers` cores (0: all). Its machines must have this package installed.

    Raises:
        RefusedError: Ray is not installed.
        UnavailableError: there is no cluster at `address`, or it lost a task for good.
    """
    ray = _ray()
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, address, workers)
    try:
        bars, judge = ray.put(series), ray.put(evaluate)
        part = ray.remote(num_cpus=1, max_retries=3)(_evaluate_on_ray)

        def run(work: Sequence[Work]) -> list[Sequence[Summary]]:
            tasks = [part.remote(judge, bars, *one) for one in work]
            try:
                return ray.get(tasks)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError as error:
                raise UnavailableError(f"the cluster lost a task: {error}", code="optimise.cluster") from None
            except KeyboardInterrupt:
                for task in tasks:
                    ray.cancel(task, force=True)
                raise

        cores = int(ray.cluster_resources().get("CPU", 1))
        yield _spread(run, series, max(1, cores))
    finally:
        if ours:
            ray.shutdown()


def _spread(run: Callable[[Sequence[Work]], list[Sequence[Summary]]], series: BarSeries, workers: int) -> Evaluate:
    def evaluate(combos: Sequence[Params], stretch: BarSeries) -> list[Summary]:
        start, stop = _place(series, stretch)
        size = max(1, -(-len(combos) // (workers * _PARTS)))
        work = [
            ([dict(params) for params in combos[first : first + size]], start, stop)
            for first in range(0, len(combos), size)
        ]
        found: list[Summary] = []
        for part in run(work):
            found.extend(part)
        return found

    return evaluate


def _place(series: BarSeries, stretch: BarSeries) -> tuple[int, int]:
    start = bisect_left(series.open_ns, stretch.open_ns[0])
    stop = start + len(stretch)
    if stop > len(series) or series.open_ns[stop - 1] != stretch.open_ns[-1] or series.symbol != stretch.symbol:
        raise RefusedError("these bars are no part of those that were sent to the workers", code="optimise.stretch")
    return start, stop


# A worker process serves one search: what it evaluates with arrives once, when it starts.
_mine: list[tuple[Evaluate, BarSeries]] = []


def _begin(evaluate: Evaluate, series: BarSeries) -> None:
    # Ctrl-C is for the process that asked; a worker just ends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _mine.append((evaluate, series))


def _evaluate_part(work: Work) -> Sequence[Summary]:
    (evaluate, series), (combos, start, stop) = _mine[-1], work
    return evaluate(combos, series.slice(start, stop))


def _evaluate_on_ray(
    evaluate: Evaluate, series: BarSeries, combos: list[dict[str, str]], start: int, stop: int
) -> Sequence[Summary]:
    return evaluate(combos, series.slice(start, stop))


def _ray() -> Any:
    if importlib.util.find_spec("ray") is None:
        raise RefusedError("Ray is not installed; add it with: pip install 'tradedeck[cluster]'", code="optimise.ray")
    # Set before Ray is imported: it reads these once, and would send usage figures and warn of defaults to come.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    return ray


def _connect(ray: Any, address: str, workers: int) -> None:
    here: dict[str, Any] = {"num_cpus": workers or None, "include_dashboard": False}
    where: dict[str, Any] = {"address": address} if address else here
    try:
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UnavailableError(f"no Ray cluster at {address}: {error}", code="optimise.cluster") from None
