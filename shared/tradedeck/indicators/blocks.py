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
    position = int(s[at])
    oldest = s[at + 2 + position] if s[at + 1] > 0.0 else nan
    s[at + 2 + position] = x
    if position + 1 == length:
        s[at] = 0.0
        s[at + 1] = 1.0
    else:
        s[at] = position + 1.0
    return oldest


def total_size(length: int) -> int:
    """Floats for `total` and `mean`."""
    return 3 + length


def total(s: State, at: int, length: int, x: float) -> float:
    """The sum of the last `length` values. State: the sum, then a ring."""
    if x != x:
        return nan
    oldest = delayed(s, at + 1, length, x)
    if s[at + 1] == 0.0:
        fresh = 0.0
        for i in range(at + 3, at + 3 + length):
            fresh += s[i]
        s[at] = fresh
    elif oldest == oldest:
        s[at] += x - oldest
    else:
        s[at] += x
    return s[at] if s[at + 2] > 0.0 else nan


def mean(s: State, at: int, length: int, x: float) -> float:
    """The mean of the last `length` values."""
    return total(s, at, length, x) / length


SMOOTH_SIZE = 2
"""Floats for `smoothed`, `ema` and `wilder`."""


def smoothed(s: State, at: int, length: int, skip: int, alpha: float, x: float) -> float:
    """Exponential smoothing seeded with the mean of `length` values after the first `skip`. State: count, value."""
    if x != x:
        return nan
    if s[at] >= skip + length:
        s[at + 1] += (x - s[at + 1]) * alpha
        return s[at + 1]
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
    """Floats for `weighted`."""
    return 4 + length


def weighted(s: State, at: int, length: int, x: float) -> float:
    """Sum of the last `length` values times 0, 1, 2 ... from the oldest. State: it, their plain sum, a ring."""
    if x != x:
        return nan
    plain = s[at + 1]
    oldest = delayed(s, at + 2, length, x)
    if s[at + 2] == 0.0:
        fresh = 0.0
        moment = 0.0
        for i in range(length):
            fresh += s[at + 4 + i]
            moment += i * s[at + 4 + i]
        s[at] = moment
        s[at + 1] = fresh
    elif oldest == oldest:
        s[at] += (length - 1.0) * x - (plain - oldest)
        s[at + 1] = plain - oldest + x
    return s[at] if s[at + 3] > 0.0 else nan


def wma(s: State, at: int, length: int, x: float) -> float:
    """Mean weighted 1, 2, 3 ... from the oldest to the newest of the last `length` values."""
    moment = weighted(s, at, length, x)
    return (moment + s[at + 1]) / (length * (length + 1) / 2.0)


def highest_size(length: int) -> int:
    """Floats for `highest` and `lowest`."""
    return 4 + 2 * length


def highest(s: State, at: int, length: int, x: float) -> float:
    """The highest of the last `length` values; afterwards s[at + 3] says how many values ago, the latest of equals.

    State: head, count and bar number of a falling queue, the age; then the queue's values and their bar numbers.
    """
    if x != x:
        return nan
    values = at + 4
    numbers = at + 4 + length
    head = int(s[at])
    count = int(s[at + 1])
    number = s[at + 2] + 1.0
    if count > 0 and s[numbers + head] <= number - length:
        head = head + 1 if head + 1 < length else 0
        count -= 1
    tail = head + count
    if tail >= length:
        tail -= length
    while count > 0:
        last = tail - 1 if tail > 0 else length - 1
        if s[values + last] > x:
            break
        tail = last
        count -= 1
    s[values + tail] = x
    s[numbers + tail] = number
    s[at] = head
    s[at + 1] = count + 1.0
    s[at + 2] = number
    s[at + 3] = number - s[numbers + head]
    return s[values + head] if number >= length else nan


def lowest(s: State, at: int, length: int, x: float) -> float:
    """The lowest of the last `length` values; see `highest`."""
    return -highest(s, at, length, -x)


def spread_size(length: int) -> int:
    """Floats for `variance` and `deviation`."""
    return 4 + length


def variance(s: State, at: int, length: int, x: float) -> float:
    """The population variance of the last `length` values (B. P. Welford, 1962). State: mean, squares, a ring."""
    if x != x:
        return nan
    oldest = delayed(s, at + 2, length, x)
    if s[at + 2] == 0.0:
        centre = 0.0
        for i in range(at + 4, at + 4 + length):
            centre += s[i]
        centre /= length
        squares = 0.0
        for i in range(at + 4, at + 4 + length):
            squares += (s[i] - centre) * (s[i] - centre)
        s[at] = centre
        s[at + 1] = squares
    elif oldest == oldest:
        centre = s[at]
        s[at] += (x - oldest) / length
        s[at + 1] += (x - oldest) * (x - s[at] + oldest - centre)
    if s[at + 3] == 0.0:
        return nan
    return s[at + 1] / length if s[at + 1] > 0.0 else 0.0


def deviation(s: State, at: int, length: int, x: float) -> float:
    """The population standard deviation of the last `length` values."""
    return sqrt(variance(s, at, length, x))
