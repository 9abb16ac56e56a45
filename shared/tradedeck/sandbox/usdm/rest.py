"""Binance USD-M's REST paths under /fapi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tradedeck.sandbox.candles import INTERVALS_NS
from tradedeck.sandbox.door import Handler, params_of
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import BAD_INTERVAL, refusal
from tradedeck.sandbox.signing import check_key, check_signed, rest_payload, wall_ms
from tradedeck.sandbox.usdm import accounts, algo, trading
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.limits import weight_of
from tradedeck.sandbox.usdm.market import agg_trade_json
from tradedeck.sandbox.usdm.trading import page, symbol_of
from tradedeck.sandbox.usdm.wire import RATE_LIMITS, Json, assets_json, symbol_json
from tradedeck.sandbox.wire import amount, kline_row, ms

FRONT: web.AppKey[Front] = web.AppKey("usdm", Front)
API = "/fapi"
DEFAULT_ROWS = 500
MAX_KLINES = 1_500
DEFAULT_FUNDINGS = 100
_ORDER_PATHS = ("order", "algoOrder", "batchOrders")

_SIGNED: tuple[tuple[str, str, trading.Operation], ...] = (
    ("POST", "v1/order", trading.place),
    ("POST", "v1/order/test", trading.test),
    ("PUT", "v1/order", trading.amend),
    ("DELETE", "v1/order", trading.cancel),
    ("GET", "v1/order", trading.query),
    ("GET", "v1/openOrder", trading.open_order),
    ("GET", "v1/openOrders", trading.open_orders),
    ("GET", "v1/allOrders", trading.all_orders),
    ("DELETE", "v1/allOpenOrders", trading.cancel_all),
    ("POST", "v1/batchOrders", trading.batch(trading.place)),
    ("PUT", "v1/batchOrders", trading.batch(trading.amend)),
    ("DELETE", "v1/batchOrders", trading.cancel_batch),
    ("GET", "v1/userTrades", trading.user_trades),
    ("POST", "v1/countdownCancelAll", trading.countdown),
    ("POST", "v1/algoOrder", algo.place),
    ("DELETE", "v1/algoOrder", algo.cancel),
    ("GET", "v1/algoOrder", algo.query),
    ("GET", "v1/openAlgoOrders", algo.open_orders),
    ("GET", "v1/allAlgoOrders", algo.all_orders),
    ("DELETE", "v1/algoOpenOrders", algo.cancel_all),
    ("GET", "v2/account", accounts.account),
    ("GET", "v3/account", accounts.account),
    ("GET", "v2/balance", accounts.balance),
    ("GET", "v3/balance", accounts.balance),
    ("GET", "v2/positionRisk", accounts.every_position),
    ("GET", "v3/positionRisk", accounts.position_risk),
    ("GET", "v1/leverageBracket", accounts.leverage_brackets),
    ("POST", "v1/leverage", accounts.set_leverage),
    ("POST", "v1/marginType", accounts.set_margin_type),
    ("POST", "v1/positionMargin", accounts.add_margin),
    ("GET", "v1/income", accounts.income),
    ("GET", "v1/commissionRate", accounts.commission_rate),
    ("GET", "v1/symbolConfig", accounts.symbol_config),
    ("GET", "v1/positionSide/dual", accounts.position_mode),
    ("POST", "v1/positionSide/dual", accounts.set_position_mode),
    ("GET", "v1/multiAssetsMargin", accounts.multi_assets),
    ("GET", "v1/rateLimit/order", accounts.order_limits),
)
_KEYED: tuple[tuple[str, Callable[[Front, str], Json]], ...] = (
    ("POST", accounts.open_listen_key),
    ("PUT", accounts.keep_listen_key),
    ("DELETE", accounts.close_listen_key),
)


def add_rest(app: web.Application, *, alone: bool) -> None:
    """Add every path; `alone`: no spot market on this port tells the rights of a key."""
    public: dict[str, Callable[[Front, Params], Any]] = {
        "ping": lambda front, params: {},
        "time": lambda front, params: {"serverTime": wall_ms()},
        "exchangeInfo": _exchange_info,
        "klines": _klines,
        "depth": _depth,
        "trades": _trades,
        "aggTrades": _agg_trades,
        "premiumIndex": lambda front, params: _each(front, params, "premium_json"),
        "fundingRate": _funding_rates,
        "fundingInfo": lambda front, params: [],
        "ticker/24hr": lambda front, params: _each(front, params, "day_json"),
        "ticker/price": _prices,
        "ticker/bookTicker": lambda front, params: _each(front, params, "best_json"),
    }
    for name, answer in public.items():
        app.router.add_get(f"{API}/v1/{name}", _public(answer))
    app.router.add_get(f"{API}/v2/ticker/price", _public(_prices))
    for method, name, operation in _SIGNED:
        app.router.add_route(method, f"{API}/{name}", _signed(operation))
    if alone:
        app.router.add_get("/sapi/v1/account/apiRestrictions", _signed(accounts.key_rights))
    for method, keyed in _KEYED:
        app.router.add_route(method, f"{API}/v1/listenKey", _keyed(keyed))


@web.middleware
async def limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request against the budgets, and say so in headers."""
    if not request.path.startswith(f"{API}/"):
        return await handler(request)
    budgets, query = request.app[FRONT].budgets, request.query
    name = request.path.removeprefix(f"{API}/").partition("/")[2]
    rows = query.get("limit", "")
    budgets.spend(weight_of(request.method, name, "symbol" in query, int(rows) if rows.isdigit() else DEFAULT_ROWS))
    response = await handler(request)
    response.headers["X-MBX-USED-WEIGHT-1M"] = str(budgets.used)
    if request.method in ("POST", "PUT") and name in _ORDER_PATHS:
        for window, count in budgets.order_counts(request.headers.get("X-MBX-APIKEY", "")).items():
            response.headers[f"X-MBX-ORDER-COUNT-{window}"] = str(count)
    return response


