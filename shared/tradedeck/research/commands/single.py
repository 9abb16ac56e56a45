"""What commands over one run share: the strategy, the prices, the market's rules and the assumptions, out of words."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from tradedeck.compile.cache import watch
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.history import bundled_week
from tradedeck.history.aggregate import aggregate, by_time, longer
from tradedeck.history.batches import open_source
from tradedeck.history.catalogue import Catalogue
from tradedeck.history.columns import ColumnError, time_ns_of
from tradedeck.history.load import is_file, load_bars, load_trades
from tradedeck.history.series import BarSeries, Floats
from tradedeck.history.timeframes import timeframe_ns_of
from tradedeck.ports.strategy import Strategy
from tradedeck.research.commands.assuming import add_assumptions, amount, settings_from
from tradedeck.research.commands.books import Book, book_of
from tradedeck.research.commands.books import add_arguments as add_book
from tradedeck.research.commands.funding import Funded, add_argument, funding_of
from tradedeck.research.commands.listing import Rules, instrument_for
from tradedeck.research.commands.searching import tell, tell_compiling
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import Progress, backtest
from tradedeck.research.settings import Settings
from tradedeck.strategies.chosen import chosen

BUNDLED_SYMBOL = "BTCUSDT"
_FLAGS = {"start": "--from", "end": "--to"}
"""Options that are called otherwise inside."""


@dataclass(frozen=True, slots=True)
class Single:
    """One run as the command line described it. `others` are second markets; `notes` are told to people.

    `command` makes the same run again, in the folder it was made in.
    """

    strategy: type[Strategy]
    series: BarSeries
    instrument: Instrument
    others: tuple[tuple[BarSeries, Instrument], ...]
    settings: Settings
    params: Mapping[str, str]
    tier: Tier | None
    command: str
    notes: tuple[str, ...] = ()
    funded: Funded = field(default_factory=Funded)
    book: Book | None = None

    @property
    def funding(self) -> list[Floats | None]:
        """The funding rates of each market at the bars of the main one."""
        return self.funded.rates(self.series)

    def lines(self, made: Run) -> dict[str, Floats]:
        """The lines that the strategy declared; none over a book, which has no bars to make them of."""
        return {} if self.book is not None else lines_of(made, self.strategy)

    def run(self) -> Run:
        """The backtest, with progress on standard error where Python takes part."""
        if self.book is not None:
            return self.book.run(self.strategy, self.params)
        return backtest(
            self.strategy, self.series, self.instrument, params=self.params, settings=self.settings,
            tier=self.tier, others=self.others, funding=self.funding, progress=bars_done(len(self.series)),
        )  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is run, on what, under which assumptions."""
    parser.add_argument("--strategy", default="sma-cross", metavar="NAME", help="a bundled one, or FILE.py:CLASS")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--data", action="append", default=[], metavar="FILE",
        help="bars or trades in a file, or a market of the catalogue (default: a bundled week); again: second markets",
    )  # fmt: skip
    add_argument(parser)
    parser.add_argument("--symbol", default="", help="told from the data's name when left out")
    parser.add_argument("--timeframe", default="", help="put bars together, such as 1h")
    parser.add_argument(
        "--from", dest="start", default="", metavar="TIME", help="an ISO date, UTC where it has no zone"
    )
    parser.add_argument("--to", dest="end", default="", metavar="TIME", help="up to but not including")
    parser.add_argument("--tick", type=amount, help="price step (default: the listing's, or told from the data)")
    parser.add_argument("--lot", type=amount, help="size step (default: the listing's, or told from the data)")
    parser.add_argument(
        "--tier", default="", choices=["", *map(str, Tier)], help="how to run it (default: the fastest)"
    )
    add_assumptions(parser)
    add_book(parser)


def single_of(arguments: argparse.Namespace) -> Single:
    """Read arguments and data.

    Raises:
        RefusedError: something is missing or makes no sense.
        CorruptError: the data is damaged.
    """
    watch(tell_compiling)
    params = dict(pair_of(text) for text in arguments.param)
    if (replayed := book_of(arguments, settings_from(arguments))) is not None:
        book, note = replayed
        return Single(
            chosen(arguments.strategy), book.bars(), book.instrument, (), settings_from(arguments), params, None,
            command_of(arguments), (note,) if note else (), book=book,
        )  # fmt: skip
    symbol = arguments.symbol.upper()
    if not arguments.data and symbol not in {"", BUNDLED_SYMBOL}:
        raise RefusedError(f"the bundled week is of {BUNDLED_SYMBOL}; give a file of {symbol} with --data")
    strategy = chosen(arguments.strategy)
    names: list[str] = arguments.data or [str(bundled_week())]
    when = (arguments.timeframe, moment(arguments.start), moment(arguments.end))
    series = [prices(name, symbol if number == 0 else "", *when) for number, name in enumerate(names)]
    found = [
        instrument_for(one, Rules(arguments.tick, arguments.lot) if number == 0 else Rules())
        for number, one in enumerate(series)
    ]
    settings = settings_from(arguments)
    funded = funding_of(arguments.funding, series, settings.account)
    return Single(
        strategy=strategy,
        series=series[0],
        instrument=found[0][0],
        others=tuple(zip(series[1:], [instrument for instrument, _ in found[1:]], strict=True)),
        settings=settings,
        params=params,
        tier=Tier(arguments.tier) if arguments.tier else None,
        command=command_of(arguments),
        notes=(*(note for _, note in found if note), *funded.notes),
        funded=funded,
    )


