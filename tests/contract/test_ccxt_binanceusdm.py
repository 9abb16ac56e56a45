"""ccxt's own binanceusdm class, async and pro, with nothing changed: production addresses end at the sandbox."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.redirect import redirected_session
from tradedeck.history import bundled_week
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.limits import BAN_AFTER
from tradedeck.sandbox.usdm.rest import FRONT

SYMBOL = "BTC/USDT:USDT"
HOSTS = ("fapi.binance.com", "fstream.binance.com", "api.binance.com", "ws-fapi.binance.com")
FAR_BELOW, FAR_ABOVE = 50_000, 80_000
WAIT_S = 10.0
MORNING_BARS = 600


@dataclass
class Usdm:
    """A running sandbox that speaks USD-M, moved step by step."""

    running: RunningSandbox
    session: aiohttp.ClientSession

    @property
    def venue(self) -> PerpetualVenue:
        return self.running.venues["usdm"]

    @property
    def front(self) -> Front:
        return self.running.app[FRONT]

    @property
    def last(self) -> Decimal:
        return self.venue.exchange.prices["BTCUSDT"].last

    def advance(self, events: int = 1) -> None:
        self.running.pumps["usdm"].step(events)

    def made(self, module: str, secret: str = DEFAULT_SECRET) -> Any:
        config = {"apiKey": DEFAULT_KEY, "secret": secret, "session": self.session, "enableRateLimit": False}
        return import_module(module).binanceusdm(config)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first hours of the bundled week: a whole one takes longer to open than these tests to run."""
    path = tmp_path_factory.mktemp("data") / "BTCUSDT.csv"
    with gzip.open(bundled_week(), "rt") as week:
        path.write_text("".join(islice(week, MORNING_BARS)))
    return path


@pytest.fixture
async def usdm(morning: Path, tmp_path: Path) -> AsyncIterator[Usdm]:
    settings = SandboxSettings(data=morning, speed=None, skip=300, markets=("spot", "usdm"))
    async with running(settings) as box, redirected_session(box.url, HOSTS, tmp_path) as session:
        yield Usdm(box, session)


@pytest.fixture
async def rest(usdm: Usdm) -> AsyncIterator[Any]:
    exchange = usdm.made("ccxt.async_support")
    yield exchange
    await exchange.close()


@pytest.fixture
async def pro(usdm: Usdm) -> AsyncIterator[Any]:
    exchange = usdm.made("ccxt.pro")
    yield exchange
    await exchange.close()


async def test_markets_and_market_data_agree(rest: Any, usdm: Usdm) -> None:
    await rest.load_markets()
    market = rest.market(SYMBOL)
    assert market["swap"]
    assert market["linear"]
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.001)
    assert market["limits"]["cost"]["min"] == 100
    candles = await rest.fetch_ohlcv(SYMBOL, "1m", limit=5)
    book, ticker = await rest.fetch_order_book(SYMBOL, 20), await rest.fetch_ticker(SYMBOL)
    trades, funding = await rest.fetch_trades(SYMBOL, limit=3), await rest.fetch_funding_rate(SYMBOL)
    assert len(candles) == 5
    assert ticker["last"] == trades[-1]["price"] == float(usdm.last)
    assert book["bids"][0][0] < ticker["last"] < book["asks"][0][0]
    assert funding["fundingRate"] == pytest.approx(0.0001, abs=0.001)
    assert funding["markPrice"] == pytest.approx(float(usdm.last), rel=0.01)


async def test_a_market_order_makes_a_position_and_pays_its_fee(rest: Any, usdm: Usdm) -> None:
    order = await rest.create_order(SYMBOL, "market", "buy", 0.01)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.01, float(usdm.last) + 0.1)
    (trade,) = await rest.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["takerOrMaker"]) == (order["id"], "taker")
    assert trade["fee"]["cost"] == pytest.approx(order["cost"] * 0.0005)
    (position,) = await rest.fetch_positions([SYMBOL])
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.01, order["average"])
    assert (await rest.fetch_balance())["USDT"]["used"] == pytest.approx(order["cost"] / 20, rel=0.001)
    await rest.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
    assert await rest.fetch_positions([SYMBOL]) == []


