"""What `optimize` and `walkforward` share: their arguments, the evaluator, progress on the terminal."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tradedeck.compile.cache import watch
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.engine import strategy_parameters
from tradedeck.history import bundled_week, read_bars
from tradedeck.history.series import BarSeries, Floats, series_of
from tradedeck.ports.strategy import Strategy
from tradedeck.research.commands.assuming import add_assumptions, settings_from
from tradedeck.research.commands.funding import Funded, add_argument, funding_of
from tradedeck.research.optimise import (
    OBJECTIVES,
    Evaluate,
    Method,
    Params,
    Plan,
    Progress,
    Prune,
    Trial,
    on_processes,
    on_ray,
)
from tradedeck.research.result import Run, Summary, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings
from tradedeck.research.space import Space, space_of
from tradedeck.research.sweep import sweep
from tradedeck.sim.listings import instrument_of
from tradedeck.strategies.chosen import chosen

INTERRUPTED = 130
"""What a command ends with after Ctrl-C, as shells expect; what was done is printed all the same."""
_BUNDLED_SYMBOL = "BTCUSDT"
_PROBED = 2_000
"""Bars that tell whether a strategy runs natively."""


@dataclass(frozen=True)
class Runs:
    """Evaluates combinations of one strategy, named as `chosen` takes it. `threads` 0 takes every core.

    It goes to other processes with the name alone: a class from a file of one's own is read again there.
    """

    name: str
    instrument: Instrument
    settings: Settings = field(default_factory=Settings)
    threads: int = 0
    funded: Funded = field(default_factory=Funded)

    @cached_property
    def strategy(self) -> type[Strategy]:
        """The class of that name."""
        return chosen(self.name)

    def __getstate__(self) -> dict[str, object]:
        """Everything but the class."""
        return {name: value for name, value in vars(self).items() if name != "strategy"}

    def __call__(self, combos: Sequence[Params], series: BarSeries) -> list[Summary]:
        """A sweep over all of them."""
        return sweep(
            self.strategy, series, self.instrument, combos, self.settings, funding=self.rates(series),
            workers=self.threads,
        )  # fmt: skip

    def rates(self, series: BarSeries) -> Floats | None:
        """The funding rates due at these bars."""
        return next(iter(self.funded.rates(series)), None)

    def run(self, params: Params, series: BarSeries) -> Run:
        """One combination, whole."""
        return backtest(
            self.strategy, series, self.instrument, params=params, settings=self.settings, funding=self.rates(series)
        )

    def equity(self, params: Params, series: BarSeries) -> Floats:
        """The account at every close."""
        return self.run(params, series).equity

    def native(self, params: Params, series: BarSeries) -> bool:
        """Whether threads can share the work: Python code needs processes."""
        return self.run(params, series.slice(0, _PROBED)).tier is Tier.COMPILED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is searched, where, how, on what."""
    parser.add_argument("--strategy", default="sma-cross", metavar="NAME", help="bundled, or FILE.py:CLASS")
    parser.add_argument("--data", type=Path, help="CSV or Parquet of bars (default: a bundled week)")
    add_argument(parser)
    parser.add_argument("--symbol", default=_BUNDLED_SYMBOL)
    add_assumptions(parser)
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=LOW:HIGH:STEP", help="or NAME=A,B,C, or NAME=VALUE"
    )
    parser.add_argument("--where", action="append", default=[], metavar="CONDITION", help="such as 'fast<slow'")
    parser.add_argument("--method", default="grid", choices=[str(method) for method in Method])
    parser.add_argument(
        "--objective", action="append", default=[], choices=list(OBJECTIVES), help="repeat it for several at once"
    )
    parser.add_argument("--trials", type=int, default=0, help="how many combinations (grid: all)")
    parser.add_argument("--batch", type=int, default=0, help="how many are chosen, evaluated and kept together")
    parser.add_argument("--prune", default="none", choices=[str(prune) for prune in Prune])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="local", choices=["local", "ray"])
    parser.add_argument("--address", default="", help="of a Ray cluster (default: a new one on this machine)")
    parser.add_argument("--workers", type=int, default=0, help="cores (0: all); the table does not depend on them")
    parser.add_argument("--out", type=Path, help="write the table there: .csv or .parquet")


