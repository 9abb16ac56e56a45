"""Binance spot's REST paths."""

from __future__ import annotations

from aiohttp import web

from tradedeck.sandbox import trading
from tradedeck.sandbox.candles import INTERVALS_NS
from tradedeck.sandbox.core import Sandbox
from tradedeck.sandbox.door import API, BUDGET, SANDBOX, Handler, params_of, signed
from tradedeck.sandbox.market import agg_trade_json
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import BAD_INTERVAL, BAD_SYMBOL, refusal
from tradedeck.sandbox.signing import wall_ms
from tradedeck.sandbox.wire import amount, kline_row, rate_limits, symbol_json

DEFAULT_ROWS = 500
MAX_ROWS = 1_000
DEFAULT_LEVELS = 100
MAX_LEVELS = 5_000


def add_rest(app: web.Application) -> None:
    """Add every path."""
    public = {
        "ping": _ping,
        "time": _time,
        "exchangeInfo": _exchange_info,
        "klines": _klines,
        "depth": _depth,
        "trades": _trades,
        "aggTrades": _agg_trades,
        "avgPrice": _average,
        "ticker/24hr": _day,
        "ticker/price": _price,
        "ticker/bookTicker": _book,
    }
    for name, handler in public.items():
        app.router.add_get(f"{API}/{name}", handler)
    operations: tuple[tuple[str, str, trading.Operation], ...] = (
        ("POST", "order", trading.place),
        ("POST", "order/test", trading.test),
        ("POST", "order/cancelReplace", trading.replace),
        ("DELETE", "order", trading.cancel),
        ("DELETE", "openOrders", trading.cancel_all),
        ("GET", "order", trading.query),
        ("GET", "openOrders", trading.open_orders),
        ("GET", "allOrders", trading.all_orders),
        ("GET", "myTrades", trading.my_trades),
        ("GET", "account", trading.account),
    )
    for method, name, operation in operations:
        app.router.add_route(method, f"{API}/{name}", _handler(operation))
    app.router.add_get("/sapi/v1/margin/allPairs", _nothing)
    app.router.add_get("/sapi/v1/margin/isolated/allPairs", _nothing)
    app.router.add_get("/sapi/v1/capital/config/getall", _coins)
    app.router.add_get("/sapi/v1/asset/tradeFee", _fees)
    app.router.add_get("/sapi/v1/account/apiRestrictions", _key_rights)


def _handler(operation: trading.Operation) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        account, params = await signed(request)
        return web.json_response(operation(request.app[SANDBOX], account, params))

    return handle


async def _asked(request: web.Request, *, symbol: bool = True) -> tuple[Sandbox, Params]:
    """The sandbox and the parameters, whose symbol is one that is listed."""
    sandbox, params = request.app[SANDBOX], await params_of(request)
    named = params.text("symbol") if symbol else params.get("symbol", "")
    if named and named != sandbox.instrument.symbol:
        raise refusal(BAD_SYMBOL)
    return sandbox, params


async def _ping(_: web.Request) -> web.Response:
    return web.json_response({})


async def _time(_: web.Request) -> web.Response:
    return web.json_response({"serverTime": wall_ms()})


async def _exchange_info(request: web.Request) -> web.Response:
    sandbox, _ = await _asked(request, symbol=False)
    return web.json_response(
        {
            "timezone": "UTC",
            "serverTime": wall_ms(),
            "rateLimits": rate_limits(request.app[BUDGET].limit),
            "exchangeFilters": [],
            "symbols": [symbol_json(sandbox.instrument)],
        }
    )


async def _klines(request: web.Request) -> web.Response:
    """Closed candles only: replayed time is not wall time, so nobody could tell that one is still open."""
    sandbox, params = await _asked(request)
    interval_ns = INTERVALS_NS.get(params.text("interval"))
    if interval_ns is None:
        raise refusal(BAD_INTERVAL)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    start_ms, end_ms = params.integer("startTime", 0), params.integer("endTime", 2**43)
    rows = sandbox.market.candles.history(interval_ns, limit, start_ms * 10**6, end_ms * 10**6)
    return web.json_response([kline_row(candle, interval_ns) for candle in rows])


async def _depth(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request)
    limit = params.integer("limit", DEFAULT_LEVELS, most=MAX_LEVELS)
    return web.json_response(sandbox.market.depth_json(limit))


async def _trades(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    rows = [agg_trade_json(trade) for trade in sandbox.market.trades[-limit:]]
    return web.json_response(
        [
            {
                "id": row["a"],
                "price": row["p"],
                "qty": row["q"],
                "quoteQty": amount(trade.price * trade.size),
                "time": row["T"],
                "isBuyerMaker": row["m"],
                "isBestMatch": True,
            }
            for row, trade in zip(rows, sandbox.market.trades[-limit:], strict=True)
        ]
    )


async def _agg_trades(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    start_ms, end_ms = params.integer("startTime", 0), params.integer("endTime", 2**63)
    rows = [agg_trade_json(trade) for trade in sandbox.market.trades]
    rows = [row for row in rows if start_ms <= row["T"] <= end_ms]
    return web.json_response(rows[:limit] if start_ms else rows[-limit:])


async def _average(request: web.Request) -> web.Response:
    sandbox, _ = await _asked(request)
    day = sandbox.market.day_json()
    return web.json_response({"mins": 5, "price": day["lastPrice"], "closeTime": day["closeTime"]})


async def _day(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request, symbol=False)
    day = sandbox.market.day_json()
    return web.json_response(day if params.get("symbol") else [day])


async def _price(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request, symbol=False)
    day = sandbox.market.day_json()
    price = {"symbol": day["symbol"], "price": day["lastPrice"]}
    return web.json_response(price if params.get("symbol") else [price])


async def _book(request: web.Request) -> web.Response:
    sandbox, params = await _asked(request, symbol=False)
    sandbox.market.depth_json(1)
    best = sandbox.market.book_ticker()
    return web.json_response(best if params.get("symbol") else [best])


async def _nothing(request: web.Request) -> web.Response:
    await signed(request)
    return web.json_response([])


async def _coins(request: web.Request) -> web.Response:
    account, _ = await signed(request)
    books = request.app[SANDBOX].books(account)
    return web.json_response(
        [
            {
                "coin": asset,
                "name": asset,
                "trading": True,
                "isLegalMoney": False,
                "depositAllEnable": False,
                "withdrawAllEnable": False,
                "free": amount(books.wallet.free.get(asset)),
                "locked": amount(books.wallet.locked(asset)),
                "networkList": [],
            }
            for asset in books.wallet.assets()
        ]
    )


async def _fees(request: web.Request) -> web.Response:
    await signed(request)
    instrument = request.app[SANDBOX].instrument
    fees = instrument.fees
    return web.json_response(
        [
            {
                "symbol": instrument.symbol,
                "makerCommission": amount(fees.maker),
                "takerCommission": amount(fees.taker),
            }
        ]
    )


async def _key_rights(request: web.Request) -> web.Response:
    """What a key may do: here trade, everywhere from, and nothing else."""
    await signed(request)
    return web.json_response(
        {
            "ipRestrict": False,
            "createTime": 0,
            "enableReading": True,
            "enableWithdrawals": False,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": True,
            "permitsUniversalTransfer": False,
            "enableSpotAndMarginTrading": True,
        }
    )
