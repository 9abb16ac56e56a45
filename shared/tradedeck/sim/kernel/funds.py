"""What an account may do: cash of a spot account, margin of a perpetual, what each is worth at a price.

Comparisons are made in floats by one formula, so that every way of running decides alike; what is kept is whole.
"""

from __future__ import annotations

from math import floor

from tradedeck.sim.kernel.layout import (
    ACCOUNT,
    CASH,
    FEE_DEN,
    FUNDING,
    HELD_ELSEWHERE,
    INVERSE,
    INVERSE_NUM,
    LEVERAGE,
    MAINTENANCE_DEN,
    MAINTENANCE_NUM,
    MAKER_NUM,
    MAKER_TURNOVER,
    MAY_SHORT,
    NO_CASH,
    NO_MARGIN,
    NO_POSITION,
    NO_REASON,
    POSITION,
    SPOT,
    START_CASH,
    TAKER_NUM,
    TAKER_TURNOVER,
    Cells,
)  # fmt: skip


def notional_of(terms: Cells, lots: int, price: int) -> int:
    """What so many lots are worth at `price`, in cash units; inverse contracts round to the nearest unit."""
    if terms[ACCOUNT] == INVERSE:
        return floor(lots * terms[INVERSE_NUM] / price + 0.5)
    return lots * price


def fees_of(state: Cells, terms: Cells) -> float:
    """Fees paid so far, in cash units."""
    paid = float(state[MAKER_TURNOVER]) * terms[MAKER_NUM] + float(state[TAKER_TURNOVER]) * terms[TAKER_NUM]
    return paid / terms[FEE_DEN]


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
            cost = lots * price * (1.0 + terms[TAKER_NUM] / terms[FEE_DEN])
            return NO_REASON if cost <= cash_of(state, terms) else NO_CASH
        if held >= lots:
            return NO_REASON
        if terms[MAY_SHORT] == 0:
            return NO_POSITION
        # What is lent is worth no more than the account itself.
        return NO_REASON if (lots - held) * price <= equity_of(state, terms, price) else NO_MARGIN
    after = held + sign * lots
    if abs(after) <= abs(held):
        return NO_REASON
    needed = (notional_of(terms, abs(after), price) + terms[HELD_ELSEWHERE]) / terms[LEVERAGE]
    return NO_REASON if needed <= equity_of(state, terms, price) else NO_MARGIN


def at_risk(state: Cells, terms: Cells) -> bool:
    """Whether the position could be liquidated: on margin, or borrowed."""
    return bool(state[POSITION] < 0 or (state[POSITION] > 0 and terms[ACCOUNT] != SPOT))


def liquidation_price(state: Cells, terms: Cells) -> int:
    """The tick at which equity falls to the maintenance margin; 0 when there is none (spot in the long, flat, never).

    What a spot account has borrowed is called back when nothing else is left: a margin of none.

    Solves cash + lots * p = m * |lots| * p, and for inverse contracts the same with 1 / p; the maintenance of
    positions in other markets is taken off the cash.
    """
    lots = state[POSITION]
    if not at_risk(state, terms):
        return 0
    margin = 0.0 if terms[ACCOUNT] == SPOT else terms[MAINTENANCE_NUM] / terms[MAINTENANCE_DEN]
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
