"""Commands on their way: the loop does not wait for the venue, but one order's commands keep their order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container

from tradedeck.domain.events import Cancel, CancelRejected, Command, Place, Report, Unknown
from tradedeck.execution.crash import crash_point
from tradedeck.ports.broker import Broker

log = logging.getLogger(__name__)

MAX_IN_FLIGHT = 8
"""Orders sent at the same time; the rest wait their turn."""
MAX_CANCELS_IN_FLIGHT = 32
"""Cancels sent at the same time. They have slots of their own: a slow venue must not hold them behind orders."""


class Dispatcher:
    """A broker in front of a broker. `send` returns at once; the answer is a report of the feed."""

    def __init__(self, broker: Broker, tell: Callable[[Report], Awaitable[None]], open_orders: Container[str]) -> None:
        self._broker = broker
        self._tell = tell
        self._open_orders = open_orders
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._cancel_slots = asyncio.Semaphore(MAX_CANCELS_IN_FLIGHT)
        self._last: dict[str, asyncio.Task[None]] = {}

    async def send(self, command: Command) -> None:
        """Start sending `command` after the earlier ones of the same order."""
        key = command.order.client_order_id
        earlier = self._last.get(key)
        task = asyncio.create_task(self._deliver(command, earlier), name=f"send {key}")
        self._last[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    async def _deliver(self, command: Command, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        try:
            async with self._cancel_slots if isinstance(command, Cancel) else self._slots:
                if isinstance(command, Cancel) and command.order.client_order_id not in self._open_orders:
                    # It waited, and some other channel has told meanwhile that the order has ended.
                    return
                kind = "place" if isinstance(command, Place) else "cancel"
                crash_point(f"{kind}.sending")
                await self._broker.send(command)
                crash_point(f"{kind}.answered")
        except Exception as error:
            # A broker's own mistake: the order may be out there, and only an unknown one is looked up.
            log.exception("dispatch.failed")
            make = Unknown if isinstance(command, Place) else CancelRejected
            await self._tell(make(command.order.client_order_id, command.order.updated_ns, f"internal error: {error}"))

    def _forget(self, key: str, done: asyncio.Task[None]) -> None:
        if self._last.get(key) is done:
            del self._last[key]
