"""The one loop: backtest, paper and live differ only in what is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tradedeck.domain.events import Event, MarketEvent, Step
from tradedeck.engine.core import Engine
from tradedeck.ports.broker import Broker
from tradedeck.ports.feed import Feed
from tradedeck.ports.journal import Journal


async def run(
    engine: Engine, feed: Feed, broker: Broker, journal: Journal, show: Callable[[Step], None] | None = None
) -> None:
    """Turn `engine` until `feed` ends; a step is kept before its commands leave, and shown after the journal has it.

    Raises:
        UnavailableError: a step could not be kept; its commands did not leave.
    """
    async for event in feed:
        step = engine.step(event)
        if step.durable:
            await journal.append(step)
        if show is not None:
            show(step)
        for command in step.commands:
            await broker.send(command)


def replay(engine: Engine, kept: Iterable[tuple[tuple[MarketEvent, ...], Event]]) -> None:
    """Bring a fresh `engine` to where its journal ends; commands are not sent again."""
    for before, event in kept:
        for news in before:
            engine.step(news)
        engine.step(event)
