"""Clients that others wrote, unmodified, trade on the sandbox: they are told its address and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import SandboxSettings, running

ROOT = Path(__file__).parents[2]
SKIPPED_BARS = 300
WAIT_S = 90
"""The first run fetches the client; later ones take about two seconds."""
PYTHON_BINANCE = "python-binance==1.0.37"
CLIENTS = [
    ("spot", PYTHON_BINANCE, "python_binance", {"heard": ["NEW", "FILLED", "NEW", "CANCELED"]}),
    ("spot", "binance-connector==3.13.0", "binance_connector", {"heard": ["trade"]}),
    ("usdm", PYTHON_BINANCE, "python_binance", {"position": 0.01}),
    ("usdm", "binance-futures-connector==4.2.0", "futures_connector", {"position": 0.01, "leverage": 5}),
    ("delta", "delta-rest-client==1.0.14 requests==2.34.2", "delta_rest", {"position": 10}),
]
STATES = {
    "spot": ["FILLED", "NEW", "CANCELED"],
    "usdm": ["FILLED", "NEW", "CANCELED"],
    "delta": ["closed", "open", "cancelled"],
}


async def trade(url: str, package: str, script: str, market: str) -> dict[str, Any]:
    """What the client says at its end. Each has an environment of its own: two of them are called `binance`."""
    uv = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
    wanted = [part for name in package.split() for part in ("--with", name)]
    file = str(ROOT / "tests/contract/clients" / f"{script}.py")
    command = [uv, "run", "--quiet", "--no-project", "--isolated", *wanted, "python", file]
    process = await asyncio.create_subprocess_exec(
        *command, url, DEFAULT_KEY, DEFAULT_SECRET, market,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
    )  # fmt: skip
    async with asyncio.timeout(WAIT_S):
        said, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()
    return json.loads(said.decode().splitlines()[-1])


@pytest.mark.parametrize(("market", "package", "script", "more"), CLIENTS)
async def test_it_buys_rests_cancels_and_reads_its_records(
    market: str, package: str, script: str, more: dict[str, Any]
) -> None:
    # Spot is always there: some clients greet it, whatever they are to trade on.
    markets = tuple(dict.fromkeys(("spot", market)))
    data = {"delta": {"BTCUSD": bundled_week()}}.get(market, {})
    settings = SandboxSettings(bundled_week(), speed=60.0, skip=SKIPPED_BARS, markets=markets, perpetuals=data)
    async with running(settings) as box:
        result = await trade(box.url, package, script, market)
    assert result["states"] == STATES[market]
    assert result["open"] == 1
    assert result["trades"] >= 1
    assert {name: result[name] for name in more} == more
