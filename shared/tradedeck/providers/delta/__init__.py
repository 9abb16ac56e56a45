"""Delta Exchange, spoken directly over aiohttp: REST, websockets, and contracts counted for the rest of us."""

from tradedeck.providers.delta.venue import DeltaVenue

__all__ = ["DeltaVenue"]
