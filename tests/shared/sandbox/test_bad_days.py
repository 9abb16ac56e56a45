"""A bad day of every kind: what the client of a venue meets, by path, by share and by the clock."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradedeck.domain.errors import RefusedError
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.faults import Faults
from tradedeck.sandbox.scenario import load_scenario
from tradedeck.sandbox.signing import signature_of, ws_payload

ORDER = "/api/v3/order"
MINE = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
WAIT_S = 5.0


async def arm(api: Any, *faults: dict[str, Any], seed: int = 0) -> None:
    assert await api.admin("faults", {"seed": seed, "faults": list(faults)}) == {"armed": len(faults)}


async def answer(api: Any, path: str) -> tuple[int, str]:
    async with api.http.get(f"{api.url}{path}") as reply:
        return reply.status, reply.headers.get("Retry-After", "")


async def account_stream(api: Any) -> Any:
    socket = await api.http.ws_connect(f"ws{api.url.removeprefix('http')}/ws-api/v3")
    params: dict[str, str] = {"apiKey": DEFAULT_KEY, "timestamp": str(time.time_ns() // 1_000_000)}
    params["signature"] = signature_of(DEFAULT_SECRET, ws_payload(params))
    await socket.send_json({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
    assert (await socket.receive_json(timeout=WAIT_S))["status"] == 200
    return socket


async def executions(socket: Any, count: int) -> list[tuple[str, str]]:
    """The next reports: order and state."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        event = (await socket.receive_json(timeout=WAIT_S)).get("event", {})
        if event.get("e") == "executionReport":
            found.append((event["c"], event["X"]))
    return found


@pytest.mark.parametrize("status", [429, 418])
async def test_too_many_requests_say_when_to_come_back_and_do_nothing(api: Any, status: int) -> None:
    await arm(api, {"kind": "busy", "path": "/api/v3/*", "status": status, "retry_after_s": 7, "times": 2})
    assert await answer(api, "/api/v3/ping") == (status, "7")
    assert (await api.buy("mine"))[1]["code"] == -1003
    assert (await api.get("/sandbox/v1/books"))["orders"] == 0
    assert await answer(api, "/api/v3/ping") == (200, "")


async def test_an_error_before_the_order_is_handled_leaves_no_order(api: Any) -> None:
    await arm(api, {"kind": "error", "path": ORDER, "status": 502})
    async with api.http.post(f"{api.url}{ORDER}?{api.sign({})}") as reply:
        assert reply.status == 502
    assert (await api.get("/sandbox/v1/books"))["orders"] == 0


async def test_a_share_strikes_the_same_requests_for_the_same_seed(api: Any) -> None:
    async def struck() -> list[int]:
        await arm(api, {"kind": "error", "path": "/api/v3/ping", "share": 0.3}, seed=7)
        return [(await answer(api, "/api/v3/ping"))[0] for _ in range(40)]

    first = await struck()
    assert 4 < first.count(503) < 20
    assert await struck() == first
    armed = (await api.get("/sandbox/v1/faults"))["faults"]
    assert armed[0]["struck"] == first.count(503)


def test_a_fault_strikes_within_its_time() -> None:
    clock = iter([100.0, 100.0, 100.0, 109.9, 110.0, 114.9, 115.0, 112.0])
    faults = Faults(lambda: next(clock))
    faults.arm([{"kind": "error", "path": "/a*", "after_s": 10, "for_s": 5}])
    seen = [faults.take("GET", "/abc") is not None for _ in range(5)]
    assert seen == [False, False, True, True, False]
    assert faults.take("GET", "/b") is None


async def test_new_orders_are_hidden_from_every_record_for_a_while(api: Any) -> None:
    await api.buy("old")
    await arm(api, {"kind": "hide_new_orders", "ms": 400})
    assert (await api.buy("mine"))[0] == 200
    assert (await api.signed("GET", "order", **MINE))[1]["code"] == -2013
    _, orders = await api.signed("GET", "allOrders", symbol="BTCUSDT")
    _, trades = await api.signed("GET", "myTrades", symbol="BTCUSDT")
    assert [row["clientOrderId"] for row in orders] == ["old"]
    assert {row["orderId"] for row in trades} == {orders[0]["orderId"]}
    await asyncio.sleep(0.4)
    assert (await api.signed("GET", "order", **MINE))[1]["status"] == "FILLED"


async def test_records_may_be_cut_short(api: Any) -> None:
    for name in ("a", "b", "c"):
        await api.buy(name)
    await arm(api, {"kind": "truncate", "path": "/api/v3/allOrders", "keep": 1, "times": 2})
    assert len((await api.signed("GET", "allOrders", symbol="BTCUSDT"))[1]) == 1
    assert (await api.get("/sandbox/v1/books"))["orders"] == 3


async def test_cancel_only_takes_cancels_alone(api: Any) -> None:
    await api.rest_at("mine", "10000")
    await arm(api, {"kind": "cancel_only"})
    assert (await api.buy("other"))[1] == {"code": -1013, "msg": "Market is closed."}
    assert (await api.signed("DELETE", "order", **MINE))[1]["status"] == "CANCELED"


