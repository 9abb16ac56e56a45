"""What each venue can do through ccxt: a table of our own, because ccxt's `has` says what ccxt has tried.

A venue that is not listed counts as the least: plain market and limit orders, and nothing that could be
copied into a request unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderType, TimeInForce
from tradedeck.ports.capabilities import Capabilities

LEAST = Capabilities(
    order_types=frozenset({OrderType.MARKET, OrderType.LIMIT}),
    times_in_force=frozenset({TimeInForce.GTC}),
    client_id_length=32,
    post_only=False,
    cancel_all=False,
    settles_s=30.0,
)
"""For a venue that nobody has tried against its wire."""


@dataclass(frozen=True, slots=True)
class Row:
    """A venue we trade through ccxt. `rights` is ccxt's method that asks what the key may do, if there is one."""

    capabilities: Capabilities
    rights: str = ""


VENUES: Mapping[str, Row] = {
    "binance": Row(
        Capabilities(
            order_types=frozenset(OrderType),
            times_in_force=frozenset(TimeInForce),
            client_id_length=36,
            settles_s=5.0,
        ),
        rights="sapi_get_account_apirestrictions",
    ),
}
EXCLUDED: Mapping[str, str] = {
    "delta": (
        "ccxt's Delta sends stops as plain orders, cancels nothing on cancel-all and has no streams;"
        " use the provider 'delta'"
    ),
}


def capabilities_of(exchange: str) -> Capabilities:
    """What a venue can do through ccxt.

    Raises:
        RefusedError: ccxt's way there is not safe.
    """
    reason = EXCLUDED.get(exchange)
    if reason:
        raise RefusedError(reason, code="ccxt.excluded")
    row = VENUES.get(exchange)
    return row.capabilities if row else LEAST
