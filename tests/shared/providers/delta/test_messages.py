"""Contracts to base units and back, and the venue's several ways to write a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.book import Quote
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Canceled, Expired, Rejected
from tradedeck.domain.instrument import Instrument, Kind
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.providers.delta import messages, orders

PRODUCT: dict[str, Any] = {
    "id": 27, "symbol": "BTCUSD", "contract_type": "perpetual_futures", "notional_type": "vanilla", "state": "live",
    "tick_size": "0.5", "contract_value": "0.001", "maker_commission_rate": "0.0002",
    "taker_commission_rate": "0.0005", "position_size_limit": 1000, "underlying_asset": {"symbol": "BTC"},
    "quoting_asset": {"symbol": "USD"}, "settling_asset": {"symbol": "USD"},
}  # fmt: skip


def instrument() -> Instrument:
    ((found,), left_out) = messages.instruments([PRODUCT], "delta")
    assert left_out == {}
    return found


def test_a_linear_perpetual_is_an_instrument_in_base_units() -> None:
    found = instrument()
    assert (found.kind, found.contract, found.venue_id) == (Kind.LINEAR, Decimal("0.001"), "27")
    assert (found.base, found.quote, found.tick) == ("BTC", "USD", Decimal("0.5"))
    assert (found.lot, found.min_size, found.max_size) == (Decimal("0.001"), Decimal("0.001"), Decimal(1))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"contract_type": "put_options"}, "put options"),
        ({"notional_type": "inverse"}, "inverse"),
        ({"settling_asset": {"symbol": "BTC"}}, "inverse"),
        ({"settling_asset": {"symbol": "USDT"}}, "settled in USDT"),
        ({"state": "expired"}, "expired"),
    ],
)
def test_what_is_left_out_is_left_out_with_a_reason(changed: dict[str, Any], words: str) -> None:
    taken, left_out = messages.instruments([PRODUCT | changed], "delta")
    assert taken == []
    assert words in left_out["BTCUSD"]


@given(st.integers(1, 10**9))
def test_whole_contracts_go_there_and_back(count: int) -> None:
    found = instrument()
    assert messages.contracts(count * found.contract, found) == count


@given(st.decimals("0.0001", "10", places=4))
def test_a_size_is_either_whole_contracts_or_refused_in_words(size: Decimal) -> None:
    found = instrument()
    if size % found.contract:
        with pytest.raises(RefusedError, match="no whole number of contracts"):
            messages.contracts(size, found)
    else:
        assert messages.contracts(size, found) * found.contract == size


@pytest.mark.parametrize(
    "written", [1709514000123456, "1709514000123456", "2024-03-04T01:00:00.123456Z", "2024-03-04T01:00:00.123456+00:00"]
)
def test_times_are_read_to_the_microsecond(written: object) -> None:
    assert messages.time_ns(written) == 1709514000123456000


def test_prints_quotes_and_candles_are_in_base_units() -> None:
    found = instrument()
    raw = {"sy": "BTCUSD", "p": "64000.5", "s": 12, "r": "t", "t": 5}
    assert messages.trade(raw, found, 1) == Trade(
        "BTCUSD", "5-1", Decimal("64000.5"), Decimal("0.012"), Side.BUY, 5_000
    )
    assert messages.trade(raw | {"r": "m"}, found, 0).aggressor is Side.SELL
    top = {"sy": "BTCUSD", "bp": "1", "bs": "2000", "ap": "1.5", "as": "1", "lts": 7}
    assert messages.quote(top, found) == Quote(
        "BTCUSD", Decimal(1), Decimal(2), Decimal("1.5"), Decimal("0.001"), 7_000
    )
    assert messages.quote(top | {"ap": ""}, found) is None
    rows = [
        {"time": 120, "open": 3, "high": 3, "low": 3, "close": 3, "volume": 1},
        {"time": 60, "open": 1.5, "high": 2.5, "low": 0.1, "close": 2, "volume": 3000},
    ]
    assert messages.bars(rows, found, MINUTE_NS, 2 * MINUTE_NS) == [
        Bar("BTCUSD", MINUTE_NS, MINUTE_NS, Decimal("1.5"), Decimal("2.5"), Decimal("0.1"), Decimal(2), Decimal(3))
    ]


ORDER = Order(
    "td-1", "BTCUSD", Side.SELL, OrderType.STOP_LIMIT, Decimal("0.5"), Decimal("60000.5"), Decimal(60_001),
    TimeInForce.GTC, False, True, "manual", 5, 5,
)  # fmt: skip


def test_a_stop_leaves_in_the_venues_own_fields() -> None:
    assert orders.order_body(ORDER, instrument()) == {
        "product_id": 27,
        "size": 500,
        "side": "sell",
        "order_type": "limit_order",
        "client_order_id": "td-1",
        "limit_price": "60000.5",
        "time_in_force": "gtc",
        "reduce_only": True,
        "stop_order_type": "stop_loss_order",
        "stop_price": "60001",
        "stop_trigger_method": "last_traded_price",
    }


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, Canceled),
        ({"cancellation_reason": "cancelled_by_user", "time_in_force": "ioc"}, Canceled),
        ({"time_in_force": "ioc"}, Expired),
        ({"order_type": "market_order"}, Expired),
        ({"order_type": "market_order", "stop_price": "5"}, Canceled),
        ({"cancellation_reason": "heartbeat"}, Canceled),
        ({"cancellation_reason": "self_trade"}, Expired),
        ({"cancellation_reason": "immediate_execution_post_only"}, Rejected),
        ({"cancellation_reason": "brand_new"}, Canceled),
    ],
)
def test_how_an_order_ended(changed: dict[str, Any], kind: type[Any]) -> None:
    raw = {"id": 1, "state": "cancelled", "order_type": "limit_order", "time_in_force": "gtc", "created_at": "7"}
    (report,) = orders.ended(raw | changed, "td-1")
    assert type(report) is kind
    assert report.time_ns == 7_000
    assert orders.ended(raw | changed | {"state": "closed"}, "td-1") == []
