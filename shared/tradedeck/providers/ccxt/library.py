"""The one place that touches ccxt: an exchange set up so that it hides nothing and repeats nothing.

ccxt is untyped; everything here is `Any` on one side and plain types on the other.
"""

from __future__ import annotations

from http import HTTPStatus
from importlib import import_module
from typing import Any

import aiohttp

from tradedeck.domain.errors import RefusedError

REQUEST_TIMEOUT_MS = 10_000
PING_MS = 5_000
"""How often each stream is pinged; ccxt gives one up after two pings without an answer."""
_CACHE = 100


def load_library() -> Any:
    """Import ccxt.pro; takes a second or two.

    Raises:
        RefusedError: it is not installed.
    """
    try:
        return import_module("ccxt.pro")
    except ImportError:
        raise RefusedError(
            "the ccxt library is missing; install it with: pip install 'tradedeck[ccxt]'", code="ccxt.missing"
        ) from None


def open_session() -> aiohttp.ClientSession:
    """Connections for one exchange: each request is sent once, on a connection of its own.

    aiohttp silently sends a GET, PUT or DELETE again when its connection breaks before the answer; the
    middleware tells it of an error that it does not repeat. And a POST never meets a dead connection.
    """
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), middlewares=(_once,))


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"the connection broke: {error}") from error


def open_exchange(library: Any, session: aiohttp.ClientSession, key: str, secret: str, url: str) -> Any:
    """ccxt.pro's binance for spot; `url` is the base of a server that speaks its wire, "" the real venue."""
    exchange: Any = library.binance(
        {
            # Amounts as the venue wrote them: text, never a float.
            "number": str,
            "apiKey": key,
            "secret": secret,
            "session": session,
            "enableRateLimit": True,
            "timeout": REQUEST_TIMEOUT_MS,
            "maxRetriesOnFailure": 0,
            "newUpdates": True,
            "streaming": {"keepAlive": PING_MS},
            "options": {
                "defaultType": "spot",
                "fetchMarkets": {"types": ["spot"]},
                "fetchCurrencies": False,
                "fetchMargins": False,
                "fetchOpenOrders": {"warnWithoutSymbol": False},
                "adjustForTimeDifference": True,
                "maxRetriesOnFailure": 0,
                "tradesLimit": _CACHE,
                "OHLCVLimit": _CACHE,
                "ordersLimit": _CACHE,
            },
        }
    )
    handle = exchange.handle_errors

    def handle_errors(status: int, reason: str, *rest: Any) -> Any:
        # A failing server's code says nothing about the order, and ccxt's own errors hide the status.
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise library.ExchangeNotAvailable(f"HTTP {status} {reason}")
        return handle(status, reason, *rest)

    exchange.handle_errors = handle_errors
    if url:
        _redirect(exchange.urls["api"], url.rstrip("/"))
    return exchange


def _redirect(api: dict[str, Any], url: str) -> None:
    """Point spot at `url`. ccxt tells spot streams by the text `/stream` in their address."""
    stream_url = "ws" + url.removeprefix("http")
    api["public"] = api["private"] = f"{url}/api/v3"
    api["sapi"] = f"{url}/sapi/v1"
    api["ws"]["spot"] = f"{stream_url}/stream/ws"
    api["ws"]["ws-api"]["spot"] = f"{stream_url}/ws-api/v3"
