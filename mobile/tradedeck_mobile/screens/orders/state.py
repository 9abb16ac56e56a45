"""Which orders are listed, and how an order reads."""

from __future__ import annotations

from collections.abc import Iterable

from tradedeck.domain.money import text
from tradedeck.domain.order import Order, OrderState, OrderType
from tradedeck_mobile.kit.figures import grouped
from tradedeck_mobile.state import OrderRow

FILTERS = {"open": "Open", "done": "Done", "all": "All"}
WORDS = {
    OrderState.SUBMITTED: "On its way",
    OrderState.ACCEPTED: "Working",
    OrderState.PARTIALLY_FILLED: "Partly filled",
    OrderState.FILLED: "Filled",
    OrderState.CANCELED: "Canceled",
    OrderState.EXPIRED: "Expired",
    OrderState.REJECTED: "Rejected",
    OrderState.REFUSED: "Refused",
    OrderState.UNKNOWN: "Checking",
}
"""Every state in a person's words. Unknown is not failed: the venue is being asked."""
TYPES = {
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.STOP: "Stop",
    OrderType.STOP_LIMIT: "Stop limit",
}


def listed(rows: Iterable[OrderRow], which: str) -> list[OrderRow]:
    """The rows of a filter, newest first as given."""
    if which == "all":
        return list(rows)
    return [row for row in rows if row.order.is_open is (which == "open")]


def headline(order: Order) -> str:
    """Like `Buy 0.01 BTCUSDT`."""
    return f"{order.side.value.title()} {text(order.size)} {order.symbol}"


def terms(order: Order) -> str:
    """Like `Limit at 64,000.00`, `Stop limit at 63,900 when 64,000`."""
    words = "Post-only" if order.post_only else TYPES[order.type]
    if order.price is not None:
        words += f" at {grouped(order.price)}"
    if order.stop_price is not None:
        words += f" when {grouped(order.stop_price)}"
    return words


def progress(order: Order) -> str:
    """How much is filled and at what price; empty before the first fill."""
    if not order.filled:
        return ""
    return f"{text(order.filled)} of {text(order.size)} at {grouped(order.average_price, 2)}"
