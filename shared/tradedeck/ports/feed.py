"""Where events come from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from tradedeck.domain.events import Event


class Feed(Protocol):
    """Market news and the venue's reports, in the order they became known."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate until the feed ends (history) or is closed (live)."""
        ...
