"""Rows of the orders schema. Amounts in quote or base units, times in UTC nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as its device last told of it."""

    client_order_id: str
    revision: int
    venue: str
    account: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    post_only: bool
    reduce_only: bool
    size: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    filled: Decimal
    state: str
    reason: str
    venue_order_id: str
    source: str
    mode: str
    created_ns: int
    updated_ns: int


@dataclass(frozen=True, slots=True)
class FillRow:
    """One execution."""

    venue: str
    account: str
    mode: str
    symbol: str
    trade_id: str
    client_order_id: str
    side: str
    price: Decimal
    size: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    base: str
    quote: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class MarkRow:
    """The last price a device saw."""

    venue: str
    symbol: str
    price: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One line of a device's outbox; `fact` is its serialised message, for those who read it on the bus."""

    seq: int
    time_ns: int
    row: OrderRow | FillRow | MarkRow
    fact: bytes


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders or fills a list shows; empty means all."""

    symbol: str = ""
    state: str = ""
    source: str = ""
    mode: str = ""
    client_order_id: str = ""


@dataclass(frozen=True, slots=True)
class PageAt:
    """Where a page starts: rows older than this time and id."""

    time_ns: int
    row_id: str
