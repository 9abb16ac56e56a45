"""binance-connector, told nothing but where the venue is."""

from __future__ import annotations

import json
import queue
import sys
from importlib import import_module
from typing import Any

WAIT_S = 10


def main() -> None:
    """Buy, rest, cancel; and follow the market's trades."""
    url, key, secret, _ = sys.argv[1:]
    client: Any = import_module("binance.spot").Spot(key, secret, base_url=url)
    listed = client.exchange_info()["symbols"][0]["symbol"]
    heard: queue.Queue[str] = queue.Queue()

    def hear(_: object, text: str) -> None:
        heard.put(text)

    streams: Any = import_module("binance.websocket.spot.websocket_stream").SpotWebsocketStreamClient(
        stream_url=f"ws{url.removeprefix('http')}", on_message=hear
    )
    streams.trade(symbol="btcusdt")
    bought = client.new_order(symbol=listed, side="BUY", type="MARKET", quantity=0.01)
    rested = client.new_order(symbol=listed, side="BUY", type="LIMIT", timeInForce="GTC", quantity=0.01, price=10000)
    opened = client.get_open_orders(listed)
    canceled = client.cancel_order(listed, orderId=rested["orderId"])
    trades = client.my_trades(listed)
    event: dict[str, Any] = {}
    while event.get("e") != "trade":
        event = json.loads(heard.get(timeout=WAIT_S))
    streams.stop()
    states = [bought["status"], rested["status"], canceled["status"]]
    print(json.dumps({"states": states, "open": len(opened), "trades": len(trades), "heard": [event["e"]]}))


main()
