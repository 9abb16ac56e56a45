"""What a request costs of the venue's budget, by method and path; what is not listed costs 1."""

from __future__ import annotations

from collections.abc import Mapping

_SPOT = {
    "GET /api/v3/klines": 2,
    "GET /api/v3/order": 4,
    "GET /api/v3/openOrders": 6,
    "GET /api/v3/exchangeInfo": 20,
    "GET /api/v3/account": 20,
    "GET /api/v3/allOrders": 20,
    "GET /api/v3/myTrades": 20,
}
_USDM = {
    "GET /fapi/v1/klines": 5,
    "GET /fapi/v1/openOrders": 1,
    "GET /fapi/v1/allOrders": 5,
    "GET /fapi/v1/userTrades": 5,
    "GET /fapi/v3/account": 5,
    "GET /fapi/v3/positionRisk": 5,
    "GET /fapi/v1/commissionRate": 20,
    "GET /fapi/v1/positionSide/dual": 30,
    "POST /fapi/v1/countdownCancelAll": 10,
}
_WEIGHTS = _SPOT | _USDM
_OF_ALL = {"GET /api/v3/openOrders": 80, "GET /fapi/v1/openOrders": 40, "GET /fapi/v1/openAlgoOrders": 40}
"""Lists that cost more without a symbol."""
_OF_ONE = {"GET /api/v3/myTrades": 5}
"""Lists that cost less with an order's id."""


def weight_of(method: str, path: str, params: Mapping[str, str | int]) -> int:
    """The weight of a request."""
    name = f"{method} {path}"
    if "symbol" not in params and name in _OF_ALL:
        return _OF_ALL[name]
    if "orderId" in params and name in _OF_ONE:
        return _OF_ONE[name]
    return _WEIGHTS.get(name, 1)
