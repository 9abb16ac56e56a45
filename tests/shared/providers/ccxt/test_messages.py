"""Raw messages to events, exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Rejected, Report
from tradedeck.domain.instrument import FeeSchedule
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.providers.ccxt import messages

MS = 1_000_000


def order(kind: OrderType = OrderType.LIMIT, **more: Any) -> Order:
    fields: dict[str, Any] = {
        "client_order_id": "td-1",
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "type": kind,
        "size": Decimal(1),
        "price": Decimal(100) if kind.has_price else None,
        "stop_price": Decimal(99) if kind.has_stop else None,
        "time_in_force": TimeInForce.GTC,
        "post_only": False,
        "reduce_only": False,
        "source": "manual",
        "created_ns": 1,
        "updated_ns": 1,
    }
    return Order(**(fields | more))


def report(**more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "e": "executionReport",
        "s": "BTCUSDT",
        "c": "td-1",
        "C": "",
        "S": "BUY",
        "x": "NEW",
        "r": "NONE",
        "i": 5,
        "T": 1000,
    }
    return plain | more


def test_a_trade_keeps_every_digit_and_its_aggressor() -> None:
    raw = {"e": "trade", "s": "BTCUSDT", "t": 9, "p": "0.10000001", "q": "2.50000000", "T": 1000, "m": True}
    event = messages.market_event_of(raw)
    assert event == Trade("BTCUSDT", "9", Decimal("0.10000001"), Decimal("2.5"), Side.SELL, 1000 * MS)


def test_only_a_closed_candle_is_a_bar() -> None:
    k = {"t": 60_000, "s": "X", "i": "5m", "o": "1", "h": "3", "l": "0.5", "c": "2", "v": "7", "x": False}
    assert messages.market_event_of({"e": "kline", "k": k}) is None
    bar = messages.market_event_of({"e": "kline", "k": k | {"x": True}})
    numbers = (Decimal(n) for n in ("1", "3", "0.5", "2", "7"))
    assert bar == Bar("X", 5 * MINUTE_NS, 60_000 * MS, *numbers)
    assert messages.market_event_of({"e": "24hrTicker"}) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (report(), Accepted("td-1", "5", 1000 * MS)),
        (report(x="CANCELED", c="other", C="td-1"), Canceled("td-1", 1000 * MS)),
        (report(x="EXPIRED", X="EXPIRED"), Expired("td-1", 1000 * MS)),
        (report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH", r="STP"), Expired("td-1", 1000 * MS, "STP")),
        (report(x="REJECTED", r="NO_MONEY"), Rejected("td-1", 1000 * MS, "NO_MONEY")),
    ],
)
def test_execution_reports_become_reports(raw: dict[str, Any], expected: Report) -> None:
    assert messages.reports_of(raw) == [expected]


def test_a_fill_has_fee_role_and_trade_id() -> None:
    raw = report(x="TRADE", t=7, L="100.5", l="0.4", n="0.0402", N="BNB", m=True)
    (filled,) = messages.reports_of(raw)
    assert isinstance(filled, Filled)
    fill = filled.fill
    assert (fill.trade_id, fill.price, fill.size, fill.maker) == ("7", Decimal("100.5"), Decimal("0.4"), True)
    assert (fill.fee, fill.fee_asset, filled.venue_order_id) == (Decimal("0.0402"), "BNB", "5")


def test_a_replacement_says_nothing_of_its_own() -> None:
    assert messages.reports_of(report(x="REPLACED")) == []


def test_records_tell_fills_before_the_end_and_rejections_as_such() -> None:
    record = {"orderId": 5, "status": "CANCELED", "time": 1, "updateTime": 3}
    trade = {
        "symbol": "BTCUSDT",
        "id": 7,
        "price": "100",
        "qty": "0.5",
        "commission": "0.1",
        "commissionAsset": "USDT",
        "time": 2,
        "isBuyer": True,
        "isMaker": False,
    }
    kinds = [type(r) for r in messages.found_reports(record, [trade], order())]
    assert kinds == [Accepted, Filled, Canceled]
    rejected = messages.found_reports(record | {"status": "REJECTED"}, [], order())
    assert isinstance(rejected[-1], Rejected)


@pytest.mark.parametrize(
    ("wish", "request_"),
    [
        (order(OrderType.MARKET), {}),
        (order(), {"timeInForce": "GTC"}),
        (order(time_in_force=TimeInForce.FOK), {"timeInForce": "FOK"}),
        (order(post_only=True), {"postOnly": True}),
        (order(OrderType.STOP), {"stopLossPrice": "99"}),
        (order(OrderType.STOP_LIMIT), {"stopLossPrice": "99", "timeInForce": "GTC"}),
    ],
)
def test_what_is_asked_of_ccxt_besides_the_usual(wish: Order, request_: dict[str, str | bool]) -> None:
    assert messages.order_request(wish) == {"newClientOrderId": "td-1"} | request_


def test_a_post_only_stop_is_refused_before_anything_leaves() -> None:
    with pytest.raises(RefusedError, match="post-only"):
        messages.order_request(order(OrderType.STOP_LIMIT, post_only=True))


def test_a_bar_that_is_still_open_is_left_out() -> None:
    rows = [[0, "1", "2", "0.5", "1.5", "3"], [60_000, "1", "2", "0.5", "1.5", "3"]]
    assert len(messages.bars_of(rows, "X", MINUTE_NS, 2 * MINUTE_NS)) == 2
    assert len(messages.bars_of(rows, "X", MINUTE_NS, 2 * MINUTE_NS - 1)) == 1


def test_an_instrument_that_does_not_trade_is_left_out() -> None:
    fees = FeeSchedule(Decimal(0), Decimal(0))
    assert messages.instrument_of({"status": "BREAK"}, fees, "binance") is None
