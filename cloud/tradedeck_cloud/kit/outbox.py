"""Facts leave a service only if the change they tell of was kept: outbox row, then relay.

Every service's schema has `outbox (id bigserial, fact_id text unique, subject text, body bytea)` and
`handled (reader text, fact_id text)` for the facts it has taken itself.
"""

from __future__ import annotations

import asyncio
import logging

from tradedeck.domain.errors import UnavailableError
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.db import EVERYBODY, Database, Tx

log = logging.getLogger(__name__)

RELAY_BATCH = 200
RELAY_PERIOD_S = 0.2
RELAY_PAUSE_S = 1.0


async def emit(tx: Tx, subject: str, fact_id: str, body: bytes) -> None:
    """Put a fact into the outbox of this transaction; the same id again changes nothing."""
    await tx.execute(
        "INSERT INTO outbox (fact_id, subject, body) VALUES (%s, %s, %s) ON CONFLICT (fact_id) DO NOTHING",
        (fact_id, subject, body),
    )


async def take_once(tx: Tx, reader: str, fact_id: str) -> bool:
    """Whether this reader takes the fact for the first time; remembered with the transaction."""
    done = await tx.execute(
        "INSERT INTO handled (reader, fact_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", (reader, fact_id)
    )
    return done.rowcount == 1


class Relay:
    """Moves a service's outbox to the bus, oldest first, until cancelled."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def run(self) -> None:
        """Publish, then forget; after a crash in between the bus drops the repeated id."""
        while True:
            try:
                moved = await self.once()
            except UnavailableError as error:
                log.warning("relay.waiting", extra={"service": self._database.service, "reason": error.message})
                await asyncio.sleep(RELAY_PAUSE_S)
                continue
            if not moved:
                await asyncio.sleep(RELAY_PERIOD_S)

    async def once(self) -> int:
        """Publish one batch; how many.

        Raises:
            UnavailableError: database or bus are away; the rows stay.
        """
        async with self._database.tx(EVERYBODY) as tx:
            cursor = await tx.execute(
                "SELECT id, fact_id, subject, body FROM outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                (RELAY_BATCH,),
            )
            rows = await cursor.fetchall()
            # All at once: each waits for the bus to write it to disk. Readers do not depend on the order.
            await asyncio.gather(*(self._bus.publish(subject, fact_id, body) for _, fact_id, subject, body in rows))
            await tx.execute("DELETE FROM outbox WHERE id = ANY(%s)", ([row[0] for row in rows],))
        return len(rows)
