"""Calls on the bus: the envelope around a request, and what a service does with one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from google.protobuf.message import DecodeError

from tradedeck.domain.errors import TradedeckError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.codec import Call, answered, failed, read_call
from tradedeck_cloud.kit.telemetry import CALL_SECONDS, CALLS

log = logging.getLogger(__name__)

Method = Callable[[Call], Awaitable[bytes]]


async def serve_all(bus: Bus, service: str, methods: Mapping[str, Method], clock: Clock) -> None:
    """Answer the calls of a service's methods."""
    for name, method in methods.items():
        await bus.serve(service, name, _handler(service, name, method, clock))


def _handler(service: str, name: str, method: Method, clock: Clock) -> Callable[[bytes], Awaitable[bytes]]:
    async def handle(body: bytes) -> bytes:
        call = read_call(body)
        left_s = (call.deadline_ns - clock.now_ns()) / 1e9
        outcome = "ok"
        with CALL_SECONDS.labels(service, name).time():
            try:
                # Nobody waits for an answer after the deadline: the work ends with it.
                async with asyncio.timeout(max(left_s, 0)):
                    answer = answered(await method(call))
            except TradedeckError as error:
                outcome, answer = error.kind, failed(error.kind, error.code, error.message)
            except DecodeError:
                outcome = "refused"
                answer = failed(
                    "refused", "call.request", f"that is no request of {service}.{name}; update your program"
                )
            except TimeoutError:
                outcome, answer = (
                    "unavailable",
                    failed("unavailable", "call.deadline", f"{service} took too long"),
                )
            except Exception:
                log.exception("call.failed", extra={"service": service, "method": name, "trace_id": call.trace_id})
                outcome = "corrupt"
                answer = failed("corrupt", "call.internal", "an internal error; it has been logged")
        CALLS.labels(service, name, outcome).inc()
        return answer

    return handle
