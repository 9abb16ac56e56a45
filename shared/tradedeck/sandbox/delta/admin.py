"""The sandbox's own paths under /sandbox/v1 for this market: its clock, its faults, its accounts and its moods."""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact, text
from tradedeck.sandbox.delta.door import FAULTS, HOUSE, QUOTA
from tradedeck.sandbox.delta.listings import QUOTE
from tradedeck.sandbox.pump import Pump

PUMP: web.AppKey[Pump] = web.AppKey("delta_pump", Pump)
ADMIN = "/sandbox/v1"
DEFAULT_BALANCE = "1000000"
_MOODS = ("operational", "disrupted_cancel_only", "disrupted_post_only")


def add_admin(app: web.Application) -> None:
    """Add every path."""
    app.router.add_get(f"{ADMIN}/state", _state)
    app.router.add_get(f"{ADMIN}/requests", _requests)
    app.router.add_post(f"{ADMIN}/advance", _advance)
    app.router.add_post(f"{ADMIN}/accounts", _accounts)
    app.router.add_post(f"{ADMIN}/faults", _faults)
    app.router.add_post(f"{ADMIN}/pause", _pause)
    app.router.add_post(f"{ADMIN}/resume", _resume)
    app.router.add_post(f"{ADMIN}/mood", _mood)


async def _state(request: web.Request) -> web.Response:
    venue, pump = request.app[HOUSE].venue, request.app[PUMP]
    lasts = {symbol: book.last for symbol, book in venue.exchange.books.items()}
    return web.json_response(
        {
            "symbols": sorted(lasts),
            "time_ns": venue.exchange.now_ns,
            "last": {symbol: text(last) for symbol, last in lasts.items() if last is not None},
            "market_events": venue.market_events,
            "bars": venue.bars,
            "paused": pump.paused,
            "finished": pump.finished,
            "connections": len(venue.hub.connections),
            "streams": sorted(venue.hub.streams()),
        }
    )


async def _requests(request: web.Request) -> web.Response:
    return web.json_response(request.app[FAULTS].orders_sent)


async def _advance(request: web.Request) -> web.Response:
    events = (await _body(request)).get("events", 1)
    if not isinstance(events, int):
        raise RefusedError("events must be a whole number", code="sandbox.step")
    request.app[PUMP].step(events)
    venue = request.app[HOUSE].venue
    fills = {name: len(account.fills) for name, account in venue.exchange.accounts.items()}
    return web.json_response({"time_ns": venue.exchange.now_ns, "fills": fills, "market_events": venue.market_events})


async def _accounts(request: web.Request) -> web.Response:
    body = await _body(request)
    key, secret = str(body.get("key", "")), str(body.get("secret", ""))
    if not key or not secret:
        raise RefusedError("an account needs a key and a secret", code="sandbox.account")
    balances = body.get("balances") or {QUOTE: DEFAULT_BALANCE}
    request.app[HOUSE].open_account(key, secret, {asset: exact(amount) for asset, amount in balances.items()})
    return web.json_response({"key": key}, status=201)


async def _faults(request: web.Request) -> web.Response:
    wishes: Any = (await _body(request)).get("faults", [])
    request.app[FAULTS].arm(list(wishes))
    return web.json_response({"armed": len(wishes)})


async def _pause(request: web.Request) -> web.Response:
    request.app[PUMP].pause()
    return web.json_response({"paused": True})


async def _resume(request: web.Request) -> web.Response:
    request.app[PUMP].go_on()
    return web.json_response({"paused": False})


async def _mood(request: web.Request) -> web.Response:
    """How the venue is: `trading_status`, keys `not_allowed` from here, and the `quota` of each."""
    body, house = await _body(request), request.app[HOUSE]
    status = str(body.get("trading_status", house.trading_status))
    if status not in _MOODS:
        raise RefusedError(f"trading_status must be one of {', '.join(_MOODS)}", code="sandbox.mood")
    house.trading_status = status
    house.not_allowed = set(body.get("not_allowed", house.not_allowed))
    request.app[QUOTA].limit = int(body.get("quota", request.app[QUOTA].limit))
    return web.json_response({"trading_status": status, "quota": request.app[QUOTA].limit})


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body: Any = await request.json() if request.can_read_body else {}
    except ValueError as error:
        raise RefusedError("the body must be JSON", code="sandbox.json") from error
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}
