"""Request weights of Binance spot, and the budget of one address (spot limits page, 2026-07)."""

from __future__ import annotations

import time

from tradedeck.sandbox.refusals import WireError

MAX_WEIGHT = 6_000
WINDOW_S = 60.0
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50))
_DEEPEST = 250
_OPEN_ORDERS_OF_ALL = 80
_MY_TRADES_OF_ONE = 5
_WEIGHTS = {
    "klines": 2,
    "avgPrice": 2,
    "aggTrades": 4,
    "GET order": 4,
    "openOrders": 6,
    "exchangeInfo": 20,
    "account": 20,
    "allOrders": 20,
    "myTrades": 20,
    "trades": 25,
}
_TICKER, _TICKERS = 2, 80


def weight_of(method: str, path: str, has_symbol: bool, limit: int, has_order_id: bool) -> int:
    """What a request costs."""
    name = path.removeprefix("/api/v3/")
    if name == "depth":
        return next((weight for most, weight in _DEPTH_WEIGHTS if limit <= most), _DEEPEST)
    if name.startswith("ticker/"):
        return _TICKER if has_symbol else _TICKERS
    if name == "openOrders" and not has_symbol and method == "GET":
        return _OPEN_ORDERS_OF_ALL
    if name == "myTrades" and has_order_id:
        return _MY_TRADES_OF_ONE
    if method == "DELETE":
        return 1
    return _WEIGHTS.get(f"{method} {name}", _WEIGHTS.get(name, 1))


class Budget:
    """Weight used in the running minute; the sandbox has one address, loopback."""

    def __init__(self, limit: int = MAX_WEIGHT) -> None:
        self.limit = limit
        self.used = 0
        self._since_s = time.monotonic()

    def spend(self, weight: int) -> None:
        """Take the weight of one request.

        Raises:
            WireError: the minute's budget is used up (429).
        """
        now_s = time.monotonic()
        if now_s - self._since_s >= WINDOW_S:
            self.used, self._since_s = 0, now_s
        self.used += weight
        if self.used > self.limit:
            raise WireError(
                -1003,
                f"Too much request weight used; current limit is {self.limit} request weight per 1 MINUTE.",
                status=429,
            )

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until the next minute begins."""
        return max(1, int(WINDOW_S - (time.monotonic() - self._since_s)) + 1)
