"""Books and news of the exchange in Delta's words: whole contracts, decimals as text, times in microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import Order, OrderState, OrderType, TimeInForce
from tradedeck.sandbox.delta.listings import Product
from tradedeck.sandbox.perpetuals.account import Account, Done
from tradedeck.sandbox.perpetuals.floor import LIQUIDATED, NOT_FILLED, REDUCE_ONLY, SELF_TRADE
from tradedeck.sandbox.perpetuals.news import Conditional, ConditionState
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger

Json = dict[str, Any]

INVENTED = "~"
"""Begins the client id of an order that came without one; nobody is shown it."""
_REASONS = {
    NOT_FILLED: "ioc_unfilled",
    SELF_TRADE: "self_trade",
    REDUCE_ONLY: "reduce_only",
    LIQUIDATED: "liquidation",
}
_ENDED = (ConditionState.CANCELED, ConditionState.EXPIRED, ConditionState.REJECTED)


@dataclass(frozen=True, slots=True)
class Record:
    """An order as the venue counts it: one number from its stop to its last fill."""

    id: int
    product: Product
    order: Order | None
    stop: Conditional | None

    @property
    def client_order_id(self) -> str:
        """The client's name of it; empty when there is none."""
        source = self.order or self.stop
        assert source is not None
        name = source.client_order_id
        return "" if name.startswith(INVENTED) else name

    @property
    def state(self) -> str:
        """Delta's name of where it is."""
        if self.order is not None:
            if self.order.is_open:
                return "open"
            return "closed" if self.order.state is OrderState.FILLED else "cancelled"
        assert self.stop is not None
        return "cancelled" if self.stop.state in _ENDED else "pending"


def us(time_ns: int) -> int:
    """Microseconds."""
    return time_ns // 1_000


def iso(time_ns: int) -> str:
    """ISO 8601 to the microsecond."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + (
        f".{time_ns // 1_000 % 1_000_000:06d}Z"
    )


def contracts(size: Decimal, product: Product) -> int:
    """Whole contracts."""
    return int(size / product.each)


def records(account: Account, products: dict[str, Product], parents: dict[int, int]) -> dict[int, Record]:
    """Every order of an account by its number, oldest first."""
    found: dict[int, Record] = {}
    for number, stop in account.conditionals.items():
        order = account.orders.get(stop.order_id) if stop.order_id else None
        found[number] = Record(number, products[stop.symbol], order, stop)
    for number, order in account.orders.items():
        if number not in parents:
            found[number] = Record(number, products[order.symbol], order, None)
    return dict(sorted(found.items()))


def order_json(record: Record, account: Account) -> Json:
    """An order as answers show it."""
    body = _order_fields(record)
    source = record.order or record.stop
    assert source is not None
    own = int(record.order.venue_order_id) if record.order else 0
    paid = sum((done.fill.fee for done in account.fills if done.order_id == own), ZERO)
    return body | {
        "id": record.id,
        "product_id": record.product.id,
        "product_symbol": record.product.symbol,
        "paid_commission": text(paid),
        "commission": "0",
        "created_at": iso((record.stop or source).created_ns),
        "updated_at": iso(source.updated_ns),
        "meta_data": {},
    }


def order_news(record: Record, action: str, reason: str, sequence: int, now_ns: int) -> Json:
    """An order as its channel shows it."""
    return _order_fields(record) | {
        "type": "orders",
        "action": action,
        "reason": reason,
        "symbol": record.product.symbol,
        "product_id": record.product.id,
        "order_id": record.id,
        "seq_no": sequence,
        "timestamp": us(now_ns),
    }


def fill_json(done: Done, record_id: int, product: Product) -> Json:
    """A fill as GET fills shows it."""
    fill = done.fill
    instrument = product.contract.instrument
    return {
        "id": int(fill.trade_id),
        "size": contracts(fill.size, product),
        "fill_type": "normal",
        "side": str(fill.side),
        "price": text(fill.price),
        "role": "maker" if fill.maker else "taker",
        "commission": text(fill.fee),
        "created_at": iso(fill.time_ns),
        "product_id": product.id,
        "product_symbol": product.symbol,
        "order_id": str(record_id),
        "settling_asset_symbol": instrument.quote,
        "product": {
            "id": product.id,
            "symbol": product.symbol,
            "contract_type": "perpetual_futures",
            "contract_value": text(product.each),
            "settling_asset": {"symbol": instrument.quote},
            "quoting_asset": {"symbol": instrument.quote},
            "underlying_asset": {"symbol": instrument.base},
        },
        "meta_data": {},
    }


def _order_fields(record: Record) -> Json:
    order, stop = record.order, record.stop
    source = order or stop
    assert source is not None
    filled = order.filled if order else ZERO
    limit = source.price is not None and (order is None or order.type is not OrderType.MARKET)
    reason = source.reason
    return {
        "client_order_id": record.client_order_id or None,
        "size": contracts(source.size, record.product),
        "unfilled_size": contracts(source.size - filled, record.product),
        "side": str(source.side),
        "order_type": "limit_order" if limit else "market_order",
        "limit_price": None if source.price is None else text(source.price),
        "average_fill_price": text(order.filled_quote / filled) if order and filled else None,
        "state": record.state,
        "cancellation_reason": _REASONS.get(reason, reason) or None if record.state == "cancelled" else None,
        "time_in_force": "ioc" if source.time_in_force is TimeInForce.IOC else "gtc",
        "post_only": source.post_only,
        "reduce_only": source.reduce_only,
    } | (_stop_fields(stop) if stop else _NO_STOP)


_NO_STOP: Json = {"stop_order_type": None, "stop_price": None, "stop_trigger_method": None, "trail_amount": None}


def _stop_fields(stop: Conditional) -> Json:
    profit = stop.kind is ConditionKind.TAKE_PROFIT
    return {
        "stop_order_type": "take_profit_order" if profit else "stop_loss_order",
        "stop_price": None if stop.trigger_price is None else text(stop.trigger_price),
        "stop_trigger_method": "mark_price" if stop.trigger is Trigger.MARK else "last_traded_price",
        "trail_amount": text(stop.trail) if stop.trail else None,
    }
