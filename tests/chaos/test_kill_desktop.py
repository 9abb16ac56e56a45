"""The terminal itself, killed while its strategy trades, goes on where it was; its books stay the venue's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from chaos.doomed import open_session

from demo.books import Journals, get_json, post_json, venue_block
from demo.plan import KEY_VARIABLES
from demo.processes import Program

KILLS = 3
SETTLE_S = 3.0
"""With the market paused: time for the last answers and the last price."""
pytestmark = pytest.mark.chaos


def desktop(folder: Path, url: str) -> Program:
    command = ["tradedeck.cli", "desktop", "--offscreen", "--data", str(folder), "--venue-url", url]
    return Program("desktop", command, folder.parent / "desktop.log", KEY_VARIABLES)


async def start_a_strategy(folder: Path, url: str) -> None:
    """As the panel would; it is in the journal then, and every later start goes on with it."""
    session, worker = open_session(folder, url)
    await session.start()
    await session.wait_ready(20)
    await session.start_strategy("sma-cross", "BTCUSDT", {"fast": "2", "slow": "4"})
    await session.stop()
    await worker.close()


async def test_kills_of_the_terminal_lose_and_double_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "desktop"
    market = ["--speed", "600", "--skip", "300", "--port", "0", "--weight-limit", "1000000"]
    box = Program("sandbox", ["tradedeck.cli", "sandbox", *market], tmp_path / "sandbox.log")
    try:
        url = (await asyncio.to_thread(box.ready, 30))["url"]
        await start_a_strategy(folder, url)
        for _ in range(KILLS):
            terminal = desktop(folder, url)
            await until_it_trades(url)
            terminal.kill()
        last = desktop(folder, url)
        await until_it_trades(url)
        await asyncio.to_thread(post_json, f"{url}/sandbox/v1/pause", {})
        await asyncio.sleep(SETTLE_S)
        expected = await asyncio.to_thread(venue_block, url)
        await asyncio.to_thread(last.stop)
        posted = await asyncio.to_thread(get_json, f"{url}/sandbox/v1/requests")
    finally:
        await asyncio.to_thread(box.stop)
    assert Journals([folder / "device.db"]).totals().as_text() == expected
    assert max(posted.values()) == 1, "no order is sent twice"


async def until_it_trades(url: str) -> None:
    """Wait for three more fills at the venue."""
    before = int((await asyncio.to_thread(venue_block, url))["fills"])
    async with asyncio.timeout(60):
        while int((await asyncio.to_thread(venue_block, url))["fills"]) < before + 3:
            await asyncio.sleep(0.1)
