"""A bar's path, walked: open, one extreme, the other, close; every working order met where it lies.

Between two points the price moves through every tick, so a stop fills at its own price; from the
close to the next open it jumps, so a stop that the jump passed fills at the open. A new order meets the
market at the first price after it has arrived. `advance` returns after every fill, so that whoever
drives may let the strategy answer before the price moves on.
"""

from __future__ import annotations

from math import floor

from tradedeck.sim.kernel.funds import at_risk, closing_price, is_lost, liquidation_price, notional_of, top_up
from tradedeck.sim.kernel.layout import (
    AGAINST,
    ARRIVES,
    AT_TOUCH,
    BAR,
    BEST,
    BOUNDED,
    CANCELED,
    CLOSE,
    CLOSE_NS,
    CLOSED,
    DONE,
    EXPIRED,
    EXPIRY,
    FILLED,
    FIRST,
    FLAGS,
    FOK,
    FUNDING,
    HIGH_FIRST,
    IOC,
    ISOLATED,
    KIND,
    LAST,
    LEFT,
    LEG,
    LEG_END,
    LEG_FROM,
    LEG_START,
    LEG_TO,
    LIMIT,
    LIQUIDATED,
    LIQUIDATION,
    LOTS,
    LOW_FIRST,
    MARKET,
    NO_BOUND,
    NO_MATCH,
    NOW,
    OPEN,
    OPEN_NS,
    OVERFULL,
    PATH,
    PENDING,
    PESSIMISTIC,
    POSITION,
    POST_ONLY,
    PRICE,
    QUARTER,
    REASON,
    REST,
    SECOND,
    SIGN,
    SLIPPAGE,
    STOP,
    STOP_LIMIT,
    STOP_MARKET,
    TIERS,
    TIME_OVER,
    TRAIL,
    TRIGGERED,
    WAITS,
    WIDTH,
    WORKING,
    WOULD_TAKE,
    Cells,
)  # fmt: skip
from tradedeck.sim.kernel.orders import end, fill, succeed, write
from tradedeck.sim.kernel.tiers import enter_day

_NOBODY = -1
_LIQUIDATION_ROW = -2


