"""Orders as a table: working ones first by time, every state in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradedeck.domain.order import Order, OrderState, Side
from tradedeck_desktop.kit.figures import amount, day_clock
from tradedeck_desktop.kit.table import Column, RowsModel

_TONES = {
    OrderState.UNKNOWN: "warn",
    OrderState.REJECTED: "warn",
    OrderState.REFUSED: "warn",
    OrderState.CANCELED: "quiet",
    OrderState.EXPIRED: "quiet",
}


UNKNOWN_WHY = "no answer from the venue: it may be working there; asking until we know"


def state_text(order: Order) -> str:
    """The state as people say it."""
    if order.cancel_requested and order.is_open:
        return "canceling"
    return order.state.replace("_", " ")


def why_text(order: Order) -> str:
    """Why it is in this state; unknown is explained, since money hangs on it."""
    if order.state is OrderState.UNKNOWN:
        return UNKNOWN_WHY
    return order.reason


def side_text(side: Side) -> str:
    """With an arrow: never colour alone."""
    return "▲ buy" if side is Side.BUY else "▼ sell"


def type_text(order: Order) -> str:
    """Type with its conditions."""
    extra = [name for name, on in (("post-only", order.post_only), ("reduce-only", order.reduce_only)) if on]
    if order.time_in_force != "gtc":
        extra.append(order.time_in_force.upper())
    return " ".join([order.type.replace("_", " "), *extra])


def _side_tone(order: Order) -> str:
    return "up" if order.side is Side.BUY else "down"


def columns(price_decimals: Callable[[str], int], size_decimals: Callable[[str], int]) -> list[Column[Order]]:
    """The table's columns; decimals by symbol."""
    return [
        Column(
            "Time (UTC)", lambda o: day_clock(o.created_ns), lambda o: (o.created_ns, o.client_order_id), figure=True
        ),
        Column("Symbol", lambda o: o.symbol, lambda o: o.symbol),
        Column("Side", lambda o: side_text(o.side), lambda o: o.side.value, tone=_side_tone),
        Column("Type", type_text, lambda o: o.type.value),
        Column("Size", lambda o: amount(o.size, size_decimals(o.symbol)), lambda o: o.size, figure=True),
        Column(
            "Price",
            lambda o: amount(o.price or o.stop_price, price_decimals(o.symbol)),
            lambda o: o.price or o.stop_price or Decimal(0),
            figure=True,
        ),
        Column("Filled", lambda o: amount(o.filled, size_decimals(o.symbol)), lambda o: o.filled, figure=True),
        Column(
            "Average",
            lambda o: amount(o.average_price, price_decimals(o.symbol)),
            lambda o: o.average_price or Decimal(0),
            figure=True,
        ),
        Column("State", state_text, state_text, tone=lambda o: _TONES.get(o.state, "")),
        Column("Source", lambda o: o.source, lambda o: o.source),
        Column("Why", why_text, why_text, tone=lambda _: "quiet"),
    ]


class OrdersModel(RowsModel[Order]):
    """Orders of the session; `cancel` is handed in."""

    def __init__(
        self,
        price_decimals: Callable[[str], int],
        size_decimals: Callable[[str], int],
        cancel: Callable[[str], None],
    ) -> None:
        super().__init__(columns(price_decimals, size_decimals), lambda order: order.client_order_id)
        self._cancel = cancel

    def cancel(self, order: Order) -> None:
        """Ask for a cancel when the order is open."""
        if order.is_open:
            self._cancel(order.client_order_id)
