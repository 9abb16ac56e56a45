"""Showing running strategies the bars they missed while the program was away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import Event, WarmUp
from tradedeck.engine import Engine
from tradedeck.ports.broker import Venue

log = logging.getLogger(__name__)

WARM_UP_BARS = 200
"""Closed bars that a strategy's indicators see before its first own bar."""


async def warm_runners(
    engine: Engine, venue: Venue, put: Callable[[Event], Awaitable[None]], now_ns: Callable[[], int]
) -> None:
    """Ask the venue for the newest bars of every running strategy; one that has none goes on without."""
    for runner in list(engine.runners.values()):
        start, bars = runner.start, list[Bar]()
        try:
            for symbol in runner.symbols:
                bars += await venue.bars(symbol, start.timeframe_ns, WARM_UP_BARS)
        except TradedeckError:
            log.warning("session.no_warm_up", extra={"strategy_id": start.strategy_id})
            continue
        await put(WarmUp(start.strategy_id, tuple(bars), now_ns()))