async def test_in_maintenance_nothing_answers_but_the_sandbox_itself(api: Any) -> None:
    await arm(api, {"kind": "maintenance"})
    assert await answer(api, "/api/v3/time") == (503, "")
    await arm(api)
    assert await answer(api, "/api/v3/time") == (200, "")


async def test_a_skewed_clock_refuses_signatures(api: Any) -> None:
    await arm(api, {"kind": "clock_skew", "ms": 90_000})
    assert (await api.buy("mine"))[1]["code"] == -1021
    ahead_ms = (await api.get("/api/v3/time"))["serverTime"] - time.time_ns() // 1_000_000
    assert 85_000 < ahead_ms < 95_000
    await arm(api)
    assert (await api.buy("mine"))[0] == 200


async def test_a_stale_book_stands_still_while_the_market_goes_on(api: Any) -> None:
    await arm(api, {"kind": "stale_book"})
    stale = await api.get("/api/v3/depth", symbol="BTCUSDT", limit=5)
    await api.admin("advance", {"events": 300})
    assert await api.get("/api/v3/depth", symbol="BTCUSDT", limit=5) == stale
    await arm(api)
    assert await api.get("/api/v3/depth", symbol="BTCUSDT", limit=5) != stale


async def test_account_events_come_twice(api: Any) -> None:
    socket = await account_stream(api)
    await arm(api, {"kind": "duplicate_events", "path": "account"})
    await api.rest_at("mine", "10000")
    assert await executions(socket, 2) == [("mine", "NEW"), ("mine", "NEW")]


async def test_events_come_out_of_order(api: Any) -> None:
    socket = await account_stream(api)
    await arm(api, {"kind": "reorder_events", "path": "account", "times": 1})
    await api.buy("mine")
    await api.rest_at("next", "10000")
    found = await executions(socket, 3)
    assert sorted(found) == [("mine", "FILLED"), ("mine", "NEW"), ("next", "NEW")]
    kinds: list[str] = []
    await arm(api, {"kind": "reorder_events", "path": "account", "times": 1})
    await api.rest_at("third", "10000")
    while "executionReport" not in kinds:
        kinds.append((await socket.receive_json(timeout=WAIT_S))["event"]["e"])
    assert kinds[-2:] == ["outboundAccountPosition", "executionReport"]


@pytest.mark.parametrize(("kind", "orders"), [("drop_reply", 1), ("cut_after", 1), ("cut_before", 0)])
async def test_an_order_over_the_websocket_meets_faults_too(api: Any, kind: str, orders: int) -> None:
    await arm(api, {"kind": kind, "path": "/ws-api/v3/order.place"})
    socket = await api.http.ws_connect(f"ws{api.url.removeprefix('http')}/ws-api/v3")
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", "newClientOrderId": "mine"}
    params |= {"apiKey": DEFAULT_KEY, "timestamp": str(time.time_ns() // 1_000_000)}
    params["signature"] = signature_of(DEFAULT_SECRET, ws_payload(params))
    await socket.send_json({"id": 1, "method": "order.place", "params": params})
    with pytest.raises((TimeoutError, TypeError)):
        await socket.receive_json(timeout=0.3)
    assert (await api.get("/sandbox/v1/books"))["orders"] == orders
    assert await api.get("/sandbox/v1/requests") == {"mine": 1}


async def test_sockets_are_cut_again_and_again(api: Any) -> None:
    await arm(api, {"kind": "cut_sockets", "every_s": 0.1})
    for _ in range(2):
        socket = await api.http.ws_connect(f"ws{api.url.removeprefix('http')}/ws")
        assert (await socket.receive(timeout=WAIT_S)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE)


async def test_an_account_stream_is_ended_by_the_venue(api: Any) -> None:
    socket = await account_stream(api)
    await arm(api, {"kind": "expire_listen_key"})
    assert (await socket.receive_json(timeout=WAIT_S))["event"]["e"] == "eventStreamTerminated"
    await api.rest_at("mine", "10000")
    with pytest.raises(TimeoutError):
        await socket.receive_json(timeout=0.3)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"kind": "delay"}, "needs a path"),
        ({"kind": "error", "path": "/x", "often": 3}, "has no often; it has after_s"),
        ({"kind": "error", "path": "/x", "share": 30}, "from 0 to 1"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused_in_words(api: Any, wish: dict[str, Any], words: str) -> None:
    assert words in (await api.admin("faults", {"faults": [wish]}))["error"]


def test_a_scenario_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "storm.toml"
    file.write_text('seed = 7\n[[fault]]\nkind = "drop_reply"\npath = "/api/v3/order"\nshare = 0.3\n')
    scenario = load_scenario(file)
    assert (scenario.seed, scenario.faults[0]["share"]) == (7, 0.3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = ", "can't be read"),
        ("sed = 1", "has sed; write seed"),
        ('[[fault]]\nkind = "flood"', "fault 1 in"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "storm.toml"
    file.write_text(text)
    with pytest.raises(RefusedError, match=words):
        load_scenario(file)
