"""The USD-M wire by hand: what no client of ours or others asks for every day."""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.shared.sandbox.conftest import Api
from tradedeck.domain.errors import RefusedError
from tradedeck.sandbox.command import command
from tradedeck.sandbox.core import DEFAULT_KEY
from tradedeck.sandbox.server import SandboxSettings, open_venues, running
from tradedeck.sandbox.usdm.rest import FRONT

DATA = Path(__file__).parents[2] / "data"
SYMBOL = "ETHUSDT"
BUY: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "1"}
REST: dict[str, Any] = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}
FAR = "1000"


class Usdm(Api):
    """Signed calls under /fapi."""

    async def fapi(self, method: str, path: str, **params: Any) -> tuple[int, Any]:
        return await self.call(method, f"/fapi/{path}", key=DEFAULT_KEY, query=self.sign(params))

    async def done(self, method: str, path: str, **params: Any) -> Any:
        status, body = await self.fapi(method, path, **params)
        assert status == 200, body
        return body

    async def code(self, method: str, path: str, **params: Any) -> int:
        status, body = await self.fapi(method, path, **params)
        assert status >= 400
        return body["code"]


@pytest.fixture
async def usdm() -> AsyncIterator[Usdm]:
    settings = SandboxSettings(data=DATA / "ETHUSDT_bars_1m.parquet", symbol=SYMBOL, speed=None, markets=("usdm",))
    async with running(settings) as box, aiohttp.ClientSession() as http:
        api = Usdm(box.url, http, box)
        await api.admin("advance", {"events": 10})
        yield api


async def test_a_batch_places_and_cancels_each_on_its_own(usdm: Usdm) -> None:
    wishes = [REST | {"price": FAR}, REST | {"price": "0.001"}, REST | {"price": "1001"}]
    first, wrong, third = await usdm.done("POST", "v1/batchOrders", batchOrders=json.dumps(wishes))
    assert (first["status"], wrong["code"], third["status"]) == ("NEW", -4014, "NEW")
    changed = [{"symbol": SYMBOL, "orderId": first["orderId"], "side": "BUY", "quantity": "2", "price": FAR}]
    (amended,) = await usdm.done("PUT", "v1/batchOrders", batchOrders=json.dumps(changed))
    assert amended["origQty"] == "2.00000000"
    ids = json.dumps([first["orderId"], 4711])
    canceled, unknown = await usdm.done("DELETE", "v1/batchOrders", symbol=SYMBOL, orderIdList=ids)
    assert (canceled["status"], unknown["code"]) == ("CANCELED", -2011)
    assert len(await usdm.done("GET", "v1/openOrders")) == 1


async def test_an_acknowledgement_does_not_tell_what_was_filled(usdm: Usdm) -> None:
    acknowledged = await usdm.done("POST", "v1/order", **BUY)
    assert (acknowledged["status"], acknowledged["executedQty"]) == ("NEW", "0.000")
    found = await usdm.done("GET", "v1/order", symbol=SYMBOL, orderId=acknowledged["orderId"])
    assert (found["status"], found["executedQty"]) == ("FILLED", "1.00000000")


async def test_leverage_margin_and_positions_are_told(usdm: Usdm) -> None:
    await usdm.done("POST", "v1/marginType", symbol=SYMBOL, marginType="ISOLATED")
    assert await usdm.code("POST", "v1/marginType", symbol=SYMBOL, marginType="ISOLATED") == -4046
    await usdm.done("POST", "v1/order", **BUY)
    assert await usdm.code("POST", "v1/marginType", symbol=SYMBOL, marginType="CROSSED") == -4048
    assert await usdm.code("POST", "v1/leverage", symbol=SYMBOL, leverage=5) == -4161
    await usdm.done("POST", "v1/positionMargin", symbol=SYMBOL, amount="10", type=1)
    (risk,) = await usdm.done("GET", "v3/positionRisk")
    assert float(risk["isolatedWallet"]) == pytest.approx(float(risk["entryPrice"]) / 20 + 10)
    (config,) = await usdm.done("GET", "v1/symbolConfig", symbol=SYMBOL)
    assert (config["marginType"], config["leverage"]) == ("ISOLATED", 20)
    assert await usdm.code("POST", "v1/positionSide/dual", dualSidePosition="true") == -4068
    assert (await usdm.done("GET", "v1/commissionRate", symbol=SYMBOL))["takerCommissionRate"] == "0.00050000"


async def test_a_liquidation_nobody_asked_for_is_in_every_record(usdm: Usdm) -> None:
    await usdm.done("POST", "v1/order", **BUY)
    await usdm.done("POST", "v1/order", **REST, price=FAR)
    await usdm.admin("usdm/liquidate", {"symbol": SYMBOL})
    assert await usdm.done("GET", "v1/openOrders") == []
    forced = (await usdm.done("GET", "v1/allOrders", symbol=SYMBOL))[-1]
    assert forced["clientOrderId"].startswith("autoclose-")
    (fee,) = await usdm.done("GET", "v1/income", incomeType="INSURANCE_CLEAR")
    assert float(fee["income"]) < 0
    async with usdm.http.get(f"{usdm.url}/sandbox/v1/books") as reply:
        books = await reply.json()
    assert (books["positions"][SYMBOL]["size"], books["imbalance"]) == ("0", {"USDT": "0"})


