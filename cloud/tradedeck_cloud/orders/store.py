"""All SQL of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from psycopg.rows import class_row

from tradedeck_cloud.kit.db import Tx
from tradedeck_cloud.orders.models import FillRow, OrderFilter, OrderRow, PageAt

_ORDER = (
    "client_order_id, revision, venue, account, symbol, side, type, time_in_force, post_only, reduce_only, size,"
    " price, stop_price, filled, state, reason, venue_order_id, source, mode, created_ns, updated_ns"
)
_FILL = (
    "venue, account, mode, symbol, trade_id, client_order_id, side, price, size, fee, fee_asset, maker, base,"
    " quote, time_ns"
)


class OrderStore:
    """A user's book within one transaction; the user is the transaction's."""

    def __init__(self, tx: Tx, user_id: str) -> None:
        self._tx = tx
        self._user_id = user_id

    async def lock_device(self, device_id: str, kind: str) -> int:
        """The last line kept of a device, 0 for a new one; others wait until this transaction ends."""
        await self._tx.execute(
            "INSERT INTO devices (user_id, device_id, kind) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (self._user_id, device_id, kind),
        )
        row = await self._tx.execute(
            "SELECT last_seq FROM devices WHERE user_id = %s AND device_id = %s FOR UPDATE",
            (self._user_id, device_id),
        )
        found = await row.fetchone()
        return found[0] if found else 0

    async def set_last_seq(self, device_id: str, last_seq: int) -> None:
        """Remember how far a device has come."""
        await self._tx.execute(
            "UPDATE devices SET last_seq = %s WHERE user_id = %s AND device_id = %s",
            (last_seq, self._user_id, device_id),
        )

    async def next_version(self) -> int:
        """A new version of the book; the row lock makes versions appear in the order they are committed."""
        row = await self._tx.execute(
            "INSERT INTO books (user_id, version) VALUES (%s, 1)"
            " ON CONFLICT (user_id) DO UPDATE SET version = books.version + 1 RETURNING version",
            (self._user_id,),
        )
        found = await row.fetchone()
        assert found is not None, "an upsert returns its row"
        return found[0]

    async def put_orders(self, orders: Sequence[OrderRow], version: int) -> None:
        """Keep each order unless a newer revision is known."""
        async with self._tx.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO orders (user_id, version, {_ORDER})"
                " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
                " ON CONFLICT (user_id, client_order_id) DO UPDATE SET revision = excluded.revision,"
                " filled = excluded.filled, state = excluded.state, reason = excluded.reason,"
                " venue_order_id = excluded.venue_order_id, updated_ns = excluded.updated_ns,"
                " version = excluded.version WHERE orders.revision < excluded.revision",
                [(self._user_id, version, *astuple(order)) for order in orders],
            )

    async def put_fills(self, fills: Sequence[FillRow], version: int) -> None:
        """Keep each fill once."""
        async with self._tx.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO fills (user_id, version, {_FILL})"
                " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
                [(self._user_id, version, *astuple(fill)) for fill in fills],
            )

    async def version(self) -> int:
        """The newest version of the book."""
        row = await self._tx.execute("SELECT version FROM books WHERE user_id = %s", (self._user_id,))
        found = await row.fetchone()
        return found[0] if found else 0

    async def bound_after(self, cursor: int, limit: int) -> int:
        """The version up to which about `limit` changes after `cursor` lie, whole versions only.

        Uses orders_by_version and fills_by_version.
        """
        row = await self._tx.execute(
            "SELECT max(version) FROM (SELECT version FROM"
            " ((SELECT version FROM orders WHERE user_id = %s AND version > %s ORDER BY version LIMIT %s)"
            " UNION ALL (SELECT version FROM fills WHERE user_id = %s AND version > %s ORDER BY version LIMIT %s))"
            " AS both_kinds ORDER BY version LIMIT %s) AS first",
            (self._user_id, cursor, limit, self._user_id, cursor, limit, limit),
        )
        found = await row.fetchone()
        return (found[0] if found else None) or cursor

    async def orders_between(self, after: int, upto: int) -> list[OrderRow]:
        """Orders changed in a range of versions; uses orders_by_version."""
        async with self._tx.cursor(row_factory=class_row(OrderRow)) as cursor:
            await cursor.execute(
                f"SELECT {_ORDER} FROM orders WHERE user_id = %s AND version > %s AND version <= %s ORDER BY version",
                (self._user_id, after, upto),
            )
            return await cursor.fetchall()

    async def fills_between(self, after: int, upto: int) -> list[FillRow]:
        """Fills new in a range of versions; uses fills_by_version."""
        async with self._tx.cursor(row_factory=class_row(FillRow)) as cursor:
            await cursor.execute(
                f"SELECT {_FILL} FROM fills WHERE user_id = %s AND version > %s AND version <= %s ORDER BY version",
                (self._user_id, after, upto),
            )
            return await cursor.fetchall()

    async def orders_page(self, wanted: OrderFilter, before: PageAt, limit: int) -> list[OrderRow]:
        """Newest first, older than `before`; uses orders_by_time."""
        async with self._tx.cursor(row_factory=class_row(OrderRow)) as cursor:
            await cursor.execute(
                f"SELECT {_ORDER} FROM orders WHERE user_id = %s AND (created_ns, client_order_id) < (%s, %s)"
                " AND (%s = '' OR symbol = %s) AND (%s = '' OR state = %s)"
                " AND (%s = '' OR source = %s) AND (%s = '' OR mode = %s) AND (%s = '' OR client_order_id = %s)"
                " ORDER BY created_ns DESC, client_order_id DESC LIMIT %s",
                (
                    self._user_id, before.time_ns, before.row_id, wanted.symbol, wanted.symbol, wanted.state,
                    wanted.state, wanted.source, wanted.source, wanted.mode, wanted.mode, wanted.client_order_id,
                    wanted.client_order_id, limit,
                ),
            )  # fmt: skip
            return await cursor.fetchall()

    async def fills_page(self, wanted: OrderFilter, before: PageAt, limit: int) -> list[FillRow]:
        """Newest first, older than `before`; uses fills_by_time."""
        async with self._tx.cursor(row_factory=class_row(FillRow)) as cursor:
            await cursor.execute(
                f"SELECT {_FILL} FROM fills WHERE user_id = %s AND (time_ns, trade_id) < (%s, %s)"
                " AND (%s = '' OR symbol = %s) AND (%s = '' OR client_order_id = %s) AND (%s = '' OR mode = %s)"
                " ORDER BY time_ns DESC, trade_id DESC LIMIT %s",
                (
                    self._user_id, before.time_ns, before.row_id, wanted.symbol, wanted.symbol,
                    wanted.client_order_id, wanted.client_order_id, wanted.mode, wanted.mode, limit,
                ),
            )  # fmt: skip
            return await cursor.fetchall()
