"""An order's life in words, told from the journal: replayed step by step, nothing is asked of the venue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from tradedeck.domain.events import (
    MANUAL,
    Accepted,
    Cancel,
    CancelAll,
    Canceled,
    CancelOrder,
    CancelRejected,
    Expired,
    Filled,
    Halt,
    Place,
    PlaceOrder,
    Rejected,
    Restarted,
    Step,
    Unknown,
)
from tradedeck.domain.fill import Fill
from tradedeck.domain.money import text
from tradedeck.domain.order import Order, OrderState
from tradedeck.engine import Engine
from tradedeck.store import KeptStep

_ENDS = {
    OrderState.FILLED: "it was filled",
    OrderState.CANCELED: "it was canceled",
    OrderState.EXPIRED: "the venue ended it by its own rules",
    OrderState.REJECTED: "the venue did not take it",
    OrderState.REFUSED: "our own gate said no; it never left",
    OrderState.UNKNOWN: "its fate is unknown; the venue is asked until its records agree, and it is never sent again",
}
_EVENTS = {"Bar": "a closed bar", "Trade": "a trade", "Quote": "a quote", "Book": "the order book", "Filled": "a fill"}


@dataclass
class Story:
    """What happened to one order, oldest first, and how it stands now."""

    lines: list[str] = field(default_factory=list[str])
    order: Order | None = None
    fills: list[Fill] = field(default_factory=list[Fill])


def tell(engine: Engine, kept: Iterable[KeptStep], client_order_id: str) -> Story:
    """The story of an order: `engine` is fresh and is replayed through `kept`.

    Raises:
        CorruptError: the journal can't be replayed.
    """
    story = Story()
    for one in kept:
        for news in one.before:
            engine.step(news)
        step = engine.step(one.event)
        _add(story, step, engine, client_order_id)
    story.order = engine.orders.get(client_order_id)
    return story


def ending(order: Order, fills: Sequence[Fill]) -> str:
    """Why an order is where it is, and what it cost."""
    words = _ENDS.get(order.state, "it is still open")
    if order.reason:
        words += f" ({order.reason})"
    if not fills:
        return f"{words}; nothing was traded"
    fees: dict[str, Decimal] = {}
    for fill in fills:
        fees[fill.fee_asset] = fees.get(fill.fee_asset, Decimal(0)) + fill.fee
    paid = ", ".join(f"{text(fee)} {asset}" for asset, fee in fees.items())
    average = order.average_price
    at = "" if average is None else f" at {average:.8g} on average"
    return f"{words}; {text(order.filled)} of {text(order.size)} traded{at} in {len(fills)} fills, fees {paid}"


def asked(order: Order) -> str:
    """The order itself, in words."""
    price = f" at {text(order.price)}" if order.price is not None else ""
    stop = f", triggered at {text(order.stop_price)}" if order.stop_price is not None else ""
    only = ", post-only" * order.post_only + ", reduce-only" * order.reduce_only
    kind = order.type.replace("_", "-")
    term = order.time_in_force.upper()
    return f"{order.side} {text(order.size)} {order.symbol}, {kind}{price}{stop}, {term}{only}"


def when(time_ns: int) -> str:
    """A time for people, to the millisecond."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _add(story: Story, step: Step, engine: Engine, name: str) -> None:
    order = next((one for one in step.orders if one.client_order_id == name), None)
    about = getattr(step.event, "client_order_id", "") == name
    if order is None and not about:
        return
    said: list[str] = []
    if story.order is None and order is not None:
        said += _beginning(step, order, engine)
    elif about:
        said += _report(step)
    elif order is not None and isinstance(step.event, Restarted):
        said.append("the program came back; whether this had arrived was not known")
    if any(isinstance(command, Cancel) and command.order.client_order_id == name for command in step.commands):
        said.append(f"a cancel was sent to the venue{_why_cancel(step)}")
    if not isinstance(step.event, Rejected | Unknown | CancelRejected):
        said += [f"note: {note.text}" for note in step.notes if name in note.text.split()]
    story.fills += [fill for fill in step.fills if fill.client_order_id == name]
    story.order = order or story.order
    story.lines += [f"{when(step.event.time_ns)}  {line}" for line in said]


def _beginning(step: Step, order: Order, engine: Engine) -> list[str]:
    by = "by hand" if order.source == MANUAL else f"by the strategy {order.source}"
    cause = "" if isinstance(step.event, PlaceOrder) else f", on {_event_word(step)}"
    last = engine.last_price(order.symbol)
    seen = f"last price {text(last)}" if last is not None else "no price"
    held = text(engine.position(order.symbol).size)
    state = f"{seen}, position {held}, open orders {len(engine.open_orders)} with this one"
    lines = [f"asked {by}{cause}: {asked(order)}"]
    if order.state is OrderState.REFUSED:
        return [*lines, f"the gate said no: {order.reason} ({state}); nothing was sent"]
    lines.append(f"the gate let it pass: within the venue's rules and the limits of account and strategy ({state})")
    if any(isinstance(one, Place) and one.order.client_order_id == order.client_order_id for one in step.commands):
        lines.append("written to the journal, then sent to the venue once")
    return lines


def _report(step: Step) -> list[str]:
    event = step.event
    match event:
        case Accepted():
            return [f"the venue took it as order {event.venue_order_id}"]
        case Filled():
            fill = event.fill
            role = "maker" if fill.maker else "taker"
            fee = f"{text(fill.fee)} {fill.fee_asset}"
            return [f"filled {text(fill.size)} at {text(fill.price)} as {role}, fee {fee}, trade {fill.trade_id}"]
        case Canceled() | Expired():
            word = "canceled" if isinstance(event, Canceled) else "expired"
            return [f"the venue says it is {word}" + (f": {event.reason}" if event.reason else "")]
        case Rejected():
            code = f" ({event.code})" if event.code else ""
            return [f"the venue did not take it: {event.reason}{code}"]
        case CancelRejected():
            return [f"the venue did not cancel it: {event.reason}"]
        case Unknown():
            return [f"no clear answer came: {event.reason}; it may be there, so it is looked up and not sent again"]
        case _:
            return []


def _why_cancel(step: Step) -> str:
    match step.event:
        case CancelOrder():
            return ", asked for by hand"
        case CancelAll():
            return ", with every other order"
        case Halt():
            return f", by the kill switch: {step.event.reason}"
        case _:
            return f", on {_event_word(step)}"


def _event_word(step: Step) -> str:
    names = {
        "Bar": "a closed bar",
        "Trade": "a trade",
        "Quote": "a quote",
        "Book": "the order book",
        "Filled": "a fill",
    }
    name = type(step.event).__name__
    return names.get(name, f"the event {name}")
