"""The blocks steps are built of, each on its own part of a flat state that begins at `at`.

Each block obeys one rule that makes them chain: NaN is no value, it is passed on and leaves the state as it was.
Beside each block stands how many floats it needs. Running sums are summed anew each time the window has
gone round, so that rounding never piles up and the cost a bar stays the same.
"""

from __future__ import annotations

from math import nan, sqrt

from tradedeck.indicators.definition import State


def ring_size(length: int) -> int:
    """Floats for `delayed`."""
    return 2 + length


def delayed(s: State, at: int, length: int, x: float) -> float:
    """The value `length` values ago. State: position, whether it has gone round, the window."""
    if x != x:
        return nan
    place = s[at]
    slot = at + 2 + int(place)
    oldest = s[slot] if s[at + 1] > 0.0 else nan
    s[slot] = x
    place += 1.0
    if place == length:
        s[at] = 0.0
        s[at + 1] = 1.0
    else:
        s[at] = place
    return oldest


def total_size(length: int) -> int:
    """Floats for `total` and `mean`."""
    return 3 + length


def total(s: State, at: int, length: int, x: float) -> float:
    """The sum of the last `length` values. State: it, position, whether it has gone round, the window."""
    if x != x:
        return nan
    place = s[at + 1]
    slot = at + 3 + int(place)
    oldest = s[slot]
    s[slot] = x
    place += 1.0
    if place == length:
        fresh = 0.0
        for i in range(length):
            fresh += s[at + 3 + i]
        s[at] = fresh
        s[at + 1] = 0.0
        s[at + 2] = 1.0
        return fresh
    s[at + 1] = place
    new = s[at] + (x - oldest)
    s[at] = new
    return new if s[at + 2] > 0.0 else nan


def mean(s: State, at: int, length: int, x: float) -> float:
    """The mean of the last `length` values."""
    return total(s, at, length, x) / length


SMOOTH_SIZE = 2
"""Floats for `smoothed`, `ema`, `wilder` and `wilder_sum`."""


def smoothed(s: State, at: int, length: int, skip: int, alpha: float, x: float) -> float:
    """Exponential smoothing seeded with the mean of `length` values after the first `skip`. State: count, value."""
    if x != x:
        return nan
    value = s[at + 1]
    if s[at] >= skip + length:
        value += (x - value) * alpha
        s[at + 1] = value
        return value
    s[at] += 1.0
    if s[at] > skip:
        s[at + 1] += x
    if s[at] < skip + length:
        return nan
    s[at + 1] /= length
    return s[at + 1]


def ema(s: State, at: int, length: int, x: float) -> float:
    """Exponential mean, alpha = 2 / (length + 1)."""
    return smoothed(s, at, length, 0, 2.0 / (length + 1.0), x)


def wilder(s: State, at: int, length: int, x: float) -> float:
    """Wilder's smoothing, alpha = 1 / length, in his own form: (value * (length - 1) + x) / length."""
    if x != x:
        return nan
    if s[at] >= length:
        s[at + 1] = (s[at + 1] * (length - 1.0) + x) / length
        return s[at + 1]
    s[at] += 1.0
    s[at + 1] += x
    if s[at] < length:
        return nan
    s[at + 1] /= length
    return s[at + 1]


def before(s: State, at: int, x: float) -> float:
    """The value before this one. State: whether there is one, and it."""
    if x != x:
        return nan
    last = s[at + 1] if s[at] > 0.0 else nan
    s[at] = 1.0
    s[at + 1] = x
    return last


BEFORE_SIZE = 2
"""Floats for `before`."""


def weighted_size(length: int) -> int:
    """Floats for `weighted`, `wma` and `regression`."""
    return 5 + length


def weighted(s: State, at: int, length: int, x: float) -> float:
    """Sum of the last `length` values times 0, 1, 2 ... from the oldest, all less a base near them.

    The base keeps digits that the weights of large values would cost.
    State: the sum, the plain sum less the base, position, whether it has gone round, the base, the window.
    """
    if x != x:
        return nan
    place = s[at + 2]
    if place == 0.0 and s[at + 3] == 0.0:
        s[at + 4] = x
    slot = at + 5 + int(place)
    base = s[at + 4]
    oldest = s[slot] - base if s[at + 3] > 0.0 else 0.0
    s[slot] = x
    place += 1.0
    if place == length:
        base = s[at + 5]
        plain = 0.0
        moment = 0.0
        for i in range(length):
            plain += s[at + 5 + i] - base
            moment += i * (s[at + 5 + i] - base)
        s[at] = moment
        s[at + 1] = plain
        s[at + 2] = 0.0
        s[at + 3] = 1.0
        s[at + 4] = base
        return moment
    s[at + 2] = place
    kept = s[at + 1] - oldest
    moment = s[at] + ((length - 1.0) * (x - base) - kept)
    s[at] = moment
    s[at + 1] = kept + (x - base)
    return moment if s[at + 3] > 0.0 else nan