async def test_a_deleveraging_comes_over_the_stream_as_a_fill(usdm: Usdm) -> None:
    _, opened = await usdm.call("POST", "/fapi/v1/listenKey", key=DEFAULT_KEY)
    await usdm.done("POST", "v1/order", **BUY)
    async with usdm.http.ws_connect(f"{usdm.url}/ws/{opened['listenKey']}") as socket:
        hub = usdm.box.app[FRONT].hub
        assert opened["listenKey"] in hub.streams()
        await usdm.admin("usdm/deleverage", {"symbol": SYMBOL, "size": "0.4"})
        told = [await socket.receive_json(timeout=5) for _ in range(4)]
        await usdm.admin("usdm/expire", {})
        assert (await socket.receive_json(timeout=5))["e"] == "listenKeyExpired"
    (fill,) = [one["o"] for one in told if one["e"] == "ORDER_TRADE_UPDATE" and one["o"]["x"] == "TRADE"]
    assert (fill["c"].startswith("adl_autoclose"), fill["l"]) == (True, "0.40000000")
    (account,) = [one["a"] for one in told if one["e"] == "ACCOUNT_UPDATE"]
    assert account["P"][0]["pa"] == "0.60000000"


async def test_a_limit_order_of_more_than_a_level_trades_in_parts(usdm: Usdm) -> None:
    price = (await usdm.get("/fapi/v1/depth", symbol=SYMBOL, limit=5))["asks"][2][0]
    order = await usdm.done("POST", "v1/order", **REST | {"quantity": "700", "price": price}, newOrderRespType="RESULT")
    assert (order["status"], order["executedQty"]) == ("PARTIALLY_FILLED", "600.00000000")
    assert len(await usdm.done("GET", "v1/userTrades", symbol=SYMBOL, orderId=order["orderId"])) == 3


async def test_orders_beyond_the_count_wait(usdm: Usdm) -> None:
    usdm.box.app[FRONT].budgets.order_limits["10S"] = (1, 10.0)
    await usdm.done("POST", "v1/order", **REST, price=FAR)
    status, body = await usdm.fapi("POST", "v1/order", **REST, price=FAR)
    assert (status, body["code"]) == (429, -1015)


async def test_an_order_that_is_cut_before_or_after_it_arrives_shows_in_the_records(usdm: Usdm) -> None:
    for kind, found in (("cut_before", 0), ("cut_after", 1)):
        await usdm.admin("faults", {"faults": [{"path": "/fapi/v1/order", "method": "POST", "kind": kind}]})
        with pytest.raises(aiohttp.ClientError):
            await usdm.fapi("POST", "v1/order", **REST, price=FAR, newClientOrderId=kind)
        assert len(await usdm.done("GET", "v1/openOrders")) == found
    async with usdm.http.get(f"{usdm.url}/sandbox/v1/requests") as reply:
        assert await reply.json() == {"cut_before": 1, "cut_after": 1}


async def test_public_questions_are_answered_for_one_or_for_all(usdm: Usdm) -> None:
    for path in ("premiumIndex", "ticker/24hr", "ticker/price", "ticker/bookTicker"):
        one = await usdm.get(f"/fapi/v1/{path}", symbol=SYMBOL)
        (listed,) = await usdm.get(f"/fapi/v1/{path}")
        assert (one["symbol"], listed["symbol"]) == (SYMBOL, SYMBOL)
    assert (await usdm.get("/fapi/v1/klines", symbol=SYMBOL, interval="2s"))["code"] == -1120
    trades = await usdm.get("/fapi/v1/aggTrades", symbol=SYMBOL, limit=3)
    later = await usdm.get("/fapi/v1/aggTrades", symbol=SYMBOL, fromId=trades[1]["a"], limit=1)
    assert later == [trades[1]]
    assert [row["id"] for row in await usdm.get("/fapi/v1/trades", symbol=SYMBOL, limit=3)] == [t["a"] for t in trades]


def test_recorded_funding_is_charged_when_it_was_due() -> None:
    data = DATA / "BTCUSDT_perpetual_1h.parquet"
    rates = DATA / "funding_2025-05.csv"
    settings = SandboxSettings(data=data, markets=("usdm",), funding=rates)
    venue = open_venues(settings)["usdm"]
    charged: list[Any] = []
    venue.on_news = charged.extend
    venue.play(200)
    assert len(charged) >= 2
    assert {float(one.rate) for one in charged} != {0.0001}
    assert all(one.time_ns % (8 * 3600 * 10**9) == 0 for one in charged)


def test_a_market_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(RefusedError, match="no market mars; choose from spot, usdm"):
        open_venues(SandboxSettings(data=DATA / "ETHUSDT_bars_1m.parquet", markets=("mars",)))


def test_a_perpetual_without_a_file_is_refused_before_anything_starts() -> None:
    parser = argparse.ArgumentParser()
    command(parser.add_subparsers())
    args = parser.parse_args(["sandbox", "--market", "usdm", "--perpetual", "BTCUSDT"])
    with pytest.raises(RefusedError, match="--perpetual BTCUSDT must be SYMBOL=FILE"):
        args.run(args)
