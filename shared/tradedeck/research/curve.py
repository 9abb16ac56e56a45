"""From a fill log to what was held and what it was worth at every close."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tradedeck.compile.worth import trace
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import notional_of
from tradedeck.sim.kernel.worth import SUMS

_NO_CHARGES = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Curve:
    """One market's part in the account: its worth at each close (quote; inverse: base), exact sums at the end.

    `paid` is what trading, fees and funding took from and brought to the cash; `held` the position's worth at the end.
    """

    equity: Floats
    paid: Decimal
    held: Decimal
    fees: Decimal
    funding: Decimal


def curve_of(series: BarSeries, fills: Ints, terms: Terms, start: float, charges: Ints | None) -> Curve:
    """`fills` are the kernel's rows; `charges` what funding and borrowing took at each bar, in cash units."""
    equity = np.empty(len(series))
    beside = _beside(len(series), fills, terms, charges)
    cells = np.array(terms.cells, np.int64)

    def traced(sums: Floats | Ints) -> Floats | Ints:
        trace()(
            cells, np.ascontiguousarray(fills).ravel(), len(fills), beside,
            series.close, float(terms.unit), start, equity, sums,
        )  # fmt: skip
        return sums

    lots, traded, makers, takers, overfull, _ = map(int, traced(np.zeros(SUMS, np.int64)))
    if overfull:
        traced(np.zeros(SUMS))
        traded, makers, takers = _sums(fills, terms)
    fees = (makers * terms.maker + takers * terms.taker) * terms.unit
    if len(terms.fees) > 1:
        fees = _fees_by_tier(fills, terms)
    funding = int(charges.sum()) * terms.unit if charges is not None else Decimal(0)
    return Curve(equity, traded * terms.unit - fees - funding, _held(series, lots, terms), fees, funding)


def _sums(fills: Ints, terms: Terms) -> tuple[int, int, int]:
    """What trading paid, and the maker's and taker's turnover, in cash units, however large."""
    signs, worth = fills[:, at.F_SIGN], _worth(fills, terms)
    inverse = terms.cells[at.ACCOUNT] == at.INVERSE
    maker = fills[:, at.F_MAKER] == 1
    bought, sold = _exact_sum(worth[signs > 0]), _exact_sum(worth[signs < 0])
    makers = _exact_sum(worth[maker])
    return (bought - sold if inverse else sold - bought), makers, bought + sold - makers


def _worth(fills: Ints, terms: Terms) -> Ints:
    """Every fill's notional, in cash units."""
    lots, prices = fills[:, at.F_LOTS], fills[:, at.F_PRICE]
    if terms.cells[at.ACCOUNT] == at.INVERSE:
        return np.floor(lots * terms.cells[at.INVERSE_NUM] / prices + 0.5).astype(np.int64)
    return lots * prices


def _fees_by_tier(fills: Ints, terms: Terms) -> Decimal:
    """What was paid in fees, each fill by the rates of its day."""
    paid = Decimal(0)
    for number, tier in enumerate(terms.fees):
        _, makers, takers = _sums(fills[fills[:, at.F_TIER] == number], terms)
        paid += (makers * tier.maker + takers * tier.taker) * terms.unit
    return paid


def _beside(length: int, fills: Ints, terms: Terms, charges: Ints | None) -> Floats | Ints:
    """What each bar takes beside trading at the first row of rates, in cash units: charges, and what its own differ."""
    if len(terms.fees) == 1:
        return _NO_CHARGES if charges is None else charges
    rates = np.array([(float(tier.taker), float(tier.maker)) for tier in terms.fees])
    more = (rates - rates[0])[fills[:, at.F_TIER], fills[:, at.F_MAKER]] * _worth(fills, terms)
    taken = np.bincount(fills[:, at.F_BAR], more, length)
    return taken if charges is None else taken + charges


def _exact_sum(worth: Ints) -> int:
    """A sum that may be larger than its addends' type: high and low halves apart."""
    return (int((worth >> 32).sum()) << 32) + int((worth & 0xFFFFFFFF).sum())


def _held(series: BarSeries, lots: int, terms: Terms) -> Decimal:
    if lots == 0:
        return Decimal(0)
    ticks = int(np.floor(float(series.close[-1]) * terms.grid.tick_den / terms.grid.tick_num + 0.5))
    worth = notional_of(terms.cells, lots, max(ticks, 1))
    return (-worth if terms.cells[at.ACCOUNT] == at.INVERSE else worth) * terms.unit


def charges_of(
    series: BarSeries, fills: Ints, terms: Terms, funding: Floats | None, borrow: float
) -> Ints | None:  # fmt: skip
    """What funding and borrowing took at each bar's open, as the kernel counts it."""
    if funding is None and borrow == 0.0:
        return None
    totals = np.r_[0, np.cumsum(fills[:, at.F_SIGN] * fills[:, at.F_LOTS])]
    # What was held when the bar opened: fills of earlier bars.
    held = totals[np.searchsorted(fills[:, at.F_BAR], np.arange(len(series)), side="left")]
    opens = np.floor(series.open * terms.grid.tick_den / terms.grid.tick_num + 0.5).astype(np.int64)
    inverse = terms.cells[at.ACCOUNT] == at.INVERSE
    worth = np.floor(held * terms.cells[at.INVERSE_NUM] / opens + 0.5) if inverse else held * opens
    rates = funding if funding is not None else np.zeros(len(series))
    return np.floor(worth * rates + np.where(held < 0, -worth * borrow, 0.0) + 0.5).astype(np.int64)
