"""The last prices, kept now and then for the next start and for the cloud."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.events import Event
from tradedeck.domain.trade import Trade
from tradedeck.ports.clock import Clock
from tradedeck.store import Store, StoreWorker
from tradedeck.wire.codec import mark_fact

log = logging.getLogger(__name__)

MARK_PERIOD_S = 1.0
"""How often the last prices go to the store and the outbox."""
MAX_WAITING_LINES = 1_000
"""With so many lines waiting for the cloud no prices are added: without one they would fill the disk."""


class Marks:
    """Collects prices of one venue; a price that is not kept is lost, and nothing depends on it."""

    def __init__(self, worker: StoreWorker, venue: str, clock: Clock) -> None:
        self._worker = worker
        self._venue = venue
        self._clock = clock
        self._newest_ns = self._came_ns = 0
        self._marks: dict[str, tuple[Decimal, int]] = {}

    def take(self, event: Event) -> None:
        """Remember the newest price, if that is one."""
        if isinstance(event, Trade | Bar):
            self._newest_ns, self._came_ns = max(self._newest_ns, event.time_ns), self._clock.now_ns()
        if isinstance(event, Trade):
            self._marks[event.symbol] = (event.price, event.time_ns)

    def market_ns(self) -> int:
        """The market's time: its newest price and what has gone by since; before there is one, the clock's.

        A venue that replays the past has the time of that day, a venue that has fallen silent goes on in time.
        """
        now_ns = self._clock.now_ns()
        return self._newest_ns + now_ns - self._came_ns if self._came_ns else now_ns

    async def keep(self) -> None:
        """Keep them again and again, until canceled."""
        while True:
            await asyncio.sleep(MARK_PERIOD_S)
            await self.flush()

    async def flush(self) -> None:
        """Keep what came since the last time."""
        marks, self._marks = self._marks, {}
        if not marks:
            return

        def put(store: Store) -> None:
            for symbol, (price, time_ns) in marks.items():
                store.put_mark(symbol, price, time_ns)
            if store.outbox_size() < MAX_WAITING_LINES:
                store.add_facts([mark_fact(self._venue, symbol, *mark) for symbol, mark in marks.items()])

        try:
            await self._worker.call(put)
        except UnavailableError as error:
            log.warning("session.marks_not_kept", extra={"reason": error.message})
