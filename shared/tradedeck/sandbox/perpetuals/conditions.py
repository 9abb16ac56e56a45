"""When a conditional order's price has come."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.order import Side
from tradedeck.sandbox.perpetuals.news import Conditional
from tradedeck.sandbox.perpetuals.prices import Prices
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger


def watched(one: Conditional, prices: Prices) -> Decimal:
    """The price it looks at."""
    return prices.mark if one.trigger is Trigger.MARK else prices.last


def followed(one: Conditional, prices: Prices) -> Conditional:
    """A trailing order that has seen the price: it remembers the best since its activation."""
    if one.kind is not ConditionKind.TRAILING:
        return one
    price, sign = watched(one, prices), one.side.sign
    if one.best is None:
        # A sell waits for the price to rise to its activation, a buy for it to fall.
        started = one.activation is None or (price - one.activation) * sign <= 0
        return replace(one, best=price) if started else one
    better = (price - one.best) * sign < 0
    return replace(one, best=price) if better else one


def reached(one: Conditional, prices: Prices) -> bool:
    """Whether it triggers at these prices."""
    price, level = watched(one, prices), level_of(one)
    if level is None:
        return False
    # A take profit waits for a better price than now, the others for a worse one.
    upward = (one.side is Side.BUY) != (one.kind is ConditionKind.TAKE_PROFIT)
    return price >= level if upward else price <= level


def level_of(one: Conditional) -> Decimal | None:
    """The price that triggers it; None for a trailing order that is not active yet."""
    if one.kind is not ConditionKind.TRAILING:
        return one.trigger_price
    if one.best is None:
        return None
    return one.best + one.side.sign * (one.trail or one.best * one.callback)
