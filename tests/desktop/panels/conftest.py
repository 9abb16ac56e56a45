"""An instrument, and orders as the engine would tell of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Protocol

import pytest

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce

BTC = Instrument(
    symbol="BTCUSDT",
    venue="binance",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.00001"),
    min_size=Decimal("0.00001"),
    max_size=Decimal(9000),
    min_notional=Decimal(5),
    fees=FeeSchedule(maker=Decimal("0.001"), taker=Decimal("0.002")),
)


class MakeOrder(Protocol):
    """Makes order `number` with some fields of its own."""

    def __call__(self, number: int, **fields: object) -> Order: ...


@pytest.fixture
def instrument() -> Instrument:
    return BTC


@pytest.fixture
def make_order() -> MakeOrder:
    def make(number: int, **fields: object) -> Order:
        order = Order(
            client_order_id=f"td-{number}",
            symbol="BTCUSDT",
            side=Side.BUY,
            type=OrderType.LIMIT,
            size=Decimal("0.5"),
            price=Decimal(67_000 + number),
            stop_price=None,
            time_in_force=TimeInForce.GTC,
            post_only=False,
            reduce_only=False,
            source="manual",
            created_ns=number * 1_000_000_000,
            updated_ns=number * 1_000_000_000,
            state=OrderState.ACCEPTED,
        )
        return replace(order, **fields)  # pyright: ignore[reportArgumentType]

    return make
