"""A strategy that does everything at random, the same in every way of running it."""

from __future__ import annotations

from tradedeck.sim.depth.layout import (
    HOME,
    LIMIT_ORDER,
    MARKET_ORDER,
    NO_ASK,
    NO_BID,
    ON_BOOK,
    ON_FILL,
    ON_ORDER,
    ON_TRADE,
    ORDERS,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    WAKES,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.replay import advance, cancel, place, place_stop, replace

_BEST_BID = TOPS + TOP * HOME + TOP_BID
_BEST_ASK = TOPS + TOP * HOME + TOP_ASK


def scripted(replay: Replay, seed: int, most: int) -> int:
    """Place, cancel and replace, stops too, whatever a small random generator says; the last event's kind."""
    state = replay.state
    state[WAKES] = ON_TRADE | ON_BOOK | ON_FILL | ON_ORDER
    number = seed
    while True:
        event = advance(replay)
        if event <= 0:
            return event
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648
        act = (number >> 8) % 8
        sign = 1 if (number >> 12) % 2 == 0 else -1
        lots = 1 + (number >> 13) % 9
        best = state[_BEST_BID] if sign > 0 else state[_BEST_ASK]
        if best in (NO_BID, NO_ASK):
            continue
        price = best + sign * ((number >> 17) % 4 - 2)
        some = 1 + (number >> 20) % max(1, state[ORDERS])
        if act == 0 and state[ORDERS] < most:
            place(replay, sign, MARKET_ORDER, 0, 0, lots)
        elif act < 4 and state[ORDERS] < most:
            place(replay, sign, LIMIT_ORDER, (number >> 23) % 4, price, lots)
        elif act == 4 and state[ORDERS] > 0:
            cancel(replay, some)
        elif act == 5 and state[ORDERS] > 0:
            replace(replay, some, price, lots)
        elif act == 6 and state[ORDERS] < most:
            limited = (number >> 23) % 2
            place_stop(replay, sign, limited, (number >> 24) % 3, price * limited, lots, best + (number >> 17) % 7 - 3)
