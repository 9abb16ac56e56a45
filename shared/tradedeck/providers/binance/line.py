"""Kept HTTP/1.1 connections for what changes something: one write a request, never a second one.

A general client builds a request anew each time and may repeat it behind our back. Here the caller's bytes are
written once, on a connection that was already open; whatever breaks after that is an unknown fate.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

DIAL_S = 5.0
"""How long a new connection may take."""
IDLE_S = 25.0
"""A line unused for so long is not trusted any more: the other side may be about to close it."""
MAX_KEPT = 8
"""Lines that wait for their next request; more are closed after their answer."""
MAX_ANSWER_BYTES = 1 << 23
_END, _NEXT = b"\r\n\r\n", b"\r\n"
_HTTPS_PORT, _HTTP_PORT = 443, 80
_FINAL = 200


class AnswerError(Exception):
    """The other side hung up too early, or what it says is no HTTP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; names of headers in title case. `stays`: the other side keeps the connection open."""

    status: int
    headers: Mapping[str, str]
    text: str
    stays: bool


class Line(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._heard = bytearray()
        self._used_s = time.monotonic()

    @property
    def usable(self) -> bool:
        """Whether a request may be written: open, quiet, and not idle for long."""
        is_open = self._transport is not None and not self._transport.is_closing()
        return is_open and self._waiting is None and time.monotonic() - self._used_s < IDLE_S

    async def exchange(self, request: bytes) -> Answer:
        """Write `request`, once, and wait for its answer.

        Raises:
            AnswerError: no answer that can be read.
        """
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            answer = await self._waiting
        except BaseException:
            self.close()  # an answer may still come; nobody must take it for another request's
            raise
        self._waiting = None
        self._used_s = time.monotonic()
        if not answer.stays:
            self.close()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Some bytes; without a request they are a goodbye."""
        if self._waiting is None or self._waiting.done():
            self.close()
            return
        self._heard += data
        try:
            answer = answer_of(self._heard)
        except (ValueError, IndexError, KeyError) as error:
            self._fail(f"the answer is garbled ({error})")
            return
        if answer is not None:
            self._heard.clear()
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._fail(f"the connection broke{f': {exc}' if exc else ''}")

    def _fail(self, words: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(AnswerError(words))


class Lines:
    """The lines to one host."""

    def __init__(self, base: str) -> None:
        self.base = base
        where = urlsplit(base)
        self._host = where.hostname or ""
        self._tls = ssl.create_default_context() if where.scheme == "https" else None
        self._port = where.port or (_HTTPS_PORT if self._tls else _HTTP_PORT)
        self._kept: deque[Line] = deque()

    async def exchange(self, request: bytes) -> Answer:
        """Write `request` on a line, once, and wait for its answer.

        Raises:
            AnswerError: no answer that can be read.
            OSError: the connection can't be made.
        """
        line = self._take() or await self._dial()
        try:
            return await line.exchange(request)
        finally:
            self._give_back(line)

    def close(self) -> None:
        """Hang up every line that waits."""
        while self._kept:
            self._kept.pop().close()

    def _take(self) -> Line | None:
        while self._kept:
            line = self._kept.pop()
            if line.usable:
                return line
            line.close()
        return None

    def _give_back(self, line: Line) -> None:
        if line.usable and len(self._kept) < MAX_KEPT:
            self._kept.append(line)
        else:
            line.close()

    async def _dial(self) -> Line:
        async with asyncio.timeout(DIAL_S):
            loop = asyncio.get_running_loop()
            _, line = await loop.create_connection(Line, self._host, self._port, ssl=self._tls)
        return line


def answer_of(heard: bytes | bytearray) -> Answer | None:
    """The answer in what was heard so far; None while it is not whole.

    Raises:
        ValueError: it is no HTTP answer, or too long.
    """
    if len(heard) > MAX_ANSWER_BYTES:
        raise ValueError(f"more than {MAX_ANSWER_BYTES} bytes")
    end = heard.find(_END)
    if end < 0:
        return None
    first, *lines = heard[:end].decode("latin-1").split("\r\n")
    version, status = first.split(" ")[:2]
    if not version.startswith("HTTP/1."):
        raise ValueError(f"no HTTP answer: {first[:40]!r}")
    if int(status) < _FINAL:
        return answer_of(heard[end + len(_END) :])
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().title(): value.strip() for name, _, value in pairs}
    body = _body(heard, end + len(_END), headers)
    stays = version == "HTTP/1.1" and headers.get("Connection", "").lower() != "close"
    return None if body is None else Answer(int(status), headers, body.decode(), stays)


def _body(heard: bytes | bytearray, start: int, headers: Mapping[str, str]) -> bytes | None:
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        return _chunks(heard, start)
    size = int(headers["Content-Length"])
    return bytes(heard[start : start + size]) if len(heard) - start >= size else None


def _chunks(heard: bytes | bytearray, start: int) -> bytes | None:
    whole = b""
    while (line_end := heard.find(_NEXT, start)) >= 0:
        size = int(heard[start:line_end].split(b";")[0], 16)
        start = line_end + len(_NEXT)
        if not size:
            # Trailers say nothing about the order; an empty line ends them.
            return whole if heard.startswith(_NEXT, start) or heard.find(_END, start) >= 0 else None
        if len(heard) < start + size + len(_NEXT):
            return None
        whole += heard[start : start + size]
        start += size + len(_NEXT)
    return None
