"""python-binance, told nothing but where the venue is: `python_binance.py URL KEY SECRET`."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

WAIT_S = 10


def pointed_at(url: str) -> Any:
    """The library's asynchronous client class, with its addresses set."""
    client: Any = import_module("binance").AsyncClient
    client.API_URL = f"{url}/api"
    client.FUTURES_URL = f"{url}/fapi"
    client.MARGIN_API_URL = f"{url}/sapi"
    client.WS_API_URL = f"ws{url.removeprefix('http')}/ws-api/v3"
    return client


async def spot(client: Any) -> dict[str, Any]:
    """Buy, rest, cancel, and hear of it."""
    heard: list[str] = []
    sockets: Any = import_module("binance").BinanceSocketManager(client)
    async with sockets.user_socket() as stream:
        bought = await client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
        rested = await client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price="10000")
        opened = await client.get_open_orders(symbol="BTCUSDT")
        canceled = await client.cancel_order(symbol="BTCUSDT", orderId=rested["orderId"])
        while "CANCELED" not in heard:
            event = await asyncio.wait_for(stream.recv(), WAIT_S)
            event = event.get("event", event)
            if event.get("e") == "executionReport":
                heard.append(event["X"])
    trades = await client.get_my_trades(symbol="BTCUSDT")
    states = [bought["status"], rested["status"], canceled["status"]]
    return {"states": states, "open": len(opened), "trades": len(trades), "heard": heard}


async def futures(client: Any) -> dict[str, Any]:
    """The same on USD-M, where a position is left."""
    bought = await client.futures_create_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", newOrderRespType="RESULT"
    )
    rested = await client.futures_create_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="50000"
    )
    opened = await client.futures_get_open_orders(symbol="BTCUSDT")
    canceled = await client.futures_cancel_order(symbol="BTCUSDT", orderId=rested["orderId"])
    positions = await client.futures_position_information(symbol="BTCUSDT")
    trades = await client.futures_account_trades(symbol="BTCUSDT")
    return {
        "states": [bought["status"], rested["status"], canceled["status"]],
        "open": len(opened),
        "trades": len(trades),
        "position": float(positions[0]["positionAmt"]),
    }


async def main() -> None:
    """Trade on the market named last."""
    url, key, secret, market = sys.argv[1:]
    client = await pointed_at(url).create(key, secret)
    try:
        print(json.dumps(await (spot if market == "spot" else futures)(client)))
    finally:
        await client.close_connection()


asyncio.run(main())
