"""Binance USD-M's error codes and texts, and which of our refusals become which."""

from __future__ import annotations

from tradedeck.domain.errors import TradedeckError
from tradedeck.sandbox.refusals import WireError

NOT_SENT = (-2011, "Unknown order sent.")
NO_ORDER = (-2013, "Order does not exist.")
NO_LISTEN_KEY = (-1125, "This listenKey does not exist.")
USE_ALGO = (-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.")
BAD_POSITION_SIDE = (-4061, "Order's position side does not match user's setting.")
TOO_MANY_ORDERS = (-1015, "Too many new orders; current limit is {limit} orders per {window}.")
OVERLOADED = (-1008, "Server is currently overloaded with other requests. Please try again in a few minutes.")

_BY_CODE = {
    "margin.insufficient": (-2019, "Margin is insufficient."),
    "margin.unchanged": (-4046, "No need to change margin type."),
    "margin.in_use": (-4048, "Margin type cannot be changed if there exists position."),
    "leverage.invalid": (-4028, "Leverage is not valid"),
    "leverage.in_use": (-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions."),
    "position.too_large": (-2027, "Exceeded the maximum allowable position at current leverage."),
    "order.reduce_only": (-2022, "ReduceOnly Order is rejected."),
    "order.would_match": (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    "order.would_trigger": (-2021, "Order would immediately trigger."),
    "order.duplicate": (-4116, "ClientOrderId is duplicated."),
    "order.not_open": NOT_SENT,
    "order.not_found": NO_ORDER,
    "order.unchanged": (-5027, "No need to modify the order."),
    "order.too_many": (-2025, "Reach max open order limit."),
    "symbol.unknown": (-1121, "Invalid symbol."),
    "venue.no_price": (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    "filter.PRICE_FILTER": (-4014, "Price not increased by tick size."),
    "filter.TRAILING": (-2007, "Invalid callBack rate"),
}


def wire_error(error: TradedeckError) -> WireError:
    """What Binance says where the exchange said no."""
    if error.code == "filter.LOT_SIZE":
        return WireError(-1013, "Filter failure: LOT_SIZE")
    if error.code == "filter.NOTIONAL":
        return WireError(-4164, "Order's notional must be no smaller than the minimum (unless you choose reduce only).")
    known = _BY_CODE.get(error.code)
    if known is None:
        return WireError(-1000, "An unknown error occurred while processing the request.", status=500)
    return WireError(*known)
