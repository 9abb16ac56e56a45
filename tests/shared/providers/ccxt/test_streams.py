"""Streams against what real ones do: fall silent, break a handler, go away and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import aiohttp
import pytest

from tradedeck.domain.bar import Bar
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.history import bundled_week
from tradedeck.providers.ccxt import CcxtVenue, library, streams
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

WAIT_S = 15.0
KEY, SECRET = "sandbox-key", "sandbox-secret"


def settings(port: int = 0, state: str = ":memory:") -> SandboxSettings:
    return SandboxSettings(data=bundled_week(), speed=None, skip=30, port=port, state=state)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not happened():
            await asyncio.sleep(0.02)


def sell(box: RunningSandbox, name: str) -> Order:
    last = box.sandbox.exchange.books["BTCUSDT"].last
    assert last is not None
    now_ns = box.sandbox.exchange.now_ns
    return Order(
        name, "BTCUSDT", Side.BUY, OrderType.LIMIT, last.__class__("0.01"), last, None, TimeInForce.GTC,
        False, False, "manual", now_ns, now_ns,
    )  # fmt: skip


async def test_a_stream_that_falls_silent_is_cut_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SILENT_MS", 400)
    monkeypatch.setattr(streams, "WATCH_PERIOD_S", 0.05)
    async with running(settings()) as box:
        venue = CcxtVenue(KEY, SECRET, url=box.url)
        await venue.connect(["BTCUSDT"])
        # The sandbox stands still and pings are far apart, so nothing is heard.
        await until(lambda: venue.health().generation >= 2)
        await venue.close()


async def test_a_handler_that_fails_does_not_end_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    async with running(settings()) as box:
        venue = CcxtVenue(KEY, SECRET, url=box.url)
        await venue.connect(["BTCUSDT"])
        bars: list[Any] = []

        async def read() -> None:
            async for event in venue:
                if isinstance(event, Bar):
                    bars.append(event)

        reading = asyncio.create_task(read())
        sandbox = box.sandbox
        sandbox.hub.publish("btcusdt@kline_1m", lambda: {"e": "kline", "E": 1, "s": "BTCUSDT", "k": {"x": True}})
        sandbox.play(5)
        await until(lambda: len(bars) == 1)
        assert "ccxt.message_not_understood" in caplog.text
        assert venue.health().state == "live"
        await venue.close()
        await reading


async def test_a_venue_that_restarts_is_found_again_and_asked_what_happened(tmp_path: Any) -> None:
    state = str(tmp_path / "state.db")
    async with running(settings(state=state)) as box:
        port = int(box.url.rsplit(":", 1)[1])
        venue = CcxtVenue(KEY, SECRET, url=box.url)
        await venue.connect(["BTCUSDT"])
        order = sell(box, "td-1")
        placed = import_module("tradedeck.domain.events").Place(order)
        await venue.send(placed)
    await until(lambda: venue.health().state == "down")
    async with running(settings(port, state)) as box:
        while not box.sandbox.books(KEY).fills:
            box.sandbox.play(1)
        await until(lambda: venue.health().generation == 2)
        finding = await venue.look_up(order)
        assert finding.found
        assert len(finding.reports) == 2, "accepted, and the fill nobody was told of"
        await venue.close()


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
async def test_nothing_is_sent_again_when_a_connection_breaks(method: str) -> None:
    """By itself aiohttp repeats a GET or DELETE."""
    asked: list[str] = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[0].decode())
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, library.open_session() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.request(method, f"http://127.0.0.1:{port}/")
    assert asked == [method]
