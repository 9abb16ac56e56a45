"""What the venue said and nobody has read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from tradedeck.domain.events import Event
from tradedeck.domain.trade import Trade

MAX_TRADES = 5_000
"""Trades that may wait. Beyond, the newest takes the place of the last one: reports and bars are never dropped."""


class Mailbox:
    """A queue with one reader."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._trades = 0
        self._open = True
        self._news = asyncio.Event()

    def put(self, events: Iterable[Event]) -> None:
        """Add events at the end."""
        for event in events:
            if isinstance(event, Trade):
                if self._trades >= MAX_TRADES and isinstance(self._waiting[-1], Trade):
                    self._waiting.pop()
                    self._trades -= 1
                self._trades += 1
            self._waiting.append(event)
        self._news.set()

    def close(self) -> None:
        """The reader ends after what waits now."""
        self._open = False
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Events in the order they came, until closed."""
        while True:
            while self._waiting:
                event = self._waiting.popleft()
                self._trades -= isinstance(event, Trade)
                yield event
            if not self._open:
                return
            self._news.clear()
            await self._news.wait()
