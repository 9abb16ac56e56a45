"""`tradedeck data`: markets on disk, in and out, looked over, downloaded and put together.

What needs numpy or pyarrow is imported by the action that uses it, so that the command line starts at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.history.columns import ColumnError, time_ns_of
from tradedeck.history.timeframes import timeframe_ns_of, timeframe_text
from tradedeck.kit.clock import SystemClock

_PROGRESS_NS = 1_000_000_000
_SHOWN = 10
Row = dict[str, Any]


def command(commands: Any) -> None:
    """Add `data` and its actions to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser("data", help="recorded markets on this disk")
    actions: Any = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _import_arguments(
        _action(actions, "import", "take files of bars, trades, depth or funding rates into the catalogue", _import)
    )
    add = _action(actions, "export", "write a market to a CSV, Parquet or Feather file", _export)
    add("name", help="SYMBOL, VENUE/SYMBOL or VENUE/SYMBOL/TIMEFRAME")
    add("file", type=Path, help="what to write: .csv, .csv.gz, .parquet or .feather")
    _market_arguments(add)
    _range_arguments(add)
    _action(actions, "list", "what is there, with rows, times and gaps", _list)
    add = _action(actions, "check", "gaps, stillness, leaps, odd and repeated times", _check)
    add("name", help="a file, or a market as in export")
    _market_arguments(add)
    add = _action(actions, "fetch", "download from a venue, going on from what is there", _fetch)
    add("venue", help="ccxt's name for it, such as binance")
    add("symbol", help="as the venue writes it")
    add("--timeframe", default="1m", help="of bars")
    add("--trades", action="store_true", help="single trades instead of bars")
    add("--url", default="", help="a server that speaks the venue's wire, such as the sandbox")
    _range_arguments(add)
    add = _action(actions, "aggregate", "make bars of trades, or longer bars of shorter ones", _aggregate)
    add("name", help="a market as in export")
    add("--into", default="", metavar="TIMEFRAME", help="bars of equal time, such as 5m")
    add("--count", type=int, default=0, help="bars of so many trades")
    add("--volume", type=float, default=0.0, help="bars of so much volume in base units")
    add("--value", type=float, default=0.0, help="bars of so much value in quote units")
    add("--repair", action="store_true", help="let them win over other bars that are there")


def _action(actions: Any, name: str, about: str, run: Callable[[argparse.Namespace], int]) -> Callable[..., Any]:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=about, description=about)
    parser.add_argument("--data", type=Path, default=None, help="the catalogue's folder (default: $TRADEDECK_DATA)")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    parser.set_defaults(run=run)
    return parser.add_argument


def _import_arguments(add: Callable[..., Any]) -> None:
    add("files", nargs="+", type=Path, help="CSV (also .gz, .zip), Parquet, Feather; all of one market")
    add("--venue", default="local", help="where they were recorded")
    add("--symbol", default="", help="told from the first file's name when left out")
    add("--kind", default="", help="bars, trades, depth, quotes, funding; told from the columns when left out")
    add("--timeframe", default="", help="told from the bars when left out")
    add("--repair", action="store_true", help="drop and sort what makes no sense, and count it")


def _market_arguments(add: Callable[..., Any]) -> None:
    add("--kind", default="", help="bars, trades or another, where a name may mean several")
    add("--timeframe", default="", help="where a name may mean several")


def _range_arguments(add: Callable[..., Any]) -> None:
    add("--from", dest="start", default="", metavar="TIME", help="an ISO date, UTC where it has no zone")
    add("--to", dest="end", default="", metavar="TIME", help="up to but not including")


