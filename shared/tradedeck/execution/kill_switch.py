"""The kill switch: works at once, even while the loop waits for a full disk or a slow venue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from tradedeck.domain.events import Cancel, Command, Halt, Place, Rejected, Report, Step
from tradedeck.domain.order import Order
from tradedeck.ports.broker import Broker

log = logging.getLogger(__name__)

HALT_PATIENCE_S = 0.3
"""How long the loop may take to keep a halt before the cancels leave without it."""


class KillSwitch:
    """A broker in front of a broker. Once closed, no new risk leaves; cancels may leave around the loop.

    A cancel adds no risk, so it need not be kept before it leaves.
    """

    def __init__(self, way: Broker, venue: Broker, tell: Callable[[Report], Awaitable[None]]) -> None:
        self._way = way
        self._venue = venue
        self._tell = tell
        self._closed: list[Halt] = []
        self._cancels: set[asyncio.Task[None]] = set()

    async def send(self, command: Command) -> None:
        """Let `command` pass, unless it adds risk where that was stopped."""
        order = command.order
        if isinstance(command, Place) and not order.reduce_only:
            for halt in self._closed:
                if halt.covers(order.source, order.symbol):
                    words = f"trading was halted before it left ({halt.reason})"
                    await self._tell(Rejected(order.client_order_id, halt.time_ns, words, "risk.halted"))
                    return
        await self._way.send(command)

    def close(self, halt: Halt) -> None:
        """From now on nothing of the halt's scope leaves."""
        self._closed.append(halt)

    def open(self, halt: Halt) -> None:
        """The engine itself keeps to `halt` now."""
        self._closed.remove(halt)

    def open_once_kept(self, asking: asyncio.Future[Step], halt: Halt) -> None:
        """Once the engine keeps to the halt, the switch need not; where it can't, the switch stays closed."""
        if not asking.cancelled() and asking.exception() is None:
            self.open(halt)

    def cancel_now(self, orders: Iterable[Order]) -> None:
        """Start canceling `orders` at the venue, all at once and past everything that waits."""
        for order in orders:
            task = asyncio.create_task(self._cancel(order), name=f"kill {order.client_order_id}")
            self._cancels.add(task)
            task.add_done_callback(self._cancels.discard)

    async def settle(self) -> None:
        """Wait for the cancels that are on their way."""
        await asyncio.gather(*self._cancels)

    async def _cancel(self, order: Order) -> None:
        try:
            await self._venue.send(Cancel(order))
        except Exception:
            log.exception("kill_switch.cancel_failed", extra={"order": order.client_order_id})
