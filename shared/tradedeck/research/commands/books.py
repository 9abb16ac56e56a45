"""Runs over a recorded order book, or over its best prices, out of words."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.history.load import symbol_in
from tradedeck.history.series import BarSeries, Floats
from tradedeck.history.timeframes import timeframe_ns_of
from tradedeck.ports.strategy import Strategy
from tradedeck.research.commands.listing import Rules, instrument_for
from tradedeck.research.depth import (
    DepthSeries,
    DepthSettings,
    Filling,
    Queue,
    Trigger,
    read_depth,
    read_quotes,
    replay_depth,
)  # fmt: skip
from tradedeck.research.depth.files import floats, read_frame
from tradedeck.research.depth.outcome import bars_of, run_depth
from tradedeck.research.depth.quotes import ASK_NAMES, ASK_SIZE_NAMES, BID_NAMES, BID_SIZE_NAMES, TRADE_SIZE_NAMES
from tradedeck.research.fingerprint import result_digest
from tradedeck.research.result import Run
from tradedeck.research.settings import Account, Settings
from tradedeck.research.trades import Trade
from tradedeck.research.truth import Finding, Level
from tradedeck.research.truth.soundness import enough_trades

_TIMEFRAME = "1s"
_WHOLE, _PARTIAL = "whole", "partial"
_TOLD, _RECORDED = "told", "recorded"


@dataclass(frozen=True, slots=True)
class Book:
    """A recording, and what is assumed of its venue. Bars of `timeframe_ns` show what came out."""

    series: DepthSeries
    instrument: Instrument
    settings: DepthSettings
    timeframe_ns: int

    def bars(self) -> BarSeries:
        """The recording as bars."""
        return bars_of(self.series, self.instrument, self.timeframe_ns)

    def run(self, strategy: type[Strategy], params: Mapping[str, str]) -> Run:
        """The replay."""
        return run_depth(strategy, self.series, self.instrument, params, self.settings, self.timeframe_ns)

    def check(self, strategy: type[Strategy], made: Run, trades: list[Trade]) -> list[Finding]:
        """Whether it comes out again, whether the first half alone gives the same fills, and how many trades."""
        again = result_digest(self.run(strategy, made.params)) == result_digest(made)
        repeats = (
            Finding("repeats", Level.FINE, "a second run gave the same")
            if again
            else Finding("repeats", Level.FAILED, "a second run gave something else: the strategy keeps or draws state")
        )
        return [repeats, self._blind(strategy, made), enough_trades(trades)]

    def _blind(self, strategy: type[Strategy], made: Run) -> Finding:
        half = self.series.slice(0, len(self.series) // 2)
        cut = int(self.series.venue_ns[len(half) :].min())
        whole, part = (
            [tuple(fill) for fill in replay_depth(strategy, rows, self.instrument, made.params, self.settings).fills
             .tolist() if fill[1] < cut]
            for rows in (self.series, half)
        )  # fmt: skip
        if whole == part:
            detail = f"the first half alone gave the same {len(part):,} fills"
            return Finding("look-ahead", Level.FINE, detail)
        return Finding("look-ahead", Level.FAILED, "the first half alone fills otherwise: it saw what came later")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A recording instead of prices, and how its venue fills."""
    usual = DepthSettings()
    parser.add_argument("--depth", default="", metavar="FILE", help="a recorded order book, with its --trades")
    parser.add_argument("--quotes", default="", metavar="FILE", help="recorded best bids and asks")
    parser.add_argument("--trades", default="", metavar="FILE", help="the tape of --depth or --quotes")
    parser.add_argument(
        "--filling", default=str(usual.filling), choices=[*map(str, Filling)], help="when orders that rest are filled"
    )
    parser.add_argument("--fills", default=_PARTIAL, choices=[_PARTIAL, _WHOLE], help="as far as size goes, or whole")
    parser.add_argument(
        "--queue", default=str(usual.queue), choices=[*map(str, Queue)], help="who cancels when a level shrinks"
    )
    parser.add_argument("--exponent", type=float, default=usual.exponent, help="of the queue's power models")
    parser.add_argument(
        "--trigger", default=str(usual.trigger), choices=[*map(str, Trigger)], help="whose price sets stops off"
    )
    parser.add_argument(
        "--delays", default=_TOLD, choices=[_TOLD, _RECORDED], help="by --latency, or as the newest recorded row"
    )


