"""Binance spot's JSON: rules, candles, orders, fills and the events of the user stream."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradedeck.domain.events import Filled
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side
from tradedeck.sandbox.candles import INTERVALS_NS, Candle
from tradedeck.sim.exchange import MAX_OPEN_ORDERS, AccountBooks

Json = dict[str, Any]

_DECIMALS = 8
ZERO_TEXT = "0.00000000"
STATUS = {
    OrderState.ACCEPTED: "NEW",
    OrderState.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}
TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"]


def rate_limits(weight: int) -> list[Json]:
    """What an address may ask for within a minute, and how many orders an account may send; these aren't counted."""
    return [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": max(100, weight // 60)},
    ]


def amount(value: Decimal | None) -> str:
    """Eight decimals as the venue writes them, and more where the exact value has more."""
    if value is None:
        return ZERO_TEXT
    written = format(value, "f")
    whole, _, fraction = written.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(_DECIMALS, '0')}"


def ms(time_ns: int) -> int:
    """Milliseconds, as every time on this wire."""
    return time_ns // 1_000_000


def symbol_json(instrument: Instrument) -> Json:
    """The instrument's entry in exchangeInfo."""
    return {
        "symbol": instrument.symbol,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": _DECIMALS,
        "quoteAsset": instrument.quote,
        "quotePrecision": _DECIMALS,
        "quoteAssetPrecision": _DECIMALS,
        "baseCommissionPrecision": _DECIMALS,
        "quoteCommissionPrecision": _DECIMALS,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _filters(instrument: Instrument) -> list[Json]:
    lots = {
        "minQty": amount(instrument.min_size),
        "maxQty": amount(instrument.max_size),
        "stepSize": amount(instrument.lot),
    }
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": amount(instrument.tick),
            "maxPrice": ZERO_TEXT,
            "tickSize": amount(instrument.tick),
        },
        {"filterType": "LOT_SIZE", **lots},
        {"filterType": "MARKET_LOT_SIZE", **lots},
        {
            "filterType": "NOTIONAL",
            "minNotional": amount(instrument.min_notional),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MAX_OPEN_ORDERS},
    ]


def kline_row(candle: Candle, interval_ns: int) -> list[str | int]:
    """A row of GET klines."""
    return [
        ms(candle.open_ns),
        amount(candle.open),
        amount(candle.high),
        amount(candle.low),
        amount(candle.close),
        amount(candle.volume),
        ms(candle.open_ns + interval_ns) - 1,
        amount(candle.quote_volume),
        candle.trades,
        amount(candle.taker_volume),
        amount(candle.taker_quote),
        "0",
    ]


def kline_event(candle: Candle, symbol: str, interval: str, now_ms: int, *, over: bool) -> Json:
    """A kline stream's event, of spot and of perpetuals alike."""
    detail: Json = {
        "t": ms(candle.open_ns),
        "T": ms(candle.open_ns + INTERVALS_NS[interval]) - 1,
        "s": symbol,
        "i": interval,
        "f": candle.first_id or -1,
        "L": candle.last_id or -1,
        "o": amount(candle.open),
        "c": amount(candle.close),
        "h": amount(candle.high),
        "l": amount(candle.low),
        "v": amount(candle.volume),
        "n": candle.trades,
        "x": over,
        "q": amount(candle.quote_volume),
        "V": amount(candle.taker_volume),
        "Q": amount(candle.taker_quote),
        "B": "0",
    }
    return {"e": "kline", "E": now_ms, "s": symbol, "k": detail}


def type_of(order: Order) -> str:
    """Binance's name of the order's type."""
    return "LIMIT_MAKER" if order.post_only else TYPES[order.type]


def order_json(order: Order) -> Json:
    """An order as GET order shows it."""
    return {
        "symbol": order.symbol,
        "orderId": int(order.venue_order_id),
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        "price": amount(order.price),
        "origQty": amount(order.size),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": ZERO_TEXT,
        "cummulativeQuoteQty": amount(order.filled_quote),
        "status": STATUS[order.state],
        "timeInForce": order.time_in_force.upper(),
        "type": type_of(order),
        "side": order.side.upper(),
        "stopPrice": amount(order.stop_price),
        "icebergQty": ZERO_TEXT,
        "time": ms(order.created_ns),
        "updateTime": ms(order.updated_ns),
        "isWorking": True,
        "workingTime": ms(order.created_ns),
        "selfTradePreventionMode": "NONE",
    }


