"""`tradedeck walkforward`: search on one stretch, trade on the next, and again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tradedeck.research import metrics
from tradedeck.research.commands import searching
from tradedeck.research.optimise import Progress
from tradedeck.research.walkforward import WalkForward, walk_forward, windows_of


def command(commands: Any) -> None:
    """Add `walkforward` to the command line."""
    parser = commands.add_parser("walkforward", help="search on one stretch of prices, trade on the next, and again")
    searching.add_arguments(parser)
    parser.add_argument("--train", type=int, required=True, help="bars to search on")
    parser.add_argument("--test", type=int, required=True, help="bars to trade on")
    parser.add_argument("--gap", type=int, default=0, help="bars left out between them")
    parser.add_argument("--warmup", type=int, default=0, help="bars before a test to warm indicators up with")
    parser.add_argument("--anchored", action="store_true", help="search on everything before the test")
    parser.add_argument("--study", type=Path, help="keep every window's search in this folder; again resumes it")
    parser.set_defaults(run=walkforward_command)


def walkforward_command(arguments: argparse.Namespace) -> int:
    """Walk, show progress on standard error and print the findings as JSON; 130 after Ctrl-C."""
    job = searching.job_of(arguments)
    windows = windows_of(
        len(job.series), arguments.train, arguments.test, anchored=arguments.anchored, gap=arguments.gap
    )

    def show(window: int, count: int, progress: Progress) -> None:
        ended = window + 1 == count and progress.done == progress.total
        searching.tell(f"window {window + 1}/{count}: {searching.line_of(progress)}", last=ended)

    with searching.spread(arguments, job) as evaluate:
        found = walk_forward(
            job.space, evaluate, job.runs.equity, job.series, job.plan, windows,
            warmup=arguments.warmup, folder=arguments.study, show=show,
        )  # fmt: skip
    searching.write(found.table.join(found.drift, on="window"), arguments.out)
    print(json.dumps(_told(found), indent=2, default=str))
    return searching.INTERRUPTED if found.interrupted else 0


def _told(found: WalkForward) -> dict[str, Any]:
    returns = found.table["out_return"].to_list()
    return {
        "windows": searching.rows(found.table.join(found.drift, on="window")),
        "out_return": searching.plain(metrics.total_return(found.table["out_return"].to_numpy())) if returns else None,
        "efficiency": searching.plain(found.efficiency),
        "interrupted": found.interrupted,
        "warnings": list(found.warnings),
    }
