"""What an account may do: cash of a spot account, margin of a perpetual, what each is worth at a price.

Comparisons are made in floats by one formula, so that every way of running decides alike; what is kept is whole.
"""

from __future__ import annotations

from math import ceil, floor

from tradedeck.sim.kernel.layout import (
    ACCOUNT,
    BASIS,
    CASH,
    FEE_DEN,
    FUNDING,
    HELD_ELSEWHERE,
    INVERSE,
    INVERSE_NUM,
    ISOLATED,
    LAST,
    LEVERAGE,
    MAINTENANCE_DEN,
    MAINTENANCE_NUM,
    MAKER_NUM,
    MAKER_TURNOVER,
    MARGIN,
    MAY_SHORT,
    NO_CASH,
    NO_MARGIN,
    NO_POSITION,
    NO_REASON,
    POSITION,
    SETTLED,
    SPOT,
    START_CASH,
    TAKER_NUM,
    TAKER_TURNOVER,
    TIER,
    TIER_WIDTH,
    Cells,
)  # fmt: skip


def notional_of(terms: Cells, lots: int, price: int) -> int:
    """What so many lots are worth at `price`, in cash units; inverse contracts round to the nearest unit."""
    if terms[ACCOUNT] == INVERSE:
        return floor(lots * terms[INVERSE_NUM] / price + 0.5)
    return lots * price


def fees_of(state: Cells, terms: Cells) -> float:
    """Fees paid so far, in cash units."""
    row = TIER_WIDTH * state[TIER]
    paid = float(state[MAKER_TURNOVER]) * terms[MAKER_NUM + row] + float(state[TAKER_TURNOVER]) * terms[TAKER_NUM + row]
    return paid / terms[FEE_DEN] + state[SETTLED]


def taker_rate(state: Cells, terms: Cells) -> float:
    """What a taker pays now, as a fraction."""
    return terms[TAKER_NUM + TIER_WIDTH * state[TIER]] / terms[FEE_DEN]


def cash_of(state: Cells, terms: Cells) -> float:
    """Cash after fees and funding, in cash units."""
    return float(terms[START_CASH] + state[CASH] - state[FUNDING] - fees_of(state, terms))


def equity_of(state: Cells, terms: Cells, price: int) -> float:
    """Cash and position at `price`, in cash units."""
    lots = state[POSITION]
    if terms[ACCOUNT] == INVERSE:
        # A long contract is a debt of base coins that shrinks as the price rises.
        return cash_of(state, terms) - (notional_of(terms, lots, price) if lots != 0 else 0)
    return cash_of(state, terms) + lots * price


def refusal_of_funds(state: Cells, terms: Cells, sign: int, lots: int, price: int) -> int:
    """Why the account can't pay for this fill; NO_REASON when it can."""
    held = state[POSITION]
    if terms[ACCOUNT] == SPOT:
        if sign > 0:
            cost = lots * price * (1.0 + taker_rate(state, terms))
            return NO_REASON if cost <= cash_of(state, terms) else NO_CASH
        if held >= lots:
            return NO_REASON
        if terms[MAY_SHORT] == 0:
            return NO_POSITION
        # What is lent is worth no more than the account itself.
        return NO_REASON if (lots - held) * price <= equity_of(state, terms, price) else NO_MARGIN
    after = held + sign * lots
    if terms[ISOLATED] == 1:
        return refusal_of_isolated(state, terms, sign, lots, price)
    if abs(after) <= abs(held):
        return NO_REASON
    needed = (notional_of(terms, abs(after), price) + terms[HELD_ELSEWHERE]) / terms[LEVERAGE]
    return NO_REASON if needed <= equity_of(state, terms, price) else NO_MARGIN


def refusal_of_isolated(state: Cells, terms: Cells, sign: int, lots: int, price: int) -> int:
    """Why there is not enough free cash for the margin and the fee of what this fill opens."""
    held = state[POSITION] * sign
    opened = lots if held >= 0 else lots + held
    if opened <= 0:
        return NO_REASON
    # What turns the position around is paid from what its end leaves.
    free = free_of(state, terms) if held >= 0 else equity_of(state, terms, price)
    needed = notional_of(terms, opened, price) / terms[LEVERAGE]
    fee = notional_of(terms, lots, price) * taker_rate(state, terms)
    return NO_REASON if needed + fee <= free else NO_MARGIN


