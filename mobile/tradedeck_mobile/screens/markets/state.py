"""Finding a market."""

from __future__ import annotations

from collections.abc import Iterable

from tradedeck_mobile.state import Quote


def matching(quotes: Iterable[Quote], words: str) -> list[Quote]:
    """The markets whose symbol contains what was typed."""
    wanted = words.strip().upper().replace("/", "")
    return [quote for quote in quotes if wanted in quote.symbol]
