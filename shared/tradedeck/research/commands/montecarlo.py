"""`tradedeck montecarlo`: how lucky a run was, from its trades and daily returns drawn anew."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import Floats
from tradedeck.research import metrics, montecarlo
from tradedeck.research.commands.searching import tell
from tradedeck.research.commands.single import add_arguments, clear_progress, single_of
from tradedeck.research.figures import close_times
from tradedeck.research.fingerprint import read_report
from tradedeck.research.montecarlo import Outlook
from tradedeck.research.reporting.contents import plain
from tradedeck.research.result import Run
from tradedeck.research.trades import Trade, round_trips

_DRAWS = 1000
_SEED = 1


def command(commands: Any) -> None:
    """Add `montecarlo` to the command line."""
    parser = commands.add_parser("montecarlo", help="draw a run's trades and returns anew: how lucky was it?")
    parser.add_argument("file", nargs="?", type=Path, help="a report's JSON; without it the run is made now")
    add_arguments(parser)
    parser.add_argument("--draws", type=int, default=_DRAWS)
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--skip", type=float, default=0.1, help="the part of the trades that are missed at random")
    parser.add_argument("--block", type=int, default=5, help="days that stay together when returns are drawn")
    parser.add_argument("--ruin", type=float, default=0.5, help="the part of the capital at which all is lost")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw and print; Ctrl-C stops and tells of what was drawn so far."""
    if not 0 <= arguments.skip <= 1 or not 0 <= arguments.ruin <= 1:
        raise RefusedError("--skip and --ruin are fractions, from 0 to 1", code="montecarlo.fraction")
    if arguments.file is not None:
        profits, returns, capital = _told(arguments.file)
    else:
        made = single_of(arguments).run()
        profits, returns, capital = drawn_from(made, round_trips(made))
    found = draw(
        profits, returns, capital, arguments.draws, arguments.seed, skip=arguments.skip, block=arguments.block,
        ruin=arguments.ruin, show=_show,
    )  # fmt: skip
    clear_progress()
    if arguments.json:
        print(json.dumps(plain([asdict(outlook) for outlook in found]), indent=2))
    else:
        print("\n".join(_table(found, capital)))
    return 0


def outlooks_of(made: Run, trades: Sequence[Trade]) -> list[Outlook]:
    """The usual outlooks of a run, for its report; none when it made no trades."""
    profits, returns, capital = drawn_from(made, trades)
    return draw(profits, returns, capital) if len(profits) and capital > 0 else []


def drawn_from(made: Run, trades: Sequence[Trade]) -> tuple[Floats, Floats, float]:
    """Profits of the closed trades, daily returns, and the capital they were made with."""
    capital = float(made.settings.cash)
    equity, _ = metrics.daily(made.equity, close_times(made.series))
    profits = np.array([float(trade.profit) for trade in trades if not trade.is_open])
    return profits, metrics.returns_of(equity, capital), capital


def draw(
    profits: Floats, returns: Floats, capital: float, draws: int = _DRAWS, seed: int = _SEED, *, skip: float = 0.1,
    block: int = 5, ruin: float = 0.5, show: Callable[[str, int, int], None] | None = None,
) -> list[Outlook]:  # fmt: skip
    """Shuffled, drawn and missed trades, and blocks of daily returns, each from its own seeded generator.

    Raises:
        RefusedError: there are no trades, or a number makes no sense.
    """

    def shown(name: str) -> montecarlo.Progress:
        def told(done: int, total: int) -> bool:
            if show is not None:
                show(name, done, total)
            return True

        return told

    streams = np.random.default_rng(seed).spawn(4)
    found = [
        montecarlo.shuffled_trades(
            profits, capital, streams[0], draws, ruin_level=ruin, progress=shown("shuffling trades")
        ),
        montecarlo.bootstrapped_trades(
            profits, capital, streams[1], draws, ruin_level=ruin, progress=shown("drawing trades")
        ),
        montecarlo.skipped_trades(
            profits, capital, streams[2], draws, skip=skip, ruin_level=ruin, progress=shown("missing trades")
        ),
    ]
    if len(returns) > block:
        found.append(
            montecarlo.block_bootstrap(
                returns, streams[3], draws, block=block, ruin_level=ruin, progress=shown("drawing days")
            )
        )
    return found


def _told(path: Path) -> tuple[Floats, Floats, float]:
    try:
        told = read_report(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise RefusedError(f"{path} can't be read as a report: {problem}", code="report.read") from None
    try:
        profits = [float(trade["profit"]) for trade in told["trades"] if trade["exit_bar"] >= 0]
        return np.array(profits), np.array(told["daily"]["returns"], float), float(told["settings"]["cash"])
    except (KeyError, TypeError, ValueError) as problem:
        raise RefusedError(f"{path} is no whole report: {problem} is missing or wrong", code="report.read") from None


def _show(name: str, done: int, total: int) -> None:
    if done < total:
        tell(f"{name}: {done:,} of {total:,}")


def _table(found: Sequence[Outlook], capital: float) -> list[str]:
    lines = [f"Starting with {capital:,.2f}; ends and deepest falls by percentile of {found[0].draws:,} draws", ""]
    lines.append(
        f"  {'':<26}{'5 %':>10}{'50 %':>10}{'95 %':>10}{'fall 50 %':>11}{'fall 95 %':>11}{'loss':>8}{'ruin':>8}"
    )
    for one in found:
        ends = "".join(f"{one.final[p] - 1:>+10.2%}" for p in (5, 50, 95))
        falls = "".join(f"{one.drawdown[p]:>11.2%}" for p in (50, 95))
        lines.append(f"  {one.method:<26}{ends}{falls}{one.loss:>8.1%}{one.ruin:>8.1%}")
    return lines
