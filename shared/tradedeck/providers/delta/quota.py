"""The venue's request budget, counted as it counts: points in a fixed window of five minutes."""

from __future__ import annotations

from weakref import WeakValueDictionary

from tradedeck.ports.account import Budget
from tradedeck.providers.delta.outcomes import Outcome, VenueError

LIMIT = 10_000
WINDOW_S = 300.0
RESERVE = 500
"""Points that only orders and cancels may use, so that questions never stand in the way of a cancel."""
_NS = 1_000_000_000
_BATCH, _LONG, _ORDER, _QUESTION, _OTHER = 25, 10, 5, 3, 1
_QUESTIONS = (
    "/v2/products",
    "/v2/l2orderbook",
    "/v2/tickers",
    "/v2/orders",
    "/v2/positions",
    "/v2/wallet/balances",
    "/v2/history/candles",
)
_LONG_ONES = ("/v2/orders/history", "/v2/fills", "/v2/wallet/transactions")


def cost_of(method: str, path: str) -> int:
    """What a request costs."""
    if path.startswith("/v2/orders/batch"):
        return _BATCH
    if path.startswith(_LONG_ONES):
        return _LONG
    if method != "GET" and path.startswith(("/v2/orders", "/v2/positions")):
        return _ORDER
    if method == "GET" and (path in _QUESTIONS or path.startswith(("/v2/l2orderbook/", "/v2/tickers/"))):
        return _QUESTION
    return _QUESTION if path == "/v2/positions/margined" else _OTHER


class Quota:
    """Points used in the running window; connections of one host and key share one (see `shared_quota`)."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._used = 0
        self._since_ns = 0
        self._blocked_until_ns = 0

    def spend(self, cost: int, now_ns: int, *, urgent: bool) -> None:
        """Count a request that is about to leave.

        Raises:
            VenueError: it would be one too many; it must not leave.
        """
        self._turn_over(now_ns)
        most = self._limit if urgent else self._limit - RESERVE
        free_at_ns = self._blocked_until_ns
        if self._used + cost > most:
            free_at_ns = max(free_at_ns, self._since_ns + int(WINDOW_S * _NS))
        if free_at_ns > now_ns:
            wait_s = (free_at_ns - now_ns) / _NS
            raise VenueError(
                Outcome.TOO_MANY,
                f"the venue's request budget is used up; it opens again in {wait_s:.0f} s",
                "quota",
                wait_s,
            )
        self._used += cost

    def blocked(self, wait_s: float, now_ns: int) -> None:
        """The venue said that it is too much, for so long."""
        self._used = self._limit
        self._blocked_until_ns = max(self._blocked_until_ns, now_ns + int(wait_s * _NS))

    def told(self, left: int, remaining_ms: int, now_ns: int) -> None:
        """What the venue counts itself."""
        self._used = max(0, self._limit - left)
        self._since_ns = now_ns + remaining_ms * 1_000_000 - int(WINDOW_S * _NS)

    def budget(self, now_ns: int) -> Budget:
        """How it stands."""
        self._turn_over(now_ns)
        blocked = self._blocked_until_ns if self._blocked_until_ns > now_ns else 0
        return Budget("requests", self._used, self._limit, WINDOW_S, blocked)

    def _turn_over(self, now_ns: int) -> None:
        # What the venue said lasts, whatever we count.
        if self._blocked_until_ns > now_ns:
            return
        if now_ns - self._since_ns >= WINDOW_S * _NS or self._blocked_until_ns:
            self._used, self._since_ns, self._blocked_until_ns = 0, now_ns, 0


_quotas: WeakValueDictionary[tuple[str, str], Quota] = WeakValueDictionary()


def shared_quota(host: str, key: str) -> Quota:
    """The one budget of this process for a key at a host; without a key, for the address."""
    quota = _quotas.get((host, key))
    if quota is None:
        quota = _quotas[host, key] = Quota()
    return quota
