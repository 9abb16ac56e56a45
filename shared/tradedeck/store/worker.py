"""The store for programs that must not wait: every call on one thread, in the order asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tradedeck.store.file import Store

_T = TypeVar("_T")


class StoreWorker:
    """Owns a store and the one thread that touches it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def call(self, work: Callable[[Store], _T]) -> _T:
        """Run `work` with the store and give its result; its errors come out here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._store)

    async def close(self) -> None:
        """Finish what was asked, then close the file."""
        await self.call(Store.close)
        self._thread.shutdown(wait=True)
