"""REST under /v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tradedeck.sandbox.delta.door import HOUSE, MARKET, QUOTA, body_of, good, signed, wall_us
from tradedeck.sandbox.delta.house import Heartbeat, House
from tradedeck.sandbox.delta.listings import ASSETS, Product, asset_json, others_json, product_json
from tradedeck.sandbox.delta.refusals import NOT_FOUND, DeltaError, bad_schema
from tradedeck.sandbox.delta.tickets import whole
from tradedeck.sandbox.delta.wire import Json, fill_json, order_json, us

PAGE = 100
SHORT_PAGE = 50
"""Most rows of ended orders and of fills."""
MAX_PRODUCTS = 10
_DEPTH = 20
_MARK = "MARK:"


def add_rest(app: web.Application) -> None:
    """Add every path."""
    get, post, put, delete = (getattr(app.router, f"add_{name}") for name in ("get", "post", "put", "delete"))
    for path, handler in {
        "settings": _settings,
        "assets": _assets,
        "products": _products,
        "history/candles": _candles,
        "tickers": _tickers,
        "tickers/{symbol}": _ticker,
        "l2orderbook/{symbol}": _book,
        "trades/{symbol}": _trades,
        "rate_limits/quota": _quota,
        "wallet/balances": _balances,
        "orders": _open_orders,
        "orders/history": _history,
        "orders/client_order_id/{client_id}": _by_client_id,
        "orders/{number}": _by_number,
        "fills": _fills,
        "positions": _position,
        "positions/margined": _positions,
        "products/{number}/orders/leverage": _leverage,
    }.items():
        get(f"/v2/{path}", handler)
    post("/v2/orders", _place)
    put("/v2/orders", _edit)
    delete("/v2/orders", _cancel)
    delete("/v2/orders/all", _cancel_all)
    post("/v2/products/{number}/orders/leverage", _set_leverage)
    post("/v2/heartbeat/create", _create_heartbeat)
    post("/v2/heartbeat", _beat)


# The market


async def _settings(_: web.Request) -> web.Response:
    return good({"server_time": wall_us(), "under_maintenance": "false", "deto_referral_mining_daily_reward": "0"})


async def _assets(_: web.Request) -> web.Response:
    return good([asset_json(symbol) for symbol in ASSETS])


async def _products(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    mine = [product_json(product, house.trading_status) for product in house.products.values()]
    return good(mine + others_json())


async def _candles(request: web.Request) -> web.Response:
    query = request.query
    symbol = query.get("symbol", "").removeprefix(_MARK)
    if symbol not in request.app[HOUSE].products:
        raise bad_schema("symbol", "there is no such symbol")
    start, end = query.get("start", ""), query.get("end", "")
    if not (start.isdigit() and end.isdigit()):
        raise bad_schema("start", "start and end must be seconds")
    rows = request.app[MARKET].candles(symbol, query.get("resolution", ""), int(start), int(end))
    if rows is None:
        raise bad_schema("resolution", "there is no such resolution")
    return good(rows)


async def _tickers(request: web.Request) -> web.Response:
    return good([request.app[MARKET].ticker(symbol) for symbol in request.app[HOUSE].products])


async def _ticker(request: web.Request) -> web.Response:
    return good(request.app[MARKET].ticker(_symbol(request)))


async def _book(request: web.Request) -> web.Response:
    depth = request.query.get("depth", "")
    return good(request.app[MARKET].book(_symbol(request), int(depth) if depth.isdigit() else _DEPTH))


async def _trades(request: web.Request) -> web.Response:
    return good(request.app[MARKET].trades(_symbol(request)))


async def _quota(request: web.Request) -> web.Response:
    who, quota = request.headers.get("api-key") or request.remote or "", request.app[QUOTA]
    return good({"current_quota": quota.left(who), "remaining_time_in_milliseconds": quota.remaining_ms(who)})


# The account


async def _balances(request: web.Request) -> web.Response:
    key = await signed(request)
    house = request.app[HOUSE]
    wallets = [house.wallet(key, asset) for asset in sorted(house.account(key).wallets)]
    return good([{"asset_id": ASSETS.get(wallet["asset_symbol"], 0)} | wallet for wallet in wallets])


async def _open_orders(request: web.Request) -> web.Response:
    rows = await _orders(request)
    return _page(request, [row for row in rows if row["state"] in ("open", "pending")], PAGE)


async def _history(request: web.Request) -> web.Response:
    rows = await _orders(request)
    return _page(request, [row for row in rows if row["state"] in ("closed", "cancelled")], SHORT_PAGE)


async def _by_client_id(request: web.Request) -> web.Response:
    key = await signed(request)
    name, house = request.match_info["client_id"], request.app[HOUSE]
    for record in reversed(house.records(key).values()):
        if record.client_order_id == name:
            return good(order_json(record, house.account(key)))
    raise DeltaError(NOT_FOUND, 404)


async def _by_number(request: web.Request) -> web.Response:
    key = await signed(request)
    number, house = request.match_info["number"], request.app[HOUSE]
    record = house.records(key).get(int(number)) if number.isdigit() else None
    if record is None:
        raise DeltaError(NOT_FOUND, 404)
    return good(order_json(record, house.account(key)))


async def _fills(request: web.Request) -> web.Response:
    key = await signed(request)
    house, wanted = request.app[HOUSE], _wanted(request)
    start_us = int(request.query.get("start_time", "0") or 0)
    rows = [
        fill_json(done, house.record_id(done.order_id), house.products[done.fill.symbol])
        for done in reversed(house.account(key).fills)
        if house.products[done.fill.symbol] in wanted and us(done.fill.time_ns) >= start_us
    ]
    return _page(request, rows, SHORT_PAGE)


async def _position(request: web.Request) -> web.Response:
    key = await signed(request)
    house = request.app[HOUSE]
    return good(house.position(key, house.product(request.query)))


async def _positions(request: web.Request) -> web.Response:
    key = await signed(request)
    house = request.app[HOUSE]
    found = (house.position(key, product) for product in house.products.values())
    return good([row for row in found if row["size"]])


async def _leverage(request: web.Request) -> web.Response:
    key = await signed(request)
    return good(request.app[HOUSE].leverage(key, _numbered(request)))


async def _set_leverage(request: web.Request) -> web.Response:
    key = await signed(request)
    leverage = whole(await body_of(request), "leverage")
    return good(request.app[HOUSE].set_leverage(key, _numbered(request), leverage))


# Orders


async def _place(request: web.Request) -> web.Response:
    key = await signed(request)
    return _told(request, request.app[HOUSE].place(key, await body_of(request)))


async def _edit(request: web.Request) -> web.Response:
    key = await signed(request)
    return _told(request, request.app[HOUSE].edit(key, await body_of(request)))


async def _cancel(request: web.Request) -> web.Response:
    key = await signed(request)
    return _told(request, request.app[HOUSE].cancel(key, await body_of(request)))


async def _cancel_all(request: web.Request) -> web.Response:
    key = await signed(request)
    request.app[HOUSE].cancel_all(key, await body_of(request))
    for symbol in request.app[HOUSE].products:
        request.app[MARKET].on_orders(symbol)
    return web.json_response({"success": True, "result": {}})


async def _create_heartbeat(request: web.Request) -> web.Response:
    key = await signed(request)
    body, house = await body_of(request), request.app[HOUSE]
    name = str(body.get("heartbeat_id") or "")
    config: list[Json] = body.get("config") or []
    if not name or not any(one.get("action") == "cancel_orders" for one in config):
        raise bad_schema("config", "a heartbeat needs an id and the action cancel_orders")
    symbols: list[str] = list(body.get("product_symbols") or house.products)
    old = house.beats.get((key, name))
    if old is not None:
        old.beat(0)
    house.beats[key, name] = Heartbeat(symbols, lambda: _stop(house, key, symbols))
    return good({"heartbeat_id": name, "product_symbols": symbols})


async def _beat(request: web.Request) -> web.Response:
    key = await signed(request)
    body = await body_of(request)
    heartbeat = request.app[HOUSE].beats.get((key, str(body.get("heartbeat_id") or "")))
    ttl = body.get("ttl")
    if heartbeat is None or not isinstance(ttl, int) or ttl < 0:
        raise bad_schema("heartbeat_id", "there is no such heartbeat, or its ttl is no number of milliseconds")
    heartbeat.beat(ttl)
    return good({"heartbeat_timestamp": str(wall_us()), "process_enabled": "true" if ttl else "false"})


# Inside


def _stop(house: House, key: str, symbols: Sequence[str]) -> None:
    for symbol in symbols:
        house.cancel_all(key, {"product_symbol": symbol}, reason="heartbeat")


async def _orders(request: web.Request) -> list[Json]:
    """An account's orders, newest first."""
    key = await signed(request)
    house, wanted = request.app[HOUSE], _wanted(request)
    account = house.account(key)
    return [order_json(one, account) for one in reversed(house.records(key).values()) if one.product in wanted]


