"""The websockets of USD-M: divided into /public, /market and /private, and the older undivided ones."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from tradedeck.sandbox.door import Handler
from tradedeck.sandbox.hub import Connection, dump
from tradedeck.sandbox.streams import MAX_MESSAGE_BYTES, control
from tradedeck.sandbox.usdm.rest import FRONT

SERVER_PING_S = 180.0
PREFIX = "/fstream"
"""Where the undivided streams are when spot's have /ws and /stream on the same port."""
_PUBLIC = ("@depth", "@bookTicker", "@trade", "!bookTicker")


def add_streams(app: web.Application, *, alone: bool) -> None:
    """Add every path; `alone`: no other market has its streams on this port."""
    for prefix in ("", PREFIX):
        for category in ("public", "market", "private"):
            _add(app, f"{prefix}/{category}", category)
        if prefix or alone:
            _add(app, prefix, "")


def fits(stream: str, category: str) -> bool:
    """Whether a stream is told on this path: what is asked for in the wrong place is never sent."""
    if not category:
        return True
    if "@" not in stream and not stream.startswith("!"):
        return category == "private"
    return category == ("public" if any(part in stream for part in _PUBLIC) else "market")


def _add(app: web.Application, base: str, category: str) -> None:
    app.router.add_get(f"{base}/ws", _handler(category, combined=False))
    app.router.add_get(f"{base}/ws/{{streams:.*}}", _handler(category, combined=False))
    app.router.add_get(f"{base}/stream", _handler(category, combined=True))


def _handler(category: str, *, combined: bool) -> Handler:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        return await _serve(request, category, combined=combined)

    return handle


def _asked(request: web.Request) -> list[str]:
    """The streams in the address; a listen key with `events` stands for its streams of these kinds."""
    names = request.match_info.get("streams", "").split("/") + request.query.get("streams", "").split("/")
    key = request.query.get("listenKey", "")
    events = [event for event in request.query.get("events", "").split("/") if event]
    return [name for name in [*names, *([f"{key}#{event}" for event in events] or [key])] if name]


async def _serve(request: web.Request, category: str, *, combined: bool) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=SERVER_PING_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    front = request.app[FRONT]
    hub, connection = front.hub, Connection(socket, request.transport, combined=combined)
    hub.connections.add(connection)
    for name in _asked(request):
        # Some clients number their connections in the path; a number is not a stream.
        known = "@" in name or name.startswith("!") or name.partition("#")[0] in front.listen_keys
        if known and fits(name, category):
            hub.subscribe(connection, name)
    sending = asyncio.create_task(connection.send_all())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                connection.post(dump(control(hub, connection, message.data, lambda name: fits(name, category))))
    finally:
        hub.drop(connection)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket
