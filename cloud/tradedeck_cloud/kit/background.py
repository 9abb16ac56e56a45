"""Work that goes on for as long as the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

log = logging.getLogger(__name__)

PAUSE_S = 1.0
CANCEL_AGAIN_S = 0.2


async def keep_going(name: str, work: Callable[[], Awaitable[None]], pause_s: float = PAUSE_S) -> None:
    """Do `work`, and again when it fails or ends, until cancelled: a reader that stopped silently loses days."""
    while True:
        try:
            await work()
            log.error("background.ended", extra={"task": name})
        except Exception:
            log.exception("background.failed", extra={"task": name})
        await asyncio.sleep(pause_s)


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until they are gone: a wait that is answered at the very moment of its cancelling forgets the latter."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