def canceled_json(order: Order, cancel_id: str) -> Json:
    """An order as DELETE order shows it: the client id is the cancel's own."""
    return order_json(order) | {
        "origClientOrderId": order.client_order_id,
        "clientOrderId": cancel_id,
        "transactTime": ms(order.updated_ns),
    }


def placed_json(order: Order, fills: list[Fill], form: str) -> Json:
    """The answer to POST order in the form asked for: ACK, RESULT or FULL."""
    whole = order_json(order)
    head = {name: whole[name] for name in ("symbol", "orderId", "orderListId", "clientOrderId")}
    head["transactTime"] = ms(order.updated_ns)
    if form == "ACK":
        return head
    rest = {name: whole[name] for name in whole if name not in ("time", "updateTime", "isWorking")}
    if form == "RESULT":
        return rest | head
    return rest | head | {"fills": [_fill_part(fill) for fill in fills]}


def _fill_part(fill: Fill) -> Json:
    return {
        "price": amount(fill.price),
        "qty": amount(fill.size),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": int(fill.trade_id),
    }


def my_trade_json(fill: Fill, order_id: int) -> Json:
    """A fill as GET myTrades shows it."""
    return {
        "symbol": fill.symbol,
        "id": int(fill.trade_id),
        "orderId": order_id,
        "orderListId": -1,
        "price": amount(fill.price),
        "qty": amount(fill.size),
        "quoteQty": amount(fill.notional),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.time_ns),
        "isBuyer": fill.side is Side.BUY,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def balances_json(books: AccountBooks, names: tuple[str, str, str]) -> list[dict[str, str]]:
    """Balances under the given names for asset, free and locked."""
    asset_name, free_name, locked_name = names
    wallet = books.wallet
    return [
        {
            asset_name: asset,
            free_name: amount(wallet.free.get(asset)),
            locked_name: amount(wallet.locked(asset)),
        }
        for asset in wallet.assets()
    ]


def account_json(books: AccountBooks, instrument: Instrument, now_ns: int) -> Json:
    """GET account."""
    rates = {"maker": amount(instrument.fees.maker), "taker": amount(instrument.fees.taker)}
    return {
        "makerCommission": int(instrument.fees.maker * 10_000),
        "takerCommission": int(instrument.fees.taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates | {"buyer": ZERO_TEXT, "seller": ZERO_TEXT},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": ms(now_ns),
        "accountType": "SPOT",
        "balances": balances_json(books, ("asset", "free", "locked")),
        "permissions": ["SPOT"],
        "uid": 1,
    }


def execution_report(
    order: Order,
    now_ns: int,
    *,
    execution: str,
    status: str,
    done: tuple[Decimal, Decimal],
    filled: Filled | None = None,
    cancel_id: str = "",
    reason: str = "",
) -> Json:
    """`executionReport`; `done` is the size and the quote amount traded so far."""
    fill = filled.fill if filled else None
    report: Json = {
        "e": "executionReport",
        "E": ms(now_ns),
        "s": order.symbol,
        "c": cancel_id or order.client_order_id,
        "S": order.side.upper(),
        "o": type_of(order),
        "f": order.time_in_force.upper(),
        "q": amount(order.size),
        "p": amount(order.price),
        "P": amount(order.stop_price),
        "F": ZERO_TEXT,
        "g": -1,
        "C": order.client_order_id if cancel_id else "",
        "x": execution,
        "X": status,
        "r": reason or "NONE",
        "i": int(order.venue_order_id),
        "l": amount(fill.size if fill else None),
        "z": amount(done[0]),
        "L": amount(fill.price if fill else None),
        "n": amount(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": ms(now_ns),
        "t": int(fill.trade_id) if fill else -1,
        "I": int(order.venue_order_id),
        "w": status in ("NEW", "PARTIALLY_FILLED"),
        "m": bool(fill and fill.maker),
        "M": False,
        "O": ms(order.created_ns),
        "Z": amount(done[1]),
        "Y": amount(fill.notional if fill else None),
        "Q": ZERO_TEXT,
        "W": ms(order.created_ns),
        "V": "NONE",
    }
    return report


def account_position(books: AccountBooks, now_ns: int) -> Json:
    """`outboundAccountPosition`: every balance after a change."""
    return {
        "e": "outboundAccountPosition",
        "E": ms(now_ns),
        "u": ms(now_ns),
        "B": balances_json(books, ("a", "f", "l")),
    }


def levels_json(levels: Mapping[Decimal, Decimal], limit: int | None = None) -> list[list[str]]:
    """Price levels as pairs of texts, best first."""
    return [[amount(price), amount(size)] for price, size in list(levels.items())[:limit]]
