"""delta-rest-client, told nothing but where the venue is."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Buy, rest, cancel; a position is left."""
    url, key, secret, _ = sys.argv[1:]
    library: Any = import_module("delta_rest_client")
    client: Any = library.DeltaRestClient(base_url=url, api_key=key, api_secret=secret)
    products = client.request("GET", "/v2/products").json()["result"]
    product = next(row["id"] for row in products if row["symbol"] == "BTCUSD")
    bought = client.place_order(product_id=product, size=10, side="buy", order_type=library.OrderType.MARKET)
    rested = client.place_order(product_id=product, size=10, side="buy", limit_price="10000")
    opened = client.get_live_orders(query={"product_ids": str(product)})
    canceled = client.cancel_order(product, rested["id"])
    position = client.get_position(product)["size"]
    trades = client.fills()["result"]
    states = [bought["state"], rested["state"], canceled["state"]]
    print(json.dumps({"states": states, "open": len(opened), "trades": len(trades), "position": float(position)}))


main()
