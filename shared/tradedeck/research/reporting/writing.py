"""A report into files: a page, its data, and its trades as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import text
from tradedeck.research.reporting.contents import report_of, to_json, when
from tradedeck.research.reporting.extras import Extras
from tradedeck.research.reporting.page import page_of
from tradedeck.research.result import Run
from tradedeck.research.trades import Trade, round_trips

_COLUMNS = (
    "number", "market", "side", "size", "entry_time", "entry_price", "exit_time", "exit_price", "profit", "fees",
    "rate", "worst", "best", "bars", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """Where the three files of a report are."""

    page: Path
    data: Path
    trades: Path


def write_report(run: Run, folder: Path, name: str = "report", extras: Extras | None = None) -> Written:
    """Write NAME.html, NAME.json and NAME.csv (the trades) into `folder`, which is made if need be.

    Raises:
        RefusedError: the folder can't be written to.
    """
    trades = round_trips(run)
    report = report_of(run, extras, trades)
    written = Written(folder / f"{name}.html", folder / f"{name}.json", folder / f"{name}.csv")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written.page.write_text(page_of(run, report, extras), encoding="utf-8")
        written.data.write_text(to_json(report), encoding="utf-8")
        written.trades.write_text(trades_csv(trades), encoding="utf-8")
    except OSError as problem:
        raise RefusedError(
            f"the report can't be written to {folder}: {problem.strerror}", code="report.write"
        ) from None
    return written


def trades_csv(trades: Sequence[Trade]) -> str:
    """One row a trade, exact amounts, UTC times."""
    out = io.StringIO()
    table: Any = csv.writer(out, lineterminator="\n")
    table.writerow(_COLUMNS)
    for trade in trades:
        leaving = ("", text(trade.exit_price)) if trade.is_open else (when(trade.exit_ns), text(trade.exit_price))
        table.writerow([
            trade.number, trade.market, "long" if trade.sign > 0 else "short", text(trade.size), when(trade.entry_ns),
            text(trade.entry_price), *leaving, text(trade.profit), text(trade.fees), f"{trade.rate:.8f}",
            text(trade.worst), text(trade.best), trade.bars, trade.reason,
        ])  # fmt: skip
    return out.getvalue()
