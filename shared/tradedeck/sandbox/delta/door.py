"""What every request passes: faults on order, the budget, who is asking, and errors as Delta writes them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, cast

from aiohttp import web

from tradedeck.sandbox.delta.house import House
from tradedeck.sandbox.delta.market import Market
from tradedeck.sandbox.delta.quota import Quota, cost_of
from tradedeck.sandbox.delta.refusals import NOT_FOUND, DeltaError
from tradedeck.sandbox.signing import SKEW_MS
from tradedeck.sandbox.trouble import FAULTS, Handler, Words, suffer

HOUSE: web.AppKey[House] = web.AppKey("delta_house", House)
MARKET: web.AppKey[Market] = web.AppKey("delta_market", Market)
QUOTA: web.AppKey[Quota] = web.AppKey("delta_quota", Quota)

WINDOW_S = 5
"""How old a signed request may be; as much may it be ahead."""
V2 = "/v2/"
ORDERS = "/v2/orders"
RESET_HEADER = "X-RATE-LIMIT-RESET"


def wall_us() -> int:
    """What the venue's own clock says."""
    return time.time_ns() // 1_000 + SKEW_MS.get() * 1_000


def signature_of(secret: str, payload: str) -> str:
    """Hex HMAC-SHA256."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def good(result: Any, *, after: str | None = None) -> web.Response:
    """An answer that says yes."""
    meta = {"after": after, "before": None}
    return web.json_response({"success": True, "result": result, "meta": meta})


async def signed(request: web.Request) -> str:
    """The key that signed this request.

    Raises:
        DeltaError: none did, wrongly, too long ago, or from an address that is not on the key's list.
    """
    key, stamp = request.headers.get("api-key", ""), request.headers.get("timestamp", "")
    house = request.app[HOUSE]
    secret = house.venue.secrets.get(key)
    if secret is None:
        raise DeltaError("InvalidApiKey", 401, {"message": "Api Key not found"}, flat=True)
    if key in house.not_allowed:
        raise DeltaError("ip_not_whitelisted_for_api_key", 401, {"client_ip": request.remote or ""})
    if not stamp.isdigit() or abs(wall_us() / 1e6 - int(stamp)) > WINDOW_S + 1:
        message = f"your signature has expired; server time {wall_us() // 1_000_000}"
        raise DeltaError("SignatureExpired", 401, {"message": message}, flat=True)
    query = request.rel_url.raw_query_string
    payload = f"{request.method}{stamp}{request.path}{'?' if query else ''}{query}{await request.text()}"
    if not hmac.compare_digest(signature_of(secret, payload), request.headers.get("signature", "")):
        raise DeltaError("Signature Mismatch", 401, {"message": "Signature Mismatch"}, flat=True)
    return key


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON body.

    Raises:
        DeltaError: it is none.
    """
    try:
        raw: Any = json.loads(await request.text() or "{}")
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise DeltaError("bad_schema", 400, {"schema_errors": "the body must be a JSON object"})
    return cast("dict[str, Any]", raw)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything under /v2: errors as JSON, faults on order, the budget; who does not say what he is gets nothing."""
    if not request.path.startswith(V2):
        return await handler(request)
    if not request.headers.get("User-Agent"):
        return web.Response(status=403, text="Forbidden")
    try:
        return await _guarded(request, handler)
    except DeltaError as error:
        headers = {RESET_HEADER: str(error.reset_ms)} if error.reset_ms else {}
        return web.json_response(error.body(), status=error.status, headers=headers)


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    armed = request.app[FAULTS]
    if request.method == "POST" and request.path == ORDERS:
        armed.count(str((await body_of(request)).get("client_order_id") or ""))

    async def spend(request: web.Request) -> web.StreamResponse:
        who = request.headers.get("api-key") or request.remote or ""
        request.app[QUOTA].spend(who, cost_of(request.method, request.path))
        return await handler(request)

    return await suffer(request, spend, _WORDS)


def _busy(status: int, retry_after_s: int) -> DeltaError:
    error = DeltaError("too_many_requests", status)
    error.reset_ms = retry_after_s * 1_000
    return error


_WORDS = Words(
    no_order=lambda: DeltaError(NOT_FOUND, 404),
    closed=lambda: DeltaError("market_disrupted_cancel_only_mode", 400),
    busy=_busy,
    nothing=lambda: good([]),
    # A path with a name in it is a question about one order; the others are lists.
    asks_one=lambda path: path.count("/") > V2.count("/") and path != "/v2/orders/history",
    places=lambda path: path in (ORDERS, "/v2/orders/batch", "/v2/orders/bracket"),
)
