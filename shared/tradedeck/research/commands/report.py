"""`tradedeck report`: check that a report comes out again byte for byte, or draw its page anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.research.commands.backtest import marks_of
from tradedeck.research.commands.single import single_again
from tradedeck.research.fingerprint import BESIDE, read_report, verify
from tradedeck.research.reporting import Extras, page_of, report_of, to_json
from tradedeck.research.result import Run


def command(commands: Any) -> None:
    """Add `report` to the command line."""
    parser = commands.add_parser("report", help="check a report by making it again, or draw its page anew")
    parser.add_argument("report", type=Path, metavar="FILE", help="a report's JSON, or the folder it is in")
    parser.add_argument("--verify", action="store_true", help="run it again; 1 and what differs unless all is the same")
    parser.add_argument("--data", action="append", default=[], metavar="FILE", help="where the prices are by now")
    parser.add_argument("--out", type=Path, metavar="PAGE.html", help="the page (default: beside the JSON)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the run of a report again; 1 when it was to be the same and is not."""
    path = file_of(arguments.report)
    try:
        written = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RefusedError(f"{path} can't be read as a report: {problem}", code="report.read") from None
    if arguments.verify:
        found = verify(written, lambda told: to_json(_again(told, arguments.data)[1]))
        for line in found:
            print(line)
        print(f"{path} {'does not come out again' if found else 'comes out again, byte for byte'}", file=sys.stderr)
        return int(bool(found))
    told = read_report(written)
    made, report, extras = _again(told, arguments.data)
    page = arguments.out or path.with_suffix(".html")
    if (was := told["fingerprint"].get("result")) != report["fingerprint"]["result"]:
        print(f"another result than the report's ({str(was)[:12]}); --verify tells where", file=sys.stderr)
    try:
        page.write_text(page_of(made, report, extras), encoding="utf-8")
    except OSError as problem:
        raise RefusedError(f"the page can't be written to {page}: {problem.strerror}", code="report.write") from None
    print(page)
    return 0


def file_of(path: Path) -> Path:
    """The JSON of a report, by itself or by its folder.

    Raises:
        NotFoundError: there is none.
        RefusedError: the folder has several.
    """
    if not path.is_dir():
        if not path.is_file():
            raise NotFoundError(f"there is no report {path}", code="report.file")
        return path
    found = sorted(path.glob("*.json"))
    if not found:
        raise NotFoundError(f"there is no report in {path}; write one with tradedeck backtest --report {path}")
    if len(found) > 1:
        raise RefusedError(f"{path} has several reports: {', '.join(one.name for one in found)}; name one")
    return found[0]


def _again(told: Mapping[str, Any], data: list[str]) -> tuple[Run, dict[str, Any], Extras]:
    single = single_again(told, data)
    made = single.run()
    extras = Extras(lines=single.lines(made), fingerprint=marks_of(single, made))
    report = report_of(made, extras)
    # What was checked and drawn then is not the run's own, so it is taken over.
    report.update({name: told[name] for name in BESIDE if name in told})
    return made, report, extras
