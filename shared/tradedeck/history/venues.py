"""Any venue that ccxt knows, as pages of its past. ccxt is imported only when one is opened."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from tradedeck.domain.errors import NotFoundError, RateLimitedError, RefusedError, TradedeckError, UnavailableError

_TIMEOUT_MS = 20_000


class CcxtPages:
    """One market at one venue. `symbol` is the name to keep it under, as the venue writes it."""

    def __init__(self, library: Any, exchange: Any, market: dict[str, Any]) -> None:
        self._library = library
        self._exchange = exchange
        self._market = market

    @property
    def symbol(self) -> str:
        """The venue's own name of the market, in letters that can name a folder."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", str(self._market["id"])).strip("-")

    async def bars(self, timeframe: str, since_ms: int, limit: int) -> Sequence[Sequence[Any]]:
        """See `Pages`."""
        if timeframe not in (self._exchange.timeframes or {}):
            known = ", ".join(self._exchange.timeframes or {}) or "none"
            raise RefusedError(f"{self._exchange.id} has no bars of {timeframe}; it has {known}", code="history.venue")
        return await self._ask(lambda: self._exchange.fetch_ohlcv(self._market["symbol"], timeframe, since_ms, limit))

    async def trades(self, since_ms: int, limit: int) -> Sequence[tuple[int, str, float, float, int]]:
        """See `Pages`."""
        rows = await self._ask(lambda: self._exchange.fetch_trades(self._market["symbol"], since_ms, limit))
        return [
            (int(row["timestamp"]), str(row["id"] or ""), float(row["price"]), float(row["amount"]),
             -1 if row["side"] == "sell" else 1)
            for row in rows
        ]  # fmt: skip

    async def _ask(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return await call()
        except self._library.BaseError as error:
            raise _as_ours(self._library, self._exchange.id, error) from None


@asynccontextmanager
async def open_pages(venue: str, symbol: str, *, url: str = "") -> AsyncGenerator[CcxtPages]:
    """A market's past at a venue by ccxt's name for it. No key is needed.

    `symbol` is written as the venue does (BTCUSDT) or as ccxt does (BTC/USDT). `url` is the base of a server that
    speaks the venue's wire, such as the sandbox; "" is the venue itself.

    Raises:
        NotFoundError: ccxt knows no such venue, or the venue no such market.
        RefusedError: ccxt is not installed.
        UnavailableError: the venue can't be reached.
    """
    try:
        library: Any = import_module("ccxt.async_support")
    except ImportError:
        raise RefusedError(
            "the ccxt library is missing; install it with: pip install 'tradedeck[ccxt]'", code="ccxt.missing"
        ) from None
    if venue not in library.exchanges:
        raise NotFoundError(f"there is no venue {venue!r}; use ccxt's name for it, such as binance or kraken",
                            code="history.venue")  # fmt: skip
    options = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    exchange: Any = getattr(library, venue)(
        {"enableRateLimit": True, "timeout": _TIMEOUT_MS, "options": options if venue == "binance" else {}}
    )
    try:
        if url:
            exchange.urls["api"] = _moved(exchange.urls["api"], url.rstrip("/"))
        try:
            await exchange.load_markets()
        except library.BaseError as error:
            raise _as_ours(library, venue, error) from None
        yield CcxtPages(library, exchange, _market(exchange, venue, symbol))
    finally:
        await exchange.close()


def _market(exchange: Any, venue: str, symbol: str) -> dict[str, Any]:
    found: Any = exchange.markets.get(symbol) or next(iter(exchange.markets_by_id.get(symbol, [])), None)
    if not found:
        raise NotFoundError(f"{venue} has no market {symbol!r}; write it as the venue does", code="history.market")
    return found


def _moved(api: Any, url: str) -> Any:
    """The same addresses at another host: paths stay."""
    if isinstance(api, dict):
        return {name: _moved(value, url) for name, value in api.items()}  # pyright: ignore[reportUnknownVariableType]
    return url + urlsplit(str(api)).path


def _as_ours(library: Any, venue: str, error: Exception) -> TradedeckError:
    said = (str(error).splitlines() or [type(error).__name__])[0][:200]
    if isinstance(error, (library.RateLimitExceeded, library.DDoSProtection)):
        return RateLimitedError(f"{venue} asks for fewer requests: {said}", code="history.rate", retry_after_s=10.0)
    if isinstance(error, library.NetworkError):
        return UnavailableError(f"{venue} can't be reached: {said}", code="history.unreachable")
    if isinstance(error, library.BadSymbol):
        return NotFoundError(f"{venue} has no such market: {said}", code="history.market")
    return RefusedError(f"{venue} refused: {said}", code="history.refused")
