"""Signed REST calls, each sent exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
from yarl import URL

from tradedeck.providers.binance.budget import RateBudget
from tradedeck.providers.binance.line import AnswerError, Lines
from tradedeck.providers.binance.outcomes import VenueError, body_of, no_answer
from tradedeck.providers.binance.weights import weight_of

TIMEOUT_S = 10.0
WINDOW_MS = 5_000
"""How old a signed request may be when it arrives."""
LIMITS = {"weight 60s": 2_400, "orders 10s": 100}
"""What is kept to until the venue has told its own limits: the smaller of spot's and the perpetuals'."""
ORDER_PATHS = ("/api/v3/order", "/fapi/v1/order", "/fapi/v1/algoOrder")
"""What counts as an order of the account's."""
WARM_S = 20.0
"""How often the clocks are compared; less than a line may be idle."""
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
_MS_NS = 1_000_000


class Signer:
    """Key, secret, and how far the venue's clock is from ours."""

    def __init__(self, key: str, secret: str) -> None:
        self.key = key
        self._secret = secret.encode()
        self._ahead_ms = 0

    def set_clock(self, server_ms: int, asked_ms: int, answered_ms: int) -> None:
        """Take the venue's time, asked for and answered at these times of ours."""
        self._ahead_ms = server_ms - (asked_ms + answered_ms) // 2

    def stamp(self) -> dict[str, str]:
        """The parameters that say how fresh a request is."""
        return {"recvWindow": str(WINDOW_MS), "timestamp": str(now_ms() + self._ahead_ms)}

    def sign(self, payload: str) -> str:
        """Hex HMAC-SHA256 of `payload`."""
        return hmac.digest(self._secret, payload.encode(), "sha256").hex()


class Rest:
    """Calls under one base URL: what changes something over kept lines of our own, questions by aiohttp.

    aiohttp repeats a GET or DELETE by itself when its connection breaks before the answer; the
    middleware tells it of an error that it does not repeat. It keeps no connection, so that no question
    meets a dead one.
    """

    def __init__(self, base: str, signer: Signer, *, time_path: str = "/api/v3/time") -> None:
        self._base = base
        self._signer = signer
        self._time_path = time_path
        self.budget = RateBudget(base, signer.key, LIMITS)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"X-MBX-APIKEY": signer.key} if signer.key else {},
            middlewares=(_once,),
        )
        self._lines = Lines(base)
        self._warming: asyncio.Task[None] | None = None
        key = f"X-MBX-APIKEY: {signer.key}\r\n" if signer.key else ""
        self._root = urlsplit(base).path
        self._tail = f" HTTP/1.1\r\nHost: {urlsplit(base).netloc}\r\n{key}Content-Length: 0\r\n\r\n"

    async def public(self, path: str, **params: str | int) -> Any:
        """Ask something that needs no key.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        await self.budget.take(weight_of("GET", path, params), urgent=False)
        return await self._call("GET", path, urlencode(params))

    async def keyed(self, method: str, path: str) -> Any:
        """Ask something that needs the key and no signature.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        await self.budget.take(weight_of(method, path, {}), urgent=True)
        return await self._call(method, path, "")

    async def signed(self, method: str, path: str, params: Mapping[str, str | int]) -> Any:
        """Ask or order something in the name of the account.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        orders = int(method == "POST" and path in ORDER_PATHS)
        await self.budget.take(weight_of(method, path, params), urgent=method != "GET", orders=orders)
        # Stamped after the wait: a request may not be old when it leaves.
        query = query_of({**params, **self._signer.stamp()})
        signed = f"{query}&signature={self._signer.sign(query)}"
        if method == "GET":
            return await self._call(method, path, signed)
        return await self._on_line(f"{method} {self._root}{path}?{signed}{self._tail}".encode())

    async def set_clock(self) -> int:
        """Compare clocks; the venue's time in ms. Asked on an order's line, which then is ready for one."""
        await self.budget.take(weight_of("GET", self._time_path, {}), urgent=False)
        asked_ms = now_ms()
        told = await self._on_line(f"GET {self._root}{self._time_path}{self._tail}".encode())
        server_ms = int(told["serverTime"])
        self._signer.set_clock(server_ms, asked_ms, now_ms())
        return server_ms

    def stay_warm(self) -> None:
        """Keep a connection ready for the next order, and the clocks compared, until closed."""
        self._warming = asyncio.create_task(self._stay_warm(), name=f"{self._base} warm")

    async def close(self) -> None:
        """End every connection."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        self._lines.close()
        await self.session.close()

    async def _stay_warm(self) -> None:
        while True:
            await asyncio.sleep(WARM_S)
            with contextlib.suppress(VenueError, KeyError, TypeError, ValueError):
                await self.set_clock()

    async def _on_line(self, request: bytes) -> Any:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._lines.exchange(request)
        except (TimeoutError, AnswerError, OSError) as error:
            raise no_answer(error) from error
        return self._told(answer.status, answer.headers, answer.text)

    async def _call(self, method: str, path: str, query: str) -> Any:
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        try:
            async with self.session.request(method, URL(url, encoded=True), allow_redirects=False) as answer:
                text = await answer.text()
        except (TimeoutError, aiohttp.ClientError, asyncio.IncompleteReadError, ValueError) as error:
            raise no_answer(error) from error
        return self._told(answer.status, answer.headers, text)

    def _told(self, status: int, headers: Mapping[str, str], text: str) -> Any:
        """What an answer says; the key is never taken to another address."""
        retry_after_s = self.budget.hear(status, headers)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise no_answer(ValueError(f"the venue redirects to another address (HTTP {status})"))
        try:
            return body_of(status, text)
        except VenueError as error:
            error.retry_after_s = retry_after_s or error.retry_after_s
            raise


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"the connection broke: {error}") from error


def query_of(params: Mapping[str, str | int]) -> str:
    """Like `urlencode`, which takes longer than signing; nearly all values need no escaping and pass unchanged."""
    pairs = ((name, str(value)) for name, value in params.items())
    return "&".join(f"{name}={value if _PLAIN(value) else quote_plus(value)}" for name, value in pairs)


def now_ms() -> int:
    """Wall-clock UTC milliseconds."""
    return time.time_ns() // _MS_NS
