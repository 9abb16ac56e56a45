"""Keeps the streams going: trades, candles, and the account's own. Truth is asked for after every gap."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.ports.health import Health, HealthState
from tradedeck.providers.ccxt.outcomes import Outcome, as_error, outcome_of, reason_of

log = logging.getLogger(__name__)

SILENT_MS = 15_000
"""A stream that has not sent anything, not even an answer to a ping, for so long is cut and opened again."""
STALE_MS = 11_000
"""After so long without a sign of life the connection counts as stale."""
WATCH_PERIOD_S = 1.0
FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0
_STREAMS = 3
_MS_NS = 1_000_000


class Streams:
    """The three streams of one exchange. `on_message` gets each raw event; it may fail without harm."""

    def __init__(self, exchange: Any, symbols: list[str], on_message: Callable[[Mapping[str, Any]], None]) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._on_message = on_message
        self._ready: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._all_ready = asyncio.Event()
        self._generation = 0
        self._last_ms = 0
        self._detail = ""
        self._refusal: TradedeckError | None = None
        self._hook()

    async def start(self, timeout_s: float) -> None:
        """Subscribe everything.

        Raises:
            UnavailableError: not within `timeout_s`.
            UnauthenticatedError: the venue does not accept the key.
        """
        pairs = [[symbol, "1m"] for symbol in self._symbols]
        watches: dict[str, Callable[[], Awaitable[Any]]] = {
            "trades": lambda: self._exchange.watch_trades_for_symbols(self._symbols),
            "candles": lambda: self._exchange.watch_ohlcv_for_symbols(pairs),
            "orders": self._exchange.watch_orders,
        }
        self._tasks = [asyncio.create_task(self._follow(name, watch)) for name, watch in watches.items()]
        self._tasks.append(asyncio.create_task(self._watch_over()))
        try:
            await asyncio.wait_for(self._all_ready.wait(), timeout_s)
        except TimeoutError:
            raise self._refusal or UnavailableError(
                f"the venue's streams did not start: {self._detail or 'no answer'}", code="venue.streams"
            ) from None
        if self._refusal is not None:
            raise self._refusal

    async def stop(self) -> None:
        """End every stream."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._ready.clear()
        self._detail = "closed"

    def health(self) -> Health:
        """How the connection is doing."""
        return Health(self._state(), self._last_ms * _MS_NS, self._generation, self._detail)

    def _state(self) -> HealthState:
        if len(self._ready) < _STREAMS:
            return "down" if self._generation else "connecting"
        return "stale" if any(_silence_ms(c) > STALE_MS for c in self._clients()) else "live"

    def _hook(self) -> None:
        """Hear everything ccxt hears; what its own handlers make of it must not end a stream."""
        exchange = self._exchange
        handle, on_close, on_error = exchange.handle_message, exchange.on_close, exchange.on_error

        def on_message(client: Any, message: Any) -> None:
            self._hear(client.url, message)
            try:
                handle(client, message)
            except Exception as error:
                log.warning("ccxt.handler_failed", extra={"error": repr(error)})

        def closed(client: Any, code: Any) -> None:
            self._lose(client.url, f"the stream was closed ({code})")
            on_close(client, code)

        def failed(client: Any, error: Any) -> None:
            self._lose(client.url, str(error))
            on_error(client, error)

        exchange.handle_message, exchange.on_close, exchange.on_error = on_message, closed, failed

    def _hear(self, url: str, message: Any) -> None:
        self._last_ms = _now_ms()
        if not isinstance(message, dict):
            return
        raw = cast("dict[str, Any]", message)
        if "id" in raw and "result" in raw and not raw.get("error"):
            self._mark_ready(url)
            return
        try:
            self._on_message(raw.get("event") or raw)
        except Exception as error:
            log.warning("ccxt.message_not_understood", extra={"error": repr(error)})

    def _mark_ready(self, url: str) -> None:
        if url in self._ready:
            return
        self._ready.add(url)
        if len(self._ready) == _STREAMS:
            self._generation += 1
            self._detail = ""
            self._all_ready.set()

    def _lose(self, url: str, why: str) -> None:
        self._ready.discard(url)
        self._detail = why

    async def _follow(self, name: str, watch: Callable[[], Awaitable[Any]]) -> None:
        """Keep one stream going for ever. ccxt's own waiting between dials is switched off: ours counts."""
        backoff_s = FIRST_BACKOFF_S
        while True:
            try:
                await watch()
                backoff_s = FIRST_BACKOFF_S
            except asyncio.CancelledError:
                # ccxt cancels its futures when it closes a connection; that is not meant for us.
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
            except Exception as error:
                self._detail = reason_of(error)
                if outcome_of(error) is Outcome.NO_KEY:
                    self._refusal = as_error(error)
                    self._all_ready.set()
                log.info("ccxt.stream_lost", extra={"stream": name, "error": repr(error)})
                self._exchange.ws_dial_backoff = {}
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    async def _watch_over(self) -> None:
        """Cut streams that look healthy but say nothing."""
        while True:
            await asyncio.sleep(WATCH_PERIOD_S)
            for client in self._clients():
                if client.isConnected and _silence_ms(client) > SILENT_MS:
                    client.on_error(UnavailableError("the stream fell silent", code="venue.silent"))

    def _clients(self) -> list[Any]:
        clients: dict[str, Any] = self._exchange.clients or {}
        return list(clients.values())


def _silence_ms(client: Any) -> int:
    """How long ago the connection last gave a sign of life; 0 before it is open."""
    signs = (client.last_message_at, client.lastPong, client.connectionEstablished)
    newest = max((sign for sign in signs if sign), default=0)
    return _now_ms() - newest if newest else 0


def _now_ms() -> int:
    return time.time_ns() // _MS_NS
