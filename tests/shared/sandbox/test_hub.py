"""A connection that can't keep up is cut; the others are not held up."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from tradedeck.sandbox.hub import MAX_BACKLOG, Connection, Hub


async def test_a_full_backlog_cuts_the_connection_and_nobody_else() -> None:
    hub = Hub()
    slow, quick = (Connection(web.WebSocketResponse()) for _ in range(2))
    for connection in (slow, quick):
        hub.connections.add(connection)
        hub.subscribe(connection, "x@trade")
    for number in range(MAX_BACKLOG):
        hub.publish("x@trade", lambda number=number: {"n": number})
    assert slow.waiting == MAX_BACKLOG
    hub.unsubscribe(quick, "x@trade")
    hub.publish("x@trade", lambda: {"n": -1})
    assert slow.waiting == 0, "cut: nothing waits for it any more"
    assert quick.waiting == MAX_BACKLOG


async def test_a_cut_connection_ends_for_its_client(api: Any) -> None:
    async with api.http.ws_connect(f"{api.url}/ws/btcusdt@trade") as socket:
        (connection,) = api.box.sandbox.hub.connections
        connection.cut()
        assert (await socket.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        async with asyncio.timeout(5):
            while api.box.sandbox.hub.connections:
                await asyncio.sleep(0.01)
