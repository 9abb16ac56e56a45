"""Signed REST calls, each sent exactly once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tradedeck.providers.binance.outcomes import body_of, no_answer

TIMEOUT_S = 10.0
WINDOW_MS = 5_000
"""How old a signed request may be when it arrives."""
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
        return hmac.new(self._secret, payload.encode(), hashlib.sha256).hexdigest()


class Rest:
    """Calls under one base URL.

    aiohttp repeats a GET or DELETE by itself when its connection breaks before the answer; the
    middleware tells it of an error that it does not repeat. No connection is kept, so that no request
    meets a dead one.
    """

    def __init__(self, base: str, signer: Signer) -> None:
        self._base = base
        self._signer = signer
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"X-MBX-APIKEY": signer.key} if signer.key else {},
            middlewares=(_once,),
        )

    async def public(self, path: str, **params: str | int) -> Any:
        """Ask something that needs no key.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        return await self._call("GET", path, urlencode(params))

    async def signed(self, method: str, path: str, params: Mapping[str, str | int]) -> Any:
        """Ask or order something in the name of the account.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        query = urlencode({**params, **self._signer.stamp()})
        return await self._call(method, path, f"{query}&signature={self._signer.sign(query)}")

    async def set_clock(self) -> int:
        """Compare clocks; the venue's time in ms."""
        asked_ms = now_ms()
        server_ms = int((await self.public("/api/v3/time"))["serverTime"])
        self._signer.set_clock(server_ms, asked_ms, now_ms())
        return server_ms

    async def close(self) -> None:
        """End every connection."""
        await self.session.close()

    async def _call(self, method: str, path: str, query: str) -> Any:
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        try:
            async with self.session.request(method, URL(url, encoded=True), allow_redirects=False) as answer:
                text = await answer.text()
        except (TimeoutError, aiohttp.ClientError, asyncio.IncompleteReadError, ValueError) as error:
            raise no_answer(error) from error
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise no_answer(ValueError(f"the venue redirects to another address (HTTP {answer.status})"))
        return body_of(answer.status, text)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"the connection broke: {error}") from error


def now_ms() -> int:
    """Wall-clock UTC milliseconds."""
    return time.time_ns() // _MS_NS
