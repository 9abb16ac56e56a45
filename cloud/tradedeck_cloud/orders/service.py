"""What orders decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradedeck.domain.errors import ConflictError, RefusedError
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.codec import Envelope, write_fact
from tradedeck_cloud.kit.db import Database
from tradedeck_cloud.kit.outbox import emit
from tradedeck_cloud.kit.telemetry import FACTS
from tradedeck_cloud.orders.models import (
    DeviceLine,
    FillRow,
    MarkRow,
    OrderFilter,
    OrderRow,
    PageAt,
)
from tradedeck_cloud.orders.store import OrderStore

MAX_LINES = 1000
MAX_PAGE = 500
MAX_NAME = 64
"""Characters in a device's id and kind: they are part of every fact's id."""
_SUBJECTS: dict[type, str] = {FillRow: "orders.filled", MarkRow: "orders.marked"}


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything between two cursors."""

    cursor: int
    orders: Sequence[OrderRow]
    fills: Sequence[FillRow]
    more: bool


class OrderService:
    """Takes what devices tell, once each, and gives it back."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def push(self, user_id: str, device_id: str, kind: str, lines: Sequence[DeviceLine]) -> int:
        """Keep outbox lines in order, those known already left out; the last one kept.

        Raises:
            RefusedError: too many at once, no device, or not in rising order.
            ConflictError: lines are missing before the first new one.
        """
        _check(device_id, kind, lines)
        async with self._database.tx(user_id) as tx:
            store = OrderStore(tx, user_id)
            last_seq = await store.lock_device(device_id, kind)
            fresh = [line for line in lines if line.seq > last_seq]
            if not fresh:
                return last_seq
            if fresh[0].seq != last_seq + 1:
                raise ConflictError(f"line {last_seq + 1} is missing; send everything from it on", code="orders.gap")
            version = await store.next_version()
            await store.put_orders([line.row for line in fresh if isinstance(line.row, OrderRow)], version)
            await store.put_fills([line.row for line in fresh if isinstance(line.row, FillRow)], version)
            for line in fresh:
                FACTS.labels(type(line.row).__name__).inc()
                if (subject := _SUBJECTS.get(type(line.row))) is not None:
                    fact_id = f"{user_id}:{device_id}:{line.seq}"
                    fact = Envelope(fact_id, subject, user_id, line.time_ns, line.fact)
                    await emit(tx, subject, fact_id, write_fact(fact))
            await store.set_last_seq(device_id, fresh[-1].seq)
        await self._bus.hint(user_id, "orders")
        return fresh[-1].seq

    async def changes(self, user_id: str, cursor: int, limit: int) -> Changes:
        """What changed after `cursor`: about `limit` rows, never half a version."""
        async with self._database.tx(user_id) as tx:
            store = OrderStore(tx, user_id)
            newest = await store.version()
            upto = await store.bound_after(cursor, max(1, min(limit or MAX_PAGE, MAX_PAGE)))
            return Changes(
                upto,
                await store.orders_between(cursor, upto),
                await store.fills_between(cursor, upto),
                more=upto < newest and upto > cursor,
            )

    async def orders(self, user_id: str, wanted: OrderFilter, before: PageAt, size: int) -> list[OrderRow]:
        """A page of orders, newest first."""
        async with self._database.tx(user_id) as tx:
            return await OrderStore(tx, user_id).orders_page(wanted, before, size)

    async def fills(self, user_id: str, wanted: OrderFilter, before: PageAt, size: int) -> list[FillRow]:
        """A page of fills, newest first."""
        async with self._database.tx(user_id) as tx:
            return await OrderStore(tx, user_id).fills_page(wanted, before, size)


def _check(device_id: str, kind: str, lines: Sequence[DeviceLine]) -> None:
    if not 0 < len(device_id) <= MAX_NAME or len(kind) > MAX_NAME:
        raise RefusedError(f"a push must name its device, in at most {MAX_NAME} characters", code="orders.device")
    if len(lines) > MAX_LINES:
        raise RefusedError(f"push at most {MAX_LINES} lines at once", code="orders.too_many")
    numbers = [line.seq for line in lines]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False:
        raise RefusedError("lines must follow each other without holes", code="orders.order")
