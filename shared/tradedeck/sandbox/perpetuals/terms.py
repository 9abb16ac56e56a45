"""What a perpetual exchange is told once: its contracts, their margin brackets, and what trading costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO

FUNDING_NS = 480 * MINUTE_NS
"""Funding is due every eight hours, on the hour."""
DEFAULT_LEVERAGE = 20
CENT = Decimal("0.00000001")
"""Fees, funding and shares of a cost are rounded to this, so that every sum stays exact."""


class Trigger(StrEnum):
    """Which price a conditional order watches."""

    LAST = "last"
    MARK = "mark"


class ConditionKind(StrEnum):
    """What a conditional order waits for; with a limit price it becomes a limit order, else a market order."""

    STOP = "stop"
    TAKE_PROFIT = "take_profit"
    TRAILING = "trailing"


@dataclass(frozen=True, slots=True)
class Bracket:
    """A step of the margin table: positions of `floor` to `cap` in quote units.

    Maintenance margin is `rate` * notional - `deduction`, which makes it continuous over the steps.
    """

    floor: Decimal
    cap: Decimal
    max_leverage: int
    rate: Decimal
    deduction: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Fees from `volume` traded in thirty days on, in quote units."""

    volume: Decimal
    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class Contract:
    """One listed perpetual, and the liquidity that is made up around the recorded price.

    The made-up book starts `spread_ticks` from the last price on either side: `levels` levels, one tick apart, of
    `level_size` base units each, whole again with every recorded trade.
    """

    instrument: Instrument
    brackets: tuple[Bracket, ...]
    spread_ticks: int = 1
    levels: int = 20
    level_size: Decimal = Decimal(10)
    liquidation_fee: Decimal = Decimal("0.0125")

    def bracket(self, notional: Decimal) -> Bracket:
        """The step that a position of `notional` is in; the last one beyond the table."""
        return next((one for one in self.brackets if notional <= one.cap), self.brackets[-1])

    def maintenance(self, notional: Decimal) -> Decimal:
        """Margin below which a position of `notional` is liquidated."""
        bracket = self.bracket(notional)
        return notional * bracket.rate - bracket.deduction

    def most_at(self, leverage: int) -> Decimal:
        """The largest notional that may be held at `leverage`; zero when so much leverage is not offered."""
        return max((one.cap for one in self.brackets if one.max_leverage >= leverage), default=ZERO)


def brackets(*steps: tuple[str, int, str]) -> tuple[Bracket, ...]:
    """A table from (cap, most leverage, maintenance rate), with the deductions worked out."""
    table: list[Bracket] = []
    floor, rate, deduction = ZERO, ZERO, ZERO
    for cap, leverage, written in steps:
        new = Decimal(written)
        deduction += floor * (new - rate)
        table.append(Bracket(floor, Decimal(cap), leverage, new, deduction))
        floor, rate = Decimal(cap), new
    return tuple(table)
