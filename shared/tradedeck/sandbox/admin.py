"""The sandbox's own paths under /sandbox/v1: its books, its clock, its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

from aiohttp import web

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.position import position_of
from tradedeck.sandbox.core import DEFAULT_BALANCES, DEFAULT_KEY, Sandbox
from tradedeck.sandbox.door import FAULTS, SANDBOX
from tradedeck.sandbox.faults import FaultKind
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.pump import Pump
from tradedeck.sandbox.signing import wall_ms
from tradedeck.sandbox.trouble import add_trouble

ADMIN = "/sandbox/v1"
PUMPS: web.AppKey[Mapping[str, Pump]] = web.AppKey("pumps", Mapping[str, Pump])
VENUES: web.AppKey[Mapping[str, PerpetualVenue]] = web.AppKey("venues", Mapping[str, PerpetualVenue])


def add_admin(app: web.Application) -> None:
    """Add every path."""
    app.router.add_get(f"{ADMIN}/state", _state)
    app.router.add_get(f"{ADMIN}/books", _books)
    app.router.add_get(f"{ADMIN}/requests", _requests)
    app.router.add_post(f"{ADMIN}/advance", _advance)
    app.router.add_post(f"{ADMIN}/accounts", _accounts)
    app.router.add_post(f"{ADMIN}/faults", _faults)
    app.router.add_get(f"{ADMIN}/faults", _armed)
    add_trouble(app, lambda: [app[SANDBOX].hub, *(venue.hub for venue in app[VENUES].values())])
    app[FAULTS].on(FaultKind.EXPIRE_LISTEN_KEY, lambda: _end_accounts(app))
    app.router.add_post(f"{ADMIN}/pause", _pause)
    app.router.add_post(f"{ADMIN}/resume", _resume)


def _market(request: web.Request, named: object) -> str:
    """The market that is meant: the first, when none is named."""
    pumps = request.app[PUMPS]
    name = str(named) if named else next(iter(pumps))
    if name not in pumps:
        raise NotFoundError(f"there is no market {name} here; choose from {', '.join(pumps)}", code="sandbox.market")
    return name


def perpetual_books_json(venue: PerpetualVenue, name: str) -> dict[str, Any]:
    """An account's report: wallets and positions exact, as text, with orders and fills; `imbalance` is zero."""
    account, clearing = venue.exchange.accounts[name], venue.exchange.clearing
    return {
        "orders": len(account.orders),
        "fills": len(account.fills),
        "wallets": {asset: text(amount) for asset, amount in account.wallets.items()},
        "positions": {
            symbol: {"size": text(one.size), "cost": text(one.cost), "realised": text(one.realised)}
            for symbol, one in account.positions.items()
        },
        "imbalance": {asset: text(clearing.imbalance(asset)) for asset in clearing.cash},
        "order_list": [_plain(asdict(order)) for order in account.orders.values()],
        "fill_list": [_plain(asdict(done.fill)) | {"realised": text(done.realised)} for done in account.fills],
    }


def books_json(sandbox: Sandbox, account: str) -> dict[str, Any]:
    """An account's report: counts, exact sums as text (profit at the last price), orders and fills."""
    books, instrument = sandbox.books(account), sandbox.instrument
    position = position_of(instrument.symbol, books.fills, base=instrument.base, quote=instrument.quote)
    last = sandbox.exchange.books[instrument.symbol].last or ZERO
    return {
        "orders": len(books.orders),
        "fills": len(books.fills),
        "notional": text(position.notional),
        "fees": text(position.fees),
        "realised": text(position.realised),
        "unrealised": text(position.unrealised(last)),
        "last": text(last),
        "order_list": [_plain(asdict(order)) for order in books.orders.values()],
        "fill_list": [_plain(asdict(fill)) for fill in books.fills],
    }


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: text(value) if isinstance(value, Decimal) else value for name, value in record.items()}


async def _state(request: web.Request) -> web.Response:
    market = _market(request, request.query.get("market"))
    sandbox, pump = request.app[SANDBOX], request.app[PUMPS][market]
    if market in request.app[VENUES]:
        return web.json_response(_perpetual_state(request.app[VENUES][market], pump))
    last = sandbox.exchange.books[sandbox.instrument.symbol].last
    return web.json_response(
        {
            "symbol": sandbox.instrument.symbol,
            "time_ns": sandbox.exchange.now_ns,
            "last": "" if last is None else text(last),
            "market_events": sandbox.market_events,
            "bars": sandbox.bars,
            "lap": sandbox.tape.position.lap,
            "paused": pump.paused,
            "finished": pump.finished,
            "user_events": sandbox.hub.user_events,
            "connections": len(sandbox.hub.connections),
            "streams": sorted(sandbox.hub.streams()),
        }
    )


