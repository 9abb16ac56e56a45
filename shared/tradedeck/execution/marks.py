"""The last prices, kept now and then for the next start and for the cloud."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.trade import Trade
from tradedeck.store import Store, StoreWorker
from tradedeck.wire.codec import mark_fact

log = logging.getLogger(__name__)

MARK_PERIOD_S = 1.0
"""How often the last prices go to the store and the outbox."""
MAX_WAITING_LINES = 1_000
"""With so many lines waiting for the cloud no prices are added: without one they would fill the disk."""


class Marks:
    """Collects prices of one venue; a price that is not kept is lost, and nothing depends on it."""

    def __init__(self, worker: StoreWorker, venue: str) -> None:
        self._worker = worker
        self._venue = venue
        self._marks: dict[str, tuple[Decimal, int]] = {}

    def take(self, trade: Trade) -> None:
        """Remember the newest price."""
        self._marks[trade.symbol] = (trade.price, trade.time_ns)

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
