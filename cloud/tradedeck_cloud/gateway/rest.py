"""The REST door: the same methods as JSON, and as raw protobuf for devices that can't use gRPC."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import (
    APIRouter,
    Body,
    Depends,
    Header,
    Request,
    Response,
    WebSocket,
    WebSocketDisconnect,
)

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck_cloud.gateway.codec import ALIVE, HINT_EVERY_S, from_json, to_json
from tradedeck_cloud.gateway.door import Caller, Door
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.telemetry import WATCHERS

AGAIN_LATER = 1013
PROTOBUF = "application/x-protobuf"
_GET: dict[str, tuple[str, str]] = {
    "/v1/me": ("accounts", "Me"),
    "/v1/orders": ("orders", "ListOrders"),
    "/v1/fills": ("orders", "ListFills"),
    "/v1/changes": ("orders", "Pull"),
    "/v1/portfolio": ("portfolio", "GetPortfolio"),
    "/v1/equity": ("portfolio", "ListEquity"),
}
_POST: dict[str, tuple[str, str]] = {
    "/v1/signup": ("accounts", "SignUp"),
    "/v1/login": ("accounts", "Login"),
    "/v1/refresh": ("accounts", "Refresh"),
    "/v1/logout": ("accounts", "Logout"),
    "/v1/facts": ("orders", "PushFacts"),
}


def caller_of(request: Request, authorization: Annotated[str, Header()] = "") -> Caller:
    """Who sent a request."""
    address = request.client.host if request.client else ""
    return Caller(authorization.removeprefix("Bearer "), address, "rest")


Known = Annotated[Caller, Depends(caller_of)]


def rest_router(door: Door, bus: Bus) -> APIRouter:
    """Every REST path, and `/v1/live` for hints by websocket."""
    router = APIRouter()
    for path, (service, method) in _GET.items():
        router.add_api_route(
            path, _reader(door, service, method), methods=["GET"], name=f"{service}.{method}", tags=[service]
        )
    for path, (service, method) in _POST.items():
        router.add_api_route(
            path, _writer(door, service, method), methods=["POST"], name=f"{service}.{method}", tags=[service]
        )
    router.add_api_route("/rpc/{service}/{method}", _raw(door), methods=["POST"], tags=["devices"])
    router.add_api_websocket_route("/v1/live", _live(door, bus))
    return router


def _reader(door: Door, service: str, method: str) -> Any:
    async def read(request: Request, caller: Known) -> dict[str, Any]:
        body = from_json(service, method, dict(request.query_params))
        return to_json(service, method, await door.call(service, method, body, caller))

    return read


def _writer(door: Door, service: str, method: str) -> Any:
    async def write(caller: Known, given: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        body = from_json(service, method, given)
        return to_json(service, method, await door.call(service, method, body, caller))

    return write


def _raw(door: Door) -> Any:
    async def raw(service: str, method: str, request: Request, caller: Known) -> Response:
        return Response(await door.call(service, method, await request.body(), caller), media_type=PROTOBUF)

    return raw


def _live(door: Door, bus: Bus) -> Any:
    async def live(socket: WebSocket) -> None:
        token = socket.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            user_id = door.user_of(token)
        except TradedeckError:
            await socket.close(code=4401)
            return
        await send_hints(socket, bus, user_id)

    return live


async def send_hints(socket: WebSocket, bus: Bus, user_id: str) -> None:
    """Tell a page what changed, until it goes."""
    with WATCHERS.track_inprogress():
        try:
            async with bus.hints(user_id) as hints:
                # Only now: whoever is connected misses nothing.
                await socket.accept()
                await _pass_on(socket, hints)
        except UnavailableError:
            await socket.close(code=AGAIN_LATER)


async def _pass_on(socket: WebSocket, hints: asyncio.Queue[str]) -> None:
    gone = asyncio.create_task(_until_gone(socket))
    try:
        while not gone.done():
            await socket.send_text(await _next_hint(hints, gone))
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        gone.cancel()


async def _next_hint(hints: asyncio.Queue[str], gone: asyncio.Task[None]) -> str:
    hint = asyncio.create_task(hints.get())
    await asyncio.wait({hint, gone}, timeout=HINT_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    if hint.done():
        return hint.result()
    hint.cancel()
    if gone.done():
        raise WebSocketDisconnect
    return ALIVE


async def _until_gone(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        return
