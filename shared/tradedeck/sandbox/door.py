"""What every request passes on its way in and out: faults, weights, and errors as Binance writes them."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from aiohttp import web

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.sandbox.core import Sandbox
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import NO_ORDER, WireError, refusal
from tradedeck.sandbox.signing import check_signed, rest_payload
from tradedeck.sandbox.trouble import FAULTS, Handler, Words, suffer
from tradedeck.sandbox.weights import Budget, weight_of

SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)
BUDGET: web.AppKey[Budget] = web.AppKey("budget", Budget)
FAILURE: web.AppKey[asyncio.Future[None]] = web.AppKey("failure", asyncio.Future)
"""Ends the sandbox with an error of ours: it could not keep what it was about to acknowledge."""

API = "/api/v3"
DELTA = "/v2/"
"""Where another venue's own door lets things go wrong."""
ORDER_PATHS = {
    f"{API}/order": "newClientOrderId",
    "/fapi/v1/order": "newClientOrderId",
    "/fapi/v1/algoOrder": "clientAlgoId",
}
"""Where orders come in, and the parameter that names them."""
_DOWN = {"code": -1008, "msg": "Server is currently overloaded with other requests. Please try again."}
MAX_BODY_BYTES = 1 << 16


async def params_of(request: web.Request) -> Params:
    """Query and form body together."""
    body = await request.text()
    return Params(dict(parse_qsl(request.rel_url.raw_query_string) + parse_qsl(body)))


async def signed(request: web.Request) -> tuple[str, Params]:
    """The account that signed this request, and its parameters.

    Raises:
        WireError: not signed, wrongly, or too long ago.
    """
    params = await params_of(request)
    key = request.headers.get("X-MBX-APIKEY", "")
    payload = rest_payload(request.rel_url.raw_query_string, await request.text())
    check_signed(request.app[SANDBOX].secrets, key, params, payload)
    return key, params


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as JSON; one that means lost records ends the sandbox, and nothing is answered after it."""
    if request.app[FAILURE].done():
        return web.json_response(_DOWN, status=503)
    try:
        return await handler(request)
    except WireError as error:
        wait_s = error.retry_after_s or request.app[BUDGET].retry_after_s
        headers = {"Retry-After": str(wait_s)} if error.status in (418, 429) else {}
        return web.json_response(error.body(), status=error.status, headers=headers)
    except RefusedError as error:
        return web.json_response({"error": error.message, "code": error.code}, status=400)
    except TradedeckError as error:
        failure = request.app[FAILURE]
        if not failure.done():
            failure.set_exception(error)
        return web.json_response(_DOWN, status=503)


@web.middleware
async def weights(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request against the minute's budget, and say so in a header."""
    if not request.path.startswith(API):
        return await handler(request)
    budget, query = request.app[BUDGET], request.query
    limit = int(query.get("limit", "0")) if query.get("limit", "0").isdigit() else 0
    budget.spend(weight_of(request.method, request.path, "symbol" in query, limit, "orderId" in query))
    response = await handler(request)
    response.headers["X-MBX-USED-WEIGHT-1M"] = str(budget.used)
    return response


@web.middleware
async def faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let go wrong what was ordered to."""
    if request.path.startswith(DELTA):
        return await handler(request)
    armed = request.app[FAULTS]
    if request.method == "POST" and request.path in ORDER_PATHS:
        armed.count((await params_of(request)).get(ORDER_PATHS[request.path], ""))
    return await suffer(request, handler, _WORDS)


def _closed() -> WireError:
    return WireError(-1013, "Market is closed.")


def _busy(status: int, retry_after_s: int) -> WireError:
    message = "Too many requests." if status == 429 else "Way too many requests; IP banned."
    return WireError(-1003, message, status=status, retry_after_s=retry_after_s)


_WORDS = Words(
    no_order=lambda: refusal(NO_ORDER),
    closed=_closed,
    busy=_busy,
    nothing=lambda: web.json_response([]),
    asks_one=lambda path: path in ORDER_PATHS,
    places=lambda path: path in ORDER_PATHS or path.endswith(("/order/cancelReplace", "/batchOrders")),
)
