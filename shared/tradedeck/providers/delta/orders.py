"""Orders to Delta Exchange's fields and back. Pure.

The fields are the venue's own: its unified names elsewhere are taken as plain orders, and a "stop" would trade at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Rejected, Report
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.providers.delta.messages import Json, contracts, time_ns

CAPABILITIES = Capabilities(
    order_types=frozenset(OrderType),
    times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC}),
    client_id_length=32,
    reduce_only=True,
    amend=True,
    dead_man_s=(5.0, 3_600.0),
    settles_s=5.0,
    leverage=True,
    margin_modes=frozenset({MarginMode.ISOLATED}),
)
"""What the venue can do. Its margin mode is one of the whole account, set in the venue's own settings."""
STOP_LOSS = "stop_loss_order"
_WORKING = ("open", "pending")


def order_body(order: Order, instrument: Instrument) -> dict[str, object]:
    """The body of a new order.

    Raises:
        RefusedError: the venue has no such order.
    """
    reason = CAPABILITIES.refusal(order)
    if not reason and order.post_only and order.type is not OrderType.LIMIT:
        reason = "only a limit order can be post-only; use a plain limit order"
    if reason:
        raise RefusedError(reason, code="order.not_at_this_venue")
    body: dict[str, object] = {
        "product_id": int(instrument.venue_id),
        "size": contracts(order.size, instrument),
        "side": str(order.side),
        "order_type": "limit_order" if order.type.has_price else "market_order",
        "client_order_id": order.client_order_id,
    }
    if order.price is not None:
        instrument.check_price(order.price)
        body["limit_price"] = text(order.price)
    if order.type.has_price:
        body["time_in_force"] = str(order.time_in_force)
    if order.post_only:
        body["post_only"] = True
    if order.reduce_only:
        body["reduce_only"] = True
    if order.stop_price is not None:
        instrument.check_price(order.stop_price, "stop price")
        body["stop_order_type"] = STOP_LOSS
        body["stop_price"] = text(order.stop_price)
        body["stop_trigger_method"] = "last_traded_price"
    return body


def is_working(raw: Json) -> bool:
    """Whether the venue's record says that it may still trade."""
    return raw["state"] in _WORKING


def done_size(raw: Json, instrument: Instrument) -> Decimal:
    """How much of it has traded, in base units."""
    return (exact(raw["size"]) - exact(raw["unfilled_size"])) * instrument.contract


def accepted(raw: Json, client_order_id: str) -> Accepted:
    """The venue has the order."""
    return Accepted(client_order_id, order_id(raw), moment(raw))


def ended(raw: Json, client_order_id: str) -> list[Report]:
    """How the order ended, by its state; empty while it works or when all of it is filled."""
    if raw["state"] != "cancelled":
        return []
    reason = str(raw.get("cancellation_reason") or "")
    if reason in ("", "cancelled_by_user", "user_cancelled", "heartbeat"):
        ends_itself = raw.get("time_in_force") == "ioc" or (
            raw.get("order_type") == "market_order" and not raw.get("stop_price")
        )
        if not ends_itself or reason:
            return [Canceled(client_order_id, moment(raw), _PLAIN.get(reason, reason))]
        return [Expired(client_order_id, moment(raw))]
    plain = _PLAIN.get(reason, f"the venue says {reason.replace('_', ' ')}")
    if "post_only" in reason or reason.startswith("reject"):
        return [Rejected(client_order_id, moment(raw), plain, reason)]
    if reason in _BY_ITSELF:
        return [Expired(client_order_id, moment(raw), plain)]
    return [Canceled(client_order_id, moment(raw), plain)]


def reports(raw: Json, fills: Sequence[Filled], client_order_id: str) -> tuple[Report, ...]:
    """What the venue's records say: accepted, the fills, and how it ended if it did."""
    return (accepted(raw, client_order_id), *fills, *ended(raw, client_order_id))


def open_order(raw: Json, instrument: Instrument) -> Order:
    """A working order as the venue counts it, whoever placed it."""
    limit = raw.get("order_type") == "limit_order"
    stop = raw.get("stop_price")
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    filled = done_size(raw, instrument)
    average = raw.get("average_fill_price")
    return Order(
        client_order_id=str(raw.get("client_order_id") or ""),
        symbol=instrument.symbol,
        side=Side(raw["side"]),
        type=kinds[limit, bool(stop)],
        size=exact(raw["size"]) * instrument.contract,
        price=exact(raw["limit_price"]) if limit else None,
        stop_price=exact(stop) if stop else None,
        time_in_force=TimeInForce.IOC if raw.get("time_in_force") == "ioc" else TimeInForce.GTC,
        post_only=_flag(raw.get("post_only")),
        reduce_only=_flag(raw.get("reduce_only")),
        source="",
        created_ns=moment(raw),
        updated_ns=moment(raw),
        state=OrderState.PARTIALLY_FILLED if filled else OrderState.ACCEPTED,
        filled=filled,
        filled_quote=filled * exact(average) if filled and average else ZERO,
        venue_order_id=order_id(raw),
    )


def order_id(raw: Json) -> str:
    """The venue's own number of it; streams call it otherwise than answers do."""
    return str(raw["id"] if "id" in raw else raw["order_id"])


def moment(raw: Json) -> int:
    """The newest time in a record."""
    return time_ns(raw.get("timestamp") or raw.get("updated_at") or raw["created_at"])


def _flag(written: object) -> bool:
    return written in (True, "true")


_PLAIN = {
    "heartbeat": "canceled by the venue's dead-man switch: it heard nothing from here in time",
    "cancelled_by_user": "",
    "user_cancelled": "",
    "ioc_unfilled": "",
    "immediate_execution_post_only": "the post-only order would trade at once; move its price away from the market",
    "self_trade": "it met an order of your own",
    "liquidation": "the position was liquidated",
}
_BY_ITSELF = ("ioc_unfilled", "self_trade", "market_unfilled")
