"""Who listens to what. Every connection has a bounded backlog; one that can't keep up is cut."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from tradedeck.sandbox.faults import FaultKind, Faults

log = logging.getLogger(__name__)

MAX_BACKLOG = 4_096
"""Messages that may wait for one connection."""
LOW_WATER = 64
"""At full speed the market goes on once every connection has no more than this waiting."""
SLOW_CLIENT_S = 5.0
"""How long the market waits for a connection before it is cut."""
_POLL_S = 0.001
HELD_S = 0.25
"""How long a message that is to come out of order waits for one to come before it."""
ACCOUNT = "account"
"""What faults call the events of accounts."""
_BOOK_STREAMS = ("@depth", "@bookTicker", "!bookTicker", "ob_l", "ob_updates:")

Event = Mapping[str, Any] | list[dict[str, Any]]


def dump(message: object) -> str:
    """Compact JSON."""
    return json.dumps(message, separators=(",", ":"))


class Connection:
    """One websocket: messages go in without waiting, a task of its own sends them."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None = None,
        *,
        combined: bool = False,
    ) -> None:
        self.streams: set[str] = set()
        self.subscriptions: dict[int, str] = {}
        self.combined = combined
        self._socket = socket
        self._transport = transport
        self._backlog: asyncio.Queue[str] = asyncio.Queue(MAX_BACKLOG)
        self._cut = False
        self._held: str | None = None

    @property
    def waiting(self) -> int:
        """Messages not sent yet; none once the connection is cut."""
        return 0 if self._cut else self._backlog.qsize()

    def post(self, text: str) -> None:
        """Queue a message; a full backlog cuts the connection."""
        try:
            self._backlog.put_nowait(text)
        except asyncio.QueueFull:
            log.info("sandbox.slow_client_cut")
            self.cut()

    def hold(self, text: str) -> None:
        """Keep a message back until the next one has gone, or for a moment."""
        self.release()
        self._held = text
        asyncio.get_running_loop().call_later(HELD_S, self.release)

    def release(self) -> None:
        """Queue what was kept back."""
        held, self._held = self._held, None
        if held is not None and not self._cut:
            self.post(held)

    def cut(self) -> None:
        """End the connection at once; who does not read would not see a goodbye either."""
        self._cut = True
        if self._transport is not None:
            self._transport.abort()

    async def send_all(self) -> None:
        """Send until the connection ends."""
        with suppress(ConnectionError):
            while not self._cut and not self._socket.closed:
                await self._socket.send_str(await self._backlog.get())


class Hub:
    """Hands market events to the connections that subscribed, and account events to their owners."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.user_events: dict[str, int] = {}
        self._by_stream: dict[str, set[Connection]] = {}
        self._next_subscription = 0
        self.faults: Faults | None = None

    @property
    def has_market_listeners(self) -> bool:
        """Whether anybody follows the market."""
        return bool(self._by_stream)

    def streams(self) -> tuple[str, ...]:
        """Every stream that somebody follows."""
        return tuple(self._by_stream)

    def subscribe(self, connection: Connection, stream: str) -> None:
        """Follow a market stream."""
        connection.streams.add(stream)
        self._by_stream.setdefault(stream, set()).add(connection)

    def unsubscribe(self, connection: Connection, stream: str) -> None:
        """Stop following it."""
        connection.streams.discard(stream)
        followers = self._by_stream.get(stream, set())
        followers.discard(connection)
        if not followers:
            self._by_stream.pop(stream, None)

    def subscribe_account(self, connection: Connection, account: str) -> int:
        """Follow an account's own events; gives the subscription's number."""
        number = self._next_subscription
        self._next_subscription += 1
        connection.subscriptions[number] = account
        return number

    def drop(self, connection: Connection) -> None:
        """The connection has ended."""
        self.connections.discard(connection)
        for stream in list(connection.streams):
            self.unsubscribe(connection, stream)

    def publish(self, stream: str, make: Callable[[], Event]) -> None:
        """Send an event to a stream's followers; it is only made when there are some."""
        followers = self._by_stream.get(stream)
        if not followers:
            return
        event = make()
        raw = dump(event)
        for connection in tuple(followers):
            self._send(connection, stream, dump({"stream": stream, "data": event}) if connection.combined else raw)

    def publish_account(self, account: str, event: Mapping[str, Any]) -> None:
        """Send an event to everybody who follows the account."""
        if event["e"] == "executionReport":
            self.user_events[account] = self.user_events.get(account, 0) + 1
        for connection in tuple(self.connections):
            for number, name in connection.subscriptions.items():
                if name == account:
                    self._send(connection, ACCOUNT, dump({"subscriptionId": number, "event": event}))

    def end_accounts(self, event: Mapping[str, Any]) -> None:
        """End every account subscription, with `event` as its last."""
        for connection in tuple(self.connections):
            for number in connection.subscriptions:
                connection.post(dump({"subscriptionId": number, "event": event}))
            connection.subscriptions.clear()

    def _send(self, connection: Connection, stream: str, text: str) -> None:
        """Queue an event: late, twice or not at all where a fault says so."""
        if self.faults is None:
            connection.post(text)
            return
        # Streams of an account have no symbol alone: a listen key, or a channel that names the account too.
        private = not any(mark in stream for mark in "@!:") or stream.count(":") > 1
        name = ACCOUNT if private else stream
        about_book = any(part in name for part in _BOOK_STREAMS)
        if about_book and self.faults.now(FaultKind.STALE_BOOK, path=name) is not None:
            return
        if self.faults.now(FaultKind.REORDER_EVENTS, path=name) is not None:
            connection.hold(text)
            return
        connection.post(text)
        if self.faults.now(FaultKind.DUPLICATE_EVENTS, path=name) is not None:
            connection.post(text)
        connection.release()

    async def drained(self) -> None:
        """Wait until every connection has nearly caught up; one that does not in time is cut."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SLOW_CLIENT_S
        while slow := [c for c in self.connections if c.waiting > LOW_WATER]:
            if loop.time() > until:
                for connection in slow:
                    connection.cut()
                return
            await asyncio.sleep(_POLL_S)
