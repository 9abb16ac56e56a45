"""From a fill log to what was held and what it was worth at every close."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.research.settings import Account, Settings
from tradedeck.research.terms import Terms
from tradedeck.sim.kernel import layout as at


@dataclass(frozen=True, slots=True)
class Curve:
    """One market's part in the account: net lots and gain since the start (quote; inverse: base) at each close."""

    position: Ints
    gain: Floats
    cash: Decimal
    fees: Decimal
    funding: Decimal
    profit: Decimal


def curve_of(
    series: BarSeries, fills: NDArray[np.int64], terms: Terms, settings: Settings, charges: Ints | None
) -> Curve:  # fmt: skip
    """`fills` is the kernel's log; `charges` what funding and borrowing took at each bar, in cash units."""
    length = len(series)
    bars, signs, prices, lots = (fills[:, at.F_BAR], fills[:, at.F_SIGN], fills[:, at.F_PRICE], fills[:, at.F_LOTS])
    inverse = settings.account is Account.INVERSE
    worth = np.floor(lots * terms.cells[at.INVERSE_NUM] / prices + 0.5).astype(np.int64) if inverse else lots * prices
    paid = signs * worth if inverse else -signs * worth
    maker = fills[:, at.F_MAKER] == 1
    position = _steps(bars, signs * lots, length)
    cash = _steps(bars, paid, length).astype(np.float64)
    fees = _steps(bars, worth * np.where(maker, terms.cells[at.MAKER_NUM], terms.cells[at.TAKER_NUM]), length)
    cash -= fees / terms.cells[at.FEE_DEN]
    if charges is not None:
        cash -= np.cumsum(charges)
    unit = float(terms.unit)
    ticks = np.floor(series.close * terms.grid.tick_den / terms.grid.tick_num + 0.5)
    if inverse:
        held = np.floor(position * terms.cells[at.INVERSE_NUM] / np.maximum(ticks, 1) + 0.5)
        gain = (cash - held) * unit
    else:
        gain = (cash + position * ticks) * unit
    return _exact(position, gain, worth, paid, maker, terms, charges, int(ticks[-1]) if length else 0, inverse=inverse)


def _steps(bars: Ints, changes: Ints, length: int) -> Ints:
    """The running sum of `changes`, at every bar."""
    totals = np.r_[0, np.cumsum(changes)]
    return np.repeat(totals, np.diff(np.r_[0, bars, length]))


def _exact(
    position: Ints, gain: Floats, worth: Ints, paid: Ints, maker: NDArray[np.bool_], terms: Terms, charges: Ints | None,
    last: int, *, inverse: bool,
) -> Curve:  # fmt: skip
    makers, takers = int(worth[maker].sum()), int(worth[~maker].sum())
    fees = (makers * terms.maker + takers * terms.taker) * terms.unit
    funding = int(charges.sum()) * terms.unit if charges is not None else Decimal(0)
    cash = int(paid.sum()) * terms.unit - fees - funding
    lots = int(position[-1]) if len(position) else 0
    if inverse:
        held = -int(np.floor(lots * terms.cells[at.INVERSE_NUM] / max(last, 1) + 0.5)) * terms.unit
    else:
        held = lots * last * terms.unit
    return Curve(position, gain, cash, fees, funding, cash + held)


def charges_of(
    series: BarSeries, position: Ints, terms: Terms, funding: Floats | None, borrow: float
) -> Ints | None:  # fmt: skip
    """What funding and borrowing took at each bar's open, as the kernel counts it."""
    if funding is None and borrow == 0.0:
        return None
    held = np.r_[0, position[:-1]]
    opens = np.floor(series.open * terms.grid.tick_den / terms.grid.tick_num + 0.5).astype(np.int64)
    inverse = terms.cells[at.ACCOUNT] == at.INVERSE
    worth = np.floor(held * terms.cells[at.INVERSE_NUM] / opens + 0.5) if inverse else held * opens
    rates = funding if funding is not None else np.zeros(len(series))
    return np.floor(worth * rates + np.where(held < 0, -worth * borrow, 0.0) + 0.5).astype(np.int64)
