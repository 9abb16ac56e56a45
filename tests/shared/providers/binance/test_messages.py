from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Rejected
from tradedeck.domain.instrument import FeeSchedule
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.providers.binance import messages

ORDER = Order(
    "td1-1", "BTCUSDT", Side.SELL, OrderType.LIMIT, Decimal("0.50000000"), Decimal("64000.10"), None,
    TimeInForce.IOC, False, False, "manual", 5, 5,
)  # fmt: skip


def test_a_trade_is_exact_and_the_taker_is_who_was_not_the_maker() -> None:
    raw = {"e": "trade", "s": "BTCUSDT", "t": 9, "p": "64000.01000000", "q": "0.00001000", "T": 1_700, "m": True}
    assert messages.events_of(raw) == [
        Trade("BTCUSDT", "9", Decimal("64000.01"), Decimal("0.00001"), Side.SELL, 1_700_000_000)
    ]
    assert messages.events_of(raw | {"m": False})[0] == Trade(
        "BTCUSDT", "9", Decimal("64000.01"), Decimal("0.00001"), Side.BUY, 1_700_000_000
    )


def test_a_candle_counts_once_it_has_closed() -> None:
    k: dict[str, Any] = {"i": "1m", "t": 60_000, "o": "1", "h": "3", "l": "0.5", "c": "2", "v": "10", "x": False}
    raw = {"e": "kline", "s": "BTCUSDT", "k": k}
    assert messages.events_of(raw) == []
    k["x"] = True
    bar = messages.events_of(raw)[0]
    assert bar == Bar("BTCUSDT", MINUTE_NS, MINUTE_NS, Decimal(1), Decimal(3), Decimal("0.5"), Decimal(2), Decimal(10))


def report(**changed: Any) -> list[Any]:
    raw = {
        "e": "executionReport", "s": "BTCUSDT", "c": "td1-1", "C": "", "S": "SELL", "i": 77, "x": "NEW", "T": 2,
        "t": 5, "L": "64000.1", "l": "0.1", "n": "6.4", "N": "USDT", "m": True, "r": "NONE",
    }  # fmt: skip
    return list(messages.events_of(raw | changed))


def test_reports_of_the_account_stream() -> None:
    assert report() == [Accepted("td1-1", "77", 2_000_000)]
    (filled,) = report(x="TRADE")
    assert isinstance(filled, Filled)
    assert (filled.fill.price, filled.fill.size, filled.fill.fee) == (
        Decimal("64000.1"),
        Decimal("0.1"),
        Decimal("6.4"),
    )
    assert (filled.fill.trade_id, filled.fill.maker, filled.fill.side) == ("5", True, Side.SELL)
    assert report(x="EXPIRED", X="EXPIRED") == [Expired("td1-1", 2_000_000)]
    assert report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH") == [Expired("td1-1", 2_000_000)]
    assert report(x="TRADE_PREVENTION", X="PARTIALLY_FILLED") == [], "it was only made smaller"
    assert report(x="REJECTED", r="NO_MONEY") == [Rejected("td1-1", 2_000_000, "NO_MONEY")]
    assert report(x="REPLACED") == []


def test_a_cancel_has_an_id_of_its_own_and_is_told_by_the_orders() -> None:
    assert report(x="CANCELED", c="other", C="td1-1") == [Canceled("td1-1", 2_000_000)]


def test_a_fill_without_a_fee_has_none() -> None:
    (filled,) = report(x="TRADE", n=None, N=None)
    assert (filled.fill.fee, filled.fill.fee_asset) == (0, "")


