"""`python -m benchmarks.execution.feeder SYMBOLS`: Binance spot's wire, as far as measuring needs it.

Pushes trades at a given rate and notes when an order for a marked trade arrives. Orders are answered at once. A line of
standard input starts a load, a line of standard output tells what came of it. One process, one thread, no library
between the socket and the clock.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.execution.wire import MARKED_SIZE, SYMBOL, exchange_info, frame, order_answer, trade_text, unmasked

SPIN_S = 0.002
"""The last stretch before a trade is due is waited for awake: sleeping is not exact enough."""
SETTLE_S = 0.5
"""How long orders may still come after the last trade."""
BURST = 200
"""Trades written before the other side's answers are looked at, when nothing is awaited between trades."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(slots=True)
class Load:
    """What to push: `rate` trades a second (0: as fast as they are taken), every `every`-th marked."""

    rate: float
    count: int
    every: int


@dataclass(slots=True)
class Board:
    """Who listens, and what has been seen."""

    symbols: list[str]
    listeners: dict[asyncio.Transport, set[str]] = field(default_factory=dict[asyncio.Transport, set[str]])
    sent_ns: dict[str, int] = field(default_factory=dict[str, int])
    arrived_ns: dict[str, int] = field(default_factory=dict[str, int])
    writable: asyncio.Event = field(default_factory=asyncio.Event)
    trade_ids: dict[str, int] = field(default_factory=dict[str, int])
    marks: int = 0
    order_ids: int = 0


class Peer(asyncio.Protocol):
    """One connection: HTTP until it asks for a websocket."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._heard = bytearray()
        self._is_socket = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        if self._transport is not None:
            self._board.listeners.pop(self._transport, None)
        self._board.writable.set()

    def pause_writing(self) -> None:
        """The other side is behind."""
        self._board.writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._board.writable.set()

    def data_received(self, data: bytes) -> None:
        """Requests or frames."""
        now_ns = time.monotonic_ns()
        self._heard += data
        while self._next_frame() if self._is_socket else self._next_request(now_ns):
            pass

    def _next_request(self, now_ns: int) -> bool:
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self._heard[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        stop = end + 4 + int(headers.get("content-length", 0))
        if len(self._heard) < stop:
            return False
        body = self._heard[end + 4 : stop].decode()
        del self._heard[:stop]
        method, target, _ = first.split(" ")
        if "upgrade" in headers.get("connection", "").lower() and "sec-websocket-key" in headers:
            self._upgrade(target, headers["sec-websocket-key"])
        else:
            self._answer(method, target, body, now_ns)
        return True

    def _upgrade(self, target: str, key: str) -> None:
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
        self._write(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self._is_socket = True
        streams = dict(parse_qsl(urlsplit(target).query)).get("streams", "")
        self._subscribe(streams.split("/") if streams else [])

    def _answer(self, method: str, target: str, body: str, now_ns: int) -> None:
        where = urlsplit(target)
        asked = dict(parse_qsl(where.query)) | dict(parse_qsl(body))
        if where.path == "/api/v3/order" and method == "POST":
            self._board.arrived_ns.setdefault(f"{float(asked['price']):.2f}", now_ns)
            self._board.order_ids += 1
            told: Any = order_answer(asked, self._board.order_ids)
        else:
            told = _ANSWERS.get(where.path, {})
            if where.path == "/api/v3/exchangeInfo":
                told = exchange_info(self._board.symbols)
            elif where.path == "/api/v3/time":
                told = {"serverTime": time.time_ns() // 1_000_000}
        text = json.dumps(told).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._write(head.encode() + text)

    def _next_frame(self) -> bool:
        got = unmasked(self._heard)
        if got is None:
            return False
        kind, payload = got
        if kind == 9:
            self._write(frame(payload, kind=10))
        elif kind == 1:
            asked = json.loads(payload)
            # The account's stream answers like a call, the market's like a subscription.
            status = {"status": 200} if "." in str(asked["method"]) else {}
            result: Any = {"subscriptionId": 0} if status else None
            self._write(frame(json.dumps({"id": asked["id"], **status, "result": result}).encode()))
            if asked["method"] == "SUBSCRIBE":
                self._subscribe(asked["params"])
        return True

    def _subscribe(self, streams: list[str]) -> None:
        assert self._transport is not None
        trades = {name.partition("@")[0].upper() for name in streams if name.endswith("@trade")}
        if trades:
            self._board.listeners.setdefault(self._transport, set()).update(trades)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


_ANSWERS: dict[str, Any] = {
    "/api/v3/account": {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": "0.001", "taker": "0.001", "buyer": "0", "seller": "0"},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "updateTime": 1_700_000_000_000,
        "accountType": "SPOT",
        "balances": [{"asset": asset, "free": "1000000000", "locked": "0"} for asset in ("USDT", "BTC")],
        "permissions": ["SPOT"],
        "uid": 1,
    },
    "/api/v3/openOrders": [],
    "/api/v3/allOrders": [],
    "/api/v3/myTrades": [],
    "/api/v3/klines": [],
    "/sapi/v1/asset/tradeFee": [{"symbol": SYMBOL, "makerCommission": "0.001", "takerCommission": "0.001"}],
    "/api/v3/userDataStream": {"listenKey": "measuring"},
}


async def push(board: Board, load: Load) -> dict[str, Any]:
    """Push a load to everybody who listens; when each marked trade was sent and its order arrived."""
    board.sent_ns, board.arrived_ns = {}, {}
    pause_s = 1 / load.rate if load.rate else 0.0
    started_s = due_s = time.perf_counter()
    for number in range(load.count):
        symbol = board.symbols[number % len(board.symbols)]
        marked = number % load.every == load.every - 1
        due_s += pause_s
        if pause_s:
            await _until(due_s)
        elif number % BURST == 0:
            await asyncio.sleep(0)
            await board.writable.wait()
        _send(board, symbol, marked=marked)
    seconds = time.perf_counter() - started_s
    await asyncio.sleep(SETTLE_S)
    return {"seconds": seconds, "sent_ns": board.sent_ns, "arrived_ns": board.arrived_ns}


async def _until(due_s: float) -> None:
    left_s = due_s - time.perf_counter()
    if left_s > SPIN_S:
        await asyncio.sleep(left_s - SPIN_S)
    while time.perf_counter() < due_s:
        await asyncio.sleep(0)


def _send(board: Board, symbol: str, *, marked: bool) -> None:
    number = board.trade_ids[symbol] = board.trade_ids.get(symbol, 0) + 1
    price = "60000.00"
    if marked:
        board.marks += 1
        price = f"{60_000 + board.marks / 100:.2f}"
    size = MARKED_SIZE if marked else "0.00100000"
    data = frame(trade_text(symbol, number, price, size, time.time_ns() // 1_000_000))
    if marked:
        board.sent_ns[price] = time.monotonic_ns()
    for transport, followed in board.listeners.items():
        if symbol in followed:
            transport.write(data)


async def main() -> None:
    """Serve until standard input ends."""
    count = int(sys.argv[1])
    board = Board([SYMBOL, *(f"S{number:03d}USDT" for number in range(1, count))])
    board.writable.set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(board), "127.0.0.1", 0)
    _say({"port": server.sockets[0].getsockname()[1]})
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        _say(await push(board, Load(**json.loads(line))))
    server.close()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
