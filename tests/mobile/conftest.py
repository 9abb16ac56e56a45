"""A phone on a sandbox that plays recorded prices a hundred times as fast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.mobile.client import Client
from tradedeck.execution import Session
from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running
from tradedeck_mobile.app import Host
from tradedeck_mobile.settings import Settings


class Drawer:
    """A vault that forgets everything at the end."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def read(self, name: str) -> str:
        return self.kept.get(name, "")

    async def keep(self, name: str, value: str) -> None:
        self.kept[name] = value


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    settings = SandboxSettings(data=bundled_week(), speed=100.0, skip=300)
    async with running(settings) as started:
        yield started


@pytest.fixture
def vault() -> Drawer:
    return Drawer()


@pytest.fixture
def settings(sandbox: RunningSandbox, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, venue_url=sandbox.url, venue_key=DEFAULT_KEY, venue_secret=DEFAULT_SECRET)


@pytest.fixture
async def host(settings: Settings, vault: Drawer) -> AsyncIterator[Host]:
    made = Host(settings, lambda: vault)
    yield made
    await made.close()


@pytest.fixture
async def client(host: Host) -> AsyncIterator[Client]:
    """The app on a phone, at its first screen."""
    client = Client()
    await client.start(host.main)
    yield client
    client.page.on_disconnect(None)
    client.close()
    assert client.crashes == []


@pytest.fixture
async def session(host: Host) -> Session:
    """Ready, and with a first price."""
    started = (await host.device()).session
    assert started is not None
    await priced(started)
    return started


async def priced(session: Session) -> None:
    """Wait until orders may be placed and somebody has traded."""
    async with asyncio.timeout(10):
        while not session.ready or session.engine.last_price("BTCUSDT") is None:
            await asyncio.sleep(0.02)
