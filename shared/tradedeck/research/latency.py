"""How long orders take to the venue: small parts that can be exchanged for each other.

Each gives a row of delays in nanoseconds; requests take them in turn, round and round. A depth replay takes the same
rows as its `to_venue_ns` and `to_home_ns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tradedeck.domain.errors import RefusedError

DRAWS = 10_000
"""Delays drawn before they come round again."""
MOST_DELAYS = 100_000
LONGEST_NS = 86_400 * 10**9
"""A day: a longer delay is a unit mistaken."""


class Latency(Protocol):
    """A row of delays; Constant, LogNormal, Gamma and Recorded are such."""

    def delays_ns(self) -> tuple[int, ...]:
        """The delays, in the order they are used.

        Raises:
            RefusedError: there is none, or one makes no sense.
        """
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    delay_ns: int

    def delays_ns(self) -> tuple[int, ...]:
        """As `Latency.delays_ns`."""
        return _checked((self.delay_ns,))


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Drawn from a log-normal distribution; `spread` is the standard deviation of the delays' logarithm."""

    median_ns: int
    spread: float
    seed: int

    def delays_ns(self) -> tuple[int, ...]:
        """As `Latency.delays_ns`."""
        if self.median_ns <= 0 or not self.spread >= 0 or self.seed < 0:
            raise _refused("a median above 0, and a spread and a seed of 0 or more")
        return _checked(log_normal(self.median_ns, self.spread, seed=self.seed))


@dataclass(frozen=True, slots=True)
class Gamma:
    """Drawn from a gamma distribution of this mean and standard deviation."""

    mean_ns: int
    deviation_ns: int
    seed: int

    def delays_ns(self) -> tuple[int, ...]:
        """As `Latency.delays_ns`. Shape (mean / deviation)^2, scale deviation^2 / mean."""
        if self.mean_ns <= 0 or self.deviation_ns <= 0 or self.seed < 0:
            raise _refused("a mean and a deviation above 0, and a seed of 0 or more")
        shape, scale = (self.mean_ns / self.deviation_ns) ** 2, self.deviation_ns**2 / self.mean_ns
        drawn = np.random.default_rng(self.seed).gamma(shape, scale, DRAWS)
        return _checked(tuple(int(delay) for delay in drawn))


@dataclass(frozen=True, slots=True)
class Recorded:
    """As they were once measured."""

    recorded_ns: tuple[int, ...]

    def delays_ns(self) -> tuple[int, ...]:
        """As `Latency.delays_ns`."""
        return _checked(self.recorded_ns)


def log_normal(median_ns: int, spread: float, *, seed: int, count: int = DRAWS) -> tuple[int, ...]:
    """Delays drawn from a log-normal distribution; `spread` is the standard deviation of their logarithm."""
    draws = np.random.default_rng(seed).lognormal(np.log(median_ns), spread, count)
    return tuple(int(delay) for delay in draws)


def _checked(delays: tuple[int, ...]) -> tuple[int, ...]:
    if not 0 < len(delays) <= MOST_DELAYS:
        raise RefusedError(
            f"{len(delays):,} delays; give from 1 to {MOST_DELAYS:,}, they are used in turn", code="research.latency"
        )
    if min(delays) < 0 or max(delays) > LONGEST_NS:
        raise RefusedError("a delay is below 0 or longer than a day; check its unit", code="research.latency")
    return delays


def _refused(words: str) -> RefusedError:
    return RefusedError(f"drawn delays need {words}", code="research.latency")
