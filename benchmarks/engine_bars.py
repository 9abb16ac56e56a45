"""Bars per second: the SMA 20/50 cross over a real week of minutes, through the whole engine.

Every side holds one unit long above the cross and nothing below, fills at the close that decided, and pays
0.1 % of each fill. Ours makes four trades of each bar and matches orders against them, journals the steps' count,
and keeps exact decimals; the rivals work on bars in floats. The rival's statistics are part of its run.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import plain_loop
from benchmarks.rows import ROUNDS, Row, best_seconds
from tradedeck.domain.bar import Bar
from tradedeck.domain.money import text
from tradedeck.engine import LimitGate, Limits
from tradedeck.history import bundled_week, read_bars
from tradedeck.research.replay import Replayed, replay
from tradedeck.sim.listings import instrument_of
from tradedeck.sim.path import replay_bars
from tradedeck.strategies.sma_cross import SmaCross

RIVAL = "backtesting==0.6.6"
RIVAL_TIMEOUT_S = 600
INSTRUMENT = instrument_of("BTCUSDT")
WORK = "SMA 20/50 cross, one unit long or flat, filled at the deciding close, fee 0.1 %, {bars} real BTCUSDT minutes"


class SkippedError(Exception):
    """The rival can't be measured here; the text says why."""


def through_engine(bars: Sequence[Bar]) -> Replayed:
    """One backtest as a user would run it."""
    return replay(
        SmaCross,
        replay_bars(bars, INSTRUMENT),
        INSTRUMENT,
        params={"size": "1"},
        balances={INSTRUMENT.quote: Decimal(100_000_000)},
        risk=LimitGate(Limits(max_order_notional=Decimal(1_000_000), max_position_notional=Decimal(1_000_000))),
        spread_ticks=0,
    )


def rows() -> list[Row]:
    """Every row of this workload; a rival that can't be had is said and left out."""
    bars = list(read_bars(bundled_week(), INSTRUMENT))
    result = through_engine(bars)
    ours = len(bars) / best_seconds(lambda: through_engine(bars))
    made = [_plain_row(bars, ours, result)]
    try:
        made.append(_backtesting_row(bars, ours, result))
    except SkippedError as error:
        print(f"skipped backtesting.py: {error}", file=sys.stderr)
    return made


def _plain_row(bars: Sequence[Bar], ours: float, result: Replayed) -> Row:
    closes = [float(bar.close) for bar in bars]
    fills, profit = plain_loop.run(closes, 1.0)
    rival = len(bars) / best_seconds(lambda: plain_loop.run(closes, 1.0))
    return _row("engine_bars_vs_plain_loop", bars, ours, rival, {}, _checks(result, fills, profit))


def _backtesting_row(bars: Sequence[Bar], ours: float, result: Replayed) -> Row:
    said = _run_rival(bars)
    rival = len(bars) / said["seconds"]
    checks = _checks(result, said["fills"], said["profit"])
    return _row("engine_bars_vs_backtesting_py", bars, ours, rival, said["versions"], checks)


def _run_rival(bars: Sequence[Bar]) -> dict[str, Any]:
    uv = os.environ.get("UV") or shutil.which("uv")  # uv names itself to what it runs
    if uv is None:
        raise SkippedError("its environment is made by uv, which is not on the PATH")
    script = Path(__file__).with_name("rivals") / "backtesting_bars.py"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bars.csv"
        _write(bars, data)
        command = [
            uv, "run", "--isolated", "--no-project", "--quiet", "--python", sys.executable, "--with", RIVAL,
            "python", str(script), str(data), str(ROUNDS),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=RIVAL_TIMEOUT_S, cwd=folder
            )
        except subprocess.TimeoutExpired as error:
            raise SkippedError(f"no answer in {RIVAL_TIMEOUT_S} s") from error
    if done.returncode:
        raise SkippedError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])


def _write(bars: Sequence[Bar], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "Open", "High", "Low", "Close", "Volume"])
        for bar in bars:
            writer.writerow([bar.open_ns, *map(text, (bar.open, bar.high, bar.low, bar.close, bar.volume))])


def _checks(result: Replayed, fills: int, profit: float) -> dict[str, str]:
    totals = result.totals
    own = totals.realised + totals.unrealised - totals.fees
    return {
        "our_fills": str(len(result.fills)),
        "rival_fills": str(fills),
        "our_profit": text(own),
        "rival_profit": f"{profit:.4f}",
    }


def _row(
    name: str, bars: Sequence[Bar], ours: float, rival: float, versions: dict[str, str], checks: dict[str, str]
) -> Row:
    known = {"tradedeck": version("tradedeck"), "python": platform.python_version(), "machine": platform.machine()}
    return Row(
        name=name,
        ours=round(ours, 1),
        rival=round(rival, 1),
        ratio=round(ours / rival, 3),
        unit="bars/s",
        versions=known | versions,
        work=WORK.format(bars=len(bars)),
        checks=checks,
    )
