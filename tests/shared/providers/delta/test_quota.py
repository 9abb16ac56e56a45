"""The request budget: counted as the venue counts, and questions never stand in the way of a cancel."""

from __future__ import annotations

import pytest

from tradedeck.providers.delta.outcomes import Outcome, VenueError
from tradedeck.providers.delta.quota import RESERVE, WINDOW_S, Quota, cost_of, shared_quota
from tradedeck.sandbox.delta import quota as venue

NS = 1_000_000_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/products"),
        ("GET", "/v2/orders"),
        ("GET", "/v2/orders/17"),
        ("GET", "/v2/orders/client_order_id/x"),
        ("GET", "/v2/orders/history"),
        ("GET", "/v2/fills"),
        ("GET", "/v2/tickers/BTCUSD"),
        ("GET", "/v2/positions/margined"),
        ("GET", "/v2/wallet/balances"),
        ("GET", "/v2/history/candles"),
        ("GET", "/v2/settings"),
        ("GET", "/v2/products/27/orders/leverage"),
        ("POST", "/v2/products/27/orders/leverage"),
        ("POST", "/v2/orders"),
        ("PUT", "/v2/orders"),
        ("DELETE", "/v2/orders/all"),
        ("POST", "/v2/heartbeat"),
    ],
)
def test_costs_are_counted_as_the_venue_counts_them(method: str, path: str) -> None:
    assert cost_of(method, path) == venue.cost_of(method, path)


def test_the_last_points_are_kept_for_orders_and_cancels() -> None:
    quota = Quota(RESERVE + 10)
    quota.spend(10, NS, urgent=False)
    with pytest.raises(VenueError) as told:
        quota.spend(3, NS, urgent=False)
    assert told.value.outcome is Outcome.TOO_MANY
    quota.spend(5, NS, urgent=True)
    with pytest.raises(VenueError):
        quota.spend(RESERVE, NS, urgent=True)


def test_a_new_window_begins_with_nothing_used() -> None:
    quota = Quota(RESERVE + 3)
    start_ns = 1_000 * NS
    quota.spend(3, start_ns, urgent=False)
    later_ns = start_ns + int(WINDOW_S * NS)
    quota.spend(3, later_ns, urgent=False)
    assert quota.budget(later_ns).used == 3


def test_a_venue_that_says_stop_is_left_alone_until_then() -> None:
    quota = Quota()
    start_ns = 1_000 * NS
    quota.blocked(2.0, start_ns)
    assert quota.budget(start_ns).blocked_until_ns == start_ns + 2 * NS
    with pytest.raises(VenueError) as told:
        quota.spend(1, start_ns + NS, urgent=True)
    assert told.value.retry_after_s > 0
    quota.spend(1, start_ns + 2 * NS, urgent=True)


def test_connections_of_one_key_at_one_host_share_one_budget() -> None:
    first, second = shared_quota("https://a", "k"), shared_quota("https://a", "k")
    assert first is second
    assert shared_quota("https://a", "other") is not first