def _perpetual_state(venue: PerpetualVenue, pump: Pump) -> dict[str, Any]:
    exchange = venue.exchange
    return {
        "symbols": list(exchange.contracts),
        "time_ns": exchange.now_ns,
        "last": {symbol: text(prices.last) for symbol, prices in exchange.prices.items()},
        "mark": {symbol: text(prices.mark) for symbol, prices in exchange.prices.items()},
        "market_events": venue.market_events,
        "bars": venue.bars,
        "paused": pump.paused,
        "finished": pump.finished,
        "user_events": venue.hub.user_events,
        "connections": len(venue.hub.connections),
        "streams": sorted(venue.hub.streams()),
    }


async def _books(request: web.Request) -> web.Response:
    account = request.query.get("account", DEFAULT_KEY)
    venue = request.app[VENUES].get(_market(request, request.query.get("market")))
    if venue is not None and account in venue.secrets:
        return web.json_response(perpetual_books_json(venue, account))
    if account not in request.app[SANDBOX].secrets:
        raise NotFoundError(f"there is no account {account}", code="account.unknown")
    return web.json_response(books_json(request.app[SANDBOX], account))


async def _requests(request: web.Request) -> web.Response:
    return web.json_response(request.app[FAULTS].orders_sent)


async def _advance(request: web.Request) -> web.Response:
    body = await _body(request)
    sandbox = request.app[SANDBOX]
    events = body.get("events", 1)
    if not isinstance(events, int):
        raise RefusedError("events must be a whole number", code="sandbox.step")
    market = _market(request, body.get("market"))
    moved, pump = request.app[VENUES].get(market, sandbox), request.app[PUMPS][market]
    pump.step(events)
    return web.json_response(
        {
            "time_ns": moved.exchange.now_ns,
            "user_events": moved.hub.user_events,
            "fills": {name: len(books.fills) for name, books in moved.exchange.accounts.items()},
            "market_events": moved.market_events,
            "finished": pump.finished,
        }
    )


async def _accounts(request: web.Request) -> web.Response:
    body = await _body(request)
    key, secret = str(body.get("key", "")), str(body.get("secret", ""))
    if not key or not secret:
        raise RefusedError("an account needs a key and a secret", code="sandbox.account")
    balances = body.get("balances") or {asset: text(amount) for asset, amount in DEFAULT_BALANCES.items()}
    owned = {asset: exact(amount) for asset, amount in balances.items()}
    request.app[SANDBOX].open_account(key, secret, owned)
    for venue in request.app[VENUES].values():
        settling = venue.exchange.clearing.cash
        venue.open_account(key, secret, {asset: amount for asset, amount in owned.items() if asset in settling})
    return web.json_response({"key": key}, status=201)


async def _faults(request: web.Request) -> web.Response:
    body = await _body(request)
    wishes, seed = body.get("faults", []), body.get("seed", 0)
    if not isinstance(wishes, list) or not isinstance(seed, int):
        raise RefusedError("faults must be a list and seed a whole number", code="sandbox.fault")
    request.app[FAULTS].arm(cast("list[dict[str, Any]]", wishes), seed)
    return web.json_response({"armed": len(cast("list[object]", wishes))})


async def _armed(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[FAULTS].armed()})


def _end_accounts(app: web.Application) -> None:
    app[SANDBOX].hub.end_accounts({"e": "eventStreamTerminated", "E": wall_ms()})


async def _pause(request: web.Request) -> web.Response:
    for pump in request.app[PUMPS].values():
        pump.pause()
    return web.json_response({"paused": True})


async def _resume(request: web.Request) -> web.Response:
    for pump in request.app[PUMPS].values():
        pump.go_on()
    return web.json_response({"paused": False})


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON body; a bare list stands for its own `faults`."""
    try:
        body: Any = await request.json() if request.can_read_body else {}
    except ValueError as error:
        raise RefusedError("the body must be JSON", code="sandbox.json") from error
    return {"faults": body} if isinstance(body, list) else body
