"""What a device's lines say, and how rows are written back: messages to rows and back."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact, positive, text
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck.wire.orders.v1 import orders_facts_pb2 as wire
from tradedeck_cloud.orders.models import DeviceLine, FillRow, MarkRow, OrderRow

MAX_DIGITS = 24
MAX_PLACES = 24
MAX_LINE_BYTES = 1 << 16
"""A fact travels on the bus whole; one too large for it would hold up those of everybody."""


def line_of(fact: wire.DeviceFact) -> DeviceLine:
    """A line of a device's outbox.

    Raises:
        RefusedError: it is too long, or holds nothing we know, or an amount or a word that is none.
    """
    if fact.ByteSize() > MAX_LINE_BYTES:
        raise RefusedError(f"line {fact.seq} is longer than {MAX_LINE_BYTES} bytes", code="orders.line_length")
    kind = fact.WhichOneof("kind")
    try:
        match kind:
            case "order":
                row, body = _order_row(fact.order), fact.order.SerializeToString()
            case "fill":
                row, body = _fill_row(fact.fill), fact.fill.SerializeToString()
            case "mark":
                row, body = _mark_row(fact.mark), fact.mark.SerializeToString()
            case _:
                raise RefusedError(f"line {fact.seq} is of no known kind; update the cloud", code="orders.kind")
    except ValueError as error:
        raise RefusedError(f"line {fact.seq} can't be read: {error}", code="orders.value") from error
    return DeviceLine(fact.seq, fact.time_ns, row, body)


def order_message(row: OrderRow) -> wire.OrderFact:
    """For the wire."""
    return wire.OrderFact(
        client_order_id=row.client_order_id,
        revision=row.revision,
        venue=row.venue,
        account=row.account,
        symbol=row.symbol,
        side=row.side,
        type=row.type,
        time_in_force=row.time_in_force,
        post_only=row.post_only,
        reduce_only=row.reduce_only,
        size=text(row.size),
        price=_optional_text(row.price),
        stop_price=_optional_text(row.stop_price),
        filled=text(row.filled),
        state=row.state,
        reason=row.reason,
        venue_order_id=row.venue_order_id,
        source=row.source,
        mode=row.mode,
        created_ns=row.created_ns,
        updated_ns=row.updated_ns,
    )


def fill_message(row: FillRow) -> wire.FillFact:
    """For the wire."""
    return wire.FillFact(
        venue=row.venue,
        account=row.account,
        symbol=row.symbol,
        trade_id=row.trade_id,
        client_order_id=row.client_order_id,
        side=row.side,
        price=text(row.price),
        size=text(row.size),
        fee=text(row.fee),
        fee_asset=row.fee_asset,
        maker=row.maker,
        mode=row.mode,
        time_ns=row.time_ns,
        base=row.base,
        quote=row.quote,
    )


def _order_row(fact: wire.OrderFact) -> OrderRow:
    # A wish that the device itself refused may hold any amount; refusing it here would hold up all behind it.
    return OrderRow(
        client_order_id=fact.client_order_id,
        revision=fact.revision,
        venue=fact.venue,
        account=fact.account,
        symbol=fact.symbol,
        side=Side(fact.side).value,
        type=OrderType(fact.type).value,
        time_in_force=TimeInForce(fact.time_in_force).value,
        post_only=fact.post_only,
        reduce_only=fact.reduce_only,
        size=exact(fact.size),
        price=_optional(fact.price),
        stop_price=_optional(fact.stop_price),
        filled=_amount(fact.filled),
        state=OrderState(fact.state).value,
        reason=fact.reason,
        venue_order_id=fact.venue_order_id,
        source=fact.source,
        mode=fact.mode,
        created_ns=fact.created_ns,
        updated_ns=fact.updated_ns,
    )


def _fill_row(fact: wire.FillFact) -> FillRow:
    return FillRow(
        venue=fact.venue,
        account=fact.account,
        mode=fact.mode,
        symbol=fact.symbol,
        trade_id=fact.trade_id,
        client_order_id=fact.client_order_id,
        side=Side(fact.side).value,
        price=_positive(fact.price),
        size=_positive(fact.size),
        fee=_amount(fact.fee),
        fee_asset=fact.fee_asset,
        maker=fact.maker,
        base=fact.base,
        quote=fact.quote,
        time_ns=fact.time_ns,
    )


def _mark_row(fact: wire.MarkFact) -> MarkRow:
    return MarkRow(fact.venue, fact.symbol, _positive(fact.price), fact.time_ns)


def _amount(value: str) -> Decimal:
    number = exact(value)
    if number and not -MAX_PLACES <= number.adjusted() < MAX_DIGITS:
        raise RefusedError(f"{value[:40]} is no amount that anybody trades", code="orders.amount")
    return number


def _positive(value: str) -> Decimal:
    return positive(_amount(value))


def _optional(value: str) -> Decimal | None:
    return exact(value) if value else None


def _optional_text(value: Decimal | None) -> str:
    return "" if value is None else text(value)
