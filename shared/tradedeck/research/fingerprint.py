"""What exactly produced a result, and whether it comes out again.

A fingerprint names, by SHA-256, everything a run depends on: the strategy's source, the data, the engine's own
sources, parameters and assumptions; and what came out. Same fingerprint, same bytes.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries, Floats
from tradedeck.ports.strategy import Strategy
from tradedeck.research.latency import Constant, Gamma, Latency, LogNormal, Recorded
from tradedeck.research.reporting import Extras, report_of, to_json
from tradedeck.research.reporting.contents import FORMAT, plain
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.result import Run
from tradedeck.research.run import Rates, backtest
from tradedeck.research.settings import Account, FeeTier, Margin, Path, Settings, Touch

ENGINE = ("compile", "domain", "engine", "history", "indicators", "ports", "research", "sim")
"""The packages whose sources decide what a run does and how it is told."""
BESIDE = ("checks", "heat", "luck", "outlooks")
"""Parts of a report that are not the run's own: nothing to repeat."""
MAX_DIFFERENCES = 50

RunAgain = Callable[[Mapping[str, Any]], str]
"""From a report to the JSON of the same run, made anew."""


def fingerprint_of(run: Run, strategy: type[Strategy]) -> dict[str, str]:
    """The marks of a run, by name; each is a SHA-256 in hex, or a version."""
    return {
        "strategy": strategy_digest(strategy),
        "data": run.series.digest(),
        **{f"data of {part.series.symbol}": (part.own or part.series).digest() for part in run.markets[1:]},
        **{f"funding of {part.series.symbol}": _column(part.rates) for part in run.markets if part.rates is not None},
        **{f"instrument of {part.series.symbol}": _digest(asdict(part.instrument)) for part in run.markets[1:]},
        "engine": engine_digest(),
        "version": f"tradedeck {version('tradedeck')}, numpy {np.__version__}",
        "settings": _digest(run.assumed),
        "instrument": _digest(asdict(run.instrument)),
        "params": _digest(run.params),
        "result": result_digest(run),
    }


def strategy_digest(strategy: type[Strategy]) -> str:
    """Of the file a strategy is written in, for its helpers count too; "unknown" when there is no source.

    Modules that this file imports are not followed.
    """
    try:
        return sha256(inspect.getsource(inspect.getmodule(strategy) or strategy).encode()).hexdigest()
    except (OSError, TypeError):
        return "unknown"


@cache
def engine_digest() -> str:
    """Of every source file of the engine's packages, in the order of their names."""
    root = files("tradedeck")
    total = sha256()
    for package in ENGINE:
        for name, file in _sources(root.joinpath(package), package):
            total.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def result_digest(run: Run) -> str:
    """Of every order, fill and point of the equity curve."""
    total = sha256()
    for column in (run.orders, run.fills, run.equity, run.position):
        total.update(np.ascontiguousarray(column).tobytes())
    total.update(f"{run.cash} {run.fees} {run.funding} {run.profit}".encode())
    return total.hexdigest()


def verify(report_json: str, run_again: RunAgain) -> list[str]:
    """Where a report differs from the same run made anew; empty when the bytes are the same.

    Raises:
        RefusedError: this is no report, or one of another format.
    """
    told = read_report(report_json)
    again = run_again(told)
    if again == report_json:
        return []
    # What it was made of comes first: the rest differs because of it.
    found = sorted(_differences("", told, json.loads(again)), key=lambda line: not line.startswith("fingerprint."))
    return found[:MAX_DIFFERENCES] or ["the figures are the same, but they are written differently"]


def read_report(report_json: str) -> dict[str, Any]:
    """The report in a JSON text. Raises as `verify`."""
    try:
        told = json.loads(report_json)
    except ValueError:
        raise RefusedError("this file is no report: it holds no JSON", code="report.read") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:  # pyright: ignore[reportUnknownMemberType]
        raise RefusedError(f"this file is no report of format {FORMAT}; make the report again", code="report.format")
    return told  # pyright: ignore[reportUnknownVariableType]


def repeat(
    strategy: type[Strategy],
    series: BarSeries,
    instrument: Instrument,
    *,
    others: Sequence[tuple[BarSeries, Instrument]] = (),
    funding: Rates = None,
) -> RunAgain:
    """Run a report's strategy again with what the report says it assumed. `verify` takes it."""

    def run_again(told: Mapping[str, Any]) -> str:
        params, settings = told["run"]["params"], settings_of(told)
        run = backtest(strategy, series, instrument, params=params, settings=settings, others=others, funding=funding)
        report = report_of(run, Extras(lines=lines_of(run, strategy), fingerprint=fingerprint_of(run, strategy)))
        report.update({name: told[name] for name in BESIDE})
        return to_json(report)

    return run_again


def settings_of(told: Mapping[str, Any]) -> Settings:
    """The assumptions a report was made under.

    Raises:
        RefusedError: one is missing, unknown or no value of its kind.
    """
    given = dict(told["settings"])
    kinds: dict[str, Callable[[Any], Any]] = {
        "cash": Decimal, "maintenance": Decimal, "borrow_rate": Decimal, "path": Path, "touch": Touch,
        "account": Account, "margin": Margin, "maker": _amount, "taker": _amount,
        "traded": Decimal, "tiers": _tiers, "latency": _latency,
    }  # fmt: skip
    try:
        return Settings(**{one.name: kinds.get(one.name, lambda x: x)(given.pop(one.name)) for one in fields(Settings)})
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        raise RefusedError(f"the report's settings can't be read: {problem}", code="report.settings") from None


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _tiers(rows: list[dict[str, str]]) -> tuple[FeeTier, ...]:
    return tuple(FeeTier(**{name: Decimal(text) for name, text in row.items()}) for row in rows)


def _latency(told: dict[str, Any] | None) -> Latency | None:
    """A part by the names of what it is made of."""
    if told is None:
        return None
    if "recorded_ns" in told:
        return Recorded(tuple(told["recorded_ns"]))
    for kind in (Constant, LogNormal, Gamma):
        if {one.name for one in fields(kind)} == told.keys():
            return kind(**told)
    raise ValueError(f"no latency is made of {', '.join(told)}")


def _column(values: Floats) -> str:
    return sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def _digest(value: Any) -> str:
    return sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _sources(entry, path)
        elif entry.name.endswith(".py"):
            yield path, entry


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if _both(dict, old, new):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(f"{path}.{name}" if path else name, old.get(name), new.get(name))
    elif _both(list, old, new):
        if len(old) != len(new):
            yield f"{path}: {len(old)} entries before, {len(new)} now"
        for place, (was, is_) in enumerate(zip(old, new, strict=False)):
            yield from _differences(f"{path}[{place}]", was, is_)
    elif repr(old) != repr(new):
        yield f"{path}: {old!r} before, {new!r} now"


def _both(kind: type[object], old: object, new: object) -> bool:
    return isinstance(old, kind) and isinstance(new, kind)
