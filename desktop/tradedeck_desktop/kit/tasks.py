"""Coroutines started by clicks: kept alive, and their errors shown instead of lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tradedeck.domain.errors import TradedeckError

log = logging.getLogger(__name__)


class Tasks:
    """Starts work on the running loop; `say` tells the user what went wrong, in one sentence."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work`; its failure is told, not raised."""
        task = asyncio.get_event_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def stop(self) -> None:
        """Cancel what still runs."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, TradedeckError):
            self._say(error.message)
        elif error is not None:
            log.error("task.failed", exc_info=error)
            self._say(f"internal error: {error}")
