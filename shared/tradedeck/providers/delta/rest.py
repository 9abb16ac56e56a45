"""REST calls, each sent exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tradedeck.providers.delta.outcomes import Json, Outcome, VenueError, body_of, no_answer
from tradedeck.providers.delta.quota import WINDOW_S, Quota, cost_of
from tradedeck.providers.delta.signer import Signer

TIMEOUT_S = 10.0
"""How long an answer may take; a signature lives only half as long, so a later one would be refused anyhow."""
RESET_HEADER = "X-RATE-LIMIT-RESET"
"""Milliseconds until the budget opens again, beside a 429."""
USER_AGENT = "tradedeck"
"""The venue turns away who does not say what it is."""


class Rest:
    """Calls under one base URL.

    aiohttp repeats a GET or DELETE by itself when its connection breaks before the answer; the
    middleware tells it of an error that it does not repeat. No connection is kept, so that no request
    meets a dead one.
    """

    def __init__(self, base: str, signer: Signer, quota: Quota) -> None:
        self._base = base
        self._signer = signer
        self._quota = quota
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
            middlewares=(_once,),
        )

    async def public(self, path: str, **params: str | int) -> Any:
        """Ask something that needs no key; the `result`.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        return (await self._call("GET", path, urlencode(params), "", signed=False))["result"]

    async def page(self, path: str, params: Mapping[str, str | int]) -> Json:
        """Ask about the account; the whole answer, with `meta`.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        return await self._call("GET", path, urlencode(params), "", signed=True)

    async def ask(self, path: str, **params: str | int) -> Any:
        """Ask about the account; the `result`.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        return (await self.page(path, params))["result"]

    async def order(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Have something done; the `result`.

        Raises:
            VenueError: any other answer than the one asked for.
        """
        written = json.dumps(body, separators=(",", ":"))
        return (await self._call(method, path, "", written, signed=True)).get("result")

    async def set_clock(self) -> int:
        """Compare clocks; the venue's time in microseconds."""
        asked_ns = self._signer.now_ns()
        server_us = int((await self.public("/v2/settings"))["server_time"])
        self._signer.set_clock(server_us, asked_ns, self._signer.now_ns())
        return server_us

    async def close(self) -> None:
        """End every connection."""
        await self.session.close()

    async def _call(self, method: str, path: str, query: str, body: str, *, signed: bool) -> Json:
        self._quota.spend(cost_of(method, path), self._signer.now_ns(), urgent=method != "GET")
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        headers = self._signer.headers(method, path, query, body) if signed else {}
        try:
            async with self.session.request(
                method, URL(url, encoded=True), data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.text()
        except (TimeoutError, aiohttp.ClientError, asyncio.IncompleteReadError, ValueError) as error:
            raise no_answer(error) from error
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise no_answer(ValueError(f"the venue redirects to another address (HTTP {answer.status})"))
        wait_s = _wait_s(answer.headers)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._quota.blocked(wait_s, self._signer.now_ns())
        result = body_of(answer.status, text, wait_s)
        if "result" not in result and method == "GET":
            raise VenueError(Outcome.UNKNOWN, "an answer without a result")
        return result


def _wait_s(headers: Mapping[str, str]) -> float:
    """How long the venue wants to be left alone; a second when it does not say."""
    written = headers.get(RESET_HEADER, "")
    return min(int(written) / 1_000, WINDOW_S) if written.isdigit() else 1.0


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"the connection broke: {error}") from error
