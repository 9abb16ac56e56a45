"""`python -m tests.simulation --seeds 10000`: many storms, on every core. A seed that fails is printed, and can be told
again alone: `--first SEED --seeds 1`."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.world import Story, tell

CHUNK = 20


def main() -> int:
    """Tell every seed; 1 when one of them did not end well."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="storms under a virtual clock")
    parser.add_argument("--seeds", type=int, default=10_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count(), help="how many at a time")
    args = parser.parse_args()
    started, seeds = time.monotonic(), range(args.first, args.first + args.seeds)
    total = Story(0, [], "", steps=0, deaths=0, unknown=0, orders=0, fills=0)
    failed: list[int] = []
    # A storm is loud; and a worker that dies ends the run, it does not begin again.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.processes, context, logging.disable, (logging.CRITICAL,)) as pool:
        for story in pool.map(tell, seeds, chunksize=CHUNK):
            for name in ("steps", "deaths", "unknown", "orders", "fills"):
                setattr(total, name, getattr(total, name) + getattr(story, name))
            if story.broken:
                failed.append(story.seed)
                print(f"seed {story.seed}: {'; '.join(story.broken)}", flush=True)
    print(
        f"{args.seeds} seeds, {len(failed)} failed; {total.orders} orders, {total.fills} fills, {total.unknown} times "
        f"unknown, {total.deaths} sudden deaths, {total.steps} steps in {time.monotonic() - started:.0f} s"
    )
    if failed:
        print(f"failing seeds: {' '.join(str(seed) for seed in sorted(failed))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
