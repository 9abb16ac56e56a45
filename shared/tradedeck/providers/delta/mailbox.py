"""What the venue said and nobody has read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from tradedeck.domain.book import Quote
from tradedeck.domain.events import Event
from tradedeck.domain.trade import Trade

MAX_NEWS = 5_000
"""Trades and quotes that wait. Beyond, the newest takes the last one's place; reports and bars are never dropped."""


class Mailbox:
    """A queue with one reader."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._passing = 0
        self._open = True
        self._news = asyncio.Event()

    def put(self, events: Iterable[Event]) -> None:
        """Add events at the end."""
        for event in events:
            if isinstance(event, Trade | Quote):
                if self._passing >= MAX_NEWS and isinstance(self._waiting[-1], Trade | Quote):
                    self._waiting.pop()
                    self._passing -= 1
                self._passing += 1
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
                self._passing -= isinstance(event, Trade | Quote)
                yield event
            if not self._open:
                return
            self._news.clear()
            await self._news.wait()
