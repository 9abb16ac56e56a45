"""Websockets that stay up: dial, say hello, read; after a cut or a silence, dial again with a growing pause."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.ports.health import Health
from tradedeck.providers.binance.outcomes import Outcome, VenueError, no_answer, ws_result_of
from tradedeck.providers.binance.rest import now_ms

try:
    from orjson import loads as _loads
except ImportError:  # the phone goes without; it follows a few symbols only
    from json import loads as _loads

log = logging.getLogger(__name__)

PING_S = 10.0
"""How often a stream is pinged; without an answer in half that time it is cut and dialled again."""
QUIET_S = 30.0
"""A stream that has said nothing for so long is asked whether it is still there."""
HELLO_S = 10.0
"""How long the venue may take to answer a subscription, or that question."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
STEADY_S = 10.0
"""After so long a connection counts as good, and the next pause is the first one again."""
MAX_MESSAGE_BYTES = 1 << 20
ENDINGS = frozenset({"serverShutdown", "eventStreamTerminated", "listenKeyExpired"})
"""Messages after which nothing more comes, although the socket may stay open."""
_MS_NS = 1_000_000


async def _no_upkeep() -> None:
    """Most streams live without."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Where to connect and what to say.

    `address` and `hello` are made anew for each connection, as they may hold a key that ends or a signature; without
    `hello` the address says all. `probe` is asked of a quiet stream. `upkeep` is called every `upkeep_s` seconds; a
    clear no of the venue's to it ends the connection.
    """

    name: str
    address: Callable[[], Awaitable[str]]
    hello: Callable[[], Mapping[str, Any]] | None = None
    probe: Mapping[str, Any] | None = None
    upkeep: Callable[[], Awaitable[None]] = _no_upkeep
    upkeep_s: float = 0.0


class Streams:
    """Streams that count as one connection: live when all of them are subscribed.

    `generation` grows with every time they are whole again, and with every gap told by `mark_gap`.
    """

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
        """Connect everything and return once it is subscribed.

        Raises:
            UnavailableError: not within `timeout_s`.
            UnauthenticatedError: the venue does not accept the key.
        """
        self._tasks = [asyncio.create_task(self._keep(stream), name=stream.name) for stream in self._streams]
        try:
            async with asyncio.timeout(timeout_s):
                await self._first.wait()
        except TimeoutError:
            raise UnavailableError(
                f"the venue's streams do not start: {self._detail or 'no answer'}", code="venue.streams"
            ) from None
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

    def mark_gap(self, what: str) -> None:
        """Something was missed although no connection broke: who follows must ask for the whole again."""
        log.warning("binance.gap", extra={"what": what})
        self._generation += 1

    async def _keep(self, stream: Stream) -> None:
        loop, pause_s = asyncio.get_running_loop(), FIRST_PAUSE_S
        while True:
            dialled_s = loop.time()
            try:
                await self._connect(stream)
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
            if loop.time() - dialled_s >= STEADY_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _connect(self, stream: Stream) -> None:
        """One connection, from its start to its end."""
        async with self._session.ws_connect(
            await stream.address(), heartbeat=PING_S, max_msg_size=MAX_MESSAGE_BYTES
        ) as socket:
            if stream.hello is not None:
                await self._greet(stream.hello(), socket)
            self._mark_ready(stream)
            keeping = asyncio.create_task(self._keep_up(stream, socket), name=f"{stream.name} upkeep")
            try:
                await self._read(stream, socket)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    async def _greet(self, hello: Mapping[str, Any], socket: aiohttp.ClientWebSocketResponse) -> None:
        """Subscribe and wait for the venue's yes; what comes before it is news already."""
        await socket.send_str(json.dumps(hello))
        async with asyncio.timeout(HELLO_S):
            while True:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise VenueError(Outcome.UNKNOWN, "the venue closed the stream at once")
                raw = _object(message.data)
                if raw.get("id") == hello["id"]:
                    ws_result_of(raw)
                    return
                self._hear(raw)

    async def _keep_up(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse) -> None:
        while stream.upkeep_s:
            await asyncio.sleep(stream.upkeep_s)
            try:
                await stream.upkeep()
            except VenueError as error:
                log.warning("binance.upkeep_failed", extra={"stream": stream.name, "reason": error.reason})
                if error.outcome not in (Outcome.UNKNOWN, Outcome.TOO_MANY):
                    await socket.close()
                    return

    async def _read(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Read until the end. Pongs prove the connection, but not that anybody still tells us something."""
        asked = False
        while True:
            try:
                message = await socket.receive(timeout=HELLO_S if asked else QUIET_S)
            except TimeoutError:
                if asked or stream.probe is None:
                    if stream.probe is None:
                        continue
                    raise VenueError(Outcome.UNKNOWN, "the stream fell silent") from None
                asked = True
                await socket.send_str(json.dumps(stream.probe))
                continue
            asked = False
            if message.type is aiohttp.WSMsgType.TEXT:
                if self._hear(_object(message.data)):
                    return
            elif message.type is not aiohttp.WSMsgType.BINARY:
                return

    def _mark_ready(self, stream: Stream) -> None:
        self._ready.add(stream.name)
        if len(self._ready) == len(self._streams):
            self._generation += 1
            self._first.set()

    def _hear(self, raw: Mapping[str, Any]) -> bool:
        """Pass a message on; whether it says that nothing more will come."""
        self._last_ms = now_ms()
        # Combined streams wrap in `data`, the account's stream in `event`.
        news = raw.get("data") or raw.get("event") or raw
        try:
            if news.get("e") in ENDINGS:
                log.info("binance.stream_ends", extra={"event": news["e"]})
                return True
            self._on_message(news)
        except Exception as error:
            # One message that is not understood must not end the stream.
            log.warning("binance.message_not_understood", extra={"error": repr(error)})
        return False

    def _refuse(self, error: VenueError) -> None:
        self._detail = error.reason
        if error.outcome is Outcome.NO_KEY:
            self._refusal = error.as_error()
            self._first.set()


def _object(text: str) -> dict[str, Any]:
    try:
        raw: Any = _loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
