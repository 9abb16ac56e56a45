"""Commands on their way: the loop does not wait for the venue, but one order's commands keep their order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tradedeck.domain.events import CancelRejected, Command, Place, Report, Unknown
from tradedeck.ports.broker import Broker

log = logging.getLogger(__name__)

MAX_IN_FLIGHT = 8
"""Commands sent at the same time; the rest wait their turn."""


class Dispatcher:
    """A broker in front of a broker. `send` returns at once; the answer is a report of the feed."""

    def __init__(self, broker: Broker, tell: Callable[[Report], Awaitable[None]]) -> None:
        self._broker = broker
        self._tell = tell
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
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
            async with self._slots:
                await self._broker.send(command)
        except Exception as error:
            # A broker's own mistake: the order may be out there, and only an unknown one is looked up.
            log.exception("dispatch.failed")
            make = Unknown if isinstance(command, Place) else CancelRejected
            await self._tell(make(command.order.client_order_id, command.order.updated_ns, f"internal error: {error}"))

    def _forget(self, key: str, done: asyncio.Task[None]) -> None:
        if self._last.get(key) is done:
            del self._last[key]
