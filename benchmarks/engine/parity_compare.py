"""Whether two sides made the same trades; what may differ, and why, is a rule and not a tolerance.

The rule of ties: where two averages of prices on a grid are exactly equal, the last digit of a running sum decides
whether a tool sees a cross. A trade that one side alone made is explained when such a bar decided it, or when it
overlaps, directly or through others, a trade so explained: while one side is in the market its next entry waits.
The equities must then differ by what those trades earned, and by nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradedeck.history.series import Floats

CLOSE_ENOUGH = 1e-8
"""Quote units: rivals' money is in floats."""


@dataclass(frozen=True, slots=True)
class Trade:
    """In at a bar and tick, out at another; `exit_bar` and `exit` are -1 while it is open. `fees` in quote units."""

    entry_bar: int
    entry: int
    exit_bar: int
    exit: int
    fees: float

    @property
    def last_bar(self) -> float:
        """The bar it ends in; infinity while it is open."""
        return self.exit_bar if self.exit_bar >= 0 else math.inf


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that must be the same; `equity` at the last close."""

    trades: tuple[Trade, ...]
    equity: float


@dataclass(frozen=True, slots=True)
class Ties:
    """Bars at whose close two averages were exactly equal, and what a trade is worth: size and last close in ticks."""

    bars: frozenset[int]
    value_of_tick: float
    last: int

    def decided(self, trade: Trade) -> bool:
        """Whether the trade was begun or ended by a tie: at it or, as a cross, one bar later."""
        return any(bar - back in self.bars for bar in (trade.entry_bar, trade.exit_bar) for back in (1, 2))

    def profit(self, trade: Trade) -> float:
        """After fees, in quote units."""
        leave = trade.exit if trade.exit_bar >= 0 else self.last
        return (leave - trade.entry) * self.value_of_tick - trade.fees


def ties_of(closes: Floats, fast: int, slow: int, value_of_tick: float) -> Ties:
    """Where the simple averages of `closes` (whole hundredths) are exactly equal, in whole numbers."""
    ticks = np.round(closes * 100).astype(np.int64)
    sums = np.concatenate(([0], np.cumsum(ticks)))
    quick, calm = (sums[length:] - sums[:-length] for length in (fast, slow))
    equal = np.flatnonzero(quick[slow - fast :] * slow == calm * fast) + slow - 1
    return Ties(frozenset(equal.tolist()), value_of_tick, int(ticks[-1]))


def differences(own: Outcome, rival: Outcome, ties: Ties | None = None) -> list[str]:
    """Every way in which the two are not the same that the rule of ties does not explain, in words."""
    only_own, only_rival = _unmatched(own.trades, rival.trades), _unmatched(rival.trades, own.trades)
    found = _unexplained(only_own, only_rival, ties)
    expected = own.equity - rival.equity
    if ties is not None:
        expected -= sum(map(ties.profit, only_own)) - sum(map(ties.profit, only_rival))
    if abs(expected) > rounding(own):
        found.append(f"equity {own.equity!r}, the rival's is {rival.equity!r}")
    return found


def rounding(outcome: Outcome) -> float:
    """How far a float that every fill was added to may be off: half a unit in the last place each time."""
    return max(CLOSE_ENOUGH, len(outcome.trades) * math.ulp(outcome.equity))


def _unmatched(trades: Sequence[Trade], others: Sequence[Trade]) -> list[Trade]:
    fees = {replace(other, fees=0): other.fees for other in others}
    return [
        trade
        for trade in trades
        if not math.isclose(fees.get(replace(trade, fees=0), math.inf), trade.fees, rel_tol=0, abs_tol=CLOSE_ENOUGH)
    ]


def _unexplained(own: Sequence[Trade], rival: Sequence[Trade], ties: Ties | None) -> list[str]:
    found: list[str] = []
    reaches = -1.0
    sides = [(trade, "ours") for trade in own] + [(trade, "the rival's") for trade in rival]
    for trade, side in sorted(sides, key=lambda one: (one[0].entry_bar, one[0].last_bar)):
        if ties is not None and (trade.entry_bar <= reaches or ties.decided(trade)):
            reaches = max(reaches, trade.last_bar)
        else:
            found.append(f"only {side}: {trade}")
    return found
