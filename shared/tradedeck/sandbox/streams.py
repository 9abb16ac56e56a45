"""The market websockets: /stream/ws, /ws, each with streams in the path, and /stream?streams=."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tradedeck.sandbox.door import SANDBOX
from tradedeck.sandbox.hub import Connection, Hub, dump

SERVER_PING_S = 20.0
MAX_STREAMS = 1_024
MAX_MESSAGE_BYTES = 1 << 16


def add_streams(app: web.Application) -> None:
    """Add every path."""
    app.router.add_get("/stream", _combined)
    for base in ("/stream/ws", "/ws"):
        app.router.add_get(base, _raw)
        app.router.add_get(base + "/{streams:.*}", _raw)


async def _combined(request: web.Request) -> web.WebSocketResponse:
    return await _serve(request, request.query.get("streams", ""), combined=True)


async def _raw(request: web.Request) -> web.WebSocketResponse:
    return await _serve(request, request.match_info.get("streams", ""), combined=False)


async def _serve(request: web.Request, names: str, *, combined: bool) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=SERVER_PING_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    hub = request.app[SANDBOX].hub
    connection = Connection(socket, request.transport, combined=combined)
    hub.connections.add(connection)
    # Some clients number their connections in the path; a number is not a stream.
    for stream in (name for name in names.split("/") if "@" in name):
        hub.subscribe(connection, stream)
    sending = asyncio.create_task(connection.send_all())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                connection.post(dump(control(hub, connection, message.data)))
    finally:
        hub.drop(connection)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


def _any(_: str) -> bool:
    return True


def control(hub: Hub, connection: Connection, text: str, fits: Callable[[str], bool] = _any) -> dict[str, Any]:
    """The answer to a client's message; streams that do not fit this path are acknowledged, and never come."""
    try:
        wish: Any = json.loads(text)
        number, method = wish.get("id"), wish["method"]
        names: list[str] = list(wish.get("params") or [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"error": {"code": 3, "msg": "Invalid JSON: expected method, params and id"}}
    if method == "LIST_SUBSCRIPTIONS":
        return {"result": sorted(connection.streams), "id": number}
    if method == "SUBSCRIBE":
        if len(connection.streams) + len(names) > MAX_STREAMS:
            return {"error": {"code": 2, "msg": "Invalid request: too many streams"}, "id": number}
        for name in filter(fits, names):
            hub.subscribe(connection, name)
    elif method == "UNSUBSCRIBE":
        for name in names:
            hub.unsubscribe(connection, name)
    else:
        return {"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}, "id": number}
    return {"result": None, "id": number}
