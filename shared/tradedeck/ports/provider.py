"""What a folder under `providers/` offers: one venue as a feed, a broker, an account and something to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tradedeck.ports.account import VenueAccount
from tradedeck.ports.broker import Venue
from tradedeck.ports.feed import Feed
from tradedeck.ports.health import Health


class Provider(Venue, VenueAccount, Feed, Protocol):
    """A venue that is connected to."""

    async def connect(self, symbols: Sequence[str]) -> None:
        """Load instruments and start the streams of `symbols`; returns once they are subscribed.

        Raises:
            UnavailableError: the venue can't be reached.
            UnauthenticatedError: it does not know the key.
        """
        ...

    def health(self) -> Health:
        """How the connection is doing; `generation` grows with every (re)connect."""
        ...
