"""What a session is given: its names, its engine, its desk and its patience."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tradedeck.domain.instrument import Instrument
from tradedeck.engine import Engine
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.recovery import LookUp, Patience
from tradedeck.ports.broker import Broker
from tradedeck.ports.feed import Feed
from tradedeck.wire.codec import Origin


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a session's orders go: the venue itself, or a simulated one on top of its prices."""

    feed: Feed
    broker: Broker
    look_up: LookUp


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes one session: its names, how its engine and desk are made, and how patient it is."""

    origin: Origin
    symbols: tuple[str, ...]
    make_engine: Callable[[Sequence[Instrument]], Engine]
    make_desk: Callable[[Inbox, Engine], Desk]
    patience: Patience

    @property
    def name(self) -> str:
        """The session's name in the journal."""
        return f"{self.origin.mode}:{self.origin.venue}:{self.origin.account}"
