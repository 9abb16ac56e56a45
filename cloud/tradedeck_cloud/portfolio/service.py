"""What portfolio adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.money import ZERO
from tradedeck.domain.position import Position, position_of
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.db import Database
from tradedeck_cloud.kit.outbox import take_once
from tradedeck_cloud.portfolio.models import EquityRow, Held, Mark, News, Place, PlacedFill
from tradedeck_cloud.portfolio.store import PortfolioStore

READER = "portfolio"
MAX_POINTS = 5000


class PortfolioService:
    """Positions by FIFO lots; the order in which facts arrive does not matter."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def take(self, user_id: str, news: Sequence[News]) -> None:
        """Count fills and value positions, each fact once; all of these or none."""
        async with self._database.tx(user_id) as tx:
            store = PortfolioStore(tx, user_id)
            await store.lock()
            book = _Book(store, await store.all_held(""))
            for each in news:
                if await take_once(tx, READER, each.fact_id):
                    await book.take(each.what)
            await book.keep()
        if book.changed:
            await self._bus.hint(user_id, "portfolio")

    async def positions(self, user_id: str, mode: str) -> Sequence[Held]:
        """The user's positions."""
        async with self._database.tx(user_id) as tx:
            return await PortfolioStore(tx, user_id).all_held(mode)

    async def equity(self, user_id: str, mode: str, after_ns: int, limit: int) -> Sequence[EquityRow]:
        """Profit by time, oldest first."""
        async with self._database.tx(user_id) as tx:
            return await PortfolioStore(tx, user_id).equity(mode, after_ns, min(limit or MAX_POINTS, MAX_POINTS))


class _Book:
    """A user's positions while a transaction changes them; written back once, by `keep`."""

    def __init__(self, store: PortfolioStore, all_held: Sequence[Held]) -> None:
        self._store = store
        self._held = {held.place: held for held in all_held}
        self._equity: dict[tuple[str, int], EquityRow] = {}
        self.changed: set[Place] = set()

    async def take(self, what: PlacedFill | Mark) -> None:
        match what:
            case PlacedFill():
                if await self._store.add_fill(what):
                    await self._add_fill(what)
            case Mark():
                if await self._store.put_mark(what):
                    self._value(what)

    async def keep(self) -> None:
        for place in sorted(self.changed, key=astuple):
            await self._store.put_held(self._held[place])
        for (mode, _), row in self._equity.items():
            await self._store.put_equity(mode, row.time_ns, row.profit)

    async def _add_fill(self, placed: PlacedFill) -> None:
        fill, place = placed.fill, placed.place
        held = self._held.get(place)
        if held is None:
            mark = await self._store.mark(place.venue, place.symbol)
            held = Held(place, Position(place.symbol), mark, 0, "")
        if fill.order_key > held.newest:
            position = held.position.with_fill(fill, fill.counted_fee(placed.base, placed.quote))
            held = replace(held, position=position, last_time_ns=fill.time_ns, last_trade_id=fill.trade_id)
        else:
            # It happened before one that is counted already: FIFO must be told in the venue's order.
            fills = await self._store.fills_of(place)
            position = position_of(place.symbol, fills, base=placed.base, quote=placed.quote)
            held = replace(held, position=position)
        self._put(held, fill.time_ns)

    def _value(self, mark: Mark) -> None:
        for held in list(self._held.values()):
            if (held.place.venue, held.place.symbol) == (mark.venue, mark.symbol):
                self._put(replace(held, mark=mark), mark.time_ns)

    def _put(self, held: Held, time_ns: int) -> None:
        place = held.place
        self._held[place] = held
        self.changed.add(place)
        profit = sum((other.profit for other in self._held.values() if other.place.mode == place.mode), ZERO)
        minute = (place.mode, time_ns // MINUTE_NS)
        known = self._equity.get(minute)
        if known is None or known.time_ns <= time_ns:
            self._equity[minute] = EquityRow(time_ns, profit)
