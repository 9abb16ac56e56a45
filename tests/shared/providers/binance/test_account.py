"""A spot account against the sandbox: limits kept, gaps noticed, foreign kinds of order named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.shared.providers.binance.test_messages import ORDER
from tradedeck.domain.errors import RateLimitedError, UnavailableError
from tradedeck.domain.events import Place, Rejected
from tradedeck.domain.order import OrderType
from tradedeck.history import bundled_week
from tradedeck.providers.binance import BinanceUsdm, BinanceVenue, messages
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

KEY, SECRET = "sandbox-key", "sandbox-secret"


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with running(SandboxSettings(data=bundled_week(), speed=None, skip=100)) as started:
        yield started


@pytest.fixture
async def venue(sandbox: RunningSandbox) -> AsyncIterator[BinanceVenue]:
    venue = BinanceVenue(KEY, SECRET, url=sandbox.url)
    await venue.connect(["BTCUSDT"])
    yield venue
    await venue.close()


async def test_after_a_429_nothing_is_asked_until_the_venue_counts_anew() -> None:
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=100, weight_limit=100)
    async with running(settings) as sandbox, aiohttp.ClientSession() as http:
        venue = BinanceVenue(KEY, SECRET, url=sandbox.url)
        await venue.connect(["BTCUSDT"])
        for _ in range(3):
            await http.get(f"{sandbox.url}/api/v3/exchangeInfo")
        with pytest.raises(RateLimitedError) as told:
            await venue.balances()
        assert told.value.retry_after_s >= 1
        with pytest.raises(RateLimitedError, match="nothing was sent"):
            await venue.balances()
        assert any(budget.blocked_until_ns for budget in venue.budgets())
        await venue.send(Place(ORDER))
        await venue.close()
        (rejected,) = [event async for event in venue if isinstance(event, Rejected)]
        assert "nothing was sent" in rejected.reason


async def test_two_connections_of_one_key_see_one_budget(sandbox: RunningSandbox, venue: BinanceVenue) -> None:
    other = BinanceVenue(KEY, SECRET, url=sandbox.url)
    await other.connect(["BTCUSDT"])
    await other.balances()
    assert [budget.used for budget in venue.budgets()] == [budget.used for budget in other.budgets()]
    await other.close()


async def test_a_trade_left_out_counts_as_a_gap(
    sandbox: RunningSandbox, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(*_: object) -> None:
        """A trade that nobody is told of."""

    assert venue.health().generation == 1
    sandbox.pump.step(1)
    with monkeypatch.context() as silence:
        silence.setattr(sandbox.sandbox.hub, "publish", swallow)
        sandbox.pump.step(1)
    sandbox.pump.step(1)
    async with asyncio.timeout(5):
        while venue.health().generation != 2:
            await asyncio.sleep(0.02)
    assert venue.health().state == "live", "the connection never broke"


async def test_budgets_of_a_venue_that_is_not_connected_are_not_known() -> None:
    with pytest.raises(UnavailableError):
        BinanceVenue(KEY, SECRET, url="http://127.0.0.1:1").budgets()


async def test_perpetuals_without_a_key_give_prices_and_list_fees() -> None:
    async with running(SandboxSettings(data=bundled_week(), speed=None, skip=100, markets=("usdm",))) as sandbox:
        venue = BinanceUsdm("", "", url=sandbox.url)
        await venue.connect(["BTCUSDT"])
        assert venue.health().state == "live"
        (instrument,) = await venue.instruments()
        assert instrument.fees.taker == Decimal("0.0005")
        await venue.close()


def test_a_foreign_kind_of_order_is_named() -> None:
    row: dict[str, Any] = {
        "clientOrderId": "x", "symbol": "BTCUSDT", "side": "SELL", "type": "TAKE_PROFIT_LIMIT", "origQty": "1",
        "executedQty": "0", "cummulativeQuoteQty": "0", "price": "70000", "stopPrice": "69000", "timeInForce": "GTC",
        "time": 1, "updateTime": 1, "orderId": 3,
    }  # fmt: skip
    order = messages.order_of(row)
    assert (order.type, order.reason) == (OrderType.STOP_LIMIT, "TAKE_PROFIT_LIMIT at the venue")
    assert messages.order_of(row | {"type": "LIMIT_MAKER", "stopPrice": "0"}).reason == ""


def test_an_order_leaves_with_the_very_price_that_was_asked() -> None:
    odd = replace(ORDER, price=Decimal("64000.019999"))
    assert messages.order_params(odd)["price"] == "64000.019999", "rounding is the caller's, by side"
