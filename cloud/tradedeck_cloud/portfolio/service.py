"""What portfolio adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradedeck.domain.money import ZERO
from tradedeck.domain.position import Position, position_of
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.db import Database
from tradedeck_cloud.kit.outbox import take_once
from tradedeck_cloud.portfolio.models import EquityRow, Held, Mark, PlacedFill
from tradedeck_cloud.portfolio.store import PortfolioStore

READER = "portfolio"
MAX_POINTS = 5000


class PortfolioService:
    """Positions by FIFO lots; the order in which facts arrive does not matter."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def take_fill(self, fact_id: str, user_id: str, placed: PlacedFill) -> None:
        """Count a fill once."""
        async with self._database.tx(user_id) as tx:
            store = PortfolioStore(tx, user_id)
            await store.lock()
            if not await take_once(tx, READER, fact_id) or not await store.add_fill(placed):
                return
            held = await store.held(placed.place)
            if held is None or placed.fill.order_key > held.newest:
                held = await _grown(store, held, placed)
            else:
                # It happened before one that is counted already: FIFO must be told in the venue's order.
                held = await _rebuilt(store, held, placed)
            await store.put_held(held)
            await _note_equity(store, placed.place.mode, placed.fill.time_ns)
        await self._bus.hint(user_id, "portfolio")

    async def take_mark(self, fact_id: str, user_id: str, mark: Mark) -> None:
        """Value the open positions of a symbol at a newer price."""
        async with self._database.tx(user_id) as tx:
            store = PortfolioStore(tx, user_id)
            await store.lock()
            if not await take_once(tx, READER, fact_id) or not await store.put_mark(mark):
                return
            all_held = await store.all_held("")
            touched = [h for h in all_held if (h.place.venue, h.place.symbol) == (mark.venue, mark.symbol)]
            for held in touched:
                await store.put_held(replace(held, mark=mark))
            for mode in {held.place.mode for held in touched}:
                await _note_equity(store, mode, mark.time_ns)
        if touched:
            await self._bus.hint(user_id, "portfolio")

    async def positions(self, user_id: str, mode: str) -> Sequence[Held]:
        """The user's positions."""
        async with self._database.tx(user_id) as tx:
            return await PortfolioStore(tx, user_id).all_held(mode)

    async def equity(self, user_id: str, mode: str, after_ns: int, limit: int) -> Sequence[EquityRow]:
        """Profit by time, oldest first."""
        async with self._database.tx(user_id) as tx:
            return await PortfolioStore(tx, user_id).equity(mode, after_ns, min(limit or MAX_POINTS, MAX_POINTS))


async def _grown(store: PortfolioStore, held: Held | None, placed: PlacedFill) -> Held:
    fill, place = placed.fill, placed.place
    if held is None:
        mark = await store.mark(place.venue, place.symbol)
        held = Held(place, Position(place.symbol), mark, 0, "")
    position = held.position.with_fill(fill, fill.fee_in_quote(placed.base, placed.quote))
    return replace(held, position=position, last_time_ns=fill.time_ns, last_trade_id=fill.trade_id)


async def _rebuilt(store: PortfolioStore, held: Held, placed: PlacedFill) -> Held:
    fills = await store.fills_of(placed.place)
    return replace(held, position=position_of(held.place.symbol, fills, base=placed.base, quote=placed.quote))


async def _note_equity(store: PortfolioStore, mode: str, time_ns: int) -> None:
    total = sum((held.profit for held in await store.all_held(mode)), ZERO)
    await store.put_equity(mode, time_ns, total)