async def test_a_limit_order_is_amended_under_its_number_and_canceled(rest: Any) -> None:
    order = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"clientOrderId": "mine-1"})
    assert (order["status"], order["clientOrderId"]) == ("open", "mine-1")
    edited = await rest.edit_order(order["id"], SYMBOL, "limit", "buy", 0.02, FAR_BELOW + 1)
    assert (edited["id"], edited["amount"], edited["price"]) == (order["id"], 0.02, FAR_BELOW + 1)
    found = await rest.fetch_order(None, SYMBOL, {"origClientOrderId": "mine-1"})
    assert found["id"] == order["id"]
    assert [one["id"] for one in await rest.fetch_open_orders(SYMBOL)] == [order["id"]]
    assert (await rest.cancel_order(order["id"], SYMBOL))["status"] == "canceled"
    assert await rest.fetch_open_orders(SYMBOL) == []


async def test_a_post_only_order_waits_and_is_canceled_with_all_others(rest: Any) -> None:
    order = await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"postOnly": True})
    assert (order["status"], order["postOnly"]) == ("open", True)
    await rest.create_order(SYMBOL, "limit", "sell", 0.01, FAR_ABOVE)
    await rest.cancel_all_orders(SYMBOL)
    assert await rest.fetch_open_orders(SYMBOL) == []


CONDITIONS: list[tuple[str, float | None, dict[str, Any], str]] = [
    ("market", None, {"stopLossPrice": FAR_BELOW}, "STOP_MARKET"),
    ("limit", FAR_BELOW - 1, {"stopLossPrice": FAR_BELOW}, "STOP"),
    ("market", None, {"takeProfitPrice": FAR_ABOVE}, "TAKE_PROFIT_MARKET"),
    ("market", None, {"trailingPercent": 1}, "TRAILING_STOP_MARKET"),
]


async def test_conditional_orders_wait_on_the_algo_paths(rest: Any) -> None:
    await rest.create_order(SYMBOL, "market", "buy", 0.01)
    for kind, price, extra, name in CONDITIONS:
        order = await rest.create_order(SYMBOL, kind, "sell", 0.01, price, {"reduceOnly": True} | extra)
        assert order["info"]["orderType"] == name
        waiting = await rest.fetch_open_orders(SYMBOL, None, None, {"trigger": True})
        assert [one["id"] for one in waiting] == [order["id"]]
        await rest.cancel_order(order["id"], SYMBOL, {"trigger": True})
    assert await rest.fetch_open_orders(SYMBOL, None, None, {"trigger": True}) == []


async def test_leverage_and_margin_mode_are_set(rest: Any) -> None:
    errors = import_module("ccxt")
    assert (await rest.set_leverage(50, SYMBOL))["leverage"] == 50
    await rest.set_margin_mode("isolated", SYMBOL)
    await rest.create_order(SYMBOL, "market", "sell", 0.01)
    (position,) = await rest.fetch_positions([SYMBOL])
    assert (position["side"], position["marginMode"]) == ("short", "isolated")
    assert position["liquidationPrice"] > position["entryPrice"]
    assert position["initialMargin"] == pytest.approx(position["notional"] / 50, rel=0.01)
    with pytest.raises(errors.ExchangeError):
        await rest.set_leverage(151, SYMBOL)


GOOD: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"quantity": "0.01", "price": "50000.01"}, -4014, "BadRequest"),
    ({"quantity": "0.001", "price": "50000"}, -4164, "InvalidOrder"),
    ({"quantity": "900", "price": "50000"}, -2019, "InsufficientFunds"),
    ({"quantity": "0.01", "price": "90000", "timeInForce": "GTX"}, -5022, "OrderNotFillable"),
    ({"quantity": "0.01", "price": "50000", "reduceOnly": "true"}, -2022, "InvalidOrder"),
    ({"symbol": "NOPE", "quantity": "1", "price": "1"}, -1121, "BadSymbol"),
    ({"quantity": "0.01", "type": "STOP_MARKET", "stopPrice": "50000"}, -4120, "InvalidOrder"),
]


