"""Websockets that stay up: dial, say hello, read; after a cut, dial again with a growing pause."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.ports.health import Health
from tradedeck.providers.binance.outcomes import Outcome, VenueError, no_answer, ws_result_of
from tradedeck.providers.binance.rest import now_ms

log = logging.getLogger(__name__)

PING_S = 10.0
"""How often a stream is pinged; without an answer in half that time it is cut and dialled again."""
HELLO_S = 10.0
"""How long the venue may take to answer a subscription."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
MAX_MESSAGE_BYTES = 1 << 20
_MS_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Stream:
    """Where to connect and what to say first; `hello` is made anew for each connection, as it may be signed."""

    name: str
    url: str
    hello: Callable[[], Mapping[str, Any]]


class Streams:
    """Streams that count as one connection: live when all of them are subscribed."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        streams: list[Stream],
        on_message: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._session = session
        self._streams = streams
        self._on_message = on_message
        self._ready: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._first: asyncio.Event = asyncio.Event()
        self._refusal: TradedeckError | None = None
        self._generation = 0
        self._last_ms = 0
        self._detail = ""

    async def start(self, timeout_s: float) -> None:
        """Subscribe to everything.

        Raises:
            UnavailableError: not within `timeout_s`.
            UnauthenticatedError: the venue does not accept the key.
        """
        self._tasks = [asyncio.create_task(self._keep(stream), name=stream.name) for stream in self._streams]
        try:
            await asyncio.wait_for(self._first.wait(), timeout_s)
        except TimeoutError:
            raise UnavailableError(f"the venue's streams do not start: {self._detail}", code="venue.streams") from None
        if self._refusal is not None:
            raise self._refusal

    async def stop(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._ready.clear()
        self._detail = "closed"

    def health(self) -> Health:
        """How the connection is doing."""
        whole = len(self._ready) == len(self._streams)
        state = "live" if whole else "down" if self._generation else "connecting"
        return Health(state, self._last_ms * _MS_NS, self._generation, "" if whole else self._detail)

    async def _keep(self, stream: Stream) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._session.ws_connect(
                    stream.url, heartbeat=PING_S, max_msg_size=MAX_MESSAGE_BYTES
                ) as socket:
                    await self._greet(stream, socket)
                    pause_s = FIRST_PAUSE_S
                    await self._read(socket)
                    self._detail = "the venue closed the stream"
            except VenueError as error:
                self._refuse(error)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                self._refuse(no_answer(error))
            except Exception:
                # One frame that nobody foresaw must not end the stream for good.
                log.exception("binance.stream_failed", extra={"stream": stream.name})
                self._detail = "the venue sent something that can't be read"
            finally:
                self._ready.discard(stream.name)
            log.info("binance.stream_lost", extra={"stream": stream.name, "reason": self._detail})
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _greet(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Subscribe and wait for the venue's yes; what comes before it is news already."""
        hello = stream.hello()
        await socket.send_str(json.dumps(hello))
        async with asyncio.timeout(HELLO_S):
            while True:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise VenueError(Outcome.UNKNOWN, "the venue closed the stream at once")
                raw = _object(message.data)
                if raw.get("id") == hello["id"]:
                    ws_result_of(raw)
                    break
                self._hear(raw)
        self._ready.add(stream.name)
        if len(self._ready) == len(self._streams):
            self._generation += 1
            self._first.set()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._hear(_object(message.data))

    def _hear(self, raw: dict[str, Any]) -> None:
        self._last_ms = now_ms()
        # Combined streams wrap in `data`, the account's stream in `event`.
        news = raw.get("data") or raw.get("event") or raw
        try:
            self._on_message(news)
        except Exception as error:
            # One message that is not understood must not end the stream.
            log.warning("binance.message_not_understood", extra={"error": repr(error)})

    def _refuse(self, error: VenueError) -> None:
        self._detail = error.reason
        if error.outcome is Outcome.NO_KEY:
            self._refusal = error.as_error()
            self._first.set()


def _object(text: str) -> dict[str, Any]:
    try:
        raw: Any = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
