"""ccxt's own delta class against the sandbox, production addresses kept; and its defects, which stay with it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.contract.redirect import redirected_session
from tradedeck.domain.events import Place
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.history import bundled_week
from tradedeck.providers.delta import DeltaVenue
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

SYMBOL = "BTC/USD:USD"
FAR_BELOW = 50_000
ROWS = 400


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    with gzip.open(bundled_week(), "rt") as week:
        lines = [line for _, line in zip(range(ROWS), week, strict=False)]
    data = tmp_path / "hours.csv"
    data.write_text("".join(lines))
    async with running(SandboxSettings(data=data, speed=None, skip=60, markets=("delta",))) as started:
        yield started


@pytest.fixture
async def rest(box: RunningSandbox, tmp_path: Path) -> AsyncIterator[Any]:
    """ccxt.async_support.delta, which knows the global site only."""
    async with redirected_session(box.url, ("api.delta.exchange",), tmp_path) as session:
        config = {"apiKey": DEFAULT_KEY, "secret": DEFAULT_SECRET, "session": session, "enableRateLimit": False}
        exchange = import_module("ccxt.async_support").delta(config)
        await exchange.load_markets()
        yield exchange
        await exchange.close()


@pytest.fixture
async def ours(box: RunningSandbox) -> AsyncIterator[DeltaVenue]:
    """Our own provider on the same account."""
    venue = DeltaVenue(DEFAULT_KEY, DEFAULT_SECRET, url=box.url)
    await venue.connect(["BTCUSD"])
    yield venue
    await venue.close()


def order(name: str, kind: OrderType, price: str | None, stop: str | None, *, post_only: bool = False) -> Order:
    return Order(
        name, "BTCUSD", Side.BUY, kind, Decimal("0.01"), Decimal(price) if price else None,
        Decimal(stop) if stop else None, TimeInForce.GTC, post_only, False, "manual", 1, 1,
    )  # fmt: skip


async def test_ccxt_reads_the_market(rest: Any) -> None:
    market = rest.market(SYMBOL)
    assert (market["id"], market["contractSize"], market["precision"]["price"]) == ("BTCUSD", 0.001, 0.5)
    assert market["linear"]
    ticker, book = await rest.fetch_ticker(SYMBOL), await rest.fetch_order_book(SYMBOL, 5)
    assert book["bids"][0][0] == ticker["bid"] < ticker["last"] < ticker["ask"] == book["asks"][0][0]
    candles = await rest.fetch_ohlcv(SYMBOL, "1m", limit=5)
    assert len(candles) == 5
    assert candles[0][0] < candles[-1][0]
    assert candles[-1][4] == ticker["last"]
    assert abs(await rest.fetch_time() - rest.milliseconds()) < 5_000


async def test_ccxt_trades_and_sees_its_position(rest: Any) -> None:
    assert (await rest.set_leverage(10, SYMBOL))["result"]["leverage"] == "10"
    placed = await rest.create_order(SYMBOL, "market", "buy", 3, None, {"clientOrderId": "mine-1"})
    assert (placed["status"], placed["filled"], placed["clientOrderId"]) == ("closed", 3, "mine-1")
    (trade,) = await rest.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["takerOrMaker"], trade["amount"]) == (placed["id"], "taker", 3)
    assert trade["fee"]["currency"] == "USD"
    (position,) = await rest.fetch_positions([SYMBOL])
    assert (position["contracts"], position["side"]) == (3, "long")
    balance = await rest.fetch_balance()
    assert balance["USD"]["total"] < 1_000_000
    assert balance["USD"]["used"] > 0


async def test_ccxt_edits_and_cancels_a_limit_order(rest: Any) -> None:
    placed = await rest.create_order(SYMBOL, "limit", "buy", 3, FAR_BELOW)
    edited = await rest.edit_order(placed["id"], SYMBOL, "limit", "buy", 5, FAR_BELOW + 1)
    assert (edited["id"], edited["amount"], edited["price"]) == (placed["id"], 5, FAR_BELOW + 1)
    assert [one["id"] for one in await rest.fetch_open_orders(SYMBOL)] == [placed["id"]]
    assert (await rest.fetch_order(placed["id"], SYMBOL))["status"] == "open"
    assert (await rest.cancel_order(placed["id"], SYMBOL))["status"] == "canceled"
    assert await rest.fetch_open_orders(SYMBOL) == []
    assert [one["id"] for one in await rest.fetch_closed_orders(SYMBOL)] == [placed["id"]]


async def test_refusals_reach_ccxt_as_the_right_class(rest: Any) -> None:
    errors = import_module("ccxt")
    await rest.set_leverage(10, SYMBOL)
    with pytest.raises(errors.InsufficientFunds):
        await rest.create_order(SYMBOL, "limit", "buy", 229_000, 200_000)
    with pytest.raises(errors.InvalidOrder):
        await rest.create_order(SYMBOL, "limit", "buy", 1, 200_000, {"post_only": True})
    with pytest.raises(errors.OrderNotFound):
        await rest.cancel_order("4711", SYMBOL)
    with pytest.raises(errors.BadRequest):
        await rest.create_order(SYMBOL, "limit", "buy", 1, FAR_BELOW, {"time_in_force": "fok"})
    rest.secret = "wrong"
    with pytest.raises(errors.ExchangeError, match="Signature Mismatch"):
        await rest.fetch_balance()


# Defects of ccxt that must not reach a user of ours


async def test_cancel_all_cancels_where_ccxt_sends_nothing(rest: Any, ours: DeltaVenue) -> None:
    await rest.create_order(SYMBOL, "limit", "buy", 1, FAR_BELOW)
    answer: Any = await rest.cancel_all_orders(SYMBOL)
    unsent: Any = answer[0]["info"]
    unsent.close()
    assert len(await rest.fetch_open_orders(SYMBOL)) == 1, "ccxt mended its cancel_all_orders: say so in the docs"
    await ours.cancel_all("BTCUSD")
    assert await rest.fetch_open_orders(SYMBOL) == []


async def test_a_stop_is_a_stop_where_ccxt_trades_at_once(rest: Any, ours: DeltaVenue) -> None:
    traded = await rest.create_order(SYMBOL, "market", "buy", 1, None, {"triggerPrice": 90_000})
    assert traded["status"] == "closed"
    await ours.send(Place(order("td-1", OrderType.STOP, None, "90000")))
    (waiting,) = await ours.open_orders()
    assert (waiting.type, waiting.stop_price) == (OrderType.STOP, Decimal(90_000))
    assert len(await ours.fills("BTCUSD", 0)) == 1


async def test_post_only_is_kept_where_ccxt_loses_it(rest: Any, ours: DeltaVenue) -> None:
    taken = await rest.create_order(SYMBOL, "limit", "buy", 1, 90_000, {"postOnly": True})
    assert taken["status"] == "closed"
    await ours.send(Place(order("td-1", OrderType.LIMIT, "90000", None, post_only=True)))
    assert len(await ours.fills("BTCUSD", 0)) == 1
    assert await ours.open_orders() == []


async def test_a_price_between_ticks_is_refused_where_ccxt_makes_it_worse(rest: Any, ours: DeltaVenue) -> None:
    moved = await rest.create_order(SYMBOL, "limit", "buy", 1, 50_000.25)
    assert moved["price"] == 50_000.5
    await ours.send(Place(order("td-1", OrderType.LIMIT, "50000.25", None)))
    assert [one.client_order_id for one in await ours.open_orders()] == [""]
