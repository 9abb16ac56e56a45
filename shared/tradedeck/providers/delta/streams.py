"""Websockets that stay up: dial, log in, subscribe, read; after a cut or a silence, dial again."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.ports.health import Health
from tradedeck.providers.delta.outcomes import Outcome, VenueError, no_answer, refusal
from tradedeck.providers.delta.signer import Signer

log = logging.getLogger(__name__)

SILENCE_S = 35.0
"""The venue sends a heartbeat every 30 s; a stream that says nothing for longer is dead and is dialled again."""
HELLO_S = 10.0
"""How long the venue may take to answer a log-in and a subscription."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
"""Between two dials: the venue allows 150 in 5 minutes."""
MAX_MESSAGE_BYTES = 1 << 22
"""A snapshot of every open order is one message."""
_HTTP_BAD = 400

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """Where to connect and what to follow, as pairs of channel and symbols; `private` streams log in first."""

    name: str
    url: str
    channels: tuple[tuple[str, tuple[str, ...]], ...]
    private: bool = False


class Streams:
    """Streams that count as one connection: live when all of them are subscribed.

    `on_live` is called at every (re)connect of the whole; `on_message` gets every piece of news.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        signer: Signer,
        streams: Sequence[Stream],
        on_message: Callable[[Message], None],
        on_live: Callable[[], None],
        *,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._session = session
        self._signer = signer
        self._streams = streams
        self._on_message = on_message
        self._on_live = on_live
        self._silence_s = silence_s
        self._ready: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._first = asyncio.Event()
        self._refusal: TradedeckError | None = None
        self._generation = 0
        self._last_ns = 0
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

    def missed(self, reason: str) -> None:
        """Something was not heard: counts as a reconnect, so that whoever trades looks everything up again."""
        log.warning("delta.news_missed", extra={"reason": reason})
        self._generation += 1
        self._on_live()

    def health(self) -> Health:
        """How the connection is doing."""
        whole = len(self._ready) == len(self._streams)
        state = "live" if whole else "down" if self._generation else "connecting"
        return Health(state, self._last_ns, self._generation, "" if whole else self._detail)

    async def _keep(self, stream: Stream) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._session.ws_connect(stream.url, max_msg_size=MAX_MESSAGE_BYTES) as socket:
                    await self._greet(stream, socket)
                    pause_s = FIRST_PAUSE_S
                    await self._read(stream, socket)
                    self._detail = "the venue closed the stream"
            except VenueError as error:
                self._refuse(error)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                self._refuse(no_answer(error))
            except Exception:
                # One frame that nobody foresaw must not end the stream for good.
                log.exception("delta.stream_failed", extra={"stream": stream.name})
                self._detail = "the venue sent something that can't be read"
            finally:
                self._ready.discard(stream.name)
            log.info("delta.stream_lost", extra={"stream": stream.name, "reason": self._detail})
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _greet(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Log in, subscribe and wait for the venue's yes; what comes before it is news already."""
        async with asyncio.timeout(HELLO_S):
            if stream.private:
                await socket.send_json(self._signer.key_auth())
                _check_login(await self._answer(stream, socket, "key-auth"))
            channels = [{"name": name, "symbols": list(symbols)} for name, symbols in stream.channels]
            await socket.send_json({"type": "enable_heartbeat"})
            await socket.send_json({"type": "subscribe", "payload": {"channels": channels}})
            _check_channels(await self._answer(stream, socket, "subscriptions"))
        self._ready.add(stream.name)
        if len(self._ready) == len(self._streams):
            self._generation += 1
            self._first.set()
            self._on_live()

    async def _answer(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse, kind: str) -> Message:
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise VenueError(Outcome.UNKNOWN, "the venue closed the stream at once")
            raw = _object(message.data)
            if raw.get("type") == kind:
                return raw
            self._hear(raw, private=stream.private)

    async def _read(self, stream: Stream, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive(timeout=self._silence_s)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            self._hear(_object(message.data), private=stream.private)

    def _hear(self, raw: dict[str, Any], *, private: bool) -> None:
        self._last_ns = self._signer.now_ns()
        if raw.get("type") in (None, "heartbeat", "pong", "subscriptions", "enable_heartbeat"):
            return
        try:
            self._on_message(raw)
        except Exception as error:
            # One message that is not understood must not end the stream; what it told may be missing, though.
            log.warning("delta.message_not_understood", extra={"type": raw.get("type"), "error": repr(error)})
            if private:
                self.missed("a message that can't be read")

    def _refuse(self, error: VenueError) -> None:
        self._detail = error.reason
        if error.outcome is Outcome.NO_KEY:
            self._refusal = error.as_error()
            self._first.set()


def _check_login(answer: Message) -> None:
    if answer.get("success") is not True:
        status = answer.get("status_code")
        code = str(answer.get("status") or answer.get("error") or "")
        raise refusal(code, status if isinstance(status, int) else _HTTP_BAD)


def _check_channels(answer: Message) -> None:
    channels: Any = answer.get("channels") or []
    for channel in cast("list[dict[str, Any]]", channels):
        if channel.get("error"):
            raise VenueError(
                Outcome.UNKNOWN, f"the venue does not send {channel.get('name')}: {str(channel['error'])[:200]}"
            )


def _object(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        raw: Any = json.loads(text)
        if isinstance(raw, dict):
            return cast("dict[str, Any]", raw)
    return {}
