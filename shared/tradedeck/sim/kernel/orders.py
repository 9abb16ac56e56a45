"""Orders from their asking to their end, and what a fill brings with it."""

from __future__ import annotations

from tradedeck.sim.kernel.funds import notional_of, refusal_of_funds, set_aside
from tradedeck.sim.kernel.layout import (
    ACCOUNT,
    ARRIVES,
    ASKED_NS,
    BAR,
    BEST,
    BY_PARTNER,
    CANCELED,
    CASH,
    CLOSED,
    DELAYS,
    ENDED,
    EXPIRY,
    F_BAR,
    F_LOTS,
    F_MAKER,
    F_ORDER,
    F_PRICE,
    F_SIGN,
    F_TIER,
    FILL_WIDTH,
    FILLED,
    FILLED_STATE,
    FILLS,
    FLAGS,
    FULLEST,
    GROUP,
    GROUPS,
    HIDDEN,
    INVERSE,
    ISOLATED,
    KIND,
    LAST,
    LATENCY_NS,
    LIMIT,
    LOSS,
    LOTS,
    MAKER_TURNOVER,
    MARKET,
    MAX_LOTS,
    MAX_ORDERS,
    MAX_WORKING,
    MIN_LOTS,
    MIN_NOTIONAL,
    MIN_VOLUME,
    NO_REASON,
    NOT_REDUCING,
    NOTIONAL_SMALL,
    NOW,
    OPEN_STATE,
    ORDERS,
    OVERFULL,
    PARENT,
    PENDING,
    PLACED,
    POSITION,
    PRICE,
    PRICE_BOUNDS,
    REASON,
    REDUCE_ONLY,
    REJECTED,
    SHOW,
    SIGN,
    SIZE_BOUNDS,
    SIZE_ZERO,
    STATE,
    STOP,
    STOP_LIMIT,
    STOP_MARKET,
    SUCCEEDED,
    TAKE,
    TAKER_TURNOVER,
    TIER,
    TIER_WIDTH,
    TIERS,
    TOO_MANY,
    TRAIL,
    TRIGGERED,
    WAITS,
    WIDTH,
    WORKING,
    Cells,
)  # fmt: skip
from tradedeck.sim.kernel.tiers import count_volume, enter_day


def place(
    state: Cells, terms: Cells, orders: Cells, working: Cells,
    sign: int, lots: int, price: int, stop: int, flags: int,
    take: int, loss: int, trail: int, expiry_ns: int, show: int,
) -> int:  # fmt: skip
    """Ask for an order; its number. Prices in ticks, 0 for none. A refused one is logged as REJECTED."""
    kind = MARKET
    if price != 0:
        kind = STOP_LIMIT if stop != 0 else LIMIT
    elif stop != 0:
        kind = STOP_MARKET
    hidden = 0
    if show > 0 and lots > show:
        hidden = lots - show
        lots = show
    row = write(state, terms, orders, kind, sign, lots, price, stop, flags)
    base = row * WIDTH
    orders[base + TAKE] = take
    orders[base + LOSS] = loss
    orders[base + TRAIL] = trail
    orders[base + EXPIRY] = expiry_ns
    orders[base + HIDDEN] = hidden
    orders[base + SHOW] = show
    enter(state, terms, orders, working, row)
    return row + 1


def place_trail(
    state: Cells, terms: Cells, orders: Cells, working: Cells, sign: int, lots: int, distance: int
) -> int:  # fmt: skip
    """Ask for a stop that follows the best close at `distance` ticks; its number."""
    best = state[CLOSED]
    row = write(state, terms, orders, STOP_MARKET, sign, lots, 0, best + sign * distance, 0)
    orders[row * WIDTH + TRAIL] = -distance
    orders[row * WIDTH + BEST] = best
    enter(state, terms, orders, working, row)
    return row + 1


def place_pair(
    state: Cells, terms: Cells, orders: Cells, working: Cells, sign: int, lots: int, take: int, loss: int
) -> int:  # fmt: skip
    """Ask for a limit and a stop of which the first to fill cancels the other; the number of the limit."""
    state[GROUPS] += 1
    first = write(state, terms, orders, LIMIT, sign, lots, take, 0, 0)
    orders[first * WIDTH + GROUP] = state[GROUPS]
    enter(state, terms, orders, working, first)
    second = write(state, terms, orders, STOP_MARKET, sign, lots, 0, loss, 0)
    orders[second * WIDTH + GROUP] = state[GROUPS]
    enter(state, terms, orders, working, second)
    return first + 1


def write(
    state: Cells, terms: Cells, orders: Cells, kind: int, sign: int, lots: int, price: int, stop: int, flags: int
) -> int:  # fmt: skip
    """Log a new order; its row. The row may lie past the bound, where it is written over again."""
    row = state[ORDERS]
    if row >= terms[MAX_ORDERS]:
        state[OVERFULL] = 1
        row = terms[MAX_ORDERS] - 1
    else:
        state[ORDERS] = row + 1
    base = row * WIDTH
    for cell in range(WIDTH):
        orders[base + cell] = 0
    orders[base + KIND] = kind
    orders[base + SIGN] = sign
    orders[base + LOTS] = lots
    orders[base + PRICE] = price
    orders[base + STOP] = stop
    orders[base + PLACED] = state[BAR]
    orders[base + ENDED] = -1
    orders[base + FLAGS] = flags | WAITS
    orders[base + ASKED_NS] = state[NOW]
    orders[base + ARRIVES] = state[NOW] + terms[LATENCY_NS]
    if terms[DELAYS] > 0:
        orders[base + ARRIVES] += terms[MIN_VOLUME + TIER_WIDTH * terms[TIERS] + row % terms[DELAYS]]
    return row


