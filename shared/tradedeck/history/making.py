"""Bars of the catalogue made of its trades or of its shorter bars, and kept beside them."""

from __future__ import annotations

from collections.abc import Iterator

from tradedeck.domain.errors import NotFoundError
from tradedeck.history.aggregate import Rule, bars_from
from tradedeck.history.catalogue import Catalogue, Key
from tradedeck.history.frames import Frame
from tradedeck.history.importing import add_frames
from tradedeck.history.load import load_bars
from tradedeck.history.merging import Counts


def make_bars(catalogue: Catalogue, name: str, rule: Rule, *, repair: bool = False) -> tuple[Key, Key, Counts]:
    """Make bars by `rule` of the market `name`: of its trades, or without any of its longest shorter bars.

    Returns what they were made of, what they are kept as, and what became of them. With `repair` they win over
    other bars that are there.

    Raises:
        NotFoundError: there is nothing to make them of.
        RefusedError: `name` may be several markets.
        ConflictError: there are other bars, and not `repair`.
    """
    try:
        source = catalogue.find(name, kind="trades")
        frames = bars_from(catalogue.frames(source), rule)
    except NotFoundError:
        if not rule.step_ns:
            raise
        source = catalogue.shorter(name, rule.step_ns)
        frames = _longer(catalogue, source, rule)
    target = Key("bars", source.venue, source.symbol, rule.name)
    return source, target, add_frames(catalogue, target, frames, repair=repair)


def _longer(catalogue: Catalogue, source: Key, rule: Rule) -> Iterator[Frame]:
    series = load_bars(str(source), timeframe=rule.name, catalogue=catalogue)
    yield {
        "time_ns": series.open_ns,
        "open": series.open,
        "high": series.high,
        "low": series.low,
        "close": series.close,
        "volume": series.volume,
    }
