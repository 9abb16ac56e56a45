"""The websockets: public market channels, and an account's own behind key-auth.

In production they are two hosts. Here they are the paths /public-socket and /socket, and the root path serves a
client that was redirected with the venue's host name.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from aiohttp import WSMsgType, web

from tradedeck.sandbox.delta.door import HOUSE, MARKET, WINDOW_S, signature_of, wall_us
from tradedeck.sandbox.delta.house import private
from tradedeck.sandbox.delta.wire import Json, order_json
from tradedeck.sandbox.hub import Connection, dump

HEARTBEAT_S = 30.0
IDLE_S = 60.0
"""Without a heartbeat, a connection that says nothing for so long is dropped."""
MAX_MESSAGE_BYTES = 1 << 16
PUBLIC = ("trades", "ob_l1", "ob_l2", "ob_updates", "ticker", "mark_price", "funding_rate", "spot_price")
PRIVATE = ("orders", "v2/user_trades", "user_trades", "positions", "margins")
_WITHOUT_SYMBOL = ("margins",)


def add_sockets(app: web.Application, *, alone: bool) -> None:
    """Add every path."""
    for path in ("/public-socket", "/socket", *(("/",) if alone else ())):
        app.router.add_get(path, _serve)


async def _serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, autoping=True)
    await socket.prepare(request)
    public = request.path == "/public-socket" or (request.path == "/" and request.host.startswith("public-"))
    session = _Session(request, Connection(socket, request.transport), public=public)
    hub = request.app[HOUSE].venue.hub
    hub.connections.add(session.connection)
    sending = asyncio.create_task(session.connection.send_all())
    try:
        while True:
            message = await socket.receive(timeout=None if session.beating else IDLE_S)
            if message.type is not WSMsgType.TEXT:
                break
            session.take(message.data)
    except TimeoutError:
        session.connection.cut()
    finally:
        hub.drop(session.connection)
        session.stop()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


class _Session:
    """One websocket: who it is, and what it follows."""

    def __init__(self, request: web.Request, connection: Connection, *, public: bool) -> None:
        self.connection = connection
        self._house, self._market, self._hub = request.app[HOUSE], request.app[MARKET], request.app[HOUSE].venue.hub
        self._public = public
        self._key = ""
        self._beat: asyncio.TimerHandle | None = None

    @property
    def beating(self) -> bool:
        """Whether the client has asked for heartbeats."""
        return self._beat is not None

    def take(self, text: str) -> None:
        """One message of the client."""
        raw: Any = None
        with suppress(ValueError):
            raw = json.loads(text)
        wish = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
        payload: Any = wish.get("payload") or {}
        match wish.get("type"):
            case "ping":
                self._post({"type": "pong"})
            case "enable_heartbeat":
                self._post({"type": "enable_heartbeat", "success": True})
                self._heartbeat()
            case "disable_heartbeat":
                self.stop()
            case "key-auth":
                self._post(self._log_in(payload))
            case "auth":
                self._post({"type": "auth", "success": False, "status_code": 400, "message": "use key-auth"})
            case "unauth":
                self._forget()
            case "subscribe" | "unsubscribe" as kind:
                self._follow(payload.get("channels") or [], follow=kind == "subscribe")
            case _:
                self._post({"type": "error", "message": "unknown type"})

    def stop(self) -> None:
        """End the heartbeat."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _post(self, message: Json) -> None:
        self.connection.post(dump(message))

    def _heartbeat(self) -> None:
        self.stop()
        self._beat = asyncio.get_running_loop().call_later(HEARTBEAT_S, self._send_heartbeat)

    def _send_heartbeat(self) -> None:
        self._post({"type": "heartbeat"})
        self._heartbeat()

    def _log_in(self, payload: dict[str, Any]) -> Json:
        key, signature, stamp = (str(payload.get(name, "")) for name in ("api-key", "signature", "timestamp"))
        secret = self._house.venue.secrets.get(key)
        status, code = 200, "authenticated"
        if self._public or not (key and signature and stamp.isdigit()):
            status, code = 400, "incomplete_payload"
        elif secret is None:
            status, code = 404, "api_key_not_found"
        elif abs(wall_us() / 1e6 - int(stamp)) > WINDOW_S + 1:
            status, code = 408, "request_expired"
        elif signature != signature_of(secret, f"GET{stamp}/live"):
            status, code = 401, "invalid_signature"
        elif key in self._house.not_allowed:
            status, code = 401, "ip_not_whitelisted"
        else:
            self._key = key
        return {"type": "key-auth", "success": status == 200, "status_code": status, "status": code}

    def _forget(self) -> None:
        for stream in list(self.connection.streams):
            self._hub.unsubscribe(self.connection, stream)
        self._key = ""

    def _follow(self, channels: Sequence[dict[str, Any]], *, follow: bool) -> None:
        answers: list[Json] = []
        snapshots: list[Json] = []
        for channel in channels:
            name, symbols = str(channel.get("name", "")), list(channel.get("symbols") or [])
            reason = self._reason_against(name, symbols)
            if reason:
                answers.append({"name": name, "error": reason})
                continue
            for symbol in self._meant(name, symbols):
                if follow:
                    snapshots += self._snapshot(name, symbol) if "all" not in symbols else []
                    self._hub.subscribe(self.connection, self._stream(name, symbol))
                else:
                    self._hub.unsubscribe(self.connection, self._stream(name, symbol))
            answers.append({"name": name, "symbols": symbols})
        self._post({"type": "subscriptions" if follow else "unsubscribed", "channels": answers})
        for snapshot in snapshots:
            self._post(snapshot)

    def _meant(self, name: str, symbols: Sequence[str]) -> list[str]:
        if name in _WITHOUT_SYMBOL:
            return [""]
        every = [f"MARK:{symbol}" if name == "mark_price" else symbol for symbol in self._house.products]
        return every if "all" in symbols else list(symbols)

    def _stream(self, name: str, symbol: str) -> str:
        return private(name, symbol, self._key) if name in PRIVATE else f"{name}:{symbol}"

    def _reason_against(self, name: str, symbols: Sequence[str]) -> str:
        if name in PRIVATE:
            return "" if self._key else "unauthorized: send key-auth first"
        if name not in PUBLIC and not name.startswith("candlestick_"):
            return "no such channel"
        unknown = [one for one in symbols if one != "all" and one.removeprefix("MARK:") not in self._house.products]
        return f"no such symbols: {', '.join(unknown)}" if unknown else ""

    def _snapshot(self, name: str, symbol: str) -> list[Json]:
        if name not in PRIVATE:
            shown = self._market.snapshot(name, symbol)
            return [] if shown is None else [shown]
        if name == "positions":
            position = self._house.position(self._key, self._house.products[symbol])
            return [{"type": name, "action": "snapshot", "symbol": symbol, "result": [position]}]
        if name == "margins":
            return [{"type": name, "action": "snapshot", "result": [self._house.wallet(self._key)]}]
        if name != "orders":
            return []
        account = self._house.account(self._key)
        working = [
            order_json(record, account)
            for record in self._house.records(self._key).values()
            if record.product.symbol == symbol and record.state in ("open", "pending")
        ]
        number = self._house.sequence(name, self._key, symbol)
        head = {"type": name, "action": "snapshot", "symbol": symbol, "meta": {"seq_no": number}}
        return [head | {"result": working}]