def _public(answer: Callable[[Front, Params], Any]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(answer(request.app[FRONT], await params_of(request)))

    return handle


def _signed(operation: trading.Operation) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        front, params = request.app[FRONT], await params_of(request)
        key = request.headers.get("X-MBX-APIKEY", "")
        payload = rest_payload(request.rel_url.raw_query_string, await request.text())
        check_signed(front.venue.secrets, key, params, payload)
        return web.json_response(operation(front, key, params))

    return handle


def _keyed(operation: Callable[[Front, str], Json]) -> Handler:
    """A call that needs the key alone."""

    async def handle(request: web.Request) -> web.Response:
        front, key = request.app[FRONT], request.headers.get("X-MBX-APIKEY", "")
        check_key(front.venue.secrets, key)
        return web.json_response(operation(front, key))

    return handle


def _exchange_info(front: Front, params: Params) -> Json:
    del params
    return {
        "timezone": "UTC",
        "serverTime": wall_ms(),
        "futuresType": "U_MARGINED",
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "assets": assets_json(front.exchange),
        "symbols": [symbol_json(contract) for contract in front.exchange.contracts.values()],
    }


def _klines(front: Front, params: Params) -> Any:
    """Closed candles only: replayed time is not wall time, so nobody could tell that one is still open."""
    symbol, interval_ns = symbol_of(front, params), INTERVALS_NS.get(params.text("interval"))
    if interval_ns is None:
        raise refusal(BAD_INTERVAL)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_KLINES)
    start_ms, end_ms = params.integer("startTime", 0), params.integer("endTime", 2**43)
    rows = front.venue.candles[symbol].history(interval_ns, limit, start_ms * 10**6, end_ms * 10**6)
    return [kline_row(candle, interval_ns) for candle in rows]


def _depth(front: Front, params: Params) -> Json:
    return front.markets[symbol_of(front, params)].depth_json(params.integer("limit", DEFAULT_ROWS, most=1_000))


def _trades(front: Front, params: Params) -> list[Json]:
    trades = front.venue.trades[symbol_of(front, params)]
    limit = params.integer("limit", DEFAULT_ROWS, most=1_000)
    return [
        {
            "id": row["a"],
            "price": row["p"],
            "qty": row["q"],
            "quoteQty": amount(trade.price * trade.size),
            "time": row["T"],
            "isBuyerMaker": row["m"],
        }
        for trade in list(trades)[-limit:]
        for row in (agg_trade_json(trade),)
    ]


def _agg_trades(front: Front, params: Params) -> list[Json]:
    first_id = params.integer("fromId", 0)
    trades = front.venue.trades[symbol_of(front, params)]
    rows = [agg_trade_json(trade) for trade in trades if int(trade.trade_id) >= first_id]
    return page(rows, params, "T", from_start=bool(first_id))


def _each(front: Front, params: Params, view: str) -> Any:
    """One symbol's view, or those of all in a list."""
    if params.get("symbol"):
        return getattr(front.markets[symbol_of(front, params)], view)()
    return [getattr(market, view)() for market in front.markets.values()]


def _prices(front: Front, params: Params) -> Any:
    if params.get("symbol"):
        return _price(front.markets[symbol_of(front, params)].day_json())
    return [_price(market.day_json()) for market in front.markets.values()]


def _price(day: Json) -> Json:
    return {"symbol": day["symbol"], "price": day["lastPrice"], "time": day["closeTime"]}


def _funding_rates(front: Front, params: Params) -> list[Json]:
    symbol = symbol_of(front, params) if params.get("symbol") else ""
    rows: list[Json] = [
        {
            "symbol": one.symbol,
            "fundingRate": amount(one.rate),
            "fundingTime": ms(one.time_ns),
            "markPrice": amount(one.mark),
        }
        for one in front.fundings
        if symbol in ("", one.symbol)
    ]
    return page(rows, Params({"limit": str(DEFAULT_FUNDINGS), **params}), "fundingTime")
