"""What a session is given: its names, its engine, its desk, its patience and its policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tradedeck.domain.instrument import Instrument
from tradedeck.engine import Engine
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.recovery import LookUp, Patience
from tradedeck.ports.account import VenueAccount
from tradedeck.ports.broker import Broker
from tradedeck.ports.feed import Feed
from tradedeck.wire.codec import Origin


class OnStop(StrEnum):
    """What becomes of open orders at an orderly shutdown."""

    KEEP = "keep"
    CANCEL = "cancel"


class DeadMan(StrEnum):
    """What the venue itself shall do when this program falls silent.

    `KEEP_STOPS`: symbols with a protective stop of ours are left out, for a venue's switch spares no order.
    """

    OFF = "off"
    CANCEL_ALL = "cancel-all"
    KEEP_STOPS = "keep-stops"


@dataclass(frozen=True, slots=True)
class Policy:
    """What was chosen for one account.

    `shared`: others trade on it too, so what our fills don't explain is noted and counted as theirs. Otherwise such
    a difference lets only risk-reducing orders out until it is gone or accepted.
    """

    on_stop: OnStop = OnStop.KEEP
    dead_man: DeadMan = DeadMan.OFF
    dead_man_s: float = 60.0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a session's orders go: the venue itself, or a simulated one on top of its prices.

    `account`: what can be asked beside single orders; None for an account that lives in this process.
    """

    feed: Feed
    broker: Broker
    venue: Broker
    look_up: LookUp
    account: VenueAccount | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes one session: its names, how its engine and desk are made, and how patient it is."""

    origin: Origin
    symbols: tuple[str, ...]
    make_engine: Callable[[Sequence[Instrument]], Engine]
    make_desk: Callable[[Inbox, Engine], Desk]
    patience: Patience
    policy: Policy = field(default_factory=Policy)

    @property
    def name(self) -> str:
        """The session's name in the journal."""
        return f"{self.origin.mode}:{self.origin.venue}:{self.origin.account}"
