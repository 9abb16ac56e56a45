"""Faults on order: each does exactly what it says, as often as it was asked for."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest
from yarl import URL

ORDER = "/api/v3/order"


async def arm(api: Any, kind: str, method: str = "POST", *, times: int = 1, ms: int = 0) -> None:
    fault = {"path": ORDER, "method": method, "kind": kind, "times": times, "ms": ms}
    assert (await api.admin("faults", {"faults": [fault]})) == {"armed": 1}


async def known(api: Any) -> list[str]:
    return [o["client_order_id"] for o in (await api.get("/sandbox/v1/books"))["order_list"]]


@pytest.mark.parametrize(("kind", "happened"), [("cut_before", False), ("cut_after", True), ("drop_reply", True)])
async def test_no_answer_comes_whether_it_happened_or_not(api: Any, kind: str, happened: bool) -> None:
    await arm(api, kind, ms=50)
    with pytest.raises(aiohttp.ClientError):
        await api.buy("first")
    assert (await known(api) == ["first"]) is happened
    assert (await api.buy("second"))[0] == 200
    assert await api.get("/sandbox/v1/requests") == {"first": 1, "second": 1}


async def test_an_error_500_hides_that_it_happened(api: Any) -> None:
    await arm(api, "error_500")
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "MARKET",
        "quantity": "0.01",
        "newClientOrderId": "x",
    }
    async with api.http.post(
        URL(f"{api.url}{ORDER}?{api.sign(order)}", encoded=True), headers={"X-MBX-APIKEY": "sandbox-key"}
    ) as reply:
        assert reply.status == 500
    assert await known(api) == ["x"]


async def test_a_delay_takes_its_time(api: Any) -> None:
    await arm(api, "delay", ms=300)
    begun = time.monotonic()
    assert (await api.buy("late"))[0] == 200
    assert time.monotonic() - begun >= 0.3


async def test_a_hidden_order_is_there_again_afterwards(api: Any) -> None:
    await api.buy("mine")
    await arm(api, "hide_order", "GET")
    asked = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert (await api.signed("GET", "order", **asked))[1]["code"] == -2013
    assert (await api.signed("GET", "order", **asked))[1]["status"] == "FILLED"


async def test_a_fault_that_does_not_exist_is_refused(api: Any) -> None:
    reply = await api.admin("faults", {"faults": [{"path": ORDER, "kind": "earthquake"}]})
    assert "a fault needs a path and a kind of delay" in reply["error"]