@dataclass(frozen=True, slots=True)
class Job:
    """A search as the command line described it."""

    space: Space
    series: BarSeries
    runs: Runs
    plan: Plan


def job_of(arguments: argparse.Namespace) -> Job:
    """Read arguments and data.

    Raises:
        RefusedError: something is missing or makes no sense.
        CorruptError: the data is damaged.
    """
    watch(tell_compiling)
    if arguments.data is None and arguments.symbol != _BUNDLED_SYMBOL:
        raise RefusedError(f"the bundled week is of {_BUNDLED_SYMBOL}; give a file of {arguments.symbol} with --data")
    if arguments.out is not None and arguments.out.suffix not in {".csv", ".parquet"}:
        raise RefusedError("--out writes .csv or .parquet", code="optimise.out")
    plan = Plan(
        method=Method(arguments.method),
        objectives=tuple(arguments.objective) or ("sharpe",),
        trials=arguments.trials,
        seed=arguments.seed,
        batch=arguments.batch,
        prune=Prune(arguments.prune),
    )
    plan.check()
    settings = settings_from(arguments)
    runs = Runs(arguments.strategy, instrument_of(arguments.symbol), settings)
    space = space_of(strategy_parameters(runs.strategy), arguments.param, arguments.where)
    series = series_of(read_bars(arguments.data or bundled_week(), runs.instrument))
    funded = funding_of(arguments.funding, [series], settings.account)
    for note in funded.notes:
        print(note, file=sys.stderr)
    return Job(space, series, replace(runs, funded=funded), replace(plan, assumptions=assumed(settings, funded)))


def assumed(settings: Settings, funded: Funded) -> str:
    """What a study assumes beside its data, in one line: it is resumed under the same only."""
    rates = "none" if not funded.series or funded.series[0] is None else funded.series[0].digest()[:12]
    usual = Settings()
    named = (
        f"{part.name} {getattr(settings, part.name)}"
        for part in fields(settings)
        if part.name != "cash" and getattr(settings, part.name) != getattr(usual, part.name)
    )
    return ", ".join([f"cash {settings.cash}", *named, f"funding {rates}"])


def spread(arguments: argparse.Namespace, job: Job) -> AbstractContextManager[Evaluate]:
    """The evaluator on what the arguments name."""
    if arguments.engine == "ray":
        runs = replace(job.runs, threads=1)
        return on_ray(runs, job.series, address=arguments.address, workers=arguments.workers)
    workers = arguments.workers or os.cpu_count() or 1
    if workers == 1 or job.runs.native(next(job.space.draws(job.plan.seed)), job.series):
        return nullcontext(replace(job.runs, threads=workers))
    return on_processes(replace(job.runs, threads=1), job.series, workers)


def line_of(progress: Progress) -> str:
    """Progress in a line."""
    best = "" if progress.best is None else f", best {progress.best.score:.4g}"
    left = "" if math.isnan(progress.eta_s) else f", {progress.eta_s:.0f} s left"
    return f"{progress.done}/{progress.total}{best}{left}"


def tell(line: str, *, last: bool = False) -> None:
    """Progress on standard error: over itself on a terminal, else only the last."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        sys.stderr.flush()
    elif last:
        print(line, file=sys.stderr)


def tell_compiling(name: str) -> None:
    """Say that native code is being made, which is done once on a machine and takes seconds."""
    tell(f"compiling {name} to native code, once on this machine ...")


def trial_as_json(trial: Trial | None, objectives: Sequence[str]) -> dict[str, Any] | None:
    """A trial for people and programs; what cannot be told is null."""
    if trial is None:
        return None
    summary = trial.summary
    return {
        "params": trial.params,
        **{name: plain(score) for name, score in zip(objectives, trial.scores, strict=True)},
        "profit": plain(summary.profit),
        "max_drawdown": plain(summary.max_drawdown),
        "trades": summary.trades,
    }


def plain(value: float) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return value if math.isfinite(value) else None


def rows(table: pl.DataFrame) -> list[Mapping[str, Any]]:
    """A table as JSON would have it."""
    return [
        {name: plain(value) if isinstance(value, float) else value for name, value in row.items()}
        for row in table.iter_rows(named=True)
    ]


def write(table: pl.DataFrame, path: Path | None) -> None:
    """The table into a file, when one was named."""
    if path is None:
        return
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)