def enter(state: Cells, terms: Cells, orders: Cells, working: Cells, row: int) -> None:
    """Let a logged order work, or end it with the reason why it may not."""
    reason = refusal_of(state, terms, orders, working, row)
    base = row * WIDTH
    if reason != NO_REASON:
        orders[base + STATE] = REJECTED
        orders[base + REASON] = reason
        orders[base + ENDED] = state[BAR]
        return
    working[state[WORKING]] = row
    state[WORKING] += 1
    state[PENDING] += 1


def refusal_of(state: Cells, terms: Cells, orders: Cells, working: Cells, row: int) -> int:
    """Why the venue does not take an order; NO_REASON when it does."""
    base = row * WIDTH
    lots = orders[base + LOTS]
    price = orders[base + PRICE]
    stop = orders[base + STOP]
    if lots <= 0:
        return SIZE_ZERO
    if lots < terms[MIN_LOTS] or lots > terms[MAX_LOTS]:
        return SIZE_BOUNDS
    kind = orders[base + KIND]
    if (price <= 0 and (kind in (LIMIT, STOP_LIMIT))) or (stop <= 0 and kind >= STOP_MARKET):
        return PRICE_BOUNDS
    reference = price if price > 0 else (stop if stop > 0 else state[LAST])
    if terms[ACCOUNT] != INVERSE and reference * lots < terms[MIN_NOTIONAL]:
        return NOTIONAL_SMALL
    if state[WORKING] >= MAX_WORKING:
        return TOO_MANY
    if orders[base + FLAGS] & REDUCE_ONLY and not reduces(state, orders, working, orders[base + SIGN], lots):
        return NOT_REDUCING
    return NO_REASON


def reduces(state: Cells, orders: Cells, working: Cells, sign: int, lots: int) -> bool:
    """Whether `lots` more of this side, with what is already on the way, only shrink the position."""
    promised = 0
    for index in range(state[WORKING]):
        base = working[index] * WIDTH
        if orders[base + SIGN] == sign:
            promised += orders[base + LOTS] - orders[base + FILLED]
    return bool(lots + promised <= -sign * state[POSITION])


def end(state: Cells, orders: Cells, working: Cells, row: int, how: int, reason: int) -> None:
    """Take a working order out."""
    base = row * WIDTH
    orders[base + STATE] = how
    orders[base + REASON] = reason
    orders[base + ENDED] = state[BAR]
    if orders[base + FLAGS] & WAITS:
        orders[base + FLAGS] -= WAITS
        state[PENDING] -= 1
    kept = 0
    for index in range(state[WORKING]):
        if working[index] != row:
            working[kept] = working[index]
            kept += 1
    state[WORKING] = kept


def cancel(state: Cells, orders: Cells, working: Cells, number: int, reason: int) -> None:
    """Cancel an order by its number; nothing when it does not work."""
    if is_working(state, orders, number):
        end(state, orders, working, number - 1, CANCELED, reason)


def is_working(state: Cells, orders: Cells, number: int) -> bool:
    """Whether there is an order of this number that may still trade."""
    return bool(1 <= number <= state[ORDERS] and orders[(number - 1) * WIDTH + STATE] == OPEN_STATE)


def succeed(
    state: Cells, terms: Cells, orders: Cells, working: Cells, number: int, lots: int, price: int, stop: int
) -> int:  # fmt: skip
    """Replace an order; its successor's number, 0 when it does not work. 0 keeps what it was."""
    if not is_working(state, orders, number):
        return 0
    old = (number - 1) * WIDTH
    end(state, orders, working, number - 1, CANCELED, SUCCEEDED)
    rest = orders[old + LOTS] - orders[old + FILLED]
    kind = orders[old + KIND]
    flags = orders[old + FLAGS] & ~(WAITS | TRIGGERED)
    row = write(
        state, terms, orders, kind, orders[old + SIGN],
        lots if lots != 0 else rest,
        price if price != 0 else orders[old + PRICE],
        stop if stop != 0 else orders[old + STOP],
        flags,
    )  # fmt: skip
    for cell in (GROUP, PARENT, TAKE, LOSS, TRAIL, BEST, EXPIRY, HIDDEN, SHOW):
        orders[row * WIDTH + cell] = orders[old + cell]
    enter(state, terms, orders, working, row)
    return row + 1


