"""What an account was worth at every close, from its fills."""

from __future__ import annotations

from math import floor

from tradedeck.sim.kernel.funds import notional_of
from tradedeck.sim.kernel.layout import (
    ACCOUNT,
    F_BAR,
    F_LOTS,
    F_MAKER,
    F_PRICE,
    F_SIGN,
    FEE_DEN,
    FILL_WIDTH,
    INVERSE,
    MAKER_NUM,
    TAKER_NUM,
    TICK_DEN,
    TICK_NUM,
    Cells,
)  # fmt: skip


def trace(
    terms: Cells, fills: Cells, count: int, charges: Cells, closes: Cells, unit: float, start: float,
    equity: Cells, sums: Cells,
) -> None:  # fmt: skip
    """Write the worth at each close.

    `charges` is what funding and borrowing took at each bar, in cash units (empty: nothing). `sums` takes what
    trading paid, the maker's and the taker's turnover.
    """
    lots = 0
    paid = 0
    maker = 0
    taker = 0
    charged = 0
    cash = 0.0
    row = 0
    ticks = 0
    inverse = terms[ACCOUNT] == INVERSE
    has_charges = len(charges) > 0
    for bar in range(len(closes)):
        changed = False
        while row < count and fills[row * FILL_WIDTH + F_BAR] == bar:
            base = row * FILL_WIDTH
            sign = fills[base + F_SIGN]
            size = fills[base + F_LOTS]
            worth = notional_of(terms, size, fills[base + F_PRICE])
            lots += sign * size
            paid += sign * worth if inverse else -sign * worth
            if fills[base + F_MAKER] == 1:
                maker += worth
            else:
                taker += worth
            row += 1
            changed = True
        if has_charges and charges[bar] != 0:
            charged += charges[bar]
            changed = True
        if changed:
            cash = paid - charged - (maker * terms[MAKER_NUM] + taker * terms[TAKER_NUM]) / terms[FEE_DEN]
        if lots == 0:
            equity[bar] = start + cash * unit
        else:
            ticks = ticks_of(terms, closes[bar])
            held = -notional_of(terms, lots, max(ticks, 1)) if inverse else lots * ticks
            equity[bar] = start + (cash + held) * unit
    sums[0] = paid
    sums[1] = maker
    sums[2] = taker


def deepest_drop(equity: Cells) -> float:
    """The largest fall from a peak, as a fraction of the peak."""
    peak = equity[0] if len(equity) > 0 else 0.0
    bottom = peak
    worst = 0.0
    for worth in equity:
        if worth > peak:
            if peak > 0.0:
                worst = max(worst, 1.0 - bottom / peak)
            peak = worth
            bottom = worth
        elif worth < bottom:
            bottom = worth
    return max(worst, 1.0 - bottom / peak) if peak > 0.0 else worst


def survey(
    terms: Cells, fills: Cells, count: int, closes: Cells, unit: float, start: float, ends: Cells, daily: Cells,
    sums: Cells, peaks: Cells,
) -> float:  # fmt: skip
    """The deepest drop of the equity of `trace`, and its worth at the bars `ends`, without writing every bar down.

    `sums` takes the net lots at the end, what trading paid, and the maker's and the taker's turnover; `peaks` the
    highest worth and the deepest drop.
    """
    peaks[0] = start
    peaks[1] = 0.0
    cash = 0.0
    day = 0
    bar = 0
    for cell in range(4):
        sums[cell] = 0
    for row in range(count + 1):
        until = fills[row * FILL_WIDTH + F_BAR] if row < count else len(closes)
        while bar < until:
            stop = min(until, ends[day] + 1) if day < len(ends) else until
            if sums[0] == 0:
                worth = start + cash * unit
                note_drop(peaks, worth)
                bar = stop
            else:
                worth = start
                while bar < stop:
                    worth = start + (cash + held(terms, sums[0], closes[bar])) * unit
                    note_drop(peaks, worth)
                    bar += 1
            if day < len(ends) and bar == ends[day] + 1:
                daily[day] = worth
                day += 1
        if row < count:
            cash = take_fill(terms, fills, row, sums)
    return peaks[1]


def take_fill(terms: Cells, fills: Cells, row: int, sums: Cells) -> float:
    """Count a fill in; the cash after it, fees paid, in cash units."""
    base = row * FILL_WIDTH
    sign = fills[base + F_SIGN]
    value = notional_of(terms, fills[base + F_LOTS], fills[base + F_PRICE])
    sums[0] += sign * fills[base + F_LOTS]
    sums[1] += sign * value if terms[ACCOUNT] == INVERSE else -sign * value
    sums[2 if fills[base + F_MAKER] == 1 else 3] += value
    return float(sums[1] - (sums[2] * terms[MAKER_NUM] + sums[3] * terms[TAKER_NUM]) / terms[FEE_DEN])


def note_drop(peaks: Cells, worth: float) -> None:
    """Keep the highest worth and the deepest fall from it, as a fraction."""
    if worth > peaks[0]:
        peaks[0] = worth
    elif peaks[0] > 0.0 and worth < peaks[0] * (1.0 - peaks[1]):
        peaks[1] = 1.0 - worth / peaks[0]


def held(terms: Cells, lots: int, close: float) -> float:
    """What net lots are worth at a close, in cash units."""
    ticks = ticks_of(terms, close)
    return float(-notional_of(terms, lots, max(ticks, 1)) if terms[ACCOUNT] == INVERSE else lots * ticks)


def ticks_of(terms: Cells, price: float) -> int:
    """A recorded price in ticks."""
    steps = price * terms[TICK_DEN]
    if terms[TICK_NUM] != 1:
        steps = steps / terms[TICK_NUM]
    return floor(steps + 0.5)
