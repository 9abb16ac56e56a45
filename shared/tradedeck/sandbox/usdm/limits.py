"""Request weights and order counts of Binance USD-M: headers, 429, and 418 for who goes on."""

from __future__ import annotations

import time

from tradedeck.sandbox.refusals import WireError
from tradedeck.sandbox.usdm.refusals import TOO_MANY_ORDERS

MAX_WEIGHT = 2_400
MAX_ORDERS = {"10S": (300, 10.0), "1M": (1_200, 60.0)}
WINDOW_S = 60.0
BAN_AFTER = 20
"""Requests beyond the limit in one minute after which the address is banned."""
BAN_S = 120
_DEPTH_WEIGHTS = ((50, 2), (100, 5), (500, 10))
_DEEPEST = 20
_KLINE_WEIGHTS = ((99, 1), (499, 2), (1000, 5))
_LONGEST = 10
_WITHOUT_SYMBOL = {
    ("GET", "openOrders"): 40,
    ("GET", "openAlgoOrders"): 40,
    ("GET", "ticker/24hr"): 40,
    ("GET", "ticker/price"): 2,
    ("GET", "ticker/bookTicker"): 5,
    ("GET", "premiumIndex"): 10,
}
_WEIGHTS = {
    "aggTrades": 20,
    "trades": 5,
    "allOrders": 5,
    "allAlgoOrders": 5,
    "userTrades": 5,
    "account": 5,
    "balance": 5,
    "positionRisk": 5,
    "income": 30,
    "batchOrders": 5,
    "countdownCancelAll": 10,
    "ticker/bookTicker": 2,
    "commissionRate": 20,
}


def weight_of(method: str, name: str, has_symbol: bool, limit: int) -> int:
    """What a request costs; `name` is the path after its version."""
    if name == "depth":
        return next((weight for most, weight in _DEPTH_WEIGHTS if limit <= most), _DEEPEST)
    if name == "klines":
        return next((weight for most, weight in _KLINE_WEIGHTS if limit <= most), _LONGEST)
    if (method, name) in (("POST", "order"), ("POST", "algoOrder")):
        return 0
    if not has_symbol and (method, name) in _WITHOUT_SYMBOL:
        return _WITHOUT_SYMBOL[method, name]
    return _WEIGHTS.get(name, 1)


class Budgets:
    """Weight of the one address there is, and orders of each account, in fixed windows of wall-clock time."""

    def __init__(self, limit: int = MAX_WEIGHT) -> None:
        self.limit = limit
        self.used = 0
        self.order_limits = dict(MAX_ORDERS)
        self._since_s = time.monotonic()
        self._beyond = 0
        self._banned_until_s = 0.0
        self._orders: dict[tuple[str, str], tuple[float, int]] = {}

    def spend(self, weight: int) -> None:
        """Take the weight of one request.

        Raises:
            WireError: the minute's budget is used up (429), or the address is banned (418).
        """
        now_s = time.monotonic()
        if now_s < self._banned_until_s:
            raise self._refusal(418, int(self._banned_until_s - now_s) + 1)
        if now_s - self._since_s >= WINDOW_S:
            self.used, self._since_s, self._beyond = 0, now_s, 0
        self.used += weight
        if self.used <= self.limit:
            return
        self._beyond += 1
        if self._beyond > BAN_AFTER:
            self._banned_until_s = now_s + BAN_S
            raise self._refusal(418, BAN_S)
        raise self._refusal(429, int(WINDOW_S - (now_s - self._since_s)) + 1)

    def count_order(self, account: str) -> None:
        """Count a new order.

        Raises:
            WireError: too many in a window.
        """
        now_s = time.monotonic()
        for name, (limit, window_s) in self.order_limits.items():
            since_s, count = self._orders.get((account, name), (now_s, 0))
            if now_s - since_s >= window_s:
                since_s, count = now_s, 0
            if count >= limit:
                code, words = TOO_MANY_ORDERS
                wait_s = max(1, int(window_s - (now_s - since_s)) + 1)
                words = words.format(limit=limit, window=name)
                raise WireError(code, words, status=429, retry_after_s=wait_s)
            self._orders[account, name] = since_s, count + 1

    def order_counts(self, account: str) -> dict[str, int]:
        """Orders of the running windows, by their names."""
        return {name: self._orders.get((account, name), (0.0, 0))[1] for name in self.order_limits}

    def _refusal(self, status: int, wait_s: int) -> WireError:
        words = f"Too many requests; current limit is {self.limit} requests per minute."
        if status == 418:
            words = f"Way too many requests; IP banned for {wait_s} seconds. Please use the websocket for live updates."
        return WireError(-1003, words, status=status, retry_after_s=wait_s)
