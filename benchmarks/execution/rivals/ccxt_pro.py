"""`python -m benchmarks.execution.rivals.ccxt_pro URL SYMBOLS`: watch_trades, then create_order.

Its own throttle is off: it would hold orders back on purpose. Nothing is kept on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.execution.serving import serve
from benchmarks.execution.taps import Taps
from benchmarks.execution.wire import MARKED_SIZE, ORDER_SIZE

_MARKED = float(MARKED_SIZE)


class Seen:
    """Trades that came out of the library."""

    def __init__(self) -> None:
        self.handled = 0
        self.handled_ns: dict[str, int] = {}


async def main() -> None:
    """Trade until standard input ends."""
    url, count = sys.argv[1], int(sys.argv[2])
    exchange = _exchange(url)
    taps, seen = Taps(), Seen()
    taps.attach()
    await exchange.load_markets()
    symbols = ["BTC/USDT", *(f"S{number:03d}/USDT" for number in range(1, count))]
    if count > 1:
        _count(exchange, seen)
    following = asyncio.create_task(_follow(exchange, symbols, seen))
    # Its subscription is answered within a moment; the library does not say when.
    await asyncio.sleep(2)

    def told() -> dict[str, Any]:
        handled, handled_ns, seen.handled, seen.handled_ns = seen.handled, seen.handled_ns, 0, {}
        return {"inside_us": taps.inside_us(), "stages": {}, "handled_ns": handled_ns, "handled": handled}

    await serve(told)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
    await exchange.close()


def _exchange(url: str) -> Any:
    binance: Any = import_module("ccxt.pro").binance
    exchange = binance(
        {
            "apiKey": "key-ccxt",
            "secret": "secret",
            "enableRateLimit": False,
            "newUpdates": True,
            "options": {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": ["spot"]}},
        }
    )
    api, stream = exchange.urls["api"], "ws" + url.removeprefix("http")
    api["public"] = api["private"] = f"{url}/api/v3"
    api["sapi"] = f"{url}/sapi/v1"
    api["ws"]["spot"] = f"{stream}/stream/ws"
    api["ws"]["ws-api"]["spot"] = f"{stream}/ws-api/v3"
    return exchange


def _count(exchange: Any, seen: Seen) -> None:
    """Note each trade as soon as the library has parsed it: of many markets its caller is not shown all."""
    handle: Callable[[Any, dict[str, Any]], None] = exchange.handle_trade

    def handle_trade(client: Any, message: dict[str, Any]) -> None:
        handle(client, message)
        seen.handled += 1
        if message["q"] == MARKED_SIZE:
            seen.handled_ns[message["p"]] = time.monotonic_ns()

    exchange.handle_trade = handle_trade


async def _follow(exchange: Any, symbols: list[str], seen: Seen) -> None:
    sending: set[asyncio.Task[Any]] = set()
    while True:
        if len(symbols) > 1:
            await exchange.watch_trades_for_symbols(symbols)
            continue
        trades = await exchange.watch_trades(symbols[0])
        now_ns = time.monotonic_ns()
        seen.handled += len(trades)
        for trade in trades:
            if trade["amount"] != _MARKED:
                continue
            seen.handled_ns[f"{trade['price']:.2f}"] = now_ns
            order = exchange.create_order(
                trade["symbol"], "limit", "buy", ORDER_SIZE, trade["price"], {"timeInForce": "IOC"}
            )
            task = asyncio.create_task(order)
            sending.add(task)
            task.add_done_callback(sending.discard)


if __name__ == "__main__":
    asyncio.run(main())