def test_an_order_is_written_in_plain_numbers() -> None:
    assert messages.order_params(ORDER) == {
        "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": "0.5", "price": "64000.1",
        "timeInForce": "IOC", "newClientOrderId": "td1-1", "newOrderRespType": "FULL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "type_", "has", "has_not"),
    [
        ({"type": OrderType.MARKET, "price": None}, "MARKET", {"quantity"}, {"price", "timeInForce", "stopPrice"}),
        ({"post_only": True}, "LIMIT_MAKER", {"price"}, {"timeInForce"}),
        ({"type": OrderType.STOP, "price": None, "stop_price": Decimal(1)}, "STOP_LOSS", {"stopPrice"}, {"price"}),
        (
            {"type": OrderType.STOP_LIMIT, "stop_price": Decimal(1)},
            "STOP_LOSS_LIMIT",
            {"price", "timeInForce"},
            {"postOnly"},
        ),
    ],
)
def test_each_type_of_order_sends_what_it_needs(
    changes: dict[str, Any], type_: str, has: set[str], has_not: set[str]
) -> None:
    params = messages.order_params(replace(ORDER, **changes))
    assert params["type"] == type_
    assert has <= set(params)
    assert not has_not & set(params)


def test_a_market_order_can_not_be_post_only() -> None:
    with pytest.raises(RefusedError, match="plain limit order"):
        messages.order_params(replace(ORDER, type=OrderType.MARKET, price=None, post_only=True))


def placed(status: str, **more: Any) -> list[Any]:
    return list(messages.placed({"transactTime": 3, "orderId": 8, "status": status, **more}, ORDER))


def test_the_answer_to_an_order_tells_what_traded_at_once_and_how_it_ended() -> None:
    part = {"tradeId": 5, "price": "64000.2", "qty": "0.1", "commission": "6.4", "commissionAsset": "USDT"}
    accepted, filled, expired = placed("EXPIRED", fills=[part])
    assert accepted == Accepted("td1-1", "8", 3_000_000)
    assert (filled.fill.trade_id, filled.fill.maker, filled.fill.time_ns) == ("5", False, 3_000_000)
    assert expired == Expired("td1-1", 3_000_000)
    assert placed("NEW") == [accepted]


def test_records_tell_fills_first_and_then_the_end() -> None:
    raw = {"orderId": 8, "time": 1, "updateTime": 4, "status": "CANCELED"}
    trade = {
        "id": 6, "price": "64000.2", "qty": "0.1", "commission": "0", "commissionAsset": "USDT", "time": 2,
        "isMaker": True,
    }  # fmt: skip
    told = messages.found(raw, [trade], ORDER)
    assert [type(one) for one in told] == [Accepted, Filled, Canceled]
    assert messages.traded_size([trade, trade]) == Decimal("0.2")
    assert isinstance(messages.found(raw | {"status": "REJECTED"}, [], ORDER)[-1], Rejected)
    assert messages.found(raw | {"status": "FILLED"}, [], ORDER) == told[:1]


def test_open_candles_are_left_out() -> None:
    rows = [[minute * 60_000, "1", "1", "1", "1", "1", 0, "0"] for minute in range(3)]
    assert len(messages.bars(rows, "BTCUSDT", MINUTE_NS, 3 * MINUTE_NS - 1)) == 2


def test_instruments_that_do_not_trade_are_left_out_and_fees_are_the_accounts() -> None:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "stepSize": "0.00001", "minQty": "0.00001", "maxQty": "9000"},
        {"filterType": "MIN_NOTIONAL", "minNotional": "10"},
    ]
    listed = {"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT", "filters": filters}
    info = {"symbols": [listed, listed | {"status": "BREAK"}, listed | {"isSpotTradingAllowed": False}]}
    fees = messages.fees({"commissionRates": {"maker": "0.00075", "taker": "0.001"}})
    assert fees == FeeSchedule(Decimal("0.00075"), Decimal("0.001"))
    (instrument,) = messages.instruments(info, fees, "binance")
    assert (instrument.min_notional, instrument.tick, instrument.fees) == (Decimal(10), Decimal("0.01"), fees)
    bare = {"symbols": [listed | {"filters": filters[:2]}]}
    assert messages.instruments(bare, fees, "binance")[0].min_notional == 0


def test_empty_balances_are_left_out() -> None:
    rows = [{"asset": "BTC", "free": "0.1", "locked": "0"}, {"asset": "ETH", "free": "0.00", "locked": "0"}]
    assert [balance.asset for balance in messages.balances({"balances": rows})] == ["BTC"]
