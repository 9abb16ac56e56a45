"""What a strategy asks for in floats, as whole ticks and lots: the rules of `domain.grid`, for the kernel's terms.

Numbers returned are order numbers; negative ones say why what was asked for can't be used.
"""

from __future__ import annotations

from math import ceil, floor, isnan

from tradedeck.sim.kernel.layout import (
    DAY,
    FILLED,
    FOK,
    IOC,
    KIND,
    LOT_DEN,
    LOT_NUM,
    LOTS,
    MARKET,
    NOW,
    ORDERS,
    POSITION,
    POST_ONLY,
    REDUCE_ONLY,
    SIGN,
    TICK_DEN,
    TICK_NUM,
    WIDTH,
    WORKING,
    Cells,
)  # fmt: skip
from tradedeck.sim.kernel.orders import place, place_pair, place_trail, succeed

BAD_NUMBER = -1
BAD_DISTANCE = -2
BAD_PAIR = -3
_SNAP = 1e-6
_MOST = 9007199254740992.0
_DAY_NS = 86400000000000


def usable(number: float, num: int, den: int) -> bool:
    """Whether a float can be counted in steps."""
    return bool(abs(number * den / num) <= _MOST)


def lots_of(terms: Cells, size: float) -> int:
    """Whole lots in `size`, rounded towards zero."""
    steps = size * terms[LOT_DEN] / terms[LOT_NUM]
    return floor(steps + _SNAP) if steps >= 0 else -floor(_SNAP - steps)


def missing_lots(terms: Cells, size: float, held: int) -> int:
    """Whole lots between what is held and `size`: less than a lot is nothing."""
    steps = size * terms[LOT_DEN] / terms[LOT_NUM] - held
    return floor(steps + _SNAP) if steps >= 0 else -floor(_SNAP - steps)


def limit_ticks(terms: Cells, sign: int, price: float) -> int:
    """A limit price, never worse than asked; 0 for NaN, -1 where no tick is left."""
    if isnan(price):
        return 0
    steps = price * terms[TICK_DEN] / terms[TICK_NUM]
    ticks = floor(steps + _SNAP) if sign > 0 else ceil(steps - _SNAP)
    return ticks if ticks > 0 else -1


def stop_ticks(terms: Cells, sign: int, price: float) -> int:
    """A trigger, never nearer to the market than asked; 0 for NaN, -1 where no tick is left."""
    return limit_ticks(terms, -sign, price)


def distance_ticks(terms: Cells, distance: float) -> int:
    """A trailing distance, not less than asked; 0 when it is not above zero."""
    if not distance > 0.0:
        return 0
    return max(ceil(distance * terms[TICK_DEN] / terms[TICK_NUM] - _SNAP), 1)


