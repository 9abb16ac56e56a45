"""Many changes, one redraw: news is collected and shown a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PERIOD_S = 0.2


class Frames:
    """Calls `draw` at most once a period, and only when something has changed."""

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._changed = asyncio.Event()

    def touch(self) -> None:
        """Something has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Draw until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._draw()
            await asyncio.sleep(PERIOD_S)
