"""Domain values as messages and back. The only module of the library's core that knows message classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.events import Step
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import exact, text
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact, FillFact, MarkFact, OrderFact

MAX_REASON = 500
"""Characters of a reason: a venue in trouble may answer with a whole page, and the cloud takes no such lines."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where facts come from: a venue, the user's name for the account there, and live or paper."""

    venue: str
    account: str
    mode: str


def order_fact(order: Order, origin: Origin) -> OrderFact:
    """The whole story of an order."""
    return OrderFact(
        client_order_id=order.client_order_id,
        revision=order.revision,
        venue=origin.venue,
        account=origin.account,
        symbol=order.symbol,
        side=order.side.value,
        type=order.type.value,
        time_in_force=order.time_in_force.value,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        size=text(order.size),
        price="" if order.price is None else text(order.price),
        stop_price="" if order.stop_price is None else text(order.stop_price),
        filled=text(order.filled),
        state=order.state.value,
        reason=order.reason[:MAX_REASON],
        venue_order_id=order.venue_order_id,
        source=order.source,
        mode=origin.mode,
        created_ns=order.created_ns,
        updated_ns=order.updated_ns,
    )


def order_of(fact: OrderFact) -> Order:
    """The order a fact tells of; `filled_quote` is not part of the wire and stays zero.

    Raises:
        RefusedError: an amount is not a number.
        ValueError: a side, type, state or time in force that is not ours.
    """
    return Order(
        client_order_id=fact.client_order_id,
        symbol=fact.symbol,
        side=Side(fact.side),
        type=OrderType(fact.type),
        size=exact(fact.size),
        price=exact(fact.price) if fact.price else None,
        stop_price=exact(fact.stop_price) if fact.stop_price else None,
        time_in_force=TimeInForce(fact.time_in_force),
        post_only=fact.post_only,
        reduce_only=fact.reduce_only,
        source=fact.source,
        created_ns=fact.created_ns,
        updated_ns=fact.updated_ns,
        state=OrderState(fact.state),
        filled=exact(fact.filled),
        venue_order_id=fact.venue_order_id,
        reason=fact.reason,
        revision=fact.revision,
    )


def fill_fact(fill: Fill, origin: Origin, instrument: Instrument) -> FillFact:
    """An execution on `instrument`."""
    return FillFact(
        venue=origin.venue,
        account=origin.account,
        symbol=fill.symbol,
        trade_id=fill.trade_id,
        client_order_id=fill.client_order_id,
        side=fill.side.value,
        price=text(fill.price),
        size=text(fill.size),
        fee=text(fill.fee),
        fee_asset=fill.fee_asset,
        maker=fill.maker,
        mode=origin.mode,
        time_ns=fill.time_ns,
        base=instrument.base,
        quote=instrument.quote,
    )


def fill_of(fact: FillFact) -> Fill:
    """The execution a fact tells of.

    Raises:
        RefusedError: an amount is not a number.
        ValueError: a side that is not ours.
    """
    return Fill(
        symbol=fact.symbol,
        trade_id=fact.trade_id,
        client_order_id=fact.client_order_id,
        side=Side(fact.side),
        price=exact(fact.price),
        size=exact(fact.size),
        fee=exact(fact.fee),
        fee_asset=fact.fee_asset,
        maker=fact.maker,
        time_ns=fact.time_ns,
    )


def facts_of(step: Step, origin: Origin, instruments: Mapping[str, Instrument]) -> list[bytes]:
    """What the cloud should hear of a step: every changed order, then every fill, serialised."""
    time_ns = step.event.time_ns
    lines: Iterable[DeviceFact] = (
        *(DeviceFact(time_ns=time_ns, order=order_fact(order, origin)) for order in step.orders),
        *(DeviceFact(time_ns=time_ns, fill=fill_fact(fill, origin, instruments[fill.symbol])) for fill in step.fills),
    )
    return [line.SerializeToString() for line in lines]


def mark_fact(venue: str, symbol: str, price: Decimal, time_ns: int) -> bytes:
    """The last price a device saw, serialised."""
    mark = MarkFact(venue=venue, symbol=symbol, price=text(price), time_ns=time_ns)
    return DeviceFact(time_ns=time_ns, mark=mark).SerializeToString()
