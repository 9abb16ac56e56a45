"""Killing the cloud in the middle of the work and starting it again changes nothing in the end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos.doomed import LIMITS

from demo.books import Journals, cloud_block, get_json, post_json, venue_block
from demo.processes import Program
from tradedeck.domain.errors import TradedeckError
from tradedeck.execution import Session, live
from tradedeck.history import bundled_week
from tradedeck.kit.clock import SystemClock
from tradedeck.providers.binance import BinanceVenue
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import SandboxSettings, running
from tradedeck.store import Store, StoreWorker
from tradedeck.sync import CloudApi, SyncClient, open_link

KILLS = 4
BARS = 360
EMAIL, PASSWORD = "trader@example.com", "correct horse battery"
pytestmark = pytest.mark.chaos


class Cloud:
    """A cloud at fixed addresses that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [free_port(), free_port()]
        self._program: Program | None = None
        self.address = f"127.0.0.1:{self._ports[1]}"

    def start(self) -> None:
        http, grpc = map(str, self._ports)
        data = str(self._folder / "data")
        command = ["tradedeck.cli", "cloud", "up", "--data", data, "--http-port", http, "--grpc-port", grpc]
        self._program = Program("cloud", command, self._folder / "cloud.log")
        self._program.ready(30)

    def kill(self) -> None:
        assert self._program is not None
        self._program.kill()

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    @property
    def dsn(self) -> str:
        return (self._folder / "data" / "dsn").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path / "cloud")
    cloud.start()
    yield cloud
    cloud.stop()


async def test_kills_of_the_cloud_change_nothing_in_the_end(cloud: Cloud, tmp_path: Path) -> None:
    store = Store(tmp_path / "desktop" / "device.db")
    worker = StoreWorker(store)
    settings = SandboxSettings(data=bundled_week(), speed=1800.0, skip=300, bars=BARS, paused=True)
    async with running(settings) as box:
        venue = BinanceVenue(DEFAULT_KEY, DEFAULT_SECRET, url=box.url)
        session = live(venue, worker, account="main", device_id=store.device_id(), symbols=["BTCUSDT"], limits=LIMITS)
        link = open_link(cloud.address)
        api = CloudApi(link)
        sync = SyncClient(api, worker, "desktop", SystemClock())
        sync.use(await api.sign_up(EMAIL, PASSWORD, "first"))
        syncing = asyncio.create_task(sync.run())
        await session.start()
        await session.wait_ready(20)
        await session.start_strategy("sma-cross", "BTCUSDT", {"fast": "2", "slow": "4"})
        await asyncio.to_thread(post_json, f"{box.url}/sandbox/v1/resume", {})
        for number in range(KILLS):
            await asyncio.sleep(1.5 + 0.4 * number)
            await asyncio.to_thread(cloud.kill)
            await asyncio.to_thread(cloud.start)
        await until_over(session, box.url)
        await session.stop()
        await until_sent(sync)
        syncing.cancel()
        expected = await asyncio.to_thread(venue_block, box.url)
        await asyncio.to_thread(wait_for_equal, cloud.dsn, expected)
        await link.close()
    await worker.close()
    assert int(expected["fills"]) >= 50
    assert Journals([tmp_path / "desktop" / "device.db"]).totals().as_text() == expected
    assert cloud_block(cloud.dsn, EMAIL) == expected


async def until_over(session: Session, url: str) -> None:
    """Wait until the market has ended and every order is answered."""
    async with asyncio.timeout(60):
        while not (await asyncio.to_thread(get_json, f"{url}/sandbox/v1/state"))["finished"]:
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
    assert session.failure == ""


async def until_sent(sync: SyncClient) -> None:
    """Send what waits, however often the cloud must be asked."""
    async with asyncio.timeout(30):
        while True:
            try:
                await sync.once()
            except TradedeckError:
                await asyncio.sleep(0.3)
            else:
                return


def wait_for_equal(dsn: str, expected: dict[str, int | str]) -> None:
    """Give the cloud's reader a moment to take the last facts."""
    for _ in range(50):
        if cloud_block(dsn, EMAIL) == expected:
            return
        time.sleep(0.2)
