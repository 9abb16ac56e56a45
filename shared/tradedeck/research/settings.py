"""What a backtest assumes of the venue and the account; part of every result's fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.instrument import Instrument
from tradedeck.research.latency import Latency


class Path(StrEnum):
    """In which order a bar's prices are taken to have happened, between its open and its close.

    * PESSIMISTIC: whichever extreme hurts first. Long: low first; short: high first; flat with only buys
      working: high first; with only sells: low first; else against the bar's direction.
    * OPTIMISTIC: the other way round.
    * AGAINST: the extreme against the bar's direction first (low first in a rising bar).
    * HIGH_FIRST, LOW_FIRST: always so.
    """

    PESSIMISTIC = "pessimistic"
    OPTIMISTIC = "optimistic"
    AGAINST = "against"
    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class Touch(StrEnum):
    """When a resting limit order fills: only once the price has gone THROUGH it, or already AT it."""

    THROUGH = "through"
    AT = "at"


class Account(StrEnum):
    """What the account may hold: SPOT pays in full and can't be short; LINEAR and INVERSE are perpetuals on margin."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


class Margin(StrEnum):
    """What backs a perpetual: CROSS the whole account, ISOLATED only what was set aside when it was opened."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class FeeTier:
    """What is paid, as fractions, from a traded notional of `volume` in 30 days on, always in the quote asset."""

    volume: Decimal
    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class Settings:
    """Assumptions of one run. Amounts are exact; `slippage_ticks` worsen every taker fill.

    `maker`, `taker`: fees as fractions of the notional; None takes the instrument's own.
    `tiers`: fees in their place that fall with what was traded in the 30 days before each UTC day; the first is from 0.
    `traded`: what was traded in the 30 days before the first bar, counted until it is 30 days old.
    `latency_ns`: from the decision to the venue; `latency`: a row of delays on top, drawn or recorded, order n taking
    the n-th, round and round. `volume_share`: the part of a step's volume that
    resting orders may fill (a bar has four steps); 0 for no bound.
    `margin`, `leverage`, `maintenance`: what backs perpetuals, their initial and their maintenance margin
    (notional / leverage, and a fraction).
    `borrow_rate`: yearly rate on what a spot account has borrowed, charged by the bar; 0 forbids shorting.
    """

    cash: Decimal = Decimal(1_000_000)
    maker: Decimal | None = None
    taker: Decimal | None = None
    tiers: tuple[FeeTier, ...] = ()
    traded: Decimal = Decimal(0)
    slippage_ticks: int = 0
    latency_ns: int = 0
    latency: Latency | None = None
    path: Path = Path.PESSIMISTIC
    touch: Touch = Touch.THROUGH
    volume_share: float = 1.0
    account: Account = Account.SPOT
    margin: Margin = Margin.CROSS
    leverage: int = 1
    maintenance: Decimal = Decimal("0.005")
    borrow_rate: Decimal = Decimal(0)

    @property
    def is_instant(self) -> bool:
        """Whether orders take no time at all."""
        return self.latency_ns == 0 and self.latency is None

    def fees_for(self, instrument: Instrument) -> tuple[FeeTier, ...]:
        """Every row of rates: the tiers, or else the one that always holds."""
        if self.tiers:
            return self.tiers
        own = instrument.fees
        return (
            FeeTier(
                Decimal(0),
                own.maker if self.maker is None else self.maker,
                own.taker if self.taker is None else self.taker,
            ),
        )