def book_of(arguments: argparse.Namespace, settings: Settings) -> tuple[Book, str] | None:
    """The recording among the arguments, and a sentence on what was assumed of its market; None when there is none.

    Raises:
        RefusedError: files are missing or don't go together, or an argument is for bars only.
        CorruptError: a file is damaged.
    """
    if not (arguments.depth or arguments.quotes):
        if arguments.trades:
            raise RefusedError("--trades goes with --depth or --quotes; give trades alone with --data")
        return None
    _check(arguments, settings)
    source = Path(arguments.depth or arguments.quotes)
    trades = Path(arguments.trades) if arguments.trades else None
    symbol = arguments.symbol.upper() or symbol_in(source)
    instrument, note = instrument_for(_sample(source, trades, symbol), Rules(arguments.tick, arguments.lot))
    if arguments.depth:
        assert trades is not None
        series = read_depth(source, trades, instrument)
    else:
        series = read_quotes(source, trades, instrument)
    timeframe_ns = timeframe_ns_of(arguments.timeframe or _TIMEFRAME)
    return Book(series, instrument, _assumed(arguments, settings), timeframe_ns), note


def _check(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.depth and arguments.quotes:
        raise RefusedError("give the whole book or its best prices: --depth or --quotes")
    if arguments.depth and not arguments.trades:
        raise RefusedError("a whole book is replayed with its tape: give --trades FILE")
    if arguments.data or arguments.start or arguments.end:
        raise RefusedError("a recording is replayed whole: leave --data, --from and --to out, or cut its files")
    if settings.account is Account.INVERSE or settings.slippage_ticks:
        raise RefusedError("a replayed book knows neither inverse contracts nor slippage: its levels are the slippage")


def _assumed(arguments: argparse.Namespace, settings: Settings) -> DepthSettings:
    drawn = settings.latency.delays_ns() if settings.latency is not None else (0,)
    delays = tuple(settings.latency_ns + delay for delay in drawn)
    return DepthSettings(
        cash=settings.cash, maker=settings.maker, taker=settings.taker, to_venue_ns=delays, to_home_ns=delays,
        recorded_delay=arguments.delays == _RECORDED, queue=Queue(arguments.queue), exponent=arguments.exponent,
        partial=arguments.fills == _PARTIAL, filling=Filling(arguments.filling), trigger=Trigger(arguments.trigger),
    )  # fmt: skip


def _sample(source: Path, trades: Path | None, symbol: str) -> BarSeries:
    """Every price and size, for the steps of a market that no list has."""
    frame = read_frame(source)
    sides = [BID_NAMES, ASK_NAMES] if "price" not in frame.columns else [("price",)]
    sizes = [BID_SIZE_NAMES, ASK_SIZE_NAMES] if "price" not in frame.columns else [("size",)]
    price, size = ([floats(frame, *names) for names in columns] for columns in (sides, sizes))
    if trades is not None:
        prints = read_frame(trades)
        price.append(floats(prints, "price"))
        size.append(floats(prints, *TRADE_SIZE_NAMES))
    prices, amounts = _good(np.concatenate(price), np.concatenate(size))
    if not len(prices):
        raise RefusedError(f"{source} holds no prices", code="depth.empty")
    return BarSeries(symbol, 1, np.arange(len(prices), dtype=np.int64), prices, prices, prices, prices, amounts)


def _good(price: Floats, size: Floats) -> tuple[Floats, Floats]:
    good = (price > 0) & (size >= 0)
    return price[good], size[good]
