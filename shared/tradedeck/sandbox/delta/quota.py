"""Delta's request budget: 10,000 points in a fixed window of five minutes, for each key, else for the address."""

from __future__ import annotations

import time

from tradedeck.sandbox.delta.refusals import DeltaError

LIMIT = 10_000
WINDOW_S = 300.0
_DEAR = {"/v2/orders/history": 10, "/v2/fills": 10, "/v2/wallet/transactions": 10, "/v2/positions/margined": 3}
_QUESTIONS = ("products", "l2orderbook", "tickers", "orders", "positions", "wallet", "history")
_PARTS = 3
"""A question about one order or one product's setting has more parts in its path than a list has."""


def cost_of(method: str, path: str) -> int:
    """What a request costs."""
    if path.startswith("/v2/orders/batch"):
        return 25
    if method != "GET" and path.startswith(("/v2/orders", "/v2/positions")):
        return 5
    if path in _DEAR:
        return _DEAR[path]
    parts = path.strip("/").split("/")
    room = parts[1] if len(parts) > 1 else ""
    one = len(parts) >= _PARTS and room in ("orders", "products")
    return 3 if method == "GET" and room in _QUESTIONS and not one else 1


class Quota:
    """Points used in the running window, by whom."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._used: dict[str, tuple[float, int]] = {}

    def spend(self, who: str, cost: int) -> None:
        """Take what one request costs.

        Raises:
            DeltaError: the window's budget is used up (429).
        """
        since_s, used = self._window(who)
        if used + cost > self.limit:
            error = DeltaError("rate_limit_exceeded", 429)
            error.reset_ms = self.remaining_ms(who)
            raise error
        self._used[who] = since_s, used + cost

    def left(self, who: str) -> int:
        """Points that are left."""
        return self.limit - self._window(who)[1]

    def remaining_ms(self, who: str) -> int:
        """Until the next window begins."""
        return max(1, int((WINDOW_S - (time.monotonic() - self._window(who)[0])) * 1_000))

    def _window(self, who: str) -> tuple[float, int]:
        now_s = time.monotonic()
        since_s, used = self._used.get(who, (now_s, 0))
        return (now_s, 0) if now_s - since_s >= WINDOW_S else (since_s, used)
