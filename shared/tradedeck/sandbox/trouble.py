"""What armed faults do to requests, answers and websockets, in whatever words a venue has for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web

from tradedeck.sandbox.faults import HOLD_MS, Fault, FaultKind, Faults
from tradedeck.sandbox.hub import Hub
from tradedeck.sandbox.signing import SKEW_MS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FAULTS: web.AppKey[Faults] = web.AppKey("faults", Faults)
BOOKS: web.AppKey[dict[str, bytes]] = web.AppKey("books", dict[str, bytes])
"""Answers about order books that stand still, by address."""

TICK_S = 0.05
OWN = "/sandbox/"
"""The sandbox's own paths: they always work, or nobody could end a fault."""
_BOOK_PATHS = ("/depth", "/ticker/bookTicker", "/l2orderbook")
_NAMES = ("clientOrderId", "orderId", "clientAlgoId", "algoId", "client_order_id", "order_id")


@dataclass(frozen=True, slots=True)
class Words:
    """How a venue says it. `asks_one`: whether a question is about one order and not a list of them."""

    no_order: Callable[[], Exception]
    closed: Callable[[], Exception]
    busy: Callable[[int, int], Exception]
    nothing: Callable[[], web.Response]
    asks_one: Callable[[str], bool]
    places: Callable[[str], bool]


async def suffer(request: web.Request, handler: Handler, words: Words) -> web.StreamResponse:
    """Handle a request as well as the armed faults let it."""
    if request.path.startswith(OWN):
        return await handler(request)
    armed, method, path = request.app[FAULTS], request.method, request.path
    if (down := armed.now(FaultKind.MAINTENANCE, method, path)) is not None:
        return web.Response(status=down.status or 503, text="Service Unavailable")
    places = method == "POST" and words.places(path)
    if places and armed.now(FaultKind.CANCEL_ONLY, method, path) is not None:
        raise words.closed()
    skew = armed.now(FaultKind.CLOCK_SKEW, method, path)
    SKEW_MS.set(0 if skew is None else skew.ms)
    stale = path.endswith(_BOOK_PATHS) and armed.now(FaultKind.STALE_BOOK, method, path) is not None
    if stale and (kept := request.app[BOOKS].get(request.path_qs)) is not None:
        return web.Response(body=kept, content_type="application/json")
    response = await _faulty(request, handler, words, places=places)
    if path.endswith(_BOOK_PATHS) and isinstance(response, web.Response) and isinstance(response.body, bytes):
        if stale:
            request.app[BOOKS][request.path_qs] = response.body
        else:
            request.app[BOOKS].pop(request.path_qs, None)
    return response


async def _faulty(request: web.Request, handler: Handler, words: Words, *, places: bool) -> web.StreamResponse:
    armed = request.app[FAULTS]
    fault = armed.take(request.method, request.path)
    if fault is not None and (early := await _before(request, words, fault)) is not None:
        return early
    response = await handler(request)
    if places and (hiding := armed.now(FaultKind.HIDE_NEW_ORDERS, request.method, request.path)) is not None:
        armed.hide(_names_in(_body(response)), hiding.ms)
    elif request.method == "GET" and armed.hides:
        response = _without_hidden(response, armed, words)
    return response if fault is None else await _after(request, response, fault)


async def _before(request: web.Request, words: Words, fault: Fault) -> web.Response | None:
    match fault.kind:
        case FaultKind.CUT_BEFORE:
            return _cut(request)
        case FaultKind.BUSY:
            raise words.busy(fault.status or 429, fault.retry_after_s)
        case FaultKind.ERROR:
            return web.Response(status=fault.status or 503, text="Service Unavailable")
        case FaultKind.HIDE_ORDER:
            if words.asks_one(request.path):
                raise words.no_order()
            return words.nothing()
        case FaultKind.DELAY:
            await asyncio.sleep(fault.ms / 1000)
        case _:
            pass
    return None


async def _after(request: web.Request, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    match fault.kind:
        case FaultKind.ERROR_500:
            return web.Response(status=fault.status or 500, text="Internal Server Error")
        case FaultKind.TRUNCATE:
            return _with_rows(response, lambda rows: rows[: fault.keep])
        case FaultKind.DROP_REPLY:
            await asyncio.sleep((fault.ms or HOLD_MS) / 1000)
            return _cut(request)
        case FaultKind.CUT_AFTER:
            return _cut(request)
        case _:
            return response


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


# Answers


def _body(response: web.StreamResponse) -> Any:
    if isinstance(response, web.Response) and response.content_type == "application/json":
        with suppress(ValueError):
            return json.loads(response.text or "null")
    return None


def _names_in(body: Any) -> list[str]:
    """The names of the one order that an answer is about; Delta wraps it and calls its number `id`."""
    if not isinstance(body, Mapping):
        return []
    order = cast("Mapping[str, Any]", body)
    if isinstance(order.get("result"), Mapping):
        order = {"order_id": order["result"].get("id"), **order["result"]}
    return [str(order[name]) for name in _NAMES if order.get(name)]


def _without_hidden(response: web.StreamResponse, armed: Faults, words: Words) -> web.StreamResponse:
    if any(armed.hidden(name) for name in _names_in(_body(response))):
        raise words.no_order()

    def shown(rows: list[Any]) -> list[Any]:
        return [row for row in rows if not any(armed.hidden(name) for name in _names_in(row))]

    return _with_rows(response, shown)


def _with_rows(response: web.StreamResponse, change: Callable[[list[Any]], list[Any]]) -> web.StreamResponse:
    """The answer with its list changed; one without a list as it is."""
    body: Any = _body(response)
    if isinstance(body, list):
        body = change(cast("list[Any]", body))
    elif isinstance(body, dict) and isinstance(cast("dict[str, Any]", body).get("result"), list):
        body["result"] = change(cast("list[Any]", body["result"]))
    else:
        return response
    return web.json_response(body, status=response.status)


# What happens by the clock


def add_trouble(app: web.Application, hubs: Callable[[], list[Hub]]) -> None:
    """Let faults reach the websockets, and strike by the clock while the server runs."""
    app[BOOKS] = {}

    async def ticking(app: web.Application) -> AsyncIterator[None]:
        faults = app[FAULTS]
        for hub in hubs():
            hub.faults = faults
        faults.on(FaultKind.CUT_SOCKETS, lambda: _cut_all(hubs()))
        task = asyncio.create_task(_tick(faults))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(ticking)


def _cut_all(hubs: list[Hub]) -> None:
    for hub in hubs:
        for connection in tuple(hub.connections):
            connection.cut()


async def _tick(faults: Faults) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        faults.tick()