def _import(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    from tradedeck.history.importing import Wanted, import_files

    wanted = Wanted(arguments.venue, arguments.symbol, arguments.kind, arguments.timeframe, arguments.repair)
    tell = _teller()
    try:
        done = import_files(catalogue, arguments.files, wanted, lambda name, rows: tell(f"{name}: {rows:,} rows"))
    except KeyboardInterrupt:
        print("stopped; nothing was changed", file=sys.stderr)
        raise
    counts = done.counts.as_dict()
    found = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    _say(arguments, {"market": str(done.key), "kind": done.key.kind, **counts}, f"{done.key.kind} {done.key}: {found}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    from tradedeck.history.exporting import export

    key = catalogue.find(arguments.name, kind=arguments.kind, timeframe=arguments.timeframe)
    rows = export(catalogue, key, arguments.file, _time(arguments.start), _time(arguments.end))
    _say(arguments, {"market": str(key), "rows": rows}, f"{arguments.file}: {rows:,} rows of {key}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    entries = [catalogue.entry(key) for key in catalogue.keys()]  # noqa: SIM118 - not a dict
    rows: list[Row] = [
        {
            "kind": entry.key.kind, "market": str(entry.key), "rows": entry.rows, "first": _iso(entry.first_ns),
            "last": _iso(entry.last_ns), "gaps": entry.gaps, "missing": entry.missing, "bytes": entry.bytes,
        }
        for entry in entries
    ]  # fmt: skip
    _say(arguments, rows, _table(rows) if rows else f"nothing in {catalogue.folder}; begin with: tradedeck data import")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    from tradedeck.history.checking import report_of, report_on_file
    from tradedeck.history.frames import joined
    from tradedeck.history.load import is_file

    path = Path(arguments.name)
    if is_file(path):
        report = report_on_file(path)
    else:
        key = catalogue.find(arguments.name, kind=arguments.kind, timeframe=arguments.timeframe)
        if key.kind not in ("bars", "trades"):
            raise RefusedError(f"{key} holds {key.kind}; only bars and trades are checked", code="history.kind")
        report = report_of(joined(catalogue.frames(key)), str(key), key.step_ns)
    rows = _findings(report)
    total: Row = {
        "market": report.symbol, "rows": report.rows, "first": _iso(report.first_ns), "last": _iso(report.last_ns),
        "timeframe": timeframe_text(report.step_ns) if report.step_ns else "", "clean": report.clean,
        "gaps": len(report.gaps), "missing": report.missing, "stale": len(report.stale),
        "outliers": len(report.outliers), "off_grid": len(report.off_grid), "duplicates": report.duplicates,
        "disorder": report.disorder, "faulty": report.faulty,
    }  # fmt: skip
    text = _table([total])
    if rows:
        more = f"\nand {len(rows) - _SHOWN} more; all of them with --json" if len(rows) > _SHOWN else ""
        text += "\n\n" + _table(rows[:_SHOWN]) + more
    _say(arguments, {**total, "findings": rows}, text)
    return 0


def _findings(report: Any) -> list[Row]:
    found = [(gap.start_ns, "gap", f"{gap.missing} bars missing, to {_iso(gap.end_ns)}") for gap in report.gaps]
    found += [(run.start_ns, "stale", f"{run.bars} bars the same, to {_iso(run.end_ns)}") for run in report.stale]
    found += [(leap.time_ns, "outlier", f"{leap.log_return:+.2%}, z {leap.z:.0f}") for leap in report.outliers]
    found += [(at_ns, "off grid", "does not open where the others do") for at_ns in report.off_grid]
    return [{"time": _iso(at_ns), "what": what, "more": more} for at_ns, what, more in sorted(found)]


def _fetch(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    from tradedeck.history.catalogue import TICK, Key
    from tradedeck.history.fetching import Fetched, fetch
    from tradedeck.history.venues import open_pages

    step_ns = 0 if arguments.trades else timeframe_ns_of(arguments.timeframe)
    start_ns = _time(arguments.start)
    now_ns = SystemClock().now_ns()
    # The bar that is still open is not asked for.
    end_ns = min(_time(arguments.end) or now_ns, now_ns // step_ns * step_ns if step_ns else now_ns)
    tell = _teller()

    async def download() -> Fetched:
        async with open_pages(arguments.venue, arguments.symbol, url=arguments.url) as pages:
            kind, frame = ("trades", TICK) if arguments.trades else ("bars", timeframe_text(step_ns))
            key = Key(kind, arguments.venue, pages.symbol, frame)
            held = catalogue.times(key)
            if not start_ns and not len(held):
                raise RefusedError("nothing is there to go on from; say from when with --from 2024-01-01",
                                   code="history.range")  # fmt: skip
            return await fetch(
                catalogue, pages, key, start_ns or int(held[0]), end_ns,
                progress=lambda at_ns, _end, rows: tell(f"{key}: {_iso(at_ns)}, {rows:,} rows"),
            )  # fmt: skip

    try:
        done = asyncio.run(download())
    except KeyboardInterrupt:
        print("stopped; what came is kept, and the same command goes on from there", file=sys.stderr)
        raise
    told: Row = {"market": str(done.key), "rows": done.rows, "requests": done.requests, "repeated": done.repeated}
    _say(arguments, told, f"{done.key}: {done.rows:,} new rows in {done.requests} requests")
    return 0


def _aggregate(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    from tradedeck.history import aggregate as rules
    from tradedeck.history.making import make_bars

    chosen = [
        *([rules.by_time(timeframe_ns_of(arguments.into))] if arguments.into else []),
        *([rules.by_count(arguments.count)] if arguments.count else []),
        *([rules.by_volume(arguments.volume)] if arguments.volume else []),
        *([rules.by_value(arguments.value)] if arguments.value else []),
    ]
    if len(chosen) != 1:
        raise RefusedError("say one of --into 5m, --count, --volume or --value", code="history.rule")
    source, target, counts = make_bars(catalogue, arguments.name, chosen[0], repair=arguments.repair)
    told: Row = {"market": str(target), "source": str(source), **counts.as_dict()}
    _say(arguments, told, f"{target}: {counts.added:,} new bars from {source.kind} {source}")
    return 0


def _catalogue(arguments: argparse.Namespace) -> Any:
    try:
        from tradedeck.history.catalogue import Catalogue
    except ImportError:
        raise RefusedError(
            "this needs numpy and pyarrow; install them with: pip install 'tradedeck[research]'",
            code="history.no_arrow",
        ) from None
    return Catalogue(arguments.data)


def _time(text: str) -> int:
    if not text:
        return 0
    try:
        return time_ns_of(text)
    except ColumnError:
        raise RefusedError(f"{text!r} is not a time; write it as 2024-01-31 or 2024-01-31T12:00",
                           code="history.time") from None  # fmt: skip


def _iso(time_ns: int) -> str:
    """A time to the second, or as exactly as it is."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else text + "Z"


def _teller() -> Callable[[str], None]:
    """Progress on standard error, a line a second at most."""
    clock = SystemClock()
    last = clock.now_ns()

    def tell(text: str) -> None:
        nonlocal last
        if clock.now_ns() - last >= _PROGRESS_NS:
            last = clock.now_ns()
            print(text, file=sys.stderr, flush=True)

    return tell


def _say(arguments: argparse.Namespace, told: object, text: str) -> None:
    print(json.dumps(told, indent=2) if arguments.json else text)


def _table(rows: Sequence[Row]) -> str:
    """Rows under their names; numbers to the right."""
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(line[at]) for line in [names, *cells]) for at in range(len(names))]
    right = [isinstance(rows[0][name], int) for name in names]
    lines = (
        "  ".join(cell.rjust(width) if at_right else cell.ljust(width)
                  for cell, width, at_right in zip(line, widths, right, strict=True)).rstrip()
        for line in [names, *cells]
    )  # fmt: skip
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
