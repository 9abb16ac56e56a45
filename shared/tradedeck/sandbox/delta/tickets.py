"""An order's JSON body, checked as Delta checks its form. Fields it does not know are not looked at, as there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import positive
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck.sandbox.delta.listings import Product
from tradedeck.sandbox.delta.refusals import bad_schema
from tradedeck.sandbox.delta.wire import INVENTED
from tradedeck.sandbox.perpetuals.news import Conditional, Ticket
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger

LONGEST_ID = 32
Body = Mapping[str, Any]

_KINDS = {"stop_loss_order": ConditionKind.STOP, "take_profit_order": ConditionKind.TAKE_PROFIT}
_TRIGGERS = {"mark_price": Trigger.MARK, "last_traded_price": Trigger.LAST, "spot_price": Trigger.MARK}


def is_stop(body: Body) -> bool:
    """Whether it waits for a price."""
    return bool(body.get("stop_order_type"))


def ticket_of(body: Body, product: Product, number: int) -> Ticket:
    """A market or limit order.

    Raises:
        DeltaError: it can't be read.
    """
    limit = _is_limit(body)
    return Ticket(
        client_order_id=_client_id(body, number),
        symbol=product.symbol,
        side=_side(body),
        type=OrderType.LIMIT if limit else OrderType.MARKET,
        size=whole(body, "size") * product.each,
        price=_amount(body, "limit_price") if limit else None,
        time_in_force=_force(body),
        post_only=_flag(body, "post_only") and limit,
        reduce_only=_flag(body, "reduce_only"),
    )


def conditional_of(body: Body, product: Product, number: int) -> Conditional:
    """A stop-loss, take-profit or trailing order.

    Raises:
        DeltaError: it can't be read.
    """
    kind = _KINDS.get(str(body["stop_order_type"]))
    if kind is None:
        raise bad_schema("stop_order_type", "must be stop_loss_order or take_profit_order")
    trails = body.get("trail_amount") is not None
    trigger = _TRIGGERS.get(str(body.get("stop_trigger_method") or "last_traded_price"))
    if trigger is None:
        raise bad_schema("stop_trigger_method", "must be mark_price, last_traded_price or spot_price")
    return Conditional(
        id=0,
        client_order_id=_client_id(body, number),
        symbol=product.symbol,
        side=_side(body),
        kind=ConditionKind.TRAILING if trails else kind,
        size=whole(body, "size") * product.each,
        trigger_price=None if trails else _amount(body, "stop_price"),
        price=_amount(body, "limit_price") if _is_limit(body) else None,
        trigger=trigger,
        time_in_force=_force(body),
        reduce_only=_flag(body, "reduce_only"),
        trail=_amount(body, "trail_amount") if trails else Decimal(0),
    )


def whole(body: Body, name: str) -> int:
    """A whole number above zero, written as a number or as text.

    Raises:
        DeltaError: it is none.
    """
    written = body.get(name)
    if isinstance(written, bool) or not str(written).isdigit() or int(str(written)) < 1:
        raise bad_schema(name, "must be a whole number of contracts above zero")
    return int(str(written))


def _amount(body: Body, name: str) -> Decimal:
    try:
        return positive(str(body.get(name)))
    except RefusedError:
        raise bad_schema(name, "must be a number above zero") from None


def _side(body: Body) -> Side:
    if body.get("side") not in ("buy", "sell"):
        raise bad_schema("side", "must be buy or sell")
    return Side(body["side"])


def _is_limit(body: Body) -> bool:
    if body.get("order_type") not in ("limit_order", "market_order"):
        raise bad_schema("order_type", "must be limit_order or market_order")
    return body["order_type"] == "limit_order"


def _force(body: Body) -> TimeInForce:
    written = body.get("time_in_force") or "gtc"
    if written not in ("gtc", "ioc"):
        raise bad_schema("time_in_force", "must be gtc or ioc")
    return TimeInForce(written)


def _flag(body: Body, name: str) -> bool:
    return body.get(name) in (True, "true")


def _client_id(body: Body, number: int) -> str:
    written = body.get("client_order_id")
    if written is None:
        return f"{INVENTED}{number}"
    if not isinstance(written, str) or not 0 < len(written) <= LONGEST_ID:
        raise bad_schema("client_order_id", f"must be 1 to {LONGEST_ID} characters")
    return written
