"""What a depth replay assumes of the venue, the way to it and the account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.research.latency import DRAWS, log_normal


class Queue(StrEnum):
    """How cancels are shared between those ahead of us and those behind; formulas in `sim.depth.queue`."""

    RISK_AVERSE = "risk-averse"
    POWER = "power"
    LOG = "log"
    POWER_OF_TOTAL = "power-of-total"
    LOG_OF_TOTAL = "log-of-total"
    POWER_OF_SHARE = "power-of-share"


class Filling(StrEnum):
    """When a resting order fills; rules in `sim.depth.matching`.

    * QUEUE: when trades at its price have used up the queue, or the other side's best price reaches it.
    * TOUCH: at any trade at its price, or when the other side's best price reaches it. Flatters.
    * THROUGH: only at a trade through its price, or when the other side's best price goes beyond it.
    * SHRINK: as QUEUE, and whatever leaves the best level at its price was traded. For quotes without trades.
    """

    QUEUE = "queue"
    TOUCH = "touch"
    THROUGH = "through"
    SHRINK = "shrink"


class Trigger(StrEnum):
    """Whose price sets a stop off: the best price it would take (ask for a buy), its own side's, the last trade's."""

    TAKEN = "taken-side"
    OWN = "own-side"
    TRADE = "trade"


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """Assumptions of one replay.

    `to_venue_ns`, `to_home_ns`: delays of requests and of answers, each used in turn, round and round: one
    for a constant, `drawn_delays` for a distribution. With `recorded_delay` they are ignored: each takes as
    long as the newest recorded row took.
    `queue`, `exponent` (n of the power models): the place in the queue.
    `filling`, `trigger`: when resting orders fill, and what sets stops off.
    `partial`: orders take and fill as far as there is size; else whole, however little there is.
    `maker`, `taker`: fees as fractions of the notional; None takes the instrument's own.
    """

    cash: Decimal = Decimal(1_000_000)
    maker: Decimal | None = None
    taker: Decimal | None = None
    to_venue_ns: tuple[int, ...] = (0,)
    to_home_ns: tuple[int, ...] = (0,)
    recorded_delay: bool = False
    queue: Queue = Queue.RISK_AVERSE
    exponent: float = 1.0
    partial: bool = True
    filling: Filling = Filling.QUEUE
    trigger: Trigger = Trigger.TAKEN


def drawn_delays(median_ns: int, spread: float, *, seed: int, count: int = DRAWS) -> tuple[int, ...]:
    """Delays drawn from a log-normal distribution; `spread` is the standard deviation of their logarithm."""
    return log_normal(median_ns, spread, seed=seed, count=count)