def _wanted(request: web.Request) -> list[Product]:
    house, written = request.app[HOUSE], request.query.get("product_ids", "")
    if not written:
        return list(house.products.values())
    numbers = written.split(",")
    if len(numbers) > MAX_PRODUCTS:
        raise bad_schema("product_ids", f"at most {MAX_PRODUCTS} products")
    return [house.product({"product_id": number}) for number in numbers]


def _page(request: web.Request, rows: list[Json], longest: int) -> web.Response:
    """A part of rows that are newest first; `after` names the last row of the page before."""
    size = request.query.get("page_size", "")
    length = min(int(size), longest) if size.isdigit() and int(size) else longest
    after = request.query.get("after", "")
    if after.isdigit():
        rows = [row for row in rows if int(row["id"]) < int(after)]
    page = rows[:length]
    return good(page, after=str(page[-1]["id"]) if len(rows) > length else None)


def _told(request: web.Request, order: Mapping[str, Any]) -> web.Response:
    request.app[MARKET].on_orders(str(order["product_symbol"]))
    return good(order)


def _symbol(request: web.Request) -> str:
    symbol = request.match_info["symbol"]
    if symbol not in request.app[HOUSE].products:
        raise DeltaError("invalid_contract", 404)
    return symbol


def _numbered(request: web.Request) -> Product:
    return request.app[HOUSE].product({"product_id": request.match_info["number"]})
