"""What sets a stop off."""

from __future__ import annotations

from tradedeck.sim.depth.layout import (
    LAST_PRICE,
    LAST_TRADE,
    NO_ASK,
    NO_BID,
    OWN_SIDE,
    SIGN,
    STOP,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    TRIGGER,
    VENUE,
    Replay,
)  # fmt: skip

_TOP = TOPS + TOP * VENUE


def reached(replay: Replay, slot: int) -> bool:
    """Whether the price that sets a stop off is there already."""
    state = replay.state
    sign = replay.orders[slot + SIGN]
    price = state[LAST_PRICE]
    if state[TRIGGER] == LAST_TRADE:
        if price == 0:
            return False
    elif (state[TRIGGER] == OWN_SIDE) == (sign > 0):
        price = state[_TOP + TOP_BID]
    else:
        price = state[_TOP + TOP_ASK]
    return price not in (NO_ASK, NO_BID) and (price - replay.orders[slot + STOP]) * sign >= 0