def fill(
    state: Cells, terms: Cells, orders: Cells, working: Cells, fills: Cells, row: int, price: int, lots: int, maker: int
) -> bool:  # fmt: skip
    """Trade part of an order and do what follows from it; False when the account could not pay and it ended."""
    base = row * WIDTH
    sign = orders[base + SIGN]
    reason = NO_REASON
    if terms[TIERS] > 1:
        enter_day(state, terms)
    if orders[base + FLAGS] & REDUCE_ONLY:
        lots = min(lots, -sign * state[POSITION])
        if lots <= 0:
            reason = NOT_REDUCING
    if reason == NO_REASON:
        reason = refusal_of_funds(state, terms, sign, lots, price)
    if reason != NO_REASON:
        end(state, orders, working, row, REJECTED, reason)
        return False
    book(state, terms, fills, row, sign, price, lots, maker)
    orders[base + FILLED] += lots
    if orders[base + GROUP] != 0:
        cancel_partners(state, orders, working, row)
    whole = orders[base + FILLED] >= orders[base + LOTS]
    if whole:
        end(state, orders, working, row, FILLED_STATE, NO_REASON)
    open_exits(state, terms, orders, working, row, lots)
    if whole and orders[base + HIDDEN] > 0:
        next_slice(state, terms, orders, working, row)
    return True


def book(
    state: Cells, terms: Cells, fills: Cells, row: int, sign: int, price: int, lots: int, maker: int
) -> None:  # fmt: skip
    """Write a fill down and move cash, position and turnover."""
    notional = notional_of(terms, lots, price)
    if terms[ISOLATED] == 1:
        set_aside(state, terms, sign, lots, price)
    # Inverse: buying contracts at p brings 1 / p base coins of worth, which falls as the price rises.
    state[CASH] += sign * notional if terms[ACCOUNT] == INVERSE else -sign * notional
    state[POSITION] += sign * lots
    state[MAKER_TURNOVER if maker == 1 else TAKER_TURNOVER] += notional
    if terms[TIERS] > 1:
        count_volume(state, terms, lots, notional)
    if state[MAKER_TURNOVER] + state[TAKER_TURNOVER] > FULLEST and state[OVERFULL] == 0:
        state[OVERFULL] = 2
    base = state[FILLS] * FILL_WIDTH
    fills[base + F_ORDER] = row + 1
    fills[base + F_BAR] = state[BAR]
    fills[base + F_SIGN] = sign
    fills[base + F_PRICE] = price
    fills[base + F_LOTS] = lots
    fills[base + F_MAKER] = maker
    fills[base + F_TIER] = state[TIER]
    state[FILLS] += 1


def cancel_partners(state: Cells, orders: Cells, working: Cells, row: int) -> None:
    """The first fill of a group cancels its other members."""
    group = orders[row * WIDTH + GROUP]
    index = 0
    while index < state[WORKING]:
        other = working[index]
        if other != row and orders[other * WIDTH + GROUP] == group:
            end(state, orders, working, other, CANCELED, BY_PARTNER)
        else:
            index += 1


def open_exits(state: Cells, terms: Cells, orders: Cells, working: Cells, row: int, lots: int) -> None:
    """A bracket's fill gets its own exits: the take first, then the stop."""
    base = row * WIDTH
    take = orders[base + TAKE]
    loss = orders[base + LOSS]
    trail = orders[base + TRAIL]
    if take == 0 and loss == 0 and trail <= 0:
        return
    sign = -orders[base + SIGN]
    group = 0
    if take != 0 and (loss != 0 or trail > 0):
        state[GROUPS] += 1
        group = state[GROUPS]
    if take != 0:
        exit_ = write(state, terms, orders, LIMIT, sign, lots, take, 0, 0)
        orders[exit_ * WIDTH + GROUP] = group
        orders[exit_ * WIDTH + PARENT] = row + 1
        enter(state, terms, orders, working, exit_)
    if loss != 0 or trail > 0:
        stop = loss if loss != 0 else state[CLOSED] + sign * trail
        exit_ = write(state, terms, orders, STOP_MARKET, sign, lots, 0, stop, 0)
        orders[exit_ * WIDTH + GROUP] = group
        orders[exit_ * WIDTH + PARENT] = row + 1
        if trail > 0:
            orders[exit_ * WIDTH + TRAIL] = -trail
            orders[exit_ * WIDTH + BEST] = state[CLOSED]
        enter(state, terms, orders, working, exit_)


def next_slice(state: Cells, terms: Cells, orders: Cells, working: Cells, row: int) -> None:
    """An iceberg's slice has filled whole: show the next."""
    old = row * WIDTH
    hidden = orders[old + HIDDEN]
    lots = min(orders[old + SHOW], hidden)
    flags = orders[old + FLAGS] & ~(WAITS | TRIGGERED)
    slice_ = write(
        state, terms, orders, orders[old + KIND], orders[old + SIGN], lots, orders[old + PRICE], orders[old + STOP],
        flags,
    )  # fmt: skip
    base = slice_ * WIDTH
    for cell in (GROUP, TAKE, LOSS, TRAIL, EXPIRY, SHOW):
        orders[base + cell] = orders[old + cell]
    orders[base + HIDDEN] = hidden - lots
    orders[base + PARENT] = orders[old + PARENT] if orders[old + PARENT] != 0 else row + 1
    enter(state, terms, orders, working, slice_)
