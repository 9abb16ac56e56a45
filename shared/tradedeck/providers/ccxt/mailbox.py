"""What the venue said and the session has not read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from tradedeck.domain.events import Event
from tradedeck.domain.trade import Trade

MAX_WAITING_TRADES = 10_000
"""When more trades wait, the oldest goes: a newer price is what counts. Reports and bars are never dropped."""


class Mailbox:
    """A queue in front of one reader."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._trades = 0
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, event: Event) -> None:
        """Add an event at the end."""
        if isinstance(event, Trade):
            if self._trades >= MAX_WAITING_TRADES:
                self._drop_oldest_trade()
            self._trades += 1
        self._events.append(event)
        self._changed.set()

    def close(self) -> None:
        """The reader stops once it has read what waits."""
        self._closed = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Events as they come, until the mailbox is closed."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._trades -= isinstance(event, Trade)
                yield event
            if self._closed:
                return
            self._changed.clear()
            await self._changed.wait()

    def _drop_oldest_trade(self) -> None:
        index = next(index for index, event in enumerate(self._events) if isinstance(event, Trade))
        del self._events[index]
        self._trades -= 1