def wma(s: State, at: int, length: int, x: float) -> float:
    """Mean weighted 1, 2, 3 ... from the oldest to the newest of the last `length` values."""
    moment = weighted(s, at, length, x)
    return s[at + 4] + (moment + s[at + 1]) / (length * (length + 1) / 2.0)


def highest_size(length: int) -> int:
    """Floats for `highest` and `lowest`."""
    return 3 + length


def highest(s: State, at: int, length: int, x: float) -> float:
    """The highest of the last `length` values (M. van Herk, 1992): no search, no branch that can't be foreseen.

    The window lies over two blocks of `length` values: of the newer one the highest so far is kept, of the older
    one the highest from each place to its end, over which the newer values are written.
    State: position, whether a block is full, the highest of the newer block, the older block.
    """
    if x != x:
        return nan
    place = s[at]
    slot = at + 3 + int(place)
    top = x if place == 0.0 or x > s[at + 2] else s[at + 2]
    s[slot] = x
    s[at + 2] = top
    place += 1.0
    if place == length:
        s[at] = 0.0
        s[at + 1] = 1.0
        held = x
        for i in range(length):
            back = at + 2 + length - i
            held = max(held, s[back])
            s[back] = held
        return top
    s[at] = place
    if s[at + 1] == 0.0:
        return nan
    return max(top, s[slot + 1])


def lowest(s: State, at: int, length: int, x: float) -> float:
    """The lowest of the last `length` values; see `highest`."""
    return -highest(s, at, length, -x)


def peak_size(length: int) -> int:
    """Floats for `peak_age`."""
    return 5 + 2 * length


def peak_age(s: State, at: int, length: int, x: float) -> float:
    """How many values ago the highest of the last `length` was, the latest of equals; found as in `highest`.

    State: position, whether a block is full, the newer block's highest and its number, the number of this value, the
    older block, the numbers of its highest.
    """
    if x != x:
        return nan
    place = s[at]
    now = s[at + 4]
    s[at + 4] = now + 1.0
    slot = at + 5 + int(place)
    if place == 0.0 or x >= s[at + 2]:
        s[at + 2] = x
        s[at + 3] = now
    s[slot] = x
    s[slot + length] = now
    place += 1.0
    if place == length:
        s[at] = 0.0
        s[at + 1] = 1.0
        for i in range(1, length):
            back = at + 4 + length - i
            if s[back + 1] >= s[back]:
                s[back] = s[back + 1]
                s[back + length] = s[back + 1 + length]
        return now - s[at + 3]
    s[at] = place
    if s[at + 1] == 0.0:
        return nan
    return now - (s[slot + 1 + length] if s[slot + 1] > s[at + 2] else s[at + 3])


def spread_size(length: int) -> int:
    """Floats for `variance` and `deviation`."""
    return 4 + length


def variance(s: State, at: int, length: int, x: float) -> float:
    """The population variance of the last `length` values (B. P. Welford, 1962).

    State: mean, sum of squares about it, position, whether it has gone round, the window.
    """
    if x != x:
        return nan
    place = s[at + 2]
    slot = at + 4 + int(place)
    oldest = s[slot]
    s[slot] = x
    place += 1.0
    if place == length:
        centre = 0.0
        for i in range(length):
            centre += s[at + 4 + i]
        centre /= length
        squares = 0.0
        for i in range(length):
            squares += (s[at + 4 + i] - centre) * (s[at + 4 + i] - centre)
        s[at] = centre
        s[at + 1] = squares
        s[at + 2] = 0.0
        s[at + 3] = 1.0
        return squares / length
    s[at + 2] = place
    centre = s[at] + (x - oldest) / length
    squares = s[at + 1] + (x - oldest) * (x - centre + oldest - s[at])
    s[at] = centre
    s[at + 1] = squares
    if s[at + 3] == 0.0:
        return nan
    return squares / length if squares > 0.0 else 0.0


def deviation(s: State, at: int, length: int, x: float) -> float:
    """The population standard deviation of the last `length` values."""
    return sqrt(variance(s, at, length, x))


def regression(s: State, at: int, length: int, x: float) -> tuple[float, float]:
    """Intercept and slope of the least-squares line through the last `length` values at 0, 1, 2 ...

    State as `weighted`.
    """
    moment = weighted(s, at, length, x)
    plain = s[at + 1]
    middle = (length - 1.0) / 2.0
    slope = (moment - middle * plain) / (length * (length * length - 1.0) / 12.0)
    return s[at + 4] + (plain / length - slope * middle), slope


def wilder_sum(s: State, at: int, length: int, x: float) -> float:
    """Wilder's running sum: the plain sum of the first `length` - 1 values, then sum - sum / length + x."""
    if x != x:
        return nan
    if s[at] >= length - 1.0:
        s[at + 1] += x - s[at + 1] / length
        return s[at + 1]
    s[at] += 1.0
    s[at + 1] += x
    return s[at + 1] if s[at] >= length - 1.0 else nan


def ratio(above: float, below: float) -> float:
    """Above / below, and 0 where nothing can be divided by: no step ever divides by zero."""
    if below == 0.0:
        return 0.0
    return above / below
