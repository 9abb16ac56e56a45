"""The light desk in native code: market orders of one spot market, filled at the next open.

An order is its bar and its size; what it cost is counted once its block of bars is over, all at once. Whether the
account can pay is told by a bound that costs nothing to keep, every buy at the dearest price there is and every sale
at the cheapest; where the bound says no, the cost so far is counted and asked again, and where that says no too a
`ValueError` sends the run to the full desk. `research.lean` does the same in Python.
"""

from __future__ import annotations

from math import floor
from typing import Any

from tradedeck.sim.kernel.layout import (
    F_BAR,
    F_LOTS,
    F_MAKER,
    F_ORDER,
    F_PRICE,
    F_SIGN,
    FEE_DEN,
    FILL_WIDTH,
    FULLEST,
    LOT_DEN,
    LOT_NUM,
    MAX_LOTS,
    MAX_ORDERS,
    MIN_LOTS,
    SLIPPAGE,
    START_CASH,
    TAKER_NUM,
)
from tradedeck.sim.kernel.worth import ticks_of

Array = Any

_SNAP = 1e-6
_WIDEST = 9007199254740992
MANY = 64
"""More plain orders in one bar than the light desk carries."""
NET, ASKED, DONE_, COUNTED, SPENT, LIGHT_CASH, LIGHT_TURNOVER = 0, 1, 2, 3, 4, 5, 6
"""Lots held once all on their way are filled; orders asked for, filled and counted; the bound, and what is counted."""
LEAST, DEAREST, CHEAPEST = 7, 8, 9
"""The smallest order that needs no look at its worth; what a lot may cost at most, and bring at least."""
LIGHT_CELLS = 10


def light_put(
    i: int, signed: int, o: Array, light: Array, terms: Array, asked: Array, sizes: Array, fills: Array
) -> int:  # fmt: skip
    """Ask for a plain market order; raises where the full desk is needed."""
    lots = abs(signed)
    number = light[ASKED]
    if lots < light[LEAST] or lots > terms[MAX_LOTS] or lots < terms[MIN_LOTS] or number - light[DONE_] >= MANY:
        raise ValueError
    if number >= terms[MAX_ORDERS] or number >= asked.shape[0] or float(lots) * light[DEAREST] > FULLEST:
        raise ValueError
    if light[NET] + signed < 0:
        raise ValueError
    cost = signed * (light[DEAREST] if signed > 0 else light[CHEAPEST])
    if signed > 0 and light[SPENT] + cost > terms[START_CASH]:
        light_count(o, light, terms, asked, sizes, fills)
        if light[SPENT] + cost > terms[START_CASH]:
            raise ValueError
    light[SPENT] += cost
    asked[number] = i
    sizes[number] = signed
    light[ASKED] = number + 1
    light[NET] += signed
    return number + 1


def light_ask(
    i: int, sign: int, size: float, per: Any, o: Array, light: Array, terms: Array, asked: Array, sizes: Array,
    fills: Array,
) -> int:  # fmt: skip
    """buy(size) or sell(size). `per` is what a lot is: numbers that stay in registers, as `terms` can't."""
    steps = size * per[0] / per[1]
    if not (steps > 0.0 and steps <= _WIDEST):
        raise ValueError
    return light_put(i, sign * floor(steps + _SNAP), o, light, terms, asked, sizes, fills)


def light_target(
    i: int, size: float, per: Any, o: Array, light: Array, terms: Array, asked: Array, sizes: Array, fills: Array
) -> int:  # fmt: skip
    """target(size) or close()."""
    steps = size * per[0] / per[1]
    if not abs(steps) <= _WIDEST:
        raise ValueError
    steps -= light[NET]
    if abs(steps) + _SNAP < 1.0:
        return 0
    missing = floor(steps + _SNAP) if steps >= 0.0 else -floor(_SNAP - steps)
    return light_put(i, missing, o, light, terms, asked, sizes, fills)


def light_fill(a: Array, light: Array, terms: Array) -> None:
    """What was asked for has been filled at an open; a[0] is the position."""
    light[DONE_] = light[ASKED]
    a[0] = light[NET] * terms[LOT_NUM] / terms[LOT_DEN]


def light_count(o: Array, light: Array, terms: Array, asked: Array, sizes: Array, fills: Array) -> None:
    """Write down the fills since the last count, and put what they really cost in the place of the bound."""
    for number in range(light[COUNTED], light[DONE_]):
        signed = sizes[number]
        price = ticks_of(terms, o[asked[number] + 1])
        price = price + terms[SLIPPAGE] if signed > 0 else max(price - terms[SLIPPAGE], 1)
        base = number * FILL_WIDTH
        fills[base + F_ORDER] = number + 1
        fills[base + F_BAR] = asked[number] + 1
        fills[base + F_SIGN] = 1 if signed > 0 else -1
        fills[base + F_LOTS] = abs(signed)
        fills[base + F_PRICE] = price
        fills[base + F_MAKER] = 0
        light[LIGHT_CASH] -= signed * price
        light[LIGHT_TURNOVER] += abs(signed) * price
    light[COUNTED] = light[DONE_]
    if light[LIGHT_TURNOVER] > FULLEST:
        raise ValueError
    fees = float(light[LIGHT_TURNOVER]) * terms[TAKER_NUM] / terms[FEE_DEN]
    light[SPENT] = floor(fees) + 2 - light[LIGHT_CASH]
    for number in range(light[DONE_], light[ASKED]):
        light[SPENT] += sizes[number] * (light[DEAREST] if sizes[number] > 0 else light[CHEAPEST])
