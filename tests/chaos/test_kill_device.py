"""Killing the device between an order's submission and its acknowledgement: no order twice, none lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chaos.doomed import come_back, trade_until_killed

from tradedeck.domain.order import OrderState
from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running
from tradedeck.store import Store

KILLS = int(os.environ.get("TRADEDECK_KILLS", "50"))
pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def forks() -> Any:
    """Children that are forked from a process with everything imported: a life costs little to start."""
    # The process that forks is a fresh one; this is how it finds the tests.
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chaos.doomed"])
    return context


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

    engine = session.engine
    intents = set(engine.orders)
    at_venue = {order.client_order_id: order for order in books.orders.values()}
    assert in_the_gap >= KILLS // 3, "most kills must fall between submission and acknowledgement"
    assert [count for count in posts.values() if count > 1] == [], "nothing is ever sent twice"
    assert len(at_venue) == len(books.orders), "no order twice"
    assert set(at_venue) <= intents, "nothing at the venue that was not journalled first"
    assert {o.client_order_id for o in engine.orders.values() if o.venue_order_id} == set(at_venue), "none lost"
    for client_order_id, order in at_venue.items():
        known = engine.orders[client_order_id]
        assert (known.state, known.filled) == (order.state, order.filled)
    assert sorted(f.trade_id for f in engine.fills) == sorted(f.trade_id for f in books.fills)
    lost = [o for o in engine.orders.values() if o.state is OrderState.REJECTED]
    assert all("never reached" in order.reason for order in lost)


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
