"""`tradedeck backtest`: a bundled strategy over a file of recorded prices."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderState
from tradedeck.history import bundled_week, kind_of, read_bars, read_trades
from tradedeck.research.backtest import backtest
from tradedeck.sim.listings import instrument_of
from tradedeck.sim.path import replay_bars, replay_trades
from tradedeck.strategies import BUNDLED

BUNDLED_SYMBOL = "BTCUSDT"


def command(commands: Any) -> None:
    """Add `backtest` to the command line."""
    parser = commands.add_parser("backtest", help="run a strategy over recorded prices")
    parser.add_argument("--strategy", default="sma-cross", choices=sorted(BUNDLED))
    parser.add_argument("--data", type=Path, help="CSV or Parquet of bars or trades (default: a bundled week)")
    parser.add_argument("--symbol", default="BTCUSDT")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it and print the totals as JSON."""
    if arguments.data is None and arguments.symbol != BUNDLED_SYMBOL:
        raise RefusedError(f"the bundled week is of {BUNDLED_SYMBOL}; give a file of {arguments.symbol} with --data")
    path = arguments.data or bundled_week()
    instrument = instrument_of(arguments.symbol)
    if kind_of(path) == "bars":
        bars = list(read_bars(path, instrument))
        market, timeframe_ns = replay_bars(bars, instrument), _timeframe(bars)
    else:
        market, timeframe_ns = replay_trades(read_trades(path, instrument), MINUTE_NS), MINUTE_NS
    result = backtest(
        BUNDLED[arguments.strategy],
        market,
        instrument,
        params=dict(_pair(text) for text in arguments.param),
        timeframe_ns=timeframe_ns,
    )
    refused = [order for order in result.orders if order.state is OrderState.REFUSED]
    told = {"strategy": arguments.strategy, "data": path.name, **result.totals.as_text(), "refused": len(refused)}
    print(json.dumps(told, indent=2))
    if refused:
        print(f"{len(refused)} orders were refused, the first because: {refused[0].reason}", file=sys.stderr)
    return 0


def _timeframe(bars: list[Bar]) -> int:
    return bars[0].timeframe_ns if bars else MINUTE_NS


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise RefusedError(f"--param {text}: write it as NAME=VALUE, such as fast=10", code="backtest.param")
    return name, value
