"""Two strategies on a replay, as measure and proof: the shape that compiled strategies have."""

from __future__ import annotations

from tradedeck.sim.depth.layout import (
    AT,
    GTC,
    HOME,
    LIMIT,
    LIMIT_ORDER,
    MARKET_ORDER,
    NO_ASK,
    NO_BID,
    ON_BOOK,
    ON_TRADE,
    ORDER,
    POST_ONLY,
    PRICE,
    STATUS,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    WAKES,
    WORKING,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.replay import advance, cancel, place

_BEST_BID = TOPS + TOP * HOME + TOP_BID
_BEST_ASK = TOPS + TOP * HOME + TOP_ASK


def crossing(replay: Replay, fast: int, slow: int, lots: int, tick: float) -> int:
    """Hold `lots` while the fast average of trade prices is above the slow one; the last event's kind."""
    replay.state[WAKES] = ON_TRADE
    fast_weight = 2.0 / (fast + 1.0)
    slow_weight = 2.0 / (slow + 1.0)
    quick = 0.0
    calm = 0.0
    seen = 0
    held = False
    while True:
        event = advance(replay)
        if event <= 0:
            return event
        price = replay.home[replay.state[AT] + PRICE] * tick
        if seen == 0:
            quick = price
            calm = price
        quick += fast_weight * (price - quick)
        calm += slow_weight * (price - calm)
        seen += 1
        if seen < slow:
            continue
        if quick > calm and not held:
            place(replay, 1, MARKET_ORDER, GTC, 0, lots)
            held = True
        elif held and quick <= calm:
            place(replay, -1, MARKET_ORDER, GTC, 0, lots)
            held = False


def quoting(replay: Replay, lots: int) -> int:
    """Keep a post-only order of `lots` at the best bid and ask each; the last event's kind."""
    state = replay.state
    state[WAKES] = ON_BOOK
    bid = 0
    ask = 0
    while True:
        event = advance(replay)
        if event <= 0:
            return event
        best_bid = state[_BEST_BID]
        best_ask = state[_BEST_ASK]
        if best_bid == NO_BID or best_ask == NO_ASK:
            continue
        bid = _quote(replay, bid, 1, best_bid, lots)
        ask = _quote(replay, ask, -1, best_ask, lots)


def _quote(replay: Replay, order: int, sign: int, price: int, lots: int) -> int:
    """Place a quote that is over anew, cancel one that is away from `price`; its number."""
    slot = ORDER * order
    if order == 0 or replay.orders[slot + STATUS] > WORKING:
        return place(replay, sign, LIMIT_ORDER, POST_ONLY, price, lots)
    if replay.orders[slot + LIMIT] != price:
        cancel(replay, order)
    return order