def command_of(arguments: argparse.Namespace) -> str:
    """The command line that stands for these arguments, without those that are as usual."""
    words = ["tradedeck", "backtest"]
    for name, usual in vars(_parser().parse_args([])).items():
        value = getattr(arguments, name)
        for one in value if isinstance(value, list) else [] if value == usual else [value]:  # pyright: ignore[reportUnknownVariableType]
            words += [f"{_FLAGS.get(name, '--' + name.replace('_', '-'))}={one}"]
    return shlex.join(words)


def single_again(told: Mapping[str, Any], data: Sequence[str] = ()) -> Single:
    """The run that a report tells of; `data` when its files have moved.

    Raises:
        RefusedError: the report does not say how it was made.
        CorruptError: the data is damaged.
    """
    command = told["fingerprint"].get("command")
    if not isinstance(command, str):
        raise RefusedError(
            "the report does not say how it was made; write it with tradedeck backtest --report", code="report.source"
        )
    arguments = _parser().parse_args(shlex.split(command)[2:])
    again = single_of(argparse.Namespace(**{**vars(arguments), "data": list(data) or arguments.data}))
    return replace(again, command=command)


class _Parser(argparse.ArgumentParser):
    """Refuses a bad line in our own words; it comes from a file, not from the terminal."""

    def error(self, message: str) -> NoReturn:
        raise RefusedError(f"the report's command line makes no sense: {message}", code="report.source")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tradedeck backtest", add_help=False)
    add_arguments(parser)
    return parser


def prices(name: str, symbol: str, timeframe: str, start_ns: int, end_ns: int) -> BarSeries:
    """Bars of a file or a market; trades are put together into bars of a minute, or of `timeframe`.

    Raises:
        NotFoundError: there is nothing of that name, or nothing in that time.
        RefusedError: neither bars nor trades, or they don't make bars of `timeframe`.
        CorruptError: a row makes no sense.
    """
    if is_file(name):
        columns = open_source(Path(name)).columns
        as_trades = columns is not None and columns.kind == "trades"
    else:
        as_trades = not _has_bars(name, timeframe)
    if not as_trades:
        return load_bars(name, symbol, start_ns, end_ns, timeframe)
    step_ns = timeframe_ns_of(timeframe) if timeframe else MINUTE_NS
    series = aggregate(load_trades(name, symbol, start_ns, end_ns), by_time(step_ns))
    return longer(series, step_ns)


def _has_bars(name: str, timeframe: str) -> bool:
    """Whether the catalogue has bars of a market; True too when it has not even trades, so that bars are missed."""
    catalogue = Catalogue()
    try:
        catalogue.find_for(name, "bars", timeframe)
    except NotFoundError:
        try:
            catalogue.find_for(name, "trades", "")
        except NotFoundError:
            return True
        return False
    return True


def pair_of(text: str) -> tuple[str, str]:
    """A parameter as NAME=VALUE. Raises RefusedError when it is not written so."""
    name, equals, value = text.partition("=")
    if not (equals and name and value):
        raise RefusedError(f"--param {text}: write it as NAME=VALUE, such as fast=10", code="backtest.param")
    return name, value


def moment(text: str) -> int:
    """UTC nanoseconds of a time as people write it; 0 for none. Raises RefusedError when it is not one."""
    if not text:
        return 0
    try:
        return time_ns_of(text)
    except ColumnError:
        raise RefusedError(
            f"{text!r} is no time; write it as 2024-03-04 or 2024-03-04T12:00", code="backtest.time"
        ) from None


def bars_done(total: int) -> Progress:
    """Progress of a run on a terminal."""

    def show(done: int) -> None:
        if done < total:
            tell(f"{done:,} of {total:,} bars")

    return show


def clear_progress() -> None:
    """Take the last line of progress off a terminal, before something is printed."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
