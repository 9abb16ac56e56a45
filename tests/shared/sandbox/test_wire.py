"""The wire in detail: signatures, windows, streams, depth, candles, weights."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tradedeck.history import bundled_trades
from tradedeck.sandbox.server import SandboxSettings, running
from tradedeck.sandbox.signing import signature_of, ws_payload
from tradedeck.sandbox.weights import MAX_WEIGHT

KEY, SECRET = "sandbox-key", "sandbox-secret"
ORDER = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"
WAIT_S = 5.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_signatures_over_query_body_and_both_are_taken(api: Any) -> None:
    stamp = f"timestamp={now_ms()}"
    whole = f"{ORDER}&{stamp}"
    signature = f"signature={signature_of(SECRET, whole)}"
    in_query = await api.call("POST", "/api/v3/order", key=KEY, query=f"{whole}&{signature}")
    in_body = await api.call("POST", "/api/v3/order", key=KEY, body=f"{whole}&{signature}")
    mixed_signature = f"signature={signature_of(SECRET, ORDER + stamp)}"
    mixed = await api.call("POST", "/api/v3/order", key=KEY, query=ORDER, body=f"{stamp}&{mixed_signature}")
    assert [status for status, _ in (in_query, in_body, mixed)] == [200, 200, 200]
    assert {reply["status"] for _, reply in (in_query, in_body, mixed)} == {"FILLED"}


@pytest.mark.parametrize(
    ("key", "secret", "extra", "status", "code"),
    [
        ("", SECRET, {}, 401, -2014),
        ("nobody", SECRET, {}, 401, -2015),
        (KEY, "wrong", {}, 400, -1022),
        (KEY, SECRET, {"timestamp": "soon"}, 400, -1102),
        (KEY, SECRET, {"timestamp": now_ms() - 6_000_000}, 400, -1021),
        (KEY, SECRET, {"timestamp": now_ms() + 6_000_000}, 400, -1021),
        (KEY, SECRET, {"recvWindow": 60_001}, 400, -1131),
    ],
)
async def test_who_asks_and_when_is_checked(
    api: Any, key: str, secret: str, extra: dict[str, Any], status: int, code: int
) -> None:
    reply = await api.call("GET", "/api/v3/account", key=key, query=api.sign(extra, secret))
    assert (reply[0], reply[1]["code"]) == (status, code)


async def test_a_window_lets_a_slow_request_in(api: Any) -> None:
    slow = {"timestamp": now_ms() - 8_000}
    assert (await api.signed("GET", "account", **slow))[1]["code"] == -1021
    assert (await api.signed("GET", "account", recvWindow=10_000, **slow))[0] == 200


async def test_reply_forms_are_as_asked(api: Any) -> None:
    _, ack = await api.buy("a", newOrderRespType="ACK")
    _, result = await api.buy("b", newOrderRespType="RESULT")
    _, full = await api.buy("c")
    _, stop = await api.buy("d", type="STOP_LOSS", side="SELL", stopPrice="50000")
    assert set(ack) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"} == set(stop)
    assert result["status"] == "FILLED"
    assert "fills" not in result
    assert full["fills"][0]["qty"] == "0.01000000"


async def test_what_is_not_supported_says_so_in_binances_words(api: Any) -> None:
    replies = [
        await api.buy("a", quantity="", quoteOrderQty="100"),
        await api.buy("b", type="STOP_LOSS", trailingDelta="100"),
        await api.buy("c", type="TAKE_PROFIT", stopPrice="100"),
        await api.buy("d", quantity="0.01", newClientOrderId="not allowed!"),
    ]
    assert [reply["code"] for _, reply in replies] == [-1013, -1013, -1013, -1100]


async def test_replace_stops_on_failure_or_goes_on_as_asked(api: Any) -> None:
    wish = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
        "cancelOrderId": 4711,
    }
    status, body = await api.signed("POST", "order/cancelReplace", cancelReplaceMode="STOP_ON_FAILURE", **wish)
    assert (status, body["code"], body["data"]["newOrderResult"]) == (400, -2022, "NOT_ATTEMPTED")
    status, body = await api.signed("POST", "order/cancelReplace", cancelReplaceMode="ALLOW_FAILURE", **wish)
    assert (status, body["code"], body["data"]["newOrderResult"]) == (409, -2021, "SUCCESS")


async def test_lists_page_by_id_time_and_limit(api: Any) -> None:
    for number in range(5):
        await api.buy(f"o-{number}")
        await api.admin("advance", {"events": 5})
    _, orders = await api.signed("GET", "allOrders", symbol="BTCUSDT", limit=2)
    assert [o["clientOrderId"] for o in orders] == ["o-3", "o-4"]
    _, orders = await api.signed("GET", "allOrders", symbol="BTCUSDT", orderId=2, limit=2)
    assert [o["orderId"] for o in orders] == [2, 3]
    _, trades = await api.signed("GET", "myTrades", symbol="BTCUSDT", fromId=4)
    assert [t["id"] for t in trades] == [4, 5]
    _, trades = await api.signed("GET", "myTrades", symbol="BTCUSDT", orderId=2)
    assert [t["orderId"] for t in trades] == [2]
    _, later = await api.signed("GET", "myTrades", symbol="BTCUSDT", startTime=trades[0]["time"] + 1)
    assert [t["id"] for t in later] == [3, 4, 5]


async def test_weight_is_counted_and_too_much_is_429_with_a_time_to_come_back(api: Any) -> None:
    async with api.http.get(f"{api.url}/api/v3/exchangeInfo") as reply:
        before = int(reply.headers["X-MBX-USED-WEIGHT-1M"])
    async with api.http.get(f"{api.url}/api/v3/ticker/24hr") as reply:
        assert int(reply.headers["X-MBX-USED-WEIGHT-1M"]) == before + 80
    replies: list[tuple[int, Any, Any]] = []
    for _ in range(MAX_WEIGHT // 250 + 1):
        async with api.http.get(f"{api.url}/api/v3/depth?symbol=BTCUSDT&limit=5000") as reply:
            replies.append((reply.status, reply.headers, await reply.json()))
    status, headers, body = replies[-1]
    assert (status, body["code"]) == (429, -1003)
    assert 1 <= int(headers["Retry-After"]) <= 61


async def test_candles_close_before_the_next_trade_and_add_up(api: Any) -> None:
    url = f"{api.url}/stream?streams=btcusdt@trade/btcusdt@kline_1m/btcusdt@kline_5m"
    async with api.http.ws_connect(url) as socket:
        await api.admin("advance", {"events": 50})
        seen: list[Any] = []
        while sum(m["data"].get("k", {}).get("x", False) for m in seen) < 12:
            seen.append(json.loads(await socket.receive_str(timeout=WAIT_S)))
    open_minute = 0
    for message in seen:
        data = message["data"]
        if data["e"] == "trade":
            minute = data["T"] // 60_000
            assert minute > open_minute, "a trade of a minute that has been told as over"
        elif data["k"]["x"] and data["k"]["i"] == "1m":
            open_minute = data["k"]["t"] // 60_000
    over = [m["data"]["k"] for m in seen if m["data"].get("k", {}).get("x")]
    five = [k for k in over if k["i"] == "5m"]
    ones = [k for k in over if k["i"] == "1m" and five[0]["t"] <= k["t"] < five[0]["T"]]
    assert (len(five), len(ones)) == (2, 5)
    assert Decimal(five[0]["v"]) == sum(Decimal(k["v"]) for k in ones)
    assert (five[0]["o"], five[0]["c"]) == (ones[0]["o"], ones[-1]["c"])
    rest = await api.get("/api/v3/klines", symbol="BTCUSDT", interval="5m", limit=2)
    assert [row[0] for row in rest] == [k["t"] for k in five]
    assert [row[5] for row in rest] == [k["v"] for k in five]


async def test_depth_differences_lead_to_the_same_book(api: Any) -> None:
    async with api.http.ws_connect(f"{api.url}/ws/btcusdt@depth@100ms") as socket:
        await api.admin("advance", {"events": 1})
        book = await api.get("/api/v3/depth", symbol="BTCUSDT", limit=100)
        sides = {"b": dict(book["bids"]), "a": dict(book["asks"])}
        known = book["lastUpdateId"]
        await api.admin("advance", {"events": 30})
        await api.rest_at("mine", "50000", quantity="3")
        newest = await api.get("/api/v3/depth", symbol="BTCUSDT", limit=100)
        while known < newest["lastUpdateId"]:
            event = json.loads(await socket.receive_str(timeout=WAIT_S))
            if event["u"] <= known:
                continue
            assert event["U"] == known + 1
            known = event["u"]
            for side in ("b", "a"):
                for price, size in event[side]:
                    if Decimal(size):
                        sides[side][price] = size
                    else:
                        sides[side].pop(price)
    assert sides["b"] == dict(newest["bids"])
    assert sides["a"] == dict(newest["asks"])
    assert ["50000.00000000", "3.00000000"] in newest["bids"]


async def test_streams_are_followed_listed_and_left(api: Any) -> None:
    async with api.http.ws_connect(f"{api.url}/stream/ws/0") as socket:

        async def ask(method: str, *names: str) -> Any:
            await socket.send_json({"method": method, "params": list(names), "id": 7})
            return json.loads(await socket.receive_str(timeout=WAIT_S))

        assert await ask("SUBSCRIBE", "btcusdt@trade", "btcusdt@bookTicker") == {"result": None, "id": 7}
        assert (await ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@bookTicker", "btcusdt@trade"]
        await ask("UNSUBSCRIBE", "btcusdt@trade")
        assert (await ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@bookTicker"]
        assert "error" in await ask("DANCE")
        await api.admin("advance", {"events": 1})
        event = json.loads(await socket.receive_str(timeout=WAIT_S))
        assert Decimal(event["b"]) < Decimal(event["a"])


async def ws_ask(socket: aiohttp.ClientWebSocketResponse, method: str, **params: Any) -> Any:
    signed: dict[str, Any] = {"apiKey": KEY, "timestamp": str(now_ms())} | params
    signed["signature"] = signature_of(SECRET, ws_payload(signed))
    await socket.send_json({"id": method, "method": method, "params": signed})
    while True:
        reply = json.loads(await socket.receive_str(timeout=WAIT_S))
        if reply.get("id") == method:
            return reply


async def test_the_websocket_api_trades_and_tells(api: Any) -> None:
    async with api.http.ws_connect(f"{api.url}/ws-api/v3") as socket:
        assert (await ws_ask(socket, "userDataStream.subscribe.signature"))["result"] == {"subscriptionId": 0}
        order = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.01",
        }
        await socket.send_json({"id": 1, "method": "ping"})
        assert json.loads(await socket.receive_str(timeout=WAIT_S))["result"] == {}
        placed = await ws_ask(socket, "order.place", price="50000", newClientOrderId="x-1", **order)
        assert placed["result"]["status"] == "NEW"
        found = await ws_ask(socket, "order.status", symbol="BTCUSDT", origClientOrderId="x-1")
        assert found["result"]["orderId"] == placed["result"]["orderId"]
        await socket.send_json({"id": 2, "method": "nonsense"})
        assert json.loads(await socket.receive_str(timeout=WAIT_S))["status"] == 400
        refused = await ws_ask(socket, "order.place", price="50000", **(order | {"quantity": "1000"}))
        assert refused["error"]["code"] == -2010


async def test_a_canceled_order_is_told_with_both_ids_and_the_freed_balance(api: Any) -> None:
    async with api.http.ws_connect(f"{api.url}/ws-api/v3") as socket:
        await ws_ask(socket, "userDataStream.subscribe.signature")
        await api.rest_at("mine", "50000")
        await api.signed("DELETE", "order", symbol="BTCUSDT", origClientOrderId="mine")
        events = [json.loads(await socket.receive_str(timeout=WAIT_S))["event"] for _ in range(4)]
    new, locked, canceled, freed = events
    assert (new["x"], new["X"], new["c"], new["C"]) == ("NEW", "NEW", "mine", "")
    assert (canceled["x"], canceled["C"]) == ("CANCELED", "mine")
    assert canceled["c"] != "mine"
    usdt = [next(b for b in e["B"] if b["a"] == "USDT") for e in (locked, freed)]
    assert [Decimal(b["l"]) for b in usdt] == [Decimal("500.5"), Decimal(0)]


async def test_an_account_hears_only_of_itself(api: Any) -> None:
    await api.admin("accounts", {"key": "other", "secret": "s", "balances": {"USDT": "1000"}})
    query = api.sign({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}, "s")
    async with api.http.ws_connect(f"{api.url}/ws-api/v3") as socket:
        await ws_ask(socket, "userDataStream.subscribe.signature")
        status, _ = await api.call("POST", "/api/v3/order", key="other", query=query)
        assert status == 200
        await api.buy("mine")
        event = json.loads(await socket.receive_str(timeout=WAIT_S))["event"]
        assert event["c"] == "mine"
        await ws_ask(socket, "userDataStream.unsubscribe")
        await api.buy("mine-2")
        with pytest.raises(TimeoutError):
            await socket.receive_str(timeout=0.2)
    other = await api.get("/sandbox/v1/books", account="other")
    assert (other["orders"], other["fills"]) == (1, 1)


async def test_partial_fills_each_have_their_own_trade_and_running_total(api: Any) -> None:
    settings = SandboxSettings(data=bundled_trades(), speed=None, skip=1)
    async with running(settings) as box, api.http.ws_connect(f"{box.url}/ws-api/v3") as socket:
        there = replace(api, url=box.url)
        await ws_ask(socket, "userDataStream.subscribe.signature")
        status, _ = await there.rest_at("big", str(box.sandbox.exchange.books["BTCUSDT"].last), quantity="1")
        assert status == 200
        reports: list[Any] = []
        while not reports or reports[-1]["X"] != "FILLED":
            sent = (await there.admin("advance", {"events": 10}))["fills"]["sandbox-key"]
            while len(reports) < sent:
                event = json.loads(await socket.receive_str(timeout=WAIT_S))["event"]
                if event.get("x") == "TRADE":
                    reports.append(event)
    assert len({report["t"] for report in reports}) == len(reports) > 1
    total = Decimal(0)
    for report in reports:
        total += Decimal(report["l"])
        assert Decimal(report["z"]) == total
        assert report["m"], "a resting order makes"
    assert total == 1
    assert [r["X"] for r in reports[:-1]] == ["PARTIALLY_FILLED"] * (len(reports) - 1)
