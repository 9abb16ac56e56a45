"""ccxt's own binance class, async and pro, against the sandbox: only its URLs are changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

SYMBOL = "BTC/USDT"
FAR_BELOW = 50_000
WAIT_S = 10.0


async def test_markets_carry_ticks_lots_and_minimum(rest: Any) -> None:
    await rest.load_markets()
    market = rest.market(SYMBOL)
    assert market["precision"]["price"] == 0.01
    assert market["precision"]["amount"] == 0.00001
    assert market["limits"]["cost"]["min"] == 5
    assert market["spot"]
    assert market["active"]


async def test_default_start_up_with_currencies_and_margins_works(rest: Any) -> None:
    rest.options["fetchCurrencies"] = True
    rest.options["fetchMargins"] = True
    await rest.load_markets()
    assert {"BTC", "USDT"} <= set(rest.currencies)


async def test_market_data_agrees_with_itself(rest: Any) -> None:
    candles = await rest.fetch_ohlcv(SYMBOL, "1m", limit=5)
    ticker = await rest.fetch_ticker(SYMBOL)
    book = await rest.fetch_order_book(SYMBOL, 20)
    trades = await rest.fetch_trades(SYMBOL, limit=4)
    assert len(candles) == 5
    assert len(await rest.fetch_ohlcv(SYMBOL, "1h", limit=3)) == 3
    assert ticker["last"] == candles[-1][4] == trades[-1]["price"]
    assert book["bids"][0][0] == ticker["bid"] < ticker["last"] < ticker["ask"] == book["asks"][0][0]
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert SYMBOL in await rest.fetch_tickers()
    assert abs(await rest.fetch_time() - rest.milliseconds()) < 5_000


async def test_a_market_order_is_closed_with_its_fee(rest: Any) -> None:
    order = await rest.create_order(SYMBOL, "market", "buy", 0.01)
    assert (order["status"], order["filled"], order["remaining"]) == ("closed", 0.01, 0)
    assert order["fee"]["currency"] == "USDT"
    assert order["fee"]["cost"] == pytest.approx(order["cost"] * 0.001)
    (trade,) = await rest.fetch_my_trades(SYMBOL)
    assert trade["order"] == order["id"]
    assert (trade["side"], trade["takerOrMaker"], trade["amount"]) == ("buy", "taker", 0.01)


async def test_a_limit_order_is_found_open_and_canceled(rest: Any) -> None:
    mine = {"clientOrderId": "mine-1"}
    order = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, mine)
    assert (order["status"], order["clientOrderId"]) == ("open", "mine-1")
    assert (await rest.fetch_balance())["USDT"]["used"] == pytest.approx(500.5)
    assert [o["id"] for o in await rest.fetch_open_orders(SYMBOL)] == [order["id"]]
    by_client_id = await rest.fetch_order(None, SYMBOL, {"origClientOrderId": "mine-1"})
    assert by_client_id["id"] == order["id"]
    assert (await rest.cancel_order(order["id"], SYMBOL))["status"] == "canceled"
    assert (await rest.fetch_order(order["id"], SYMBOL))["status"] == "canceled"
    assert await rest.fetch_open_orders(SYMBOL) == []
    assert [o["id"] for o in await rest.fetch_orders(SYMBOL)] == [order["id"]]
    assert (await rest.fetch_balance())["USDT"] == {"free": 1_000_000, "used": 0, "total": 1_000_000}


async def test_stops_post_only_edits_and_cancel_all(rest: Any) -> None:
    stop = await rest.create_order(SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": FAR_BELOW})
    stop_limit = await rest.create_order(SYMBOL, "limit", "sell", 0.01, FAR_BELOW - 1, {"stopLossPrice": FAR_BELOW})
    maker = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"postOnly": True})
    kinds = {o["id"]: o["info"]["type"] for o in await rest.fetch_open_orders(SYMBOL)}
    assert kinds == {
        stop["id"]: "STOP_LOSS",
        stop_limit["id"]: "STOP_LOSS_LIMIT",
        maker["id"]: "LIMIT_MAKER",
    }
    edited = await rest.edit_order(maker["id"], SYMBOL, "limit", "buy", 0.02, FAR_BELOW)
    assert edited["amount"] == 0.02
    assert edited["id"] != maker["id"]
    assert len(await rest.cancel_all_orders(SYMBOL)) == 3


async def test_ioc_expires_and_a_test_order_leaves_nothing(rest: Any) -> None:
    ioc = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"timeInForce": "IOC"})
    assert ioc["status"] == "expired"
    await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"test": True})
    assert await rest.fetch_open_orders(SYMBOL) == []


# Refusals: the raw call shows Binance's own code, ccxt's class shows that it is understood.

GOOD: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
REFUSALS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("tick", {"quantity": "0.01", "price": "50000.001"}, -1013, "PRICE_FILTER", "InvalidOrder"),
    ("lot", {"quantity": "0.0100001", "price": "50000"}, -1013, "LOT_SIZE", "InvalidOrder"),
    ("too big", {"quantity": "9001", "price": "50000"}, -1013, "LOT_SIZE", "InvalidOrder"),
    ("notional", {"quantity": "0.00001", "price": "50000"}, -1013, "NOTIONAL", "BadRequest"),
    ("zero", {"quantity": "0", "price": "50000"}, -1013, "Invalid quantity.", "BadRequest"),
    ("precision", {"quantity": "0.000000001", "price": "1"}, -1111, "too much precision", "BadRequest"),
    ("letters", {"quantity": "abc", "price": "1"}, -1100, "Illegal characters", "BadRequest"),
    ("no price", {"quantity": "0.01"}, -1102, "'price' was not sent", "BadRequest"),
    ("balance", {"quantity": "100", "price": "50000"}, -2010, "insufficient balance", "InsufficientFunds"),
    ("symbol", {"symbol": "NOPE", "quantity": "1", "price": "1"}, -1121, "Invalid symbol.", "BadSymbol"),
    ("side", {"side": "HOLD", "quantity": "1", "price": "1"}, -1117, "Invalid side.", "BadRequest"),
    ("type", {"type": "WISH", "quantity": "1", "price": "1"}, -1116, "Invalid orderType.", "BadRequest"),
    ("force", {"timeInForce": "X", "quantity": "1", "price": "1"}, -1115, "timeInForce", "BadRequest"),
    (
        "price on market",
        {"type": "MARKET", "timeInForce": "", "quantity": "1", "price": "1"},
        -1106,
        "'price' sent when not required.",
        "BadRequest",
    ),
    (
        "would match",
        {"type": "LIMIT_MAKER", "timeInForce": "", "quantity": "0.01", "price": "90000"},
        -2010,
        "Order would immediately match and take.",
        "OrderImmediatelyFillable",
    ),
    (
        "would trigger",
        {"type": "STOP_LOSS", "timeInForce": "", "quantity": "0.01", "stopPrice": "50000"},
        -2010,
        "Stop price would trigger immediately.",
        "OrderImmediatelyFillable",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "code", "text", "kind"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
async def test_refusals_have_binances_code_and_reach_ccxt_as_the_right_class(
    rest: Any, box: Any, wrong: dict[str, Any], code: int, text: str, kind: str
) -> None:
    answers: list[str] = []

    def heard(*reply: Any) -> str:
        answers.append(reply[5])
        return reply[5]

    rest.on_rest_response = heard
    with pytest.raises(Exception) as caught:
        await rest.private_post_order({k: v for k, v in (GOOD | wrong).items() if v})
    body = rest.parse_json(answers[-1])
    assert body["code"] == code
    assert text in body["msg"]
    assert type(caught.value).__name__ == kind
    assert not box.running.sandbox.books("sandbox-key").orders


async def test_a_client_id_is_unique_among_open_orders_only(rest: Any) -> None:
    errors = import_module("ccxt")
    mine = {"clientOrderId": "mine-1"}
    order = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, mine)
    with pytest.raises(errors.InvalidOrder, match="Duplicate order sent"):
        await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, mine)
    await rest.cancel_order(order["id"], SYMBOL)
    assert (await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, mine))["id"] != order["id"]


async def test_unknown_orders_are_not_found(rest: Any) -> None:
    errors = import_module("ccxt")
    with pytest.raises(errors.OrderNotFound):
        await rest.fetch_order("4711", SYMBOL)
    with pytest.raises(errors.OrderNotFound):
        await rest.cancel_order("4711", SYMBOL)


async def test_a_wrong_signature_an_unknown_key_and_no_key_are_authentication_errors(
    rest: Any, make_rest: Callable[[str], Any]
) -> None:
    errors = import_module("ccxt")
    wrong = make_rest("wrong")
    try:
        with pytest.raises(errors.AuthenticationError, match="-1022"):
            await wrong.private_get_account()
        wrong.apiKey = "nobody"
        with pytest.raises(errors.AuthenticationError, match="-2015"):
            await wrong.private_get_account()
    finally:
        await wrong.close()


@pytest.mark.parametrize("off_ms", [-20_000, 20_000])
async def test_a_clock_that_is_wrong_is_an_invalid_nonce(rest: Any, off_ms: int) -> None:
    errors = import_module("ccxt")
    rest.nonce = lambda: rest.milliseconds() + off_ms
    with pytest.raises(errors.InvalidNonce, match="-1021"):
        await rest.private_get_account()


# Streams


async def started(box: Any, streams: int, *calls: Any) -> list[asyncio.Task[Any]]:
    """The calls under way, once their streams are subscribed."""
    tasks = [asyncio.create_task(call) for call in calls]
    async with asyncio.timeout(WAIT_S):
        while len(box.running.sandbox.hub.streams()) < streams:
            await asyncio.sleep(0.01)
    return tasks


async def test_public_streams_show_what_happens(pro: Any, box: Any) -> None:
    trades, candles, ticker, book, best = await started(
        box,
        5,
        pro.watch_trades(SYMBOL),
        pro.watch_ohlcv(SYMBOL, "1m"),
        pro.watch_ticker(SYMBOL),
        pro.watch_order_book(SYMBOL),
        pro.watch_bids_asks([SYMBOL]),
    )
    await box.advance(1)
    async with asyncio.timeout(WAIT_S):
        (trade,) = await trades
        assert trade["price"] == float(box.last)
        assert trade["id"] == "1201"
        assert (await candles)[-1][4] == float(box.last)
        assert (await ticker)["last"] == float(box.last)
        shown = await book
        assert shown["bids"][0][0] < float(box.last) < shown["asks"][0][0]
        assert (await best)[SYMBOL]["bid"] == shown["bids"][0][0]


async def test_the_order_book_stays_in_step(pro: Any, rest: Any, box: Any) -> None:
    (first,) = await started(box, 1, pro.watch_order_book(SYMBOL))
    await box.advance(1)
    await first
    for _ in range(20):
        await box.advance(1)
    async with asyncio.timeout(WAIT_S):
        while (shown := pro.orderbooks[SYMBOL])["nonce"] != box.running.sandbox.market.depth.update_id:
            await asyncio.sleep(0.01)
    fetched = await rest.fetch_order_book(SYMBOL, 20)
    assert shown["bids"][:20] == fetched["bids"]
    assert shown["asks"][:20] == fetched["asks"]


async def test_the_account_stream_tells_orders_fills_and_balances(pro: Any, box: Any) -> None:
    await pro.load_markets()
    orders, balance, mine = (
        asyncio.create_task(call)
        for call in (pro.watch_orders(SYMBOL), pro.watch_balance(), pro.watch_my_trades(SYMBOL))
    )
    async with asyncio.timeout(WAIT_S):
        while not any(c.subscriptions for c in box.running.sandbox.hub.connections):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        placed = await pro.create_order(SYMBOL, "market", "buy", 0.01)
        (seen,) = await orders
        while seen["status"] != "closed":
            (seen,) = await pro.watch_orders(SYMBOL)
        assert (seen["id"], seen["filled"]) == (placed["id"], 0.01)
        assert seen["fee"]["currency"] == "USDT"
        assert (await mine)[0]["order"] == placed["id"]
        held = await balance
        while held["BTC"]["total"] != 10.01:
            held = await pro.watch_balance()


async def test_orders_can_be_placed_over_the_websocket(pro: Any) -> None:
    await pro.load_markets()
    order = await pro.create_order_ws(SYMBOL, "limit", "buy", 0.01, FAR_BELOW)
    assert (await pro.fetch_order_ws(order["id"], SYMBOL))["status"] == "open"
    assert (await pro.cancel_order_ws(order["id"], SYMBOL))["status"] == "canceled"