async def test_refusals_have_binances_code_and_reach_ccxt_as_the_right_class(rest: Any, usdm: Usdm) -> None:
    answers: list[str] = []

    def heard(*reply: Any) -> str:
        answers.append(reply[5])
        return reply[5]

    rest.on_rest_response = heard
    for wrong, code, kind in REFUSALS:
        with pytest.raises(Exception) as caught:
            await rest.fapiPrivatePostOrder(GOOD | wrong)
        assert (rest.parse_json(answers[-1])["code"], type(caught.value).__name__) == (code, kind)
    assert not usdm.venue.exchange.accounts[DEFAULT_KEY].orders


async def test_a_client_id_in_use_and_a_condition_that_holds_are_refused(rest: Any) -> None:
    errors = import_module("ccxt")
    await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"clientOrderId": "mine-1"})
    with pytest.raises(errors.InvalidOrder, match="-4116"):
        await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW, {"clientOrderId": "mine-1"})
    with pytest.raises(errors.OrderImmediatelyFillable, match="-2021"):
        await rest.create_order(SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": FAR_ABOVE})


async def test_a_wrong_clock_and_a_wrong_signature_are_told_apart(rest: Any, usdm: Usdm) -> None:
    errors = import_module("ccxt")
    wrong = usdm.made("ccxt.async_support", "wrong")
    with pytest.raises(errors.AuthenticationError, match="-1022"):
        await wrong.fapiPrivateV3GetAccount()
    await wrong.close()
    rest.nonce = lambda: rest.milliseconds() - 20_000
    with pytest.raises(errors.InvalidNonce, match="-1021"):
        await rest.fapiPrivateV3GetAccount()


async def test_limits_are_told_then_refused_then_banned(rest: Any, usdm: Usdm) -> None:
    errors = import_module("ccxt")
    await rest.fapiPrivatePostOrder(GOOD | {"quantity": "0.01", "price": "50000"})
    assert rest.last_response_headers["X-MBX-ORDER-COUNT-10S"] == "1"
    usdm.front.budgets.limit = 0
    statuses: list[int] = []
    for _ in range(BAN_AFTER + 1):
        async with usdm.session.get("https://fapi.binance.com/fapi/v1/time") as reply:
            statuses.append(reply.status)
            assert int(reply.headers["Retry-After"]) > 0
    assert statuses == [429] * BAN_AFTER + [418]
    with pytest.raises(errors.DDoSProtection):
        await rest.fetch_time()


async def test_a_countdown_cancels_what_nobody_prolongs(rest: Any) -> None:
    await rest.create_order(SYMBOL, "limit", "buy", 0.01, FAR_BELOW)
    await rest.fapiPrivatePostCountdownCancelAll({"symbol": "BTCUSDT", "countdownTime": 50})
    async with asyncio.timeout(WAIT_S):
        while await rest.fetch_open_orders(SYMBOL):
            await asyncio.sleep(0.02)


# Streams


async def followed(usdm: Usdm, happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not happened():
            await asyncio.sleep(0.01)


async def test_public_streams_show_what_happens_and_the_book_stays_in_step(pro: Any, usdm: Usdm) -> None:
    await pro.load_markets()
    calls = (
        pro.watch_trades(SYMBOL),
        pro.watch_ohlcv(SYMBOL, "1m"),
        pro.watch_ticker(SYMBOL),
        pro.watch_order_book(SYMBOL),
    )
    trades, candles, ticker, book = [asyncio.create_task(call) for call in calls]
    await followed(usdm, lambda: len(usdm.venue.hub.streams()) == 4)
    usdm.advance()
    async with asyncio.timeout(WAIT_S):
        assert (await trades)[-1]["price"] == float(usdm.last)
        assert (await candles)[-1][4] == float(usdm.last)
        assert (await ticker)["last"] == float(usdm.last)
        await book
    for _ in range(20):
        usdm.advance()
    depth = usdm.front.markets["BTCUSDT"].depth
    await followed(usdm, lambda: pro.orderbooks[SYMBOL]["nonce"] == depth.update_id)
    assert [level[:2] for level in pro.orderbooks[SYMBOL]["bids"]] == [
        [float(price), float(size)] for price, size in depth.bids.items()
    ]


async def test_the_account_stream_tells_orders_positions_and_stops(pro: Any, usdm: Usdm) -> None:
    await pro.load_markets()
    orders, balance, positions = (
        asyncio.create_task(call)
        for call in (pro.watch_orders(SYMBOL), pro.watch_balance(), pro.watch_positions([SYMBOL]))
    )
    await followed(usdm, lambda: any(key in usdm.front.listen_keys for key in usdm.venue.hub.streams()))
    async with asyncio.timeout(WAIT_S):
        placed = await pro.create_order(SYMBOL, "market", "buy", 0.01)
        (seen,) = await orders
        while seen["status"] != "closed":
            (seen,) = await pro.watch_orders(SYMBOL)
        assert (seen["id"], seen["filled"]) == (placed["id"], 0.01)
        held = (await positions)[-1:]
        while not held:
            held = (await pro.watch_positions([SYMBOL]))[-1:]
        assert (held[0]["contracts"], held[0]["side"]) == (0.01, "long")
        assert (await balance)["USDT"]["total"] < 1_000_000
        just_below = float(usdm.last) - 0.5
        stop = await pro.create_order(SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": just_below})
        while seen["id"] != stop["id"]:
            (seen,) = (await pro.watch_orders(SYMBOL))[-1:]
    for _ in range(400):
        if not usdm.venue.exchange.accounts[DEFAULT_KEY].position("BTCUSDT").size:
            break
        usdm.advance()
    async with asyncio.timeout(WAIT_S):
        while held[0]["contracts"]:
            held = (await pro.watch_positions([SYMBOL]))[-1:]


async def test_orders_can_be_placed_over_the_websocket(pro: Any) -> None:
    await pro.load_markets()
    order = await pro.create_order_ws(SYMBOL, "limit", "buy", 0.01, FAR_BELOW)
    assert (await pro.fetch_order_ws(order["id"], SYMBOL))["status"] == "open"
    assert (await pro.cancel_order_ws(order["id"], SYMBOL))["status"] == "canceled"


async def test_a_listen_key_ends_with_a_word(usdm: Usdm) -> None:
    headers = {"X-MBX-APIKEY": DEFAULT_KEY}
    async with usdm.session.put("https://fapi.binance.com/fapi/v1/listenKey", headers=headers) as reply:
        assert (await reply.json())["code"] == -1125
    async with usdm.session.post("https://fapi.binance.com/fapi/v1/listenKey", headers=headers) as reply:
        key = (await reply.json())["listenKey"]
    url = f"wss://fstream.binance.com/private/ws?listenKey={key}&events=listenKeyExpired/ORDER_TRADE_UPDATE"
    async with usdm.session.ws_connect(url) as socket:
        await followed(usdm, lambda: bool(usdm.venue.hub.streams()))
        usdm.front.expire(key)
        event = await socket.receive_json(timeout=WAIT_S)
    assert (event["e"], event["listenKey"]) == ("listenKeyExpired", key)


async def test_a_stream_asked_for_in_the_wrong_place_never_comes(usdm: Usdm) -> None:
    async with usdm.session.ws_connect("wss://fstream.binance.com/market/stream?streams=btcusdt@aggTrade") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1})
        assert await socket.receive_json(timeout=WAIT_S) == {"result": None, "id": 1}
        usdm.advance(2)
        told = [await socket.receive_json(timeout=WAIT_S) for _ in range(2)]
    assert {one["stream"] for one in told} == {"btcusdt@aggTrade"}
