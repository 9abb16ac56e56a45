"""Where steps are kept before their commands leave."""

from __future__ import annotations

from typing import Protocol

from tradedeck.domain.events import Step


class Journal(Protocol):
    """Keeps steps in order. When `append` returns, the step survives a crash."""

    async def append(self, step: Step) -> None:
        """Keep `step`.

        Raises:
            UnavailableError: it could not be kept (full disk); its commands must not leave.
        """
        ...
