"""binance-futures-connector, told nothing but where the venue is."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Buy, rest, cancel, set leverage; a position is left."""
    url, key, secret, _ = sys.argv[1:]
    client: Any = import_module("binance.um_futures").UMFutures(key, secret, base_url=url)
    leverage = client.change_leverage(symbol="BTCUSDT", leverage=5)["leverage"]
    bought = client.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=0.01, newOrderRespType="RESULT")
    rested = client.new_order(symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity=0.01, price=50000)
    opened = client.get_orders(symbol="BTCUSDT")
    canceled = client.cancel_order("BTCUSDT", orderId=rested["orderId"])
    position = float(client.get_position_risk(symbol="BTCUSDT")[0]["positionAmt"])
    trades = client.get_account_trades(symbol="BTCUSDT")
    states = [bought["status"], rested["status"], canceled["status"]]
    print(json.dumps({
        "states": states, "open": len(opened), "trades": len(trades), "position": position, "leverage": leverage,
    }))  # fmt: skip


main()
