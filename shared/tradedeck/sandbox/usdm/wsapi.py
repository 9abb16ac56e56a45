"""The websocket API at /ws-fapi/v1: trading without REST."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web

from tradedeck.sandbox.hub import Connection, dump
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import WireError
from tradedeck.sandbox.signing import check_key, check_signed, ws_payload
from tradedeck.sandbox.streams import MAX_MESSAGE_BYTES
from tradedeck.sandbox.usdm import accounts, algo, trading
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.rest import FRONT
from tradedeck.sandbox.usdm.streams import SERVER_PING_S

PATH = "/ws-fapi/v1"
_SIGNED: Mapping[str, trading.Operation] = {
    "order.place": trading.place,
    "order.modify": trading.amend,
    "order.cancel": trading.cancel,
    "order.status": trading.query,
    "algoOrder.place": algo.place,
    "algoOrder.cancel": algo.cancel,
    "account.status": accounts.account,
    "v2/account.status": accounts.account,
    "account.balance": accounts.balance,
    "v2/account.balance": accounts.balance,
    "account.position": accounts.every_position,
    "v2/account.position": accounts.position_risk,
}
_KEYED = {
    "userDataStream.start": accounts.open_listen_key,
    "userDataStream.ping": accounts.keep_listen_key,
    "userDataStream.stop": accounts.close_listen_key,
}


def add_ws_api(app: web.Application) -> None:
    """Add the path."""
    app.router.add_get(PATH, _serve)


async def _serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=SERVER_PING_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    front = request.app[FRONT]
    connection = Connection(socket, request.transport)
    front.hub.connections.add(connection)
    sending = asyncio.create_task(connection.send_all())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                connection.post(dump(_answer(front, message.data)))
    finally:
        front.hub.drop(connection)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


def _answer(front: Front, text: str) -> dict[str, Any]:
    number: object = None
    try:
        wish: Any = json.loads(text)
        number = wish.get("id")
        sent: dict[str, object] = wish.get("params") or {}
        params = Params({name: _text(value) for name, value in sent.items()})
        result = _result(front, str(wish.get("method")), params)
    except WireError as error:
        return {"id": number, "status": error.status, "error": error.body(), "rateLimits": []}
    except (ValueError, AttributeError):
        return {"id": number, "status": 400, "error": {"code": -1100, "msg": "Illegal characters found."}}
    return {"id": number, "status": 200, "result": result, "rateLimits": []}


def _result(front: Front, method: str, params: Params) -> object:
    account = params.text("apiKey")
    if method in _KEYED:
        check_key(front.venue.secrets, account)
        return _KEYED[method](front, account)
    operation = _SIGNED.get(method)
    if operation is None:
        raise WireError(-1000, f"Unknown method {method}.")
    check_signed(front.venue.secrets, account, params, ws_payload(params))
    return operation(front, account, params)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
