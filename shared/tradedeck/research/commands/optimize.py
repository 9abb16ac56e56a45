"""`tradedeck optimize`: search a strategy's parameters over recorded prices."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tradedeck.research.commands import searching
from tradedeck.research.optimise import Progress, StudyResult, optimise
from tradedeck.research.validation import pbo, returns_matrix

_PBO_PERIODS = 256
_PBO_MOST = 200
"""So many combinations are run again for the probability of overfitting: those tried first."""


def command(commands: Any) -> None:
    """Add `optimize` to the command line."""
    parser = commands.add_parser("optimize", help="search a strategy's parameters over recorded prices")
    searching.add_arguments(parser)
    parser.add_argument("--study", type=Path, help="keep the search there (*.db is SQLite); again resumes it")
    parser.add_argument("--pbo", action="store_true", help="also tell the probability of overfitting (CSCV)")
    parser.set_defaults(run=optimise_command)


def optimise_command(arguments: argparse.Namespace) -> int:
    """Search, show progress on standard error and print the findings as JSON; 130 after Ctrl-C."""
    job = searching.job_of(arguments)

    def show(progress: Progress) -> None:
        searching.tell(searching.line_of(progress), last=progress.done == progress.total)

    with searching.spread(arguments, job) as evaluate:
        found = optimise(
            job.space, evaluate, job.series, job.plan, equity=job.runs.equity, file=arguments.study, show=show
        )
    searching.write(found.table, arguments.out)
    told = _told(found)
    if arguments.pbo and not found.interrupted:
        told["pbo"] = _overfitting(job, found)
    print(json.dumps(told, indent=2))
    return searching.INTERRUPTED if found.interrupted else 0


def _told(found: StudyResult) -> dict[str, Any]:
    objectives = found.plan.objectives
    told: dict[str, Any] = {
        "method": found.plan.method,
        "tried": len(found.trials),
        "total": found.total,
        "interrupted": found.interrupted,
        "best": searching.trial_as_json(found.best, objectives),
        "stable": searching.trial_as_json(found.stable, objectives),
        "deflated_sharpe": searching.plain(found.deflated_sharpe),
        "warnings": list(found.warnings),
    }
    if len(objectives) > 1:
        told["pareto"] = searching.rows(found.pareto)
    return told


def _overfitting(job: searching.Job, found: StudyResult) -> float | None:
    combos = list({str(trial.params): trial.params for trial in found.trials}.values())[:_PBO_MOST]
    periods = min(_PBO_PERIODS, len(job.series) - 1)
    return searching.plain(pbo(returns_matrix(job.runs.equity, combos, job.series, periods)).probability)
