"""The few messages of Binance spot that measuring needs; only the standard library, as rivals share it."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Mapping
from typing import Any

SYMBOL = "BTCUSDT"
MARKED_SIZE = "0.77700000"
"""The size of a trade that is to be answered by an order at its price."""
ORDER_SIZE = 0.01
_LIMIT = 10**8
_SHORT, _MIDDLE = 126, 1 << 16


def frame(payload: bytes, *, kind: int = 1) -> bytes:
    """A whole websocket frame of a server."""
    if len(payload) < _SHORT:
        return bytes((0x80 | kind, len(payload))) + payload
    if len(payload) < _MIDDLE:
        return struct.pack("!BBH", 0x80 | kind, 126, len(payload)) + payload
    return struct.pack("!BBQ", 0x80 | kind, 127, len(payload)) + payload


def unmasked(heard: bytearray) -> tuple[int, bytes] | None:
    """Take a client's whole frame off `heard`: its kind and payload; None while it is not there."""
    if len(heard) < 2:
        return None
    length, start = heard[1] & 0x7F, 2
    if length >= _SHORT:
        size = 2 if length == _SHORT else 8
        if len(heard) < 2 + size:
            return None
        length, start = int.from_bytes(heard[2 : 2 + size], "big"), 2 + size
    end = start + 4 + length
    if len(heard) < end:
        return None
    kind, mask = heard[0] & 0x0F, heard[start : start + 4]
    payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(heard[start + 4 : end]))
    del heard[:end]
    return kind, payload


def trade_text(symbol: str, number: int, price: str, size: str, now_ms: int) -> bytes:
    """A trade on a combined stream."""
    return (
        f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{now_ms},"s":"{symbol}","t":{number},'
        f'"p":"{price}","q":"{size}","T":{now_ms},"m":true,"M":true}}}}'
    ).encode()


def order_answer(asked: Mapping[str, str], order_id: int) -> dict[str, Any]:
    """The full answer to an order that is not filled and ends at once."""
    now_ms = time.time_ns() // 1_000_000
    return {
        "symbol": asked["symbol"],
        "orderId": order_id,
        "orderListId": -1,
        "clientOrderId": asked["newClientOrderId"],
        "transactTime": now_ms,
        "workingTime": now_ms,
        "price": asked["price"],
        "origQty": asked["quantity"],
        "executedQty": "0.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "EXPIRED",
        "timeInForce": asked["timeInForce"],
        "type": asked["type"],
        "side": asked["side"],
        "selfTradePreventionMode": "NONE",
        "fills": [],
    }


def exchange_info(symbols: list[str]) -> dict[str, Any]:
    """The rules of the symbols, every field that a strict client asks for."""
    return {
        "timezone": "UTC",
        "serverTime": time.time_ns() // 1_000_000,
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": _LIMIT},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": _LIMIT},
            {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": _LIMIT},
        ],
        "exchangeFilters": [],
        "symbols": [_rules(symbol) for symbol in symbols],
    }


def _rules(symbol: str) -> dict[str, Any]:
    lots = {"minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"}
    flags = {
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
    }
    digits = ("baseAssetPrecision", "quotePrecision", "quoteAssetPrecision")
    commissions = ("baseCommissionPrecision", "quoteCommissionPrecision")
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": symbol.removesuffix("USDT"),
        "quoteAsset": "USDT",
        **dict.fromkeys((*digits, *commissions), 8),
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"],
        **flags,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.01000000",
                "maxPrice": "10000000.0",
                "tickSize": "0.01000000",
            },
            {"filterType": "LOT_SIZE", **lots},
            {"filterType": "MARKET_LOT_SIZE", **lots},
            {
                "filterType": "NOTIONAL",
                "minNotional": "5.00000000",
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 0,
            },
        ],
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def serve_line(message: Mapping[str, Any]) -> None:
    """Say something to whoever started this process."""
    print(json.dumps(message), flush=True)
