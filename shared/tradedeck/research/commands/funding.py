"""`--funding`: which recorded rates a run is charged and shown, and what is missing of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history.funding import FundingSeries, holes_in, load_funding, rates_at
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.reporting.contents import when
from tradedeck.research.settings import Account

STORED = "stored"
_TOLD = 3
"""So many holes are told of one by one."""


@dataclass(frozen=True, slots=True)
class Funded:
    """The rates of each market of a run, None for one without; `notes` are told to people."""

    series: tuple[FundingSeries | None, ...] = ()
    notes: tuple[str, ...] = ()

    def rates(self, bars: BarSeries) -> list[Floats | None]:
        """The rates of each market at `bars`, those of the main one."""
        return [None if one is None else rates_at(bars, one) for one in self.series]


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The option."""
    parser.add_argument(
        "--funding", action="append", default=[], metavar="FILE",
        help="funding rates of the main market: a file, a market of the catalogue, or 'stored' for the one of its "
        "name; SYMBOL=FILE for a second market",
    )  # fmt: skip


def funding_of(names: Sequence[str], markets: Sequence[BarSeries], account: Account) -> Funded:
    """The rates that `names` stand for, of `markets`, the main one first.

    Raises:
        NotFoundError: there are none of that name, symbol or time.
        RefusedError: a file holds none.
        CorruptError: a row makes no sense.
    """
    if not names:
        return Funded()
    found: dict[str, FundingSeries] = {}
    notes: list[str] = []
    symbols = [market.symbol for market in markets]
    for name in names:
        symbol, equals, given = name.partition("=")
        symbol, given = (symbol, given) if equals and symbol in symbols else (symbols[0], name)
        found[symbol] = _stored(symbol) if given == STORED else _named(given, symbol)
        if found[symbol].symbol != symbol:
            notes.append(f"{symbol} has the funding rates of {found[symbol].symbol}")
    for symbol, series in found.items():
        notes += missing(markets[0], series, symbol)
    if account is Account.SPOT:
        notes.append("a spot account pays no funding: it is shown to the strategy only; --account linear charges it")
    return Funded(tuple(found.get(symbol) for symbol in symbols), tuple(notes))


def missing(bars: BarSeries, funding: FundingSeries, symbol: str) -> list[str]:
    """What is missing of the rates while the bars go on, in words."""
    holes = holes_in(bars, funding)
    words = [
        f"funding of {symbol}: {hole.missing} rate{'s' * (hole.missing > 1)} missing between "
        f"{when(hole.start_ns)[:16]} and {when(hole.end_ns)[:16]} UTC; none is charged there"
        for hole in holes[:_TOLD]
    ]
    rest = sum(hole.missing for hole in holes[_TOLD:])
    return [*words, f"funding of {symbol}: {rest} more rates missing elsewhere"] if rest else words


def _stored(symbol: str) -> FundingSeries:
    try:
        return load_funding(symbol)
    except NotFoundError:
        raise NotFoundError(
            f"no funding rates of {symbol} are stored; take them in with: tradedeck data import FILE --kind funding",
            code="history.not_here",
        ) from None


def _named(name: str, symbol: str) -> FundingSeries:
    """The rates of a file's only market, or those of `symbol` where it has several."""
    try:
        return load_funding(name)
    except RefusedError as problem:
        if problem.code != "history.symbol":
            raise
        return load_funding(name, symbol)