def ask(
    state: Cells, terms: Cells, orders: Cells, working: Cells,
    sign: int, size: float, price: float, stop: float, take: float, loss: float, trail: float,
    flags: int, good_for_ns: int, show: float,
) -> int:  # fmt: skip
    """Ask for an order as `ports.desk.Ask` describes it; `flags` may hold DAY too."""
    if not usable(size, terms[LOT_NUM], terms[LOT_DEN]):
        return BAD_NUMBER
    for number in (price, stop, take, loss, show):
        if not isnan(number) and not usable(number, terms[TICK_NUM], terms[TICK_DEN]):
            return BAD_NUMBER
    distance = 0
    if not isnan(trail):
        distance = distance_ticks(terms, trail) if usable(trail, terms[TICK_NUM], terms[TICK_DEN]) else 0
        if distance == 0:
            return BAD_DISTANCE
    take_ticks, loss_ticks = limit_ticks(terms, -sign, take), stop_ticks(terms, -sign, loss)
    if take_ticks != 0 and loss_ticks != 0 and (take_ticks - loss_ticks) * sign <= 0:
        return BAD_PAIR
    expiry = state[NOW] + good_for_ns if good_for_ns > 0 else 0
    if flags & DAY:
        midnight = (state[NOW] // _DAY_NS + 1) * _DAY_NS
        expiry = min(expiry, midnight) if expiry > 0 else midnight
    return place(
        state, terms, orders, working, sign, lots_of(terms, size),
        limit_ticks(terms, sign, price),
        stop_ticks(terms, sign, stop),
        flags & (IOC | FOK | POST_ONLY | REDUCE_ONLY),
        take_ticks,
        loss_ticks,
        distance,
        expiry,
        0 if isnan(show) else max(lots_of(terms, show), 1),
    )  # fmt: skip


def ask_target(state: Cells, terms: Cells, orders: Cells, working: Cells, size: float) -> int:
    """Trade at the market to hold `size`; market orders on their way count. 0 when less than a lot is missing."""
    if not usable(size, terms[LOT_NUM], terms[LOT_DEN]):
        return BAD_NUMBER
    coming = state[POSITION]
    for index in range(state[WORKING]):
        base = working[index] * WIDTH
        if orders[base + KIND] == MARKET:
            coming += orders[base + SIGN] * (orders[base + LOTS] - orders[base + FILLED])
    missing = missing_lots(terms, size, coming)
    if missing == 0:
        return 0
    sign = 1 if missing > 0 else -1
    return place(state, terms, orders, working, sign, abs(missing), 0, 0, 0, 0, 0, 0, 0, 0)


def ask_pair(
    state: Cells, terms: Cells, orders: Cells, working: Cells, size: float, take: float, loss: float
) -> int:  # fmt: skip
    """A limit and a stop that close `size`; the limit's number."""
    if not usable(size, terms[LOT_NUM], terms[LOT_DEN]):
        return BAD_NUMBER
    for number in (take, loss):
        if not usable(number, terms[TICK_NUM], terms[TICK_DEN]):
            return BAD_NUMBER
    lots = lots_of(terms, size)
    sign = -1 if lots > 0 else 1
    if (limit_ticks(terms, sign, take) - stop_ticks(terms, sign, loss)) * sign >= 0:
        return BAD_PAIR
    return place_pair(
        state, terms, orders, working, sign, abs(lots), limit_ticks(terms, sign, take), stop_ticks(terms, sign, loss)
    )  # fmt: skip


def ask_trail(state: Cells, terms: Cells, orders: Cells, working: Cells, size: float, distance: float) -> int:
    """A stop that closes `size` and follows; its number."""
    if not usable(size, terms[LOT_NUM], terms[LOT_DEN]):
        return BAD_NUMBER
    ticks = distance_ticks(terms, distance) if usable(distance, terms[TICK_NUM], terms[TICK_DEN]) else 0
    if ticks == 0:
        return BAD_DISTANCE
    lots = lots_of(terms, size)
    return place_trail(state, terms, orders, working, -1 if lots > 0 else 1, abs(lots), ticks)


def ask_replace(
    state: Cells, terms: Cells, orders: Cells, working: Cells, number: int, size: float, price: float, stop: float
) -> int:  # fmt: skip
    """Replace an order; NaN keeps what it was. 0 when it does not work any more."""
    if not 1 <= number <= state[ORDERS]:
        return 0
    if not isnan(size) and not usable(size, terms[LOT_NUM], terms[LOT_DEN]):
        return BAD_NUMBER
    for amount in (price, stop):
        if not isnan(amount) and not usable(amount, terms[TICK_NUM], terms[TICK_DEN]):
            return BAD_NUMBER
    sign = orders[(number - 1) * WIDTH + SIGN]
    lots = 0
    if not isnan(size):
        lots = lots_of(terms, size)
        if lots == 0:
            lots = -1
    return succeed(
        state, terms, orders, working, number, lots, limit_ticks(terms, sign, price), stop_ticks(terms, sign, stop)
    )  # fmt: skip
