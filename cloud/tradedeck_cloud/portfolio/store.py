"""All SQL of portfolio."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.fill import Fill
from tradedeck.domain.money import text
from tradedeck.domain.order import Side
from tradedeck.domain.position import Lot, Position
from tradedeck_cloud.kit.db import Tx
from tradedeck_cloud.portfolio.models import EquityRow, Held, Mark, Place, PlacedFill

_HELD = (
    "venue, account, mode, symbol, lots, realised, fees, notional, fills, mark, mark_time_ns, last_time_ns,"
    " last_trade_id"
)


class PortfolioStore:
    """A user's positions within one transaction."""

    def __init__(self, tx: Tx, user_id: str) -> None:
        self._tx = tx
        self._user_id = user_id

    async def lock(self) -> None:
        """Others that change this user's positions wait until this transaction ends."""
        await self._tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", (self._user_id,))

    async def add_fill(self, placed: PlacedFill) -> bool:
        """Whether the fill is new."""
        fill, place = placed.fill, placed.place
        done = await self._tx.execute(
            "INSERT INTO fills (user_id, venue, account, mode, symbol, trade_id, client_order_id, side, price, size,"
            " fee, fee_asset, maker, base, quote, time_ns)"
            " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
            (
                self._user_id, place.venue, place.account, place.mode, place.symbol, fill.trade_id,
                fill.client_order_id, fill.side.value, fill.price, fill.size, fill.fee, fill.fee_asset, fill.maker,
                placed.base, placed.quote, fill.time_ns,
            ),
        )  # fmt: skip
        return done.rowcount == 1

    async def fills_of(self, place: Place) -> list[Fill]:
        """Every fill of a position; uses fills_of_position."""
        cursor = await self._tx.execute(
            "SELECT symbol, trade_id, client_order_id, side, price, size, fee, fee_asset, maker, time_ns FROM fills"
            " WHERE user_id = %s AND venue = %s AND account = %s AND mode = %s AND symbol = %s",
            (self._user_id, place.venue, place.account, place.mode, place.symbol),
        )
        return [Fill(row[0], row[1], row[2], Side(row[3]), *row[4:]) for row in await cursor.fetchall()]

    async def all_held(self, mode: str) -> list[Held]:
        """Every position of the user, of one mode where given; uses the primary key."""
        async with self._tx.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(
                f"SELECT {_HELD} FROM positions WHERE user_id = %s AND (%s = '' OR mode = %s)"
                " ORDER BY venue, account, mode, symbol",
                (self._user_id, mode, mode),
            )
            return [_held(row) for row in await cursor.fetchall()]

    async def put_held(self, held: Held) -> None:
        """Keep or replace a position."""
        place, position, mark = held.place, held.position, held.mark
        lots = [[text(lot.price), text(lot.size)] for lot in position.lots]
        await self._tx.execute(
            "INSERT INTO positions (user_id, venue, account, mode, symbol, lots, size, cost, realised, unrealised,"
            " fees, notional, fills, mark, mark_time_ns, last_time_ns, last_trade_id)"
            " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
            " ON CONFLICT (user_id, venue, account, mode, symbol) DO UPDATE SET lots = excluded.lots,"
            " size = excluded.size, cost = excluded.cost, realised = excluded.realised,"
            " unrealised = excluded.unrealised, fees = excluded.fees, notional = excluded.notional,"
            " fills = excluded.fills, mark = excluded.mark, mark_time_ns = excluded.mark_time_ns,"
            " last_time_ns = excluded.last_time_ns, last_trade_id = excluded.last_trade_id",
            (
                self._user_id, place.venue, place.account, place.mode, place.symbol, Jsonb(lots), position.size,
                position.cost, position.realised, held.unrealised, position.fees, position.notional, position.fills,
                mark.price if mark else None, mark.time_ns if mark else 0, held.last_time_ns, held.last_trade_id,
            ),
        )  # fmt: skip

    async def put_mark(self, mark: Mark) -> bool:
        """Whether the mark is newer than what was known."""
        done = await self._tx.execute(
            "INSERT INTO marks (user_id, venue, symbol, price, time_ns) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (user_id, venue, symbol) DO UPDATE SET price = excluded.price, time_ns = excluded.time_ns"
            " WHERE marks.time_ns <= excluded.time_ns",
            (self._user_id, mark.venue, mark.symbol, mark.price, mark.time_ns),
        )
        return done.rowcount == 1

    async def mark(self, venue: str, symbol: str) -> Mark | None:
        """The newest mark of a symbol."""
        async with self._tx.cursor(row_factory=class_row(Mark)) as cursor:
            await cursor.execute(
                "SELECT venue, symbol, price, time_ns FROM marks WHERE user_id = %s AND venue = %s AND symbol = %s",
                (self._user_id, venue, symbol),
            )
            return await cursor.fetchone()

    async def put_equity(self, mode: str, time_ns: int, profit: Decimal) -> None:
        """Keep the profit at a time; the newest of its minute stays."""
        await self._tx.execute(
            "INSERT INTO equity (user_id, mode, minute_ns, time_ns, profit) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (user_id, mode, minute_ns) DO UPDATE SET time_ns = excluded.time_ns,"
            " profit = excluded.profit WHERE equity.time_ns <= excluded.time_ns",
            (self._user_id, mode, time_ns - time_ns % MINUTE_NS, time_ns, profit),
        )

    async def equity(self, mode: str, after_ns: int, limit: int) -> list[EquityRow]:
        """Profit by time, oldest first; uses the primary key."""
        async with self._tx.cursor(row_factory=class_row(EquityRow)) as cursor:
            await cursor.execute(
                "SELECT time_ns, profit FROM equity WHERE user_id = %s AND mode = %s AND minute_ns > %s"
                " ORDER BY minute_ns LIMIT %s",
                (self._user_id, mode, after_ns, limit),
            )
            return await cursor.fetchall()


def _held(row: dict[str, Any]) -> Held:
    place = Place(row["venue"], row["account"], row["mode"], row["symbol"])
    lots: list[list[str]] = row["lots"]
    position = Position(
        place.symbol,
        tuple(Lot(Decimal(price), Decimal(size)) for price, size in lots),
        row["realised"],
        row["notional"],
        row["fees"],
        row["fills"],
    )
    known = row["mark"] is not None
    mark = Mark(place.venue, place.symbol, row["mark"], row["mark_time_ns"]) if known else None
    return Held(place, position, mark, row["last_time_ns"], row["last_trade_id"])
