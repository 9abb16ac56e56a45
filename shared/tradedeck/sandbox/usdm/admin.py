"""The sandbox's own paths for USD-M under /sandbox/v1/usdm: what a venue does to accounts unasked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact
from tradedeck.sandbox.core import DEFAULT_KEY
from tradedeck.sandbox.faults import FaultKind
from tradedeck.sandbox.trouble import FAULTS
from tradedeck.sandbox.usdm.rest import FRONT

ADMIN = "/sandbox/v1/usdm"


def add_admin(app: web.Application) -> None:
    """Add every path."""
    app.router.add_post(f"{ADMIN}/liquidate", _liquidate)
    app.router.add_post(f"{ADMIN}/deleverage", _deleverage)
    app.router.add_post(f"{ADMIN}/expire", _expire)
    app[FAULTS].on(FaultKind.EXPIRE_LISTEN_KEY, lambda: _expire_all(app))


def _expire_all(app: web.Application) -> None:
    front = app[FRONT]
    for key in list(front.listen_keys):
        front.expire(key)


async def _liquidate(request: web.Request) -> web.Response:
    """Liquidate the position of `account` on `symbol`, whatever backs it."""
    front, (account, symbol, _) = request.app[FRONT], await _position(request)
    front.tell(front.exchange.liquidate(account, symbol))
    return web.json_response({"liquidated": symbol})


async def _deleverage(request: web.Request) -> web.Response:
    """Take `size` of the position of `account` on `symbol` away at the mark price."""
    front, (account, symbol, size) = request.app[FRONT], await _position(request)
    front.tell(front.exchange.deleverage(account, symbol, size))
    return web.json_response({"deleveraged": symbol})


async def _expire(request: web.Request) -> web.Response:
    """End every listen key, as if its hour was over."""
    front = request.app[FRONT]
    keys = list(front.listen_keys)
    for key in keys:
        front.expire(key)
    return web.json_response({"expired": len(keys)})


async def _position(request: web.Request) -> tuple[str, str, Decimal]:
    try:
        body: dict[str, Any] = await request.json()
        account, symbol = str(body.get("account", DEFAULT_KEY)), str(body["symbol"])
        size = exact(str(body.get("size", "0")))
    except (ValueError, KeyError, AttributeError) as error:
        raise RefusedError("the body must be JSON with a symbol", code="sandbox.json") from error
    if account not in request.app[FRONT].exchange.accounts:
        raise RefusedError(f"there is no account {account}", code="account.unknown")
    return account, symbol, size
