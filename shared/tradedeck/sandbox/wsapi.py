"""The websocket API at /ws-api/v3: the user stream, and trading without REST."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tradedeck.domain.errors import TradedeckError
from tradedeck.sandbox import trading
from tradedeck.sandbox.core import Sandbox
from tradedeck.sandbox.door import FAILURE, SANDBOX
from tradedeck.sandbox.faults import FaultKind, Faults
from tradedeck.sandbox.hub import Connection, dump
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import WireError
from tradedeck.sandbox.signing import check_signed, wall_ms, ws_payload
from tradedeck.sandbox.streams import MAX_MESSAGE_BYTES, SERVER_PING_S
from tradedeck.sandbox.trouble import FAULTS

_OPERATIONS: Mapping[str, trading.Operation] = {
    "order.place": trading.place,
    "order.test": trading.test,
    "order.cancel": trading.cancel,
    "order.cancelReplace": trading.replace,
    "order.status": trading.query,
    "openOrders.status": trading.open_orders,
    "openOrders.cancelAll": trading.cancel_all,
    "allOrders": trading.all_orders,
    "myTrades": trading.my_trades,
    "account.status": trading.account,
}


def add_ws_api(app: web.Application) -> None:
    """Add the path."""
    app.router.add_get("/ws-api/v3", _serve)


async def _serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=SERVER_PING_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    sandbox = request.app[SANDBOX]
    connection = Connection(socket, request.transport)
    sandbox.hub.connections.add(connection)
    sending = asyncio.create_task(connection.send_all())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                _handle(request.app[FAULTS], sandbox, connection, message.data)
    except TradedeckError as error:
        if not request.app[FAILURE].done():
            request.app[FAILURE].set_exception(error)
    finally:
        sandbox.hub.drop(connection)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


def _handle(armed: Faults, sandbox: Sandbox, connection: Connection, text: str) -> None:
    """Answer a message as well as the armed faults let it; their method is WS, their path ends with the message's."""
    name = client_order_id = ""
    with suppress(ValueError, AttributeError):
        wish: Any = json.loads(text)
        sent: Mapping[str, object] = wish.get("params") or {}
        name, client_order_id = str(wish.get("method")), str(sent.get("newClientOrderId", ""))
    if name == "order.place":
        armed.count(client_order_id)
    fault = armed.take("WS", f"/ws-api/v3/{name}")
    kind = None if fault is None else fault.kind
    if kind is FaultKind.CUT_BEFORE:
        connection.cut()
        return
    answer = _answer(sandbox, connection, text)
    if kind is FaultKind.CUT_AFTER:
        connection.cut()
    elif kind is not FaultKind.DROP_REPLY:
        connection.post(dump(answer))


def _answer(sandbox: Sandbox, connection: Connection, text: str) -> dict[str, Any]:
    number: object = None
    try:
        wish: Any = json.loads(text)
        number = wish.get("id")
        sent: dict[str, object] = wish.get("params") or {}
        params = Params({name: _text(value) for name, value in sent.items()})
        result = _result(sandbox, connection, str(wish.get("method")), params)
    except WireError as error:
        return {"id": number, "status": error.status, "error": error.body(), "rateLimits": []}
    except (ValueError, AttributeError):
        return {"id": number, "status": 400, "error": {"code": -1100, "msg": "Illegal characters found."}}
    return {"id": number, "status": 200, "result": result, "rateLimits": []}


def _result(sandbox: Sandbox, connection: Connection, method: str, params: Params) -> object:
    if method == "ping":
        return {}
    if method == "time":
        return {"serverTime": wall_ms()}
    if method == "session.status":
        return {"apiKey": None, "authorizedSince": None, "connectedSince": None, "serverTime": wall_ms()}
    if method == "userDataStream.unsubscribe":
        _unsubscribe(connection, params)
        return {}
    operation = _OPERATIONS.get(method)
    if operation is None and method != "userDataStream.subscribe.signature":
        raise WireError(-1000, f"Unknown method {method}.")
    account = params.text("apiKey")
    check_signed(sandbox.secrets, account, params, ws_payload(params))
    if operation is None:
        return {"subscriptionId": sandbox.hub.subscribe_account(connection, account)}
    return operation(sandbox, account, params)


def _unsubscribe(connection: Connection, params: Params) -> None:
    if params.get("subscriptionId"):
        connection.subscriptions.pop(params.integer("subscriptionId", -1), None)
    else:
        connection.subscriptions.clear()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
