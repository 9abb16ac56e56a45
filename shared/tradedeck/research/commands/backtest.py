"""`tradedeck backtest`: a strategy over recorded prices, what came out, and whether to believe it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tradedeck.domain.money import text
from tradedeck.history.timeframes import timeframe_text
from tradedeck.research.commands.montecarlo import outlooks_of
from tradedeck.research.commands.searching import tell
from tradedeck.research.commands.single import Single, add_arguments, clear_progress, single_of
from tradedeck.research.figures import Figures, measure
from tradedeck.research.fingerprint import fingerprint_of
from tradedeck.research.reporting import Extras, write_report
from tradedeck.research.reporting.contents import plain, when
from tradedeck.research.reporting.why import ending
from tradedeck.research.result import Run, State
from tradedeck.research.trades import Trade, round_trips
from tradedeck.research.truth import Finding, Level, check_truth

_MARKS = {Level.FINE: "ok", Level.WARNING: "beware", Level.FAILED: "FAILED"}
_SECONDS = 60.0


def command(commands: Any) -> None:
    """Add `backtest` to the command line."""
    parser = commands.add_parser("backtest", help="run a strategy over recorded prices, and check the result")
    add_arguments(parser)
    parser.add_argument("--report", type=Path, metavar="DIR", help="write a page, its data and the trades there")
    parser.add_argument("--name", default="report", help="what the files of the report are called")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    parser.add_argument("--no-truth", action="store_true", help="leave the checks of the result out")
    parser.add_argument("--truth-seconds", type=float, default=_SECONDS, help="how long the checks may take")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it and print what came out; 1 when a check found that the result can't be believed."""
    single = single_of(arguments)
    made = single.run()
    trades = round_trips(made)
    findings = [] if arguments.no_truth else _checked(single, made, trades, arguments.truth_seconds)
    pages: dict[str, str] = {}
    if arguments.report is not None:
        written = write_report(made, arguments.report, arguments.name, extras_of(single, made, trades, findings))
        pages = {"report": str(written.page), "data": str(written.data), "trades": str(written.trades)}
    clear_progress()
    if arguments.json:
        print(json.dumps(as_json(single, made, trades, findings, pages), indent=2))
    else:
        print("\n".join(as_text(single, made, trades, findings, pages)))
    refused = made.orders[made.orders["state"] == State.REJECTED]
    for note in single.notes:
        print(note, file=sys.stderr)
    if len(refused):
        print(f"{len(refused)} orders were refused, the first because: {ending(refused[0])}", file=sys.stderr)
    return int(any(finding.level is Level.FAILED for finding in findings))


def _checked(single: Single, made: Run, trades: list[Trade], seconds: float) -> list[Finding]:
    if single.book is not None:
        return single.book.check(single.strategy, made, trades)
    return check_truth(
        single.strategy, made, others=single.others, funding=single.funding, seconds=seconds,
        progress=lambda line: tell(f"checking: {line}"),
    )  # fmt: skip


def extras_of(single: Single, made: Run, trades: Sequence[Trade], findings: Sequence[Finding]) -> Extras:
    """Everything a report of this run shows beside it."""
    return Extras(
        lines=single.lines(made),
        checks=tuple(finding.as_check() for finding in findings),
        outlooks=tuple(outlooks_of(made, trades)),
        fingerprint=marks_of(single, made),
    )


def marks_of(single: Single, made: Run) -> dict[str, str]:
    """The run's fingerprint, and the command that makes it again."""
    return {**fingerprint_of(made, single.strategy), "command": single.command}


def as_json(
    single: Single, made: Run, trades: Sequence[Trade], findings: Sequence[Finding], pages: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    """The run for programs: amounts exact as text, what is unknown as null."""
    figures = measure(made, trades)
    return plain({
        "strategy": made.strategy,
        "symbol": made.instrument.symbol,
        "bars": len(made.series),
        "timeframe": timeframe_text(made.series.timeframe_ns),
        "params": made.params,
        "tier": made.tier,
        "why_tier": made.why_tier,
        "orders": len(made.orders),
        "fills": len(made.fills),
        "refused": int(np.count_nonzero(made.orders["state"] == State.REJECTED)),
        "cash": made.cash,
        "profit": made.profit,
        "fees": made.fees,
        "funding": made.funding,
        "figures": {name: getattr(figures, name) for name in Figures.__dataclass_fields__},
        "truth": [finding.as_dict() for finding in findings],
        "command": single.command,
        "files": pages,
        "notes": list(single.notes),
    })  # fmt: skip


def as_text(
    single: Single, made: Run, trades: Sequence[Trade], findings: Sequence[Finding], pages: dict[str, str]
) -> list[str]:  # fmt: skip
    """The run for people."""
    series, figures = made.series, measure(made, trades)
    money = made.instrument.base if made.settings.account == "inverse" else made.instrument.quote
    span = f"{when(int(series.open_ns[0]))[:16]} to {when(int(series.open_ns[-1]) + series.timeframe_ns)[:16]}"
    params = ", ".join(f"{name} {value}" for name, value in made.params.items())
    lines = [
        f"{made.strategy} on {made.instrument.symbol}, {params or 'no parameters'}",
        f"{len(series):,} bars of {timeframe_text(series.timeframe_ns)}, {span} UTC; run {made.tier} ({made.why_tier})",
        "",
    ]
    rows = [
        ("profit", f"{text(made.profit)} {money} ({figures.total_return:+.2%}; held: {figures.benchmark_return:+.2%})"),
        ("fees", f"{text(made.fees)} {money}"),
        ("funding, borrowing", f"{text(made.funding)} {money}"),
        ("deepest fall", f"{figures.max_drawdown:.2%}"),
        ("Sharpe, Sortino", f"{_number(figures.sharpe)}, {_number(figures.sortino)} (daily, a year)"),
        ("trades", f"{figures.trades}, {figures.win_rate:.1%} won, {_number(figures.expectancy)} {money} each"),
        ("orders, fills", f"{len(made.orders):,}, {len(made.fills):,}"),
        ("in the market", f"{figures.exposure:.1%} of the time"),
    ]  # fmt: skip
    lines += [f"  {name:<20}{value}" for name, value in rows]
    if findings:
        lines += ["", "Can it be believed?"]
        for finding in findings:
            lines.append(f"  {_MARKS[finding.level]:<8}{finding.check}: {finding.detail}")
            lines += [f"          {line}" for line in finding.lines]
    return [*lines, "", *(f"{name}: {path}" for name, path in pages.items())] if pages else lines


def _number(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{value:.2f}"
