"""USD-M's messages as the venue writes them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.shared.providers.binance.test_messages import ORDER
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Rejected
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.instrument import FeeSchedule, Kind
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.ports.broker import Balance
from tradedeck.ports.capabilities import MarginMode
from tradedeck.providers.binance import perpetual_messages as perpetuals

FEES = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"))
STOP = replace(ORDER, type=OrderType.STOP, price=None, stop_price=Decimal("63000.50"), reduce_only=True)


def test_a_limit_order_that_may_only_reduce() -> None:
    assert perpetuals.order_params(replace(ORDER, reduce_only=True)) == {
        "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": "0.5", "price": "64000.1",
        "timeInForce": "IOC", "newClientOrderId": "td1-1", "newOrderRespType": "RESULT", "reduceOnly": "true",
    }  # fmt: skip


def test_post_only_is_a_time_in_force_of_its_own() -> None:
    assert perpetuals.order_params(replace(ORDER, post_only=True))["timeInForce"] == "GTX"
    with pytest.raises(RefusedError, match="plain limit order"):
        perpetuals.order_params(replace(STOP, post_only=True))


def test_a_stop_is_a_conditional_order() -> None:
    assert perpetuals.order_params(STOP) == {
        "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.5", "algoType": "CONDITIONAL",
        "clientAlgoId": "td1-1", "triggerPrice": "63000.5", "workingType": "CONTRACT_PRICE", "reduceOnly": "true",
    }  # fmt: skip
    limit = perpetuals.order_params(replace(ORDER, type=OrderType.STOP_LIMIT, stop_price=Decimal(63_000)))
    assert (limit["type"], limit["price"], limit["timeInForce"]) == ("STOP", "64000.1", "IOC")


TRADE = {
    "id": 6, "orderId": 8, "symbol": "BTCUSDT", "side": "SELL", "price": "64000.2", "qty": "0.1", "commission": "0.5",
    "commissionAsset": "USDT", "time": 2, "maker": True,
}  # fmt: skip


def test_an_answer_ends_an_order_only_when_its_fills_are_known() -> None:
    raw = {"orderId": 8, "updateTime": 3, "executedQty": "0.1", "status": "EXPIRED"}
    kinds = [type(report) for report in perpetuals.placed(raw, [TRADE], ORDER)]
    assert kinds == [Accepted, Filled, Expired]
    assert perpetuals.placed(raw, [], ORDER) == [Accepted("td1-1", "8", 3_000_000)]


def test_records_tell_fills_and_then_the_end() -> None:
    raw = {"orderId": 8, "time": 1, "updateTime": 3, "status": "CANCELED"}
    accepted, filled, canceled = perpetuals.found(raw, [TRADE], ORDER)
    assert isinstance(filled, Filled)
    assert (filled.fill.client_order_id, filled.fill.fee, filled.fill.maker) == ("td1-1", Decimal("0.5"), True)
    assert (accepted.time_ns, canceled) == (1_000_000, Canceled("td1-1", 3_000_000))


def update(**changed: Any) -> list[Any]:
    o = {
        "s": "BTCUSDT", "c": "td1-1", "S": "SELL", "i": 77, "x": "NEW", "X": "NEW", "T": 2, "t": 5, "L": "64000.1",
        "l": "0.1", "n": "0.5", "N": "USDT", "m": True,
    }  # fmt: skip
    return list(perpetuals.reports_of({"e": "ORDER_TRADE_UPDATE", "o": o | changed}, {99: "td1-2"}))


def test_reports_of_the_account_stream() -> None:
    assert update() == [Accepted("td1-1", "77", 2_000_000)]
    (filled,) = update(x="TRADE")
    assert (filled.fill.trade_id, filled.fill.size, filled.fill.fee) == ("5", Decimal("0.1"), Decimal("0.5"))
    assert update(x="CANCELED") == [Canceled("td1-1", 2_000_000)]
    assert update(x="EXPIRED", X="EXPIRED") == [Expired("td1-1", 2_000_000)]
    assert update(x="REJECTED") == [Rejected("td1-1", 2_000_000, "rejected by the venue")]
    assert update(x="AMENDMENT") == []
    assert update(x="TRADE_PREVENTION", X="PARTIALLY_FILLED") == [], "it was only made smaller"


def test_a_liquidation_is_a_fill_that_nobody_ordered() -> None:
    (filled,) = update(x="CALCULATED", c="autoclose-1", n=None, N=None)
    assert (filled.client_order_id, filled.fill.fee) == ("autoclose-1", 0)
    assert update(x="CALCULATED", l="0") == []


def test_what_a_conditional_order_became_is_told_under_its_name() -> None:
    (filled,) = update(x="TRADE", i=99, c="the venue's own")
    assert (filled.client_order_id, filled.venue_order_id) == ("td1-2", "99")


def algo(**changed: Any) -> list[Any]:
    o = {"caid": "td1-1", "aid": 21, "X": "NEW", "ai": "", "rm": ""}
    return list(perpetuals.conditional_reports({"e": "ALGO_UPDATE", "T": 4, "o": o | changed}))


def test_reports_of_conditional_orders() -> None:
    assert algo() == [Accepted("td1-1", "algo-21", 4_000_000)]
    assert algo(X="CANCELED") == [Canceled("td1-1", 4_000_000)]
    assert algo(X="REJECTED", rm="Reduce Only reject") == [Expired("td1-1", 4_000_000, "Reduce Only reject")]
    assert algo(X="TRIGGERED", ai="99") == []
    assert perpetuals.became({"ai": "99"}) == perpetuals.became({"actualOrderId": "99"}) == 99
    assert perpetuals.became({"ai": ""}) == perpetuals.became({"actualOrderId": None}) == 0


@pytest.mark.parametrize(
    ("status", "kinds"), [("NEW", []), ("CANCELED", [Canceled]), ("EXPIRED", [Expired]), ("REJECTED", [Expired])]
)
def test_a_conditional_order_may_end_without_ever_trading(status: str, kinds: list[type]) -> None:
    told = perpetuals.conditional_ended({"algoStatus": status, "updateTime": 5}, STOP)
    assert [type(report) for report in told] == kinds


ROW = {
    "clientOrderId": "x1", "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "origQty": "0.5", "executedQty": "0.2",
    "cumQuote": "12800", "price": "64000", "stopPrice": "0", "timeInForce": "GTX", "reduceOnly": False, "time": 1,
    "updateTime": 2, "orderId": 8,
}  # fmt: skip


def test_working_orders_are_told_as_the_venue_counts_them() -> None:
    order = perpetuals.order_of(ROW)
    assert (order.post_only, order.time_in_force, order.state) == (True, TimeInForce.GTC, OrderState.PARTIALLY_FILLED)
    assert (order.filled_quote, order.stop_price, order.source, order.reason) == (Decimal(12_800), None, "", "")
    waiting = {
        "clientAlgoId": "x2", "symbol": "BTCUSDT", "side": "SELL", "orderType": "TAKE_PROFIT_MARKET",
        "quantity": "0.5", "triggerPrice": "70000", "price": "0", "timeInForce": "GTC", "reduceOnly": True,
        "createTime": 1, "updateTime": 1, "algoId": 21,
    }  # fmt: skip
    order = perpetuals.conditional_order_of(waiting)
    assert (order.type, order.stop_price, order.price) == (OrderType.STOP, Decimal(70_000), None)
    assert (order.reduce_only, order.venue_order_id) == (True, "algo-21")
    assert order.reason == "TAKE_PROFIT_MARKET at the venue", "a kind we have no word for is named"


def test_wallets_split_into_free_and_what_backs_something() -> None:
    assets = [
        {"asset": "USDT", "walletBalance": "100", "availableBalance": "60"},
        {"asset": "USDC", "walletBalance": "5", "availableBalance": "9"},
        {"asset": "BNB", "walletBalance": "0", "availableBalance": "0"},
    ]
    assert perpetuals.balances({"assets": assets}) == [
        Balance("USDT", Decimal(60), Decimal(40)),
        Balance("USDC", Decimal(5), Decimal(0)),
    ]


def test_positions_have_a_sign_a_margin_and_a_leverage() -> None:
    flat = {"positionAmt": "0.000"}
    short = {
        "symbol": "BTCUSDT", "positionAmt": "-0.5", "entryPrice": "64000", "markPrice": "63000", "notional": "-31500",
        "isolatedMargin": "0", "positionInitialMargin": "3150", "liquidationPrice": "70100.5",
    }  # fmt: skip
    (cross,) = perpetuals.holdings([flat, short])
    assert (cross.size, cross.leverage, cross.margin) == (Decimal("-0.5"), 10, Decimal(3_150))
    assert (cross.margin_mode, cross.liquidation) == (MarginMode.CROSS, Decimal("70100.5"))
    (isolated,) = perpetuals.holdings([short | {"isolatedMargin": "3200", "liquidationPrice": "0"}])
    assert (isolated.margin, isolated.margin_mode, isolated.liquidation) == (3200, MarginMode.ISOLATED, None)


def test_contracts_that_end_or_rest_are_no_instruments() -> None:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ]
    row: dict[str, Any] = {
        "symbol": "BTCUSDT", "status": "TRADING", "contractType": "PERPETUAL", "baseAsset": "BTC",
        "quoteAsset": "USDT", "filters": filters,
    }  # fmt: skip
    others = [row | {"contractType": "CURRENT_QUARTER"}, row | {"status": "SETTLING"}]
    (one,) = perpetuals.instruments({"symbols": [row, *others]}, {}, FEES, "binance-usdm")
    assert (one.kind, one.tick, one.lot, one.min_notional) == (Kind.LINEAR, Decimal("0.1"), Decimal("0.001"), 100)
    assert one.round_price(Decimal("64000.19"), Side.BUY) == Decimal("64000.1"), "a buy never pays more than asked"
    assert one.round_price(Decimal("64000.11"), Side.SELL) == Decimal("64000.2"), "a sell never gets less than asked"


def test_trades_that_are_none_of_the_market_are_left_out() -> None:
    raw = {"e": "trade", "s": "BTCUSDT", "t": 9, "p": "64000.1", "q": "0.001", "T": 1, "m": True, "X": "MARKET"}
    assert [type(event) for event in perpetuals.market_events(raw)] == [Trade]
    assert perpetuals.market_events(raw | {"X": "INSURANCE_FUND"}) == []
    assert perpetuals.market_events(raw | {"X": "NA", "q": "0"}) == []
    assert perpetuals.market_events({"e": "ACCOUNT_UPDATE"}) == []


def test_a_funding_has_passed_when_the_next_one_is_another() -> None:
    clock = perpetuals.FundingClock()
    marks = [("BTCUSDT", 8), ("ETHUSDT", 8), ("BTCUSDT", 8), ("BTCUSDT", 16), ("BTCUSDT", 16), ("ETHUSDT", 16)]
    assert [clock.passed({"s": symbol, "T": next_ms}) for symbol, next_ms in marks] == [0, 0, 0, 8, 0, 8]


def test_fundings_are_told_as_charged_oldest_first() -> None:
    rows = [
        {"symbol": "BTCUSDT", "fundingRate": "-0.00010000", "fundingTime": 28_800_003},
        {"symbol": "BTCUSDT", "fundingRate": "0.0002", "fundingTime": 0},
    ]
    assert perpetuals.funding_rates(rows) == [
        FundingRate("BTCUSDT", Decimal("0.0002"), 0),
        FundingRate("BTCUSDT", Decimal("-0.0001"), 28_800 * 10**9),
    ]