def set_aside(state: Cells, terms: Cells, sign: int, lots: int, price: int) -> None:
    """Before a fill moves the position: release its part of the margin, set aside that of what it opens."""
    size = abs(state[POSITION])
    closed = min(lots, size) if state[POSITION] * sign < 0 else 0
    if closed > 0:
        state[MARGIN] = floor(float(state[MARGIN]) * (size - closed) / size)
        state[BASIS] = floor(float(state[BASIS]) * (size - closed) / size + 0.5)
    if lots > closed:
        notional = notional_of(terms, lots - closed, price)
        state[MARGIN] += ceil(notional / terms[LEVERAGE])
        state[BASIS] += -sign * notional if terms[ACCOUNT] == INVERSE else sign * notional


def free_of(state: Cells, terms: Cells) -> float:
    """Isolated: cash that is not set aside, in cash units; what the open position gains is not in it."""
    return cash_of(state, terms) + state[BASIS] - state[MARGIN]


def top_up(state: Cells, terms: Cells) -> None:
    """Isolated: what funding took beyond the free cash comes out of the position's margin."""
    missing = floor(free_of(state, terms))
    if missing < 0:
        state[MARGIN] = max(state[MARGIN] + missing, 0)


def at_risk(state: Cells, terms: Cells) -> bool:
    """Whether the position could be liquidated: on margin, or borrowed."""
    return bool(state[POSITION] < 0 or (state[POSITION] > 0 and terms[ACCOUNT] != SPOT))


def liquidation_price(state: Cells, terms: Cells) -> int:
    """The tick at which equity falls to the maintenance margin; 0 when there is none (spot in the long, flat, never).

    What a spot account has borrowed is called back when nothing else is left: a margin of none.

    Solves cash + lots * p = m * |lots| * p, and for inverse contracts the same with 1 / p; the maintenance of
    positions in other markets is taken off the cash. Isolated, the cash is the margin set aside, less the basis.
    """
    lots = state[POSITION]
    if not at_risk(state, terms):
        return 0
    margin = 0.0 if terms[ACCOUNT] == SPOT else terms[MAINTENANCE_NUM] / terms[MAINTENANCE_DEN]
    cash = float(state[MARGIN] - state[BASIS])
    if terms[ISOLATED] == 0:
        cash = cash_of(state, terms) - terms[HELD_ELSEWHERE] * margin
    slope = abs(lots) * margin - lots
    if terms[ACCOUNT] == INVERSE:
        if cash == 0.0:
            return 0
        price = (abs(lots) * margin + lots) * terms[INVERSE_NUM] / cash
    else:
        if slope == 0.0:
            return 0
        price = cash / slope
    return floor(price) if price > 0.0 else 0


def is_lost(state: Cells, terms: Cells) -> bool:
    """Isolated: whether the newest price is past the liquidation price already."""
    if terms[ISOLATED] == 0 or state[POSITION] == 0:
        return False
    limit = liquidation_price(state, terms)
    return bool(limit > 0 and (state[LAST] - limit) * state[POSITION] <= 0)


def closing_price(state: Cells, terms: Cells) -> int:
    """The tick at which a position is closed by force: the newest.

    Isolated, never beyond the one where margin, result and taker fee come to nothing: there the venue takes it over.
    """
    price = max(state[LAST], 1)
    if terms[ISOLATED] == 0:
        return price
    fee = taker_rate(state, terms)
    lots = state[POSITION]
    sign = 1 if lots > 0 else -1
    left = float(state[MARGIN] - state[BASIS]) * sign
    if terms[ACCOUNT] == INVERSE:
        # margin - basis = lots * unit / p + fee * |lots| * unit / p
        bare = lots * sign * terms[INVERSE_NUM] * (1.0 + sign * fee) / left if left > 0.0 else 0.0
    else:
        # margin - basis + lots * p = fee * |lots| * p
        bare = -left / (lots * sign * (1.0 - sign * fee))
    if sign > 0:
        return max(price, ceil(bare))
    return min(price, max(floor(bare), 1)) if bare > 0.0 else price
