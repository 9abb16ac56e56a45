"""A sandbox in this process, moved step by step, and a client that signs by hand."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from yarl import URL

from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

SKIPPED_BARS = 30


@dataclass
class Api:
    """Raw calls: status and JSON body."""

    url: str
    http: aiohttp.ClientSession
    box: RunningSandbox

    async def call(self, method: str, path: str, *, key: str = "", query: str = "", body: str = "") -> tuple[int, Any]:
        headers = {"X-MBX-APIKEY": key} if key else {}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = f"{self.url}{path}?{query}" if query else f"{self.url}{path}"
        # As written: a signature is over the very characters that are sent.
        async with self.http.request(method, URL(url, encoded=True), data=body or None, headers=headers) as reply:
            return reply.status, await reply.json(content_type=None)

    async def get(self, path: str, **params: Any) -> Any:
        _, body = await self.call("GET", path, query=urlencode(params))
        return body

    async def signed(self, method: str, path: str, **params: Any) -> tuple[int, Any]:
        return await self.call(method, f"/api/v3/{path}", key=DEFAULT_KEY, query=self.sign(params))

    @staticmethod
    def sign(params: dict[str, Any], secret: str = DEFAULT_SECRET) -> str:
        text = urlencode({"timestamp": time.time_ns() // 1_000_000} | params)
        return f"{text}&signature={hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}"

    async def admin(self, path: str, body: Any) -> Any:
        async with self.http.post(f"{self.url}/sandbox/v1/{path}", json=body) as reply:
            return await reply.json()

    async def buy(self, client_id: str, **more: Any) -> tuple[int, Any]:
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        return await self.signed("POST", "order", **(order | {"newClientOrderId": client_id} | more))

    async def rest_at(self, client_id: str, price: str, **more: Any) -> tuple[int, Any]:
        return await self.buy(client_id, type="LIMIT", timeInForce="GTC", price=price, **more)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=SKIPPED_BARS)
    async with running(settings) as box, aiohttp.ClientSession() as http:
        yield Api(box.url, http, box)
