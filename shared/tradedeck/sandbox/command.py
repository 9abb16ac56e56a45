"""`tradedeck sandbox`: the exchange on loopback."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import positive
from tradedeck.history import bundled_week
from tradedeck.sandbox.scenario import Scenario, load_scenario
from tradedeck.sandbox.server import WIRES, SandboxSettings, running
from tradedeck.sandbox.trouble import FAULTS
from tradedeck.sandbox.weights import MAX_WEIGHT

DEFAULT_PORT = 8700


def command(commands: Any) -> None:
    """Add the command to an argparse subparsers object."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "sandbox", help="an exchange on loopback that replays recorded prices and speaks real venues' wires"
    )
    add = parser.add_argument
    add("--data", type=Path, default=None, help="CSV, gzipped CSV or Parquet; the bundled week when left out")
    add("--symbol", default="BTCUSDT", help="which instrument the data is of")
    add("--market", default="spot", help=f"what to speak, with commas between: spot, {', '.join(WIRES)}")
    add("--perpetual", action="append", default=[], metavar="SYMBOL=FILE", help="a derivative's data; repeatable")
    add("--funding", type=Path, default=None, help="a file of recorded funding rates; else the venue's formula")
    add("--speed", default="1", help="times real time, 'max' for as fast as clients keep up, or 'step'")
    add("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    add("--state", default=":memory:", help="a file that keeps accounts, orders and the market's position")
    add("--bars", type=int, default=0, help="stop the market after so many bars")
    add("--skip", type=int, default=0, help="bars that are history before the market starts")
    add("--spread-ticks", type=int, default=1, help="ticks from the last price to either side")
    add("--level-size", default="", help="base units at each level of a derivative's made-up book")
    add("--weight-limit", type=int, default=MAX_WEIGHT, help="request weight a minute before 429")
    add("--scenario", type=Path, default=None, help="a TOML file of faults that strike from the start")
    add("--paused", action="store_true", help="the market waits for POST /sandbox/v1/resume")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until interrupted.

    Raises:
        TradedeckError: bad data, a taken port, a full disk.
    """
    settings = SandboxSettings(
        data=args.data or bundled_week(),
        symbol=args.symbol,
        speed=_speed(args.speed),
        port=args.port,
        state=args.state,
        bars=args.bars,
        skip=args.skip,
        spread_ticks=args.spread_ticks,
        paused=args.paused,
        weight_limit=args.weight_limit,
        markets=tuple(dict.fromkeys(args.market.split(","))),
        perpetuals=dict(_perpetual(written) for written in args.perpetual),
        funding=args.funding,
        level_size=positive(args.level_size) if args.level_size else None,
    )
    scenario = Scenario(0, ()) if args.scenario is None else load_scenario(args.scenario)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, scenario))
    return 0


async def _serve(settings: SandboxSettings, scenario: Scenario) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no signal handlers in asyncio
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with running(settings) as sandbox:
        sandbox.app[FAULTS].arm(scenario.faults, scenario.seed)
        print(f"ready {json.dumps({'url': sandbox.url})}", flush=True)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((stopped, sandbox.failure), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if sandbox.failure.done():
            sandbox.failure.result()


def _perpetual(written: str) -> tuple[str, Path]:
    """A symbol and its file."""
    symbol, _, path = written.partition("=")
    if not symbol or not path:
        raise RefusedError(f"--perpetual {written} must be SYMBOL=FILE", code="sandbox.perpetual")
    return symbol.upper(), Path(path)


def _speed(written: str) -> float | None:
    """Times real time; 0.0 stands for max, None for step."""
    if written in ("max", "step"):
        return 0.0 if written == "max" else None
    try:
        speed = float(written)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise RefusedError(f"--speed {written} must be a number above zero, max or step", code="sandbox.speed")
    return speed
