"""Work that goes on for as long as the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

PAUSE_S = 1.0


async def keep_going(name: str, work: Callable[[], Awaitable[None]], pause_s: float = PAUSE_S) -> None:
    """Do `work`, and again when it fails or ends, until cancelled: a reader that stopped silently loses days."""
    while True:
        try:
            await work()
            log.error("background.ended", extra={"task": name})
        except Exception:
            log.exception("background.failed", extra={"task": name})
        await asyncio.sleep(pause_s)
