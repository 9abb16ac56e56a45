"""The gRPC door: one handler for every method, forwarding bytes; and the stream of hints."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import grpc.aio

from tradedeck.domain.errors import TradedeckError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.gateway.codec import ALIVE, HINT_EVERY_S, hint_message
from tradedeck_cloud.gateway.door import MAX_BODY_BYTES, Caller, Door
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.listening import listener
from tradedeck_cloud.kit.problems import GRPC_CODES
from tradedeck_cloud.kit.telemetry import WATCHERS

CODE_KEY = "x-code"
_PATH = re.compile(r"/tradedeck\.wire\.(\w+)\.v1\.(\w+)Service/(\w+)")


class Forward(grpc.GenericRpcHandler):
    """Answers every path of ours."""

    def __init__(self, door: Door, bus: Bus, clock: Clock) -> None:
        self._door = door
        self._bus = bus
        self._clock = clock

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a path; None for one that is not ours."""
        found = _PATH.fullmatch(handler_call_details.method)
        if found is None:
            return None
        area, _, method = found.groups()
        if (area, method) == ("live", "Watch"):
            return grpc.unary_stream_rpc_method_handler(cast(Any, self._watch))

        async def forward(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            try:
                return await self._door.call(area, method, body, _caller(context))
            except TradedeckError as error:
                await _abort(context, error)
                raise AssertionError("abort raises") from error

        return grpc.unary_unary_rpc_method_handler(cast(Any, forward))

    async def _watch(self, _: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> AsyncIterator[bytes]:
        try:
            user_id = self._door.user_of(_caller(context).token)
            with WATCHERS.track_inprogress():
                async with self._bus.hints(user_id) as hints:
                    # Only now: whoever has the metadata misses nothing.
                    await context.send_initial_metadata(())
                    while True:
                        yield hint_message(await _hint(hints), self._clock.now_ns())
        except TradedeckError as error:
            await _abort(context, error)


async def _hint(hints: asyncio.Queue[str]) -> str:
    try:
        return await asyncio.wait_for(hints.get(), HINT_EVERY_S)
    except TimeoutError:
        return ALIVE


async def serve_grpc(door: Door, bus: Bus, clock: Clock, port: int) -> tuple[grpc.aio.Server, int]:
    """Start the gRPC door on loopback; the server and its port.

    Raises:
        UnavailableError: the port is taken.
    """
    options = [("grpc.max_receive_message_length", MAX_BODY_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((Forward(door, bus, clock),))
    # The library says on its own what went wrong when a port is taken, so it is asked for here first.
    listener(port, "--grpc-port").close()
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


def _caller(context: grpc.aio.ServicerContext[bytes, bytes]) -> Caller:
    shown = dict(context.invocation_metadata() or ())
    token = str(shown.get("authorization", "")).removeprefix("Bearer ")
    # ipv4:1.2.3.4:567 or ipv6:[::1]:567, of which the address counts: both doors share one limit.
    address = context.peer().partition(":")[2].rpartition(":")[0].strip("[]")
    return Caller(token, address, "grpc")


async def _abort(context: grpc.aio.ServicerContext[bytes, bytes], error: TradedeckError) -> None:
    context.set_trailing_metadata(((CODE_KEY, error.code),))
    await context.abort(GRPC_CODES[error.kind], error.message)
