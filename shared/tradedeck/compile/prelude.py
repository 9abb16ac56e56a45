"""What native strategies stand on: the kernel, the light desk, and arithmetic that errs where Python's does.

Functions here are pure and written for native code; a `ValueError` from any of them sends the run to the
interpreter, which either tells the error with its line or does what native numbers can't.
"""

from __future__ import annotations

import math
from math import isnan
from typing import Any

from tradedeck.compile.light import light_ask, light_count, light_fill, light_target
from tradedeck.sim.kernel.asking import ask, ask_pair, ask_replace, ask_target, ask_trail
from tradedeck.sim.kernel.funds import equity_of
from tradedeck.sim.kernel.layout import BY_STRATEGY, CLOSED, LOT_DEN, LOT_NUM, POST_ONLY, TICK_DEN, TICK_NUM, WORKING
from tradedeck.sim.kernel.orders import cancel
from tradedeck.sim.kernel.walk import advance, begin_bar, close_bar
from tradedeck.sim.kernel.worth import ticks_of

Array = Any

_HOUR_NS = 3_600_000_000_000.0
_WIDEST = 9007199254740992


def _leave() -> int:
    """Not for the light desk."""
    raise ValueError


def _good(number: int) -> int:
    """An order's number, or an amount that can't be used."""
    if number < 0:
        raise ValueError
    return number


def _before(line: Array, i: int) -> float:
    """A line one bar earlier."""
    return line[i - 1] if i > 0 else math.nan


def _index(k: int, length: int) -> int:
    """A list index as Python counts it."""
    if k < -length or k >= length:
        raise ValueError
    return k + length if k < 0 else k


def _add(x: int, y: int) -> int:
    """X + y, exact."""
    z = x + y
    if abs(z) > _WIDEST:
        raise ValueError
    return z


def _sub(x: int, y: int) -> int:
    """X - y, exact."""
    z = x - y
    if abs(z) > _WIDEST:
        raise ValueError
    return z


def _mul(x: int, y: int) -> int:
    """X * y, exact."""
    if abs(float(x) * float(y)) > _WIDEST:
        raise ValueError
    return x * y


def _pow(x: float, y: float) -> float:
    """X ** y where the result is a real, finite number."""
    if x < 0.0 and y != math.floor(y):
        raise ValueError
    if x == 0.0 and y < 0.0:
        raise ValueError
    z = x**y
    if math.isinf(z) and not math.isinf(x) and not math.isinf(y):
        raise ValueError
    return z


def _sqrt(x: float) -> float:
    """Square root."""
    if x < 0.0:
        raise ValueError
    return math.sqrt(x)


def _log(x: float) -> float:
    """Natural logarithm."""
    if x <= 0.0:
        raise ValueError
    return math.log(x)


def _exp(x: float) -> float:
    """E to the power x."""
    if x > 709.0:
        raise ValueError
    return math.exp(x)


def _floor(x: float) -> int:
    """Whole number at or below."""
    if not abs(x) <= _WIDEST:
        raise ValueError
    return math.floor(x)


def _ceil(x: float) -> int:
    """Whole number at or above."""
    if not abs(x) <= _WIDEST:
        raise ValueError
    return math.ceil(x)


def _whole(x: float) -> int:
    """int(x)."""
    if not abs(x) <= _WIDEST:
        raise ValueError
    return int(x)


def _round(x: float) -> int:
    """round(x): halves go to the even number."""
    if not abs(x) <= _WIDEST:
        raise ValueError
    down = math.floor(x)
    rest = x - down
    if rest > 0.5 or (rest == 0.5 and down % 2 == 1):
        return down + 1
    return down


def _least(x: Any, y: Any) -> Any:
    """min(x, y)."""
    return min(x, y)


def _most(x: Any, y: Any) -> Any:
    """max(x, y)."""
    return max(x, y)


def _kept(x: int) -> int:
    """A whole number that an attribute can keep exactly."""
    if abs(x) > _WIDEST:
        raise ValueError
    return x


def _note(bar: int, text: int, price: float, notes: Array, note_prices: Array) -> None:
    """Write a note down."""
    count = notes[0]
    if count + 1 >= note_prices.shape[0]:
        raise ValueError
    notes[1 + 2 * count] = bar
    notes[2 + 2 * count] = text
    note_prices[count] = price
    notes[0] = count + 1


def _tick(terms: Array, price: float) -> int:
    """A recorded price in ticks."""
    return ticks_of(terms, price)


def _volume(terms: Array, volume: float, share: float) -> int:
    """A recorded volume in lots, of which a share may be filled."""
    return int(volume * share * (terms[LOT_DEN] / terms[LOT_NUM]) + 1e-6) if share > 0.0 else 0


def _equity(state: Array, terms: Array, a: Array) -> float:
    """The account at the newest close; a[1] is the cash unit."""
    return equity_of(state, terms, max(state[CLOSED], 1)) * a[1]


def _last(state: Array, terms: Array) -> float:
    """The newest close."""
    return state[CLOSED] * terms[TICK_NUM] / terms[TICK_DEN]


def _order(
    state: Array, terms: Array, orders: Array, working: Array, sign: int, size: float, price: float, stop: float,
    take: float, loss: float, trail: float, flags: int, hours: float, show: float,
) -> int:  # fmt: skip
    """Ask for an order, with the checks of the desk."""
    if (flags & POST_ONLY or not isnan(show)) and (isnan(price) or not isnan(stop)):
        raise ValueError
    if not abs(hours) <= 1e9:
        raise ValueError
    good_for_ns = int(hours * _HOUR_NS)
    return _good(
        ask(state, terms, orders, working, sign, size, price, stop, take, loss, trail, flags, good_for_ns, show)
    )


def _bracket(
    state: Array, terms: Array, orders: Array, working: Array, size: float, price: float, stop: float, take: float,
    loss: float,
) -> int:  # fmt: skip
    """Enter either way with both exits."""
    sign = -1 if size < 0 else 1
    size = -size if size < 0 else size
    return _order(state, terms, orders, working, sign, size, price, stop, take, loss, math.nan, 0, 0.0, math.nan)


def _cancel(state: Array, orders: Array, working: Array, number: int) -> int:
    """Cancel one."""
    cancel(state, orders, working, number, BY_STRATEGY)
    return 0


def _cancel_all(state: Array, orders: Array, working: Array) -> int:
    """Cancel every one, oldest first."""
    while state[WORKING] > 0:
        cancel(state, orders, working, working[0] + 1, BY_STRATEGY)
    return 0


def everything() -> tuple[Any, ...]:
    """Every function a native strategy may call, named once so that their sources are found."""
    return (
        _leave, _good, _before, _index, _add, _sub, _mul, _pow, _sqrt, _log, _exp, _floor, _ceil, _whole, _round,
        _least, _most, _kept, _note, _tick, _volume, _equity, _last, _order, _bracket, _cancel, _cancel_all,
        light_ask, light_target, light_fill, light_count, ask_target, ask_pair, ask_trail, ask_replace, advance,
        begin_bar, close_bar,
    )  # fmt: skip