def begin_bar(
    state: Cells, terms: Cells, bar: int, open_ns: int, close_ns: int, open_: int, high: int, low: int, close: int,
    lots: int, funding: float, borrow: float,
) -> None:  # fmt: skip
    """Start a bar at its open: prices in ticks, its volume in lots, funding and borrowing as rates for this bar."""
    state[BAR] = bar
    state[OPEN_NS] = open_ns
    state[CLOSE_NS] = close_ns
    state[OPEN] = open_
    # The extremes are put in order when the open has been dealt with.
    state[FIRST] = high
    state[SECOND] = low
    state[CLOSE] = close
    state[QUARTER] = lots // 4 if terms[BOUNDED] == 1 else NO_BOUND
    state[REST] = lots - 3 * (lots // 4) if terms[BOUNDED] == 1 else NO_BOUND
    state[LEG] = 0
    state[LEG_FROM] = state[LEG_TO] = state[LAST] = open_
    state[LEG_START] = state[LEG_END] = state[NOW] = open_ns
    state[LEFT] = state[QUARTER]
    held = state[POSITION]
    if held != 0 and (funding != 0.0 or (borrow != 0.0 and held < 0)):
        worth = notional_of(terms, held, open_)
        state[FUNDING] += floor(worth * funding + (-worth * borrow if held < 0 else 0.0) + 0.5)
        if terms[ISOLATED] == 1:
            top_up(state, terms)


def advance(state: Cells, terms: Cells, orders: Cells, working: Cells, fills: Cells) -> int:
    """Walk on until an order fills; its number, or 0 once the bar is over."""
    while state[LEG] < DONE and state[OVERFULL] != 1:
        if state[WORKING] == 0 and not at_risk(state, terms):
            break
        row = _NOBODY
        if state[LEG] == 0:
            # No order is worth more than the margin: where the open has jumped past it, the venue comes first.
            row = _LIQUIDATION_ROW if is_lost(state, terms) else hit_by_jump(state, terms, orders, working)
        if row == _NOBODY and state[PENDING] > 0:
            row = arrived(state, orders, working)
        if row == _NOBODY and state[LEG] > 0:
            row = reached(state, terms, orders, working)
        if row == _LIQUIDATION_ROW:
            return liquidate(state, terms, orders, working, fills)
        if row == _NOBODY:
            next_leg(state, terms, orders, working)
        elif meet(state, terms, orders, working, fills, row):
            return row + 1
    state[LEG] = DONE
    state[LAST] = state[CLOSE]
    state[NOW] = state[CLOSE_NS]
    return 0


def close_bar(state: Cells, terms: Cells, orders: Cells, working: Cells) -> None:
    """The bar is over: end orders whose time has come, move trailing stops."""
    close = state[CLOSE]
    state[CLOSED] = state[LAST] = close
    state[NOW] = state[CLOSE_NS]
    index = 0
    while index < state[WORKING]:
        row = working[index]
        expiry = orders[row * WIDTH + EXPIRY]
        if expiry != 0 and state[CLOSE_NS] >= expiry:
            end(state, orders, working, row, CANCELED, TIME_OVER)
        else:
            index += 1
    index = 0
    todo = state[WORKING]
    for _ in range(todo):
        base = working[index] * WIDTH
        sign = orders[base + SIGN]
        if orders[base + TRAIL] >= 0 or (close - orders[base + BEST]) * sign >= 0:
            index += 1
            continue
        orders[base + BEST] = close
        stop = close - sign * orders[base + TRAIL]
        if (stop - orders[base + STOP]) * sign < 0:
            # The successor goes to the end of the list, the next order comes up here.
            succeed(state, terms, orders, working, working[index] + 1, 0, 0, stop)
        else:
            index += 1


def next_leg(state: Cells, terms: Cells, orders: Cells, working: Cells) -> None:
    """Go on to the next step of the path."""
    if state[LEG] == 0 and not first_is_high(state, terms, orders, working):
        state[FIRST], state[SECOND] = state[SECOND], state[FIRST]
    state[LAST] = state[LEG_TO]
    state[NOW] = state[LEG_END]
    state[LEG] += 1
    leg = state[LEG]
    if leg == DONE:
        return
    span = state[CLOSE_NS] - state[OPEN_NS]
    state[LEG_FROM] = state[LAST]
    state[LEG_START] = state[NOW]
    state[LEG_TO] = state[FIRST] if leg == 1 else (state[SECOND] if leg == 2 else state[CLOSE])
    state[LEG_END] = state[OPEN_NS] + (span // 4 if leg == 1 else (span // 2 if leg == 2 else span))
    state[LEFT] = state[REST] if leg == 3 else state[QUARTER]


def first_is_high(state: Cells, terms: Cells, orders: Cells, working: Cells) -> bool:
    """Whether the path goes to the high before the low."""
    path = terms[PATH]
    against = bool(state[CLOSE] < state[OPEN])
    if path == HIGH_FIRST:
        return True
    if path == LOW_FIRST:
        return False
    if path == AGAINST:
        return against
    hurts_high = against
    if state[POSITION] != 0:
        hurts_high = bool(state[POSITION] < 0)
    else:
        buys = 0
        for index in range(state[WORKING]):
            if orders[working[index] * WIDTH + SIGN] > 0:
                buys += 1
        if buys == state[WORKING] and buys > 0:
            hurts_high = True
        elif buys == 0 and state[WORKING] > 0:
            hurts_high = False
    return hurts_high if path == PESSIMISTIC else not hurts_high


def rests(orders: Cells, base: int) -> bool:
    """Whether a limit order is in the book, not waiting for its trigger."""
    kind = orders[base + KIND]
    return bool(kind == LIMIT or (kind == STOP_LIMIT and orders[base + FLAGS] & TRIGGERED))


def passed(terms: Cells, sign: int, limit: int, price: int) -> bool:
    """Whether `price` fills a resting limit."""
    beyond = (limit - price) * sign
    return bool(beyond > 0 or (beyond == 0 and terms[AT_TOUCH] == 1))


def hit_by_jump(state: Cells, terms: Cells, orders: Cells, working: Cells) -> int:
    """The next order that the jump to the open filled or triggered: limits by price and age, then stops by age."""
    price = state[LAST]
    best = _NOBODY
    best_edge = 0
    stop = _NOBODY
    for index in range(state[WORKING]):
        row = working[index]
        base = row * WIDTH
        sign = orders[base + SIGN]
        if orders[base + FLAGS] & WAITS:
            continue
        if rests(orders, base):
            edge = (orders[base + PRICE] - price) * sign
            if state[LEFT] > 0 and passed(terms, sign, orders[base + PRICE], price) and (
                best == _NOBODY or edge > best_edge
            ):  # fmt: skip
                best = row
                best_edge = edge
        elif stop == _NOBODY and (price - orders[base + STOP]) * sign >= 0:
            stop = row
    return best if best != _NOBODY else stop


def arrived(state: Cells, orders: Cells, working: Cells) -> int:
    """The oldest order that has reached the venue by now and not met the market."""
    for index in range(state[WORKING]):
        row = working[index]
        if orders[row * WIDTH + FLAGS] & WAITS and orders[row * WIDTH + ARRIVES] <= state[NOW]:
            return int(row)
    return _NOBODY


def reached(state: Cells, terms: Cells, orders: Cells, working: Cells) -> int:
    """Move to the nearest order on the way to the leg's end; its row, _NOBODY when there is none."""
    here = state[LAST]
    there = state[LEG_TO]
    found = _NOBODY
    nearest = 0
    for index in range(state[WORKING]):
        row = working[index]
        at = meeting_price(state, terms, orders, row * WIDTH, here, there)
        if at >= 0 and (found == _NOBODY or abs(at - here) < nearest):
            found = row
            nearest = abs(at - here)
    if at_risk(state, terms):
        limit = liquidation_price(state, terms)
        doomed = limit > 0 and (min(here, there) <= limit if state[POSITION] > 0 else max(here, there) >= limit)
        if doomed and (found == _NOBODY or abs(limit - here) <= nearest):
            move_to(state, limit if (limit - here) * (there - here) > 0 else here)
            return _LIQUIDATION_ROW
    if found != _NOBODY:
        move_to(state, here + nearest if there > here else here - nearest)
    return found


def meeting_price(state: Cells, terms: Cells, orders: Cells, base: int, here: int, there: int) -> int:
    """Where on the way an order meets the price; -1 when nowhere."""
    flags = orders[base + FLAGS]
    sign = orders[base + SIGN]
    if flags & WAITS:
        return arrival_price(state, orders[base + ARRIVES], here, there)
    if rests(orders, base):
        limit = orders[base + PRICE]
        if state[LEFT] <= 0:
            return -1
        if passed(terms, sign, limit, here):
            return here
        return int(limit) if passed(terms, sign, limit, there) else -1
    stop = orders[base + STOP]
    if (here - stop) * sign >= 0:
        return here
    return int(stop) if (there - stop) * sign >= 0 else -1


def arrival_price(state: Cells, arrives_ns: int, here: int, there: int) -> int:
    """The price at the moment an order on its way arrives; -1 when that is after this step."""
    if arrives_ns > state[LEG_END] or (arrives_ns == state[LEG_END] and state[LEG] == 3):
        return -1
    span = state[LEG_END] - state[LEG_START]
    part = (arrives_ns - state[LEG_START]) / span if span > 0 else 0.0
    at = state[LEG_FROM] + floor((state[LEG_TO] - state[LEG_FROM]) * part + 0.5)
    return here if (at - here) * (there - here) < 0 else int(at)


def move_to(state: Cells, price: int) -> None:
    """The price has come this far, and so has the time."""
    state[LAST] = price
    length = abs(state[LEG_TO] - state[LEG_FROM])
    if length > 0:
        part = abs(price - state[LEG_FROM]) / length
        then = state[LEG_START] + floor((state[LEG_END] - state[LEG_START]) * part)
        state[NOW] = max(state[NOW], then)


def meet(state: Cells, terms: Cells, orders: Cells, working: Cells, fills: Cells, row: int) -> bool:
    """An order meets the price where it stands; whether it filled."""
    base = row * WIDTH
    flags = orders[base + FLAGS]
    sign = orders[base + SIGN]
    if not flags & WAITS and rests(orders, base):
        lots = min(orders[base + LOTS] - orders[base + FILLED], state[LEFT])
        if state[LEFT] != NO_BOUND:
            state[LEFT] -= lots
        return fill(state, terms, orders, working, fills, row, orders[base + PRICE], lots, 1)
    if flags & WAITS:
        orders[base + FLAGS] -= WAITS
        state[PENDING] -= 1
        state[NOW] = max(state[NOW], orders[base + ARRIVES]) if state[LEG] > 0 else state[NOW]
        if orders[base + KIND] >= STOP_MARKET and (state[LAST] - orders[base + STOP]) * sign < 0:
            return False
    if orders[base + KIND] == STOP_LIMIT:
        orders[base + FLAGS] |= TRIGGERED
    return take(state, terms, orders, working, fills, row)


def take(state: Cells, terms: Cells, orders: Cells, working: Cells, fills: Cells, row: int) -> bool:
    """Trade at the touch if the order may; else let it rest or end it."""
    base = row * WIDTH
    sign = orders[base + SIGN]
    touch = max(state[LAST] + sign * terms[SLIPPAGE], 1)
    kind = orders[base + KIND]
    crosses = kind in (MARKET, STOP_MARKET) or (orders[base + PRICE] - touch) * sign >= 0
    if crosses and orders[base + FLAGS] & POST_ONLY:
        end(state, orders, working, row, EXPIRED, WOULD_TAKE)
        return False
    if crosses:
        return fill(state, terms, orders, working, fills, row, touch, orders[base + LOTS] - orders[base + FILLED], 0)
    if orders[base + FLAGS] & (IOC | FOK):
        end(state, orders, working, row, EXPIRED, NO_MATCH)
    return False


def liquidate(state: Cells, terms: Cells, orders: Cells, working: Cells, fills: Cells) -> int:
    """The margin is gone: everything is canceled and the position closed here; the closing order's number."""
    while state[WORKING] > 0:
        end(state, orders, working, working[0], CANCELED, LIQUIDATION)
    held = state[POSITION]
    row = write(state, terms, orders, MARKET, -1 if held > 0 else 1, abs(held), 0, 0, 0)
    orders[row * WIDTH + FLAGS] -= WAITS
    working[0] = row
    state[WORKING] = 1
    state[LIQUIDATED] += 1
    if terms[TIERS] > 1:
        enter_day(state, terms)
    fill(state, terms, orders, working, fills, row, closing_price(state, terms), abs(held), 0)
    orders[row * WIDTH + REASON] = LIQUIDATION
    return row + 1
