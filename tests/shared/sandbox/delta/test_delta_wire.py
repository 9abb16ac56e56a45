"""Delta's wire by hand: signatures, refusals, pages, the budget, and the channels of both websockets."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

ROWS = 300
LIMIT = {"product_id": 27, "size": 3, "side": "buy", "order_type": "limit_order", "limit_price": "50000"}
MARKET = {"product_id": 27, "size": 3, "side": "buy", "order_type": "market_order"}


@dataclass
class Wire:
    """A sandbox and a client that signs by hand."""

    box: RunningSandbox
    http: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, body: Any = None, *, secret: str = DEFAULT_SECRET, ago_s: int = 0, **headers: str
    ) -> tuple[int, Any, Any]:
        written = "" if body is None else json.dumps(body)
        stamp = str(int(time.time()) - ago_s)
        signature = hmac.new(secret.encode(), f"{method}{stamp}{path}{written}".encode(), hashlib.sha256).hexdigest()
        sent = {"api-key": DEFAULT_KEY, "timestamp": stamp, "signature": signature} | headers
        async with self.http.request(method, self.box.url + path, data=written or None, headers=sent) as reply:
            return reply.status, json.loads(await reply.text()), reply.headers

    async def good(self, method: str, path: str, body: Any = None) -> Any:
        status, answer, _ = await self.call(method, path, body)
        assert (status, answer["success"]) == (200, True), answer
        return answer["result"]

    async def code(self, method: str, path: str, body: Any = None) -> str:
        status, answer, _ = await self.call(method, path, body)
        assert status >= 400
        return answer["error"]["code"]

    def advance(self, events: int = 1) -> None:
        self.box.pumps["delta"].step(events)

    async def mood(self, **mood: Any) -> None:
        async with self.http.post(f"{self.box.url}/sandbox/v1/delta", json=mood) as reply:
            assert reply.status == 200


@pytest.fixture(scope="session")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with gzip.open(bundled_week(), "rt") as week:
        lines = [line for _, line in zip(range(ROWS), week, strict=False)]
    path = tmp_path_factory.mktemp("delta-wire") / "hours.csv"
    path.write_text("".join(lines))
    return path


@pytest.fixture
async def wire(hours: Path) -> AsyncIterator[Wire]:
    settings = SandboxSettings(data=hours, speed=None, skip=60, markets=("delta",))
    async with running(settings) as box, aiohttp.ClientSession() as http:
        yield Wire(box, http)


async def test_only_a_fresh_signature_of_a_known_key_opens_the_account(wire: Wire) -> None:
    path = "/v2/wallet/balances"
    assert (await wire.good("GET", path))[0]["balance"] == "1000000"
    for wrong, error in (
        ({"secret": "wrong"}, "Signature Mismatch"),
        ({"ago_s": 20}, "SignatureExpired"),
        ({"ago_s": -20}, "SignatureExpired"),
        ({"api-key": "nobody"}, "InvalidApiKey"),
    ):
        status, answer, _ = await wire.call("GET", path, **wrong)  # pyright: ignore[reportArgumentType]
        assert (status, answer["error"]) == (401, error)
        assert answer["message"]
    await wire.mood(not_allowed=[DEFAULT_KEY])
    assert await wire.code("GET", path) == "ip_not_whitelisted_for_api_key"


async def test_who_does_not_say_what_he_is_is_turned_away(wire: Wire) -> None:
    async with wire.http.get(f"{wire.box.url}/v2/products", headers={"User-Agent": ""}) as reply:
        assert reply.status == 403


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"product_id": 5}, "invalid_contract"),
        ({"size": 0}, "bad_schema"),
        ({"size": "1.5"}, "bad_schema"),
        ({"size": True}, "bad_schema"),
        ({"side": "hold"}, "bad_schema"),
        ({"order_type": "wish"}, "bad_schema"),
        ({"limit_price": "0"}, "bad_schema"),
        ({"limit_price": "50000.25"}, "bad_schema"),
        ({"limit_price": None}, "bad_schema"),
        ({"time_in_force": "fok"}, "bad_schema"),
        ({"client_order_id": "x" * 33}, "bad_schema"),
        ({"stop_order_type": "wish", "stop_price": "1"}, "bad_schema"),
        ({"stop_order_type": "stop_loss_order", "stop_price": "1"}, "immediate_execution_stop_order"),
        ({"limit_price": "90000", "post_only": True}, "immediate_execution_post_only"),
        ({"limit_price": "90000", "size": 229_167, "side": "sell", "reduce_only": True}, "no_position_for_reduce_only"),
    ],
)
async def test_refusals_have_deltas_code_and_leave_nothing(wire: Wire, changed: dict[str, Any], code: str) -> None:
    assert await wire.code("POST", "/v2/orders", LIMIT | changed) == code
    assert await wire.good("GET", "/v2/orders") == []


async def test_contracts_may_be_text_and_one_order_keeps_one_number(wire: Wire) -> None:
    placed = await wire.good("POST", "/v2/orders", LIMIT | {"size": "3", "client_order_id": "mine"})
    assert (placed["state"], placed["size"], placed["unfilled_size"], placed["client_order_id"]) == (
        "open",
        3,
        3,
        "mine",
    )
    edited = await wire.good("PUT", "/v2/orders", {"id": placed["id"], "product_id": 27, "size": 5})
    assert (edited["id"], edited["size"], edited["limit_price"]) == (placed["id"], 5, "50000")
    assert (await wire.good("GET", "/v2/orders/client_order_id/mine"))["id"] == placed["id"]
    assert await wire.code("POST", "/v2/orders", LIMIT | {"client_order_id": "mine"}) == "duplicate_client_order_id"
    gone = await wire.good("DELETE", "/v2/orders", {"client_order_id": "mine", "product_id": 27})
    assert (gone["state"], gone["cancellation_reason"]) == ("cancelled", "cancelled_by_user")
    assert await wire.code("DELETE", "/v2/orders", {"id": placed["id"], "product_id": 27}) == "open_order_not_found"
    assert await wire.code("GET", "/v2/orders/4711") == "open_order_not_found"


async def test_a_take_profit_waits_as_pending_and_fills_under_its_own_number(wire: Wire) -> None:
    await wire.good("POST", "/v2/orders", MARKET)
    last = wire.box.venues["delta"].exchange.prices["BTCUSD"].last
    profit = MARKET | {"side": "sell", "stop_order_type": "take_profit_order", "stop_price": str(last + 3)}
    waiting = await wire.good("POST", "/v2/orders", profit)
    assert (waiting["state"], waiting["stop_order_type"]) == ("pending", "take_profit_order")
    while await wire.good("GET", "/v2/positions/margined"):
        wire.advance()
    done = await wire.good("GET", f"/v2/orders/{waiting['id']}")
    assert (done["state"], done["unfilled_size"]) == ("closed", 0)
    assert [one["order_id"] for one in await wire.good("GET", "/v2/fills")] == [str(waiting["id"]), "1"]


async def test_rows_come_in_pages_newest_first(wire: Wire) -> None:
    for _ in range(5):
        await wire.good("POST", "/v2/orders", MARKET)
    seen: list[int] = []
    after = ""
    while True:
        _, answer, _ = await wire.call("GET", f"/v2/fills?page_size=2{'&after=' + after if after else ''}")
        seen += [row["id"] for row in answer["result"]]
        after = answer["meta"]["after"]
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    many = ",".join(["27"] * 11)
    assert await wire.code("GET", f"/v2/fills?product_ids={many}") == "bad_schema"


async def test_a_used_up_budget_is_a_429_that_says_when_it_opens(wire: Wire) -> None:
    await wire.good("GET", "/v2/orders")
    quota = await wire.good("GET", "/v2/rate_limits/quota")
    assert quota["current_quota"] == 10_000 - 3 - 1
    await wire.mood(quota=6)
    status, answer, headers = await wire.call("GET", "/v2/orders")
    assert (status, answer["error"]["code"]) == (429, "rate_limit_exceeded")
    assert 0 < int(headers["X-RATE-LIMIT-RESET"]) <= 300_000


async def test_a_disrupted_market_takes_cancels_or_makers_only(wire: Wire) -> None:
    placed = await wire.good("POST", "/v2/orders", LIMIT)
    await wire.mood(trading_status="disrupted_post_only")
    assert await wire.code("POST", "/v2/orders", LIMIT) == "market_disrupted_post_only_mode"
    await wire.good("POST", "/v2/orders", LIMIT | {"post_only": True})
    await wire.mood(trading_status="disrupted_cancel_only")
    assert await wire.code("POST", "/v2/orders", LIMIT | {"post_only": True}) == "market_disrupted_cancel_only_mode"
    await wire.good("DELETE", "/v2/orders", {"id": placed["id"], "product_id": 27})
    assert {one["trading_status"] for one in (await wire.good("GET", "/v2/products"))[:1]} == {"disrupted_cancel_only"}


async def socket_of(wire: Wire, path: str, *channels: dict[str, Any], login: bool = False) -> Any:
    socket = await wire.http.ws_connect(wire.box.url + path)
    if login:
        stamp = str(int(time.time()))
        signature = hmac.new(DEFAULT_SECRET.encode(), f"GET{stamp}/live".encode(), hashlib.sha256).hexdigest()
        payload = {"api-key": DEFAULT_KEY, "signature": signature, "timestamp": stamp}
        await socket.send_json({"type": "key-auth", "payload": payload})
        assert (await socket.receive_json())["status"] == "authenticated"
    await socket.send_json({"type": "subscribe", "payload": {"channels": list(channels)}})
    assert (await socket.receive_json())["type"] == "subscriptions"
    return socket


async def test_the_book_stays_in_step_and_its_checksum_holds(wire: Wire) -> None:
    socket = await socket_of(wire, "/public-socket", {"name": "ob_updates", "symbols": ["BTCUSD"]})
    first = await socket.receive_json()
    assert first["action"] == "snapshot"
    sides = {"a": dict(first["a"]), "b": dict(first["b"])}
    number = first["seq"]
    for _ in range(8):
        wire.advance()
    for _ in range(4):
        change = await socket.receive_json()
        assert (change["action"], change["seq"]) == ("update", number + 1)
        number += 1
        for side, levels in sides.items():
            levels.update(change[side])
            for price in [price for price, size in levels.items() if size == "0"]:
                del levels[price]
        asks = sorted(sides["a"].items(), key=lambda level: float(level[0]))[:10]
        bids = sorted(sides["b"].items(), key=lambda level: -float(level[0]))[:10]
        joined = "|".join(",".join(f"{price}:{size}" for price, size in side) for side in (asks, bids))
        assert change["cs"] == zlib.crc32(joined.encode())
    await socket.close()


async def test_public_channels_tell_the_market_in_short_names(wire: Wire) -> None:
    channels = [{"name": name, "symbols": ["all"]} for name in ("trades", "ob_l1", "ob_l2", "ticker", "candlestick_1m")]
    socket = await socket_of(wire, "/public-socket", *channels, {"name": "mark_price", "symbols": ["MARK:BTCUSD"]})
    wire.advance(2)
    heard: dict[str, Any] = {}
    while len(heard) < 6:
        message = await socket.receive_json()
        heard[message["type"]] = message
    assert heard["trades"]["sy"] == "BTCUSD"
    assert isinstance(heard["trades"]["s"], int)
    assert heard["mark_price"]["sy"] == "MARK:BTCUSD"
    assert len(heard["ob_l2"]["a"]) == 15
    assert float(heard["ob_l1"]["bp"]) < float(heard["ob_l1"]["ap"])
    assert heard["candlestick_1m"]["res"] == "1m"
    assert heard["ticker"]["d"][0]["s"] == "BTCUSD"
    await socket.close()


async def test_private_channels_need_a_login_and_then_tell_every_step(wire: Wire) -> None:
    names = ("orders", "v2/user_trades", "positions", "margins")
    channels = [{"name": name, "symbols": ["BTCUSD"]} for name in names]
    socket = await socket_of(wire, "/socket", *channels, login=True)
    snapshots = [await socket.receive_json() for _ in range(3)]
    assert {one["type"] for one in snapshots} == {"orders", "positions", "margins"}
    await wire.good("POST", "/v2/orders", MARKET | {"client_order_id": "mine"})
    heard: list[Any] = []
    while [one["type"] for one in heard].count("margins") < 1:
        heard.append(await socket.receive_json())
    steps = [(one["action"], one["reason"], one["state"], one["seq_no"]) for one in heard if one["type"] == "orders"]
    assert steps == [("create", "", "open", 1), ("delete", "fill", "closed", 2)]
    (trade,) = [one for one in heard if one["type"] == "v2/user_trades"]
    assert (trade["c"], trade["s"], trade["po"], trade["r"], trade["se"]) == ("mine", 3, 3, "taker", 1)
    assert next(one for one in heard if one["type"] == "positions")["size"] == 3
    await socket.close()


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({}, 400),
        ({"api-key": "nobody", "signature": "x", "timestamp": "1"}, 404),
        ({"api-key": DEFAULT_KEY, "signature": "x", "timestamp": "1"}, 408),
        ({"api-key": DEFAULT_KEY, "signature": "x", "timestamp": "now"}, 401),
    ],
)
async def test_a_login_that_fails_says_how(wire: Wire, payload: dict[str, str], status: int) -> None:
    socket = await wire.http.ws_connect(wire.box.url + "/socket")
    sent = payload | ({"timestamp": str(int(time.time()))} if payload.get("timestamp") == "now" else {})
    await socket.send_json({"type": "key-auth", "payload": sent})
    assert (await socket.receive_json())["status_code"] == status
    await socket.send_json({"type": "subscribe", "payload": {"channels": [{"name": "orders", "symbols": ["all"]}]}})
    assert "key-auth" in (await socket.receive_json())["channels"][0]["error"]
    await socket.send_json({"type": "ping"})
    assert await socket.receive_json() == {"type": "pong"}
    await socket.close()


async def test_a_heartbeat_that_is_not_there_can_not_beat(wire: Wire) -> None:
    assert await wire.code("POST", "/v2/heartbeat", {"heartbeat_id": "x", "ttl": 1_000}) == "bad_schema"
    assert await wire.code("POST", "/v2/heartbeat/create", {"heartbeat_id": "x", "config": []}) == "bad_schema"


async def test_candles_end_with_the_market_and_only_known_lengths_exist(wire: Wire) -> None:
    now = int(time.time())
    path = f"/v2/history/candles?symbol=BTCUSD&start={now - 600}&end={now}&resolution="
    rows = await wire.good("GET", path + "1m")
    assert 9 <= len(rows) <= 11
    assert rows[0]["time"] > rows[-1]["time"]
    assert len(await wire.good("GET", path + "5m")) in (1, 2, 3)
    assert await wire.code("GET", path + "7m") == "bad_schema"
