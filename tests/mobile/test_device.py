import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mobile.client import Client
from tests.mobile.conftest import Drawer, priced
from tradedeck.domain.errors import ConflictError
from tradedeck.domain.order import OrderType, Side
from tradedeck.sandbox.server import RunningSandbox
from tradedeck.sync import Tokens
from tradedeck_mobile.app import Host
from tradedeck_mobile.device import Device
from tradedeck_mobile.settings import Settings


async def eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.02)


async def test_without_a_key_the_phone_trades_on_paper_with_the_venues_prices(
    sandbox: RunningSandbox, tmp_path: Path, vault: Drawer
) -> None:
    host = Host(Settings(data=tmp_path, venue_url=sandbox.url), lambda: vault)
    client = Client()
    await client.start(host.main)
    await client.tap("login.local")
    await client.until(lambda: client.has("mode") and client.find("mode").content.value == "PAPER")
    session = (await host.device()).session
    assert session is not None
    await priced(session)
    await session.place("BTCUSDT", Side.BUY, OrderType.MARKET, session.instruments["BTCUSDT"].min_size * 1000)
    await client.until(lambda: client.has("position.BTCUSDT.size"))
    assert sandbox.sandbox.exchange.accounts["sandbox-key"].fills == []
    client.page.on_disconnect(None)
    client.close()
    await host.close()


async def test_a_wrong_key_is_told_and_stops_nothing_else(sandbox: RunningSandbox, tmp_path: Path) -> None:
    device = Device(Settings(data=tmp_path, venue_url=sandbox.url, venue_key="sandbox-key", venue_secret="wrong"))
    await device.open()
    told: list[str] = []
    device.on_session(lambda: told.append(device.failure))
    await eventually(lambda: any("API key" in words for words in told))
    assert not device.is_started
    await device.close()


async def test_a_venue_that_comes_later_is_reached_then(tmp_path: Path, unused_tcp_port: int) -> None:
    device = Device(Settings(data=tmp_path, venue_url=f"http://127.0.0.1:{unused_tcp_port}", venue_key="k"))
    await device.open()
    await eventually(lambda: bool(device.failure))
    assert "does not answer" in device.failure
    await device.close()


async def test_a_journal_belongs_to_one_person(tmp_path: Path) -> None:
    device = Device(Settings(data=tmp_path))
    assert await device.resume("ada@example.com", "refresh")
    await device.log_out()
    with pytest.raises(ConflictError, match=r"keeps the trades of ada@example\.com"):
        await device.log_in("eve@example.com", "12345678")
    with pytest.raises(ConflictError):
        await device.resume("eve@example.com", "stolen")
    await device.close()


async def test_another_tab_gets_in_with_a_log_in_of_this_device_only(tmp_path: Path) -> None:
    device = Device(Settings(data=tmp_path))
    assert await device.resume("ada@example.com", "first")
    device.keep(Tokens("ada@example.com", "", 0, "second"))
    assert await device.resume("ada@example.com", "first")
    assert await device.resume("ada@example.com", "second")
    assert not await device.resume("ada@example.com", "guessed")
    await device.close()


async def test_small_things_are_remembered(tmp_path: Path) -> None:
    device = Device(Settings(data=tmp_path))
    assert await device.setting("day", "none") == "none"
    await device.keep_setting("day", "19000 100")
    await device.close()
    again = Device(Settings(data=tmp_path))
    assert await again.setting("day", "") == "19000 100"
    await again.close()
