"""Killing the device between an order's submission and its acknowledgement: no order twice, none lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chaos.doomed import come_back, trade_until_killed
from chaos.verdict import assert_books_agree

from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running
from tradedeck.store import Store

KILLS = int(os.environ.get("TRADEDECK_KILLS", "50"))
pytestmark = pytest.mark.chaos


async def test_fifty_kills_double_no_order_and_lose_none(forks: Any, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    folder.mkdir()
    chance = random.Random(7)
    in_the_gap = 0
    # A life a second asks more than the venue's minute allows; that limit has its own tests.
    settings = SandboxSettings(data=bundled_week(), speed=60.0, skip=300, weight_limit=10**9)
    async with running(settings) as box, aiohttp.ClientSession() as http:
        for number in range(KILLS):
            await slow_acknowledgements(http, box, ms=chance.choice([0, 5, 20, 60]))
            started, device = tmp_path / f"started-{number}", ("desktop", "phone", "phone")[number % 3]
            child = forks.Process(target=trade_until_killed, args=(folder, box.url, device, str(started)))
            child.start()
            await asyncio.to_thread(wait_for, started, child)
            await asyncio.sleep(chance.uniform(0.0, 0.25))
            os.kill(child.pid, signal.SIGKILL)
            await asyncio.to_thread(child.join)
            in_the_gap += died_in_the_gap(folder)
        await slow_acknowledgements(http, box, ms=0)
        session = await come_back(folder, box.url)
        posts = await posted(http, box)
        books = box.sandbox.exchange.accounts[DEFAULT_KEY]

    assert in_the_gap >= KILLS // 3, "most kills must fall between submission and acknowledgement"
    assert_books_agree(session.engine, books, posts)


def died_in_the_gap(folder: Path) -> bool:
    """Whether the journal ends with an order that had been sent, or was about to be, and not answered."""
    store = Store(folder / "device.db")
    kinds = [type(step.event).__name__ for step in store.steps("live:binance:main")]
    store.close()
    newest = next((kind for kind in reversed(kinds) if kind in ("PlaceOrder", "Accepted", "Rejected", "Unknown")), "")
    return newest == "PlaceOrder"


async def slow_acknowledgements(http: aiohttp.ClientSession, box: RunningSandbox, *, ms: int) -> None:
    """Let every acknowledgement take `ms` from now on."""
    fault = {"path": "/api/v3/order", "method": "POST", "kind": "delay", "times": 10**6, "ms": ms}
    async with http.post(f"{box.url}/sandbox/v1/faults", json={"faults": [fault] if ms else []}) as answer:
        assert answer.status == 200, await answer.text()


async def posted(http: aiohttp.ClientSession, box: RunningSandbox) -> dict[str, int]:
    """How often each client order id was posted."""
    async with http.get(f"{box.url}/sandbox/v1/requests") as answer:
        return await answer.json()


def wait_for(started: Path, child: Any) -> None:
    """Wait until the child trades."""
    deadline = time.monotonic() + 30
    while not started.exists():
        assert child.is_alive(), "the device ended by itself"
        assert time.monotonic() < deadline, "the device did not start"
        time.sleep(0.01)
