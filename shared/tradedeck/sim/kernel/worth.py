"""What an account was worth at every close, from its fills."""

from __future__ import annotations

from math import floor, nan, sqrt

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
    FULLEST,
    INVERSE,
    LOT_DEN,
    LOT_NUM,
    MAKER_NUM,
    TAKER_NUM,
    TICK_DEN,
    TICK_NUM,
    Cells,
)  # fmt: skip

SUMS = 6
"""Net lots at the end, what trading paid, the maker's and the taker's turnover, 1 where that is past FULLEST, and how
often the position came back to nothing."""


def trace(
    terms: Cells, fills: Cells, count: int, charges: Cells, closes: Cells, unit: float, start: float,
    equity: Cells, sums: Cells,
) -> None:  # fmt: skip
    """Write the worth at each close.

    `charges` is what funding and borrowing took at each bar, in cash units (empty: nothing); `sums` takes SUMS cells.
    """
    for cell in range(SUMS):
        sums[cell] = 0
    cash = 0.0
    charged = 0
    bar = 0
    for row in range(count + 1):
        until = fills[row * FILL_WIDTH + F_BAR] if row < count else len(closes)
        while bar < until:
            stop = until
            if len(charges) > 0:
                # From one charge to the next the cash stands still.
                charged += charges[bar]
                stop = bar + 1
                while stop < until and charges[stop] == 0:
                    stop += 1
            stretch(terms, closes, bar, stop, sums[0], cash - charged, unit, start, equity)
            bar = stop
        if row < count:
            cash = take_fill(terms, fills, row, sums)


def stretch(
    terms: Cells, closes: Cells, first: int, stop: int, lots: int, cash: float, unit: float, start: float, equity: Cells
) -> None:  # fmt: skip
    """Write the worth at the closes from `first` to `stop`, while lots and cash stand still."""
    if lots == 0:
        flat = start + cash * unit
        for bar in range(first, stop):
            equity[forward(bar)] = flat
    elif terms[ACCOUNT] == INVERSE:
        for bar in range(first, stop):
            equity[bar] = start + (cash + held(terms, lots, closes[bar])) * unit
    else:
        # At the recorded close itself: the equity of a bar is a statistic, only the end is counted in ticks.
        size = lots * terms[LOT_NUM] / terms[LOT_DEN]
        base = start + cash * unit
        for bar in range(first, stop):
            equity[forward(bar)] = base + size * closes[forward(bar)]


def forward(bar: int) -> int:
    """An index that never counts from the end: native code makes it unsigned and takes several bars at once."""
    return bar


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


def sharpe(start: float, daily: Cells, days: int) -> float:
    """Mean over deviation (of a sample) of the daily returns, times the root of `days` a year; NaN where there is none.

    `daily` is the worth at the end of each day, `start` that before the first.
    """
    count = len(daily)
    if count < 2 or not start > 0.0:
        return nan
    total = 0.0
    before = start
    for worth in daily:
        if not worth > 0.0:
            return nan
        total += worth / before - 1.0
        before = worth
    mean = total / count
    squares = 0.0
    before = start
    for worth in daily:
        off = worth / before - 1.0 - mean
        squares += off * off
        before = worth
    spread = sqrt(squares / (count - 1))
    return mean / spread * sqrt(days) if spread > 0.0 else nan


def survey(
    terms: Cells, fills: Cells, count: int, closes: Cells, unit: float, start: float, ends: Cells, daily: Cells,
    sums: Cells,
) -> float:  # fmt: skip
    """The deepest drop of the equity of `trace`, and its worth at the bars `ends`, without writing every bar down.

    `sums` takes what it does there.
    """
    peak = start
    drop = 0.0
    cash = 0.0
    day = 0
    bar = 0
    for cell in range(SUMS):
        sums[cell] = 0
    for row in range(count + 1):
        until = fills[row * FILL_WIDTH + F_BAR] if row < count else len(closes)
        while bar < until:
            stop = min(until, ends[day] + 1) if day < len(ends) else until
            if sums[0] == 0:
                worth = start + cash * unit
                peak, drop = noted(peak, drop, worth)
                bar = stop
            elif terms[ACCOUNT] == INVERSE:
                worth = start
                while bar < stop:
                    worth = start + (cash + held(terms, sums[0], closes[bar])) * unit
                    peak, drop = noted(peak, drop, worth)
                    bar += 1
            else:
                base = start + cash * unit
                size = sums[0] * terms[LOT_NUM] / terms[LOT_DEN]
                worth = base
                while bar < stop:
                    worth = base + size * closes[forward(bar)]
                    peak, drop = noted(peak, drop, worth)
                    bar += 1
            if day < len(ends) and bar == ends[day] + 1:
                daily[day] = worth
                day += 1
        if row < count:
            cash = take_fill(terms, fills, row, sums)
    return drop


def take_fill(terms: Cells, fills: Cells, row: int, sums: Cells) -> float:
    """Count a fill in; the cash after it, fees paid, in cash units."""
    base = row * FILL_WIDTH
    sign = fills[base + F_SIGN]
    value = notional_of(terms, fills[base + F_LOTS], fills[base + F_PRICE])
    if value > FULLEST - (sums[2] + sums[3]):
        sums[4] = 1
    sums[0] += sign * fills[base + F_LOTS]
    if sums[0] == 0:
        sums[5] += 1
    sums[1] += sign * value if terms[ACCOUNT] == INVERSE else -sign * value
    sums[2 if fills[base + F_MAKER] == 1 else 3] += value
    fees = float(sums[2]) * terms[MAKER_NUM] + float(sums[3]) * terms[TAKER_NUM]
    return float(sums[1] - fees / terms[FEE_DEN])


def noted(peak: float, drop: float, worth: float) -> tuple[float, float]:
    """The highest worth, and the deepest fall from it as a fraction, once this worth is seen."""
    if worth > peak:
        return worth, drop
    if peak > 0.0 and worth < peak * (1.0 - drop):
        return peak, 1.0 - worth / peak
    return peak, drop


def held(terms: Cells, lots: int, close: float) -> float:
    """What inverse contracts are worth at a close, in cash units: a long one is a debt of base coins."""
    return float(-notional_of(terms, lots, max(ticks_of(terms, close), 1)))


def ticks_of(terms: Cells, price: float) -> int:
    """A recorded price in ticks."""
    steps = price * terms[TICK_DEN]
    if terms[TICK_NUM] != 1:
        steps = steps / terms[TICK_NUM]
    return floor(steps + 0.5)
