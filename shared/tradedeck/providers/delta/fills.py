"""Fills, from the venue's records alone.

The stream tells that something traded, but not what it cost; the records tell both. So a message of the
stream is a hint to read the records, and every fill is told once, with its exact commission.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.money import ZERO
from tradedeck.ports.account import VenueFill

log = logging.getLogger(__name__)

REMEMBERED = 20_000
"""Fills and order names kept to tell the same one only once."""
TRIES = 6
"""How often the records are read for a fill that the stream has told of."""
PAUSE_S = 0.25
"""Between two readings for one symbol, so that a burst of fills costs a few readings; doubled after each in vain."""
OVERLAP_NS = 5_000_000_000
"""How far a reading reaches back behind the newest fill known: records may be entered out of order."""


class Names:
    """Which client order id belongs to the venue's order number."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, str] = OrderedDict()

    def learn(self, venue_order_id: str, client_order_id: str) -> None:
        """Remember a pair; an order without a client order id is remembered as such."""
        self._of[venue_order_id] = client_order_id
        if len(self._of) > REMEMBERED:
            self._of.popitem(last=False)

    def knows(self, venue_order_id: str) -> bool:
        """Whether somebody has told."""
        return venue_order_id in self._of

    def of(self, venue_order_id: str) -> str:
        """The client order id; empty when nobody has told."""
        return self._of.get(venue_order_id, "")


class FillReader:
    """Reads the records of a symbol when hinted, and tells what is new."""

    def __init__(
        self,
        read: Callable[[str, int], Awaitable[Sequence[VenueFill]]],
        tell: Callable[[Iterable[VenueFill]], None],
        gone_missing: Callable[[str], None],
    ) -> None:
        self._read = read
        self._tell = tell
        self._gone_missing = gone_missing
        self._newest: dict[str, int] = {}
        self._told: OrderedDict[str, None] = OrderedDict()
        self._traded: OrderedDict[str, Decimal] = OrderedDict()
        self._wanted: dict[str, set[tuple[str, Decimal]]] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}

    def hint(self, symbol: str, number: str = "", traded: Decimal = ZERO) -> None:
        """Something traded, or may have while nobody listened.

        `number` is the trade's; with `traded` it is that of an order that has traded so much.
        """
        if number and self._has(number, traded):
            return
        self._wanted.setdefault(symbol, set()).add((number, traded))
        if symbol not in self._readers:
            self._readers[symbol] = asyncio.create_task(self._keep_reading(symbol), name=f"delta fills {symbol}")

    def know(self, fills: Sequence[VenueFill]) -> None:
        """Count these as told: they are older than the connection."""
        for one in fills:
            symbol, trade_id = one.fill.symbol, one.fill.trade_id
            if trade_id not in self._told:
                self._told[trade_id] = None
                self._traded[one.venue_order_id] = self._traded.get(one.venue_order_id, ZERO) + one.fill.size
            self._newest[symbol] = max(self._newest.get(symbol, 0), one.fill.time_ns)
        for memory in (self._told, self._traded):
            while len(memory) > REMEMBERED:
                memory.popitem(last=False)

    def _has(self, number: str, traded: Decimal) -> bool:
        return self._traded.get(number, ZERO) >= traded if traded else number in self._told

    def take(self, fills: Sequence[VenueFill]) -> None:
        """Tell those that were not told yet."""
        fresh = [fill for fill in fills if fill.fill.trade_id not in self._told]
        self.know(fills)
        self._tell(fresh)

    async def stop(self) -> None:
        """End every reading."""
        readers, self._readers = list(self._readers.values()), {}
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    async def _keep_reading(self, symbol: str) -> None:
        wanted, pause_s, tries = self._wanted[symbol], 0.0, 0
        try:
            while wanted and tries < TRIES:
                await asyncio.sleep(pause_s)
                asked = set(wanted)
                if await self._found(symbol):
                    # A hint without a number is answered by any reading that succeeds.
                    wanted -= {one for one in asked if not one[0] or self._has(*one)}
                tries = 0 if asked - wanted else tries + 1
                pause_s = PAUSE_S * 2**tries
        finally:
            self._readers.pop(symbol, None)
            self._wanted.pop(symbol, None)
        if wanted:
            log.warning("delta.fill_not_in_records", extra={"symbol": symbol, "fills": len(wanted)})
            self._gone_missing(symbol)

    async def _found(self, symbol: str) -> bool:
        since_ns = max(0, self._newest.get(symbol, 0) - OVERLAP_NS)
        try:
            self.take(await self._read(symbol, since_ns))
        except (TradedeckError, KeyError, TypeError, ValueError) as error:
            log.warning("delta.fills_not_read", extra={"symbol": symbol, "error": repr(error)})
            return False
        return True
