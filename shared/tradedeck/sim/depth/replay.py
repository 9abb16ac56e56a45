"""The strategy's side of a replay: go to the next thing it may see, and send requests.

At one moment, what happens in this sequence: recorded rows reach the strategy, answers reach it, the venue's
book changes, requests reach the venue (as in hftbacktest 2.4). `ON_BOOK` comes last in its moment, so a message
of many rows is one change.
"""

from __future__ import annotations

from tradedeck.sim.depth.book import clear, set_ask, set_bid
from tradedeck.sim.depth.layout import (
    ACCEPTED,
    ANSWER,
    ANSWER_AT,
    ANSWER_FILL,
    ANSWER_NS,
    ANSWER_ORDER,
    ANSWER_WHAT,
    ANSWERS,
    ASK,
    AT,
    BID,
    BUSY,
    CANCEL,
    CANCELED,
    CLEAR,
    DONE,
    END,
    EXPIRED,
    FILL_SIGN,
    FILL_SIZE,
    FILLED,
    FILLED_PART,
    FULL,
    GONE,
    HOME,
    HOME_AT,
    KIND,
    LAPSED,
    LEFT,
    LIMIT,
    LOCAL_NS,
    LOTS,
    MOVED,
    NEVER,
    NEW,
    NEXT_ANSWER,
    NEXT_REQUEST,
    NOW,
    ON_BOOK,
    ON_FILL,
    ON_ORDER,
    ON_TRADE,
    ORDER,
    ORDERS,
    POSITION,
    PRICE,
    RECORDED_DELAY,
    REPLACE,
    REQUEST,
    REQUEST_AT,
    REQUEST_NS,
    REQUEST_ORDER,
    REQUEST_PRICE,
    REQUEST_SIZE,
    REQUEST_WHAT,
    REQUESTS,
    RESTING,
    ROW,
    SENT,
    SHORT,
    SIGN,
    SIZE,
    STATUS,
    STOP,
    STOPS_DUE,
    TIF,
    TO_VENUE_COUNT,
    TYPE,
    VENUE_AT,
    VENUE_NS,
    WAKES,
    WORKING,
    WORKING_COUNT,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.matching import roomy, set_off, venue_request, venue_row


def advance(replay: Replay) -> int:
    """Go on to the next event of `WAKES`, which one it is, `state[AT]` saying where.

    ON_TRADE: offset of the row in `home`. ON_FILL: offset in `fills`. ON_ORDER (an order is working or over
    without a fill): the order's number. ON_BOOK: nothing. END and FULL (zero and below) end a loop.
    """
    state = replay.state
    home = replay.home
    venue = replay.venue
    wakes = state[WAKES]
    if state[SHORT] > 0:
        return FULL
    while True:
        if state[STOPS_DUE] > 0:
            # One at a time: each may take as many levels as the logs have room for.
            if not roomy(replay):
                return FULL
            state[STOPS_DUE] = set_off(replay, venue[state[VENUE_AT] - ROW + VENUE_NS])
            continue
        home_ns = home[state[HOME_AT] + LOCAL_NS]
        venue_ns = venue[state[VENUE_AT] + VENUE_NS]
        now = min(home_ns, venue_ns, state[NEXT_ANSWER], state[NEXT_REQUEST])
        if state[MOVED] > 0 and now > state[NOW]:
            state[MOVED] = 0
            return ON_BOOK
        if now == NEVER:
            return END
        if home_ns == now:
            state[NOW] = now
            at = state[HOME_AT]
            state[HOME_AT] = at + ROW
            if _home_row(replay, at) and wakes & ON_TRADE:
                state[AT] = at
                return ON_TRADE
        elif state[NEXT_ANSWER] == now:
            state[NOW] = now
            event = _home_answer(replay)
            if wakes & event:
                return event
        elif venue_ns == now:
            if state[WORKING_COUNT] > 0 and not roomy(replay):
                return FULL
            # Before the row: an answer's recorded delay is that of the row that caused it.
            state[VENUE_AT] += ROW
            venue_row(replay, state[VENUE_AT] - ROW)
        else:
            if not roomy(replay):
                return FULL
            _arrived(replay, now)


def _arrived(replay: Replay, now: int) -> None:
    """The next request reaches the venue."""
    state = replay.state
    at = state[REQUEST_AT]
    state[REQUEST_AT] = at + REQUEST
    state[NEXT_REQUEST] = NEVER
    if at + REQUEST < REQUEST * state[REQUESTS]:
        state[NEXT_REQUEST] = replay.requests[at + REQUEST + REQUEST_NS]
    venue_request(replay, at, now)


def place(replay: Replay, sign: int, type_: int, tif: int, price: int, lots: int) -> int:
    """Send a new order; its number, 0 when the logs are full (then `advance` answers FULL next)."""
    return place_stop(replay, sign, type_, tif, price, lots, 0)


def place_stop(replay: Replay, sign: int, type_: int, tif: int, price: int, lots: int, stop: int) -> int:
    """As `place`, an order that waits at the venue until the price reaches `stop`; 0 for none."""
    state = replay.state
    order = state[ORDERS] + 1
    slot = ORDER * order
    if slot + ORDER > len(replay.orders) or not _room(replay):
        return _stop(replay)
    state[ORDERS] = order
    orders = replay.orders
    orders[slot + SIGN] = sign
    orders[slot + TYPE] = type_
    orders[slot + TIF] = tif
    orders[slot + LIMIT] = price
    orders[slot + SIZE] = lots
    orders[slot + LEFT] = lots
    orders[slot + RESTING] = 0
    orders[slot + STATUS] = SENT
    orders[slot + FILLED] = 0
    orders[slot + STOP] = stop
    _send(replay, order, NEW, price, lots)
    return order


def cancel(replay: Replay, order: int) -> bool:
    """Ask for a cancel; False when the order is over, not yet confirmed, or has a request on its way."""
    return _change(replay, order, CANCEL, 0, 0)


def replace(replay: Replay, order: int, price: int, lots: int) -> bool:
    """Ask for a new price and a new size still to be traded; False as for `cancel`.

    The order keeps its place in the queue when its price stays and its size doesn't grow.
    """
    return _change(replay, order, REPLACE, price, lots)


def _change(replay: Replay, order: int, what: int, price: int, lots: int) -> bool:
    slot = ORDER * order
    if replay.orders[slot + STATUS] != WORKING or replay.orders[slot + BUSY] > 0:
        return False
    if not _room(replay):
        _stop(replay)
        return False
    _send(replay, order, what, price, lots)
    return True


def _room(replay: Replay) -> bool:
    return (replay.state[REQUESTS] + 1) * REQUEST <= len(replay.requests)


def _stop(replay: Replay) -> int:
    """A request was lost for want of room: only another run with longer logs can be right."""
    replay.state[SHORT] = 1
    return 0


def _send(replay: Replay, order: int, what: int, price: int, lots: int) -> None:
    """A request leaves; requests keep their sequence."""
    state = replay.state
    count = state[REQUESTS]
    at = REQUEST * count
    if state[RECORDED_DELAY] > 0:
        row = max(state[HOME_AT] - ROW, 0)
        arrives = state[NOW] + replay.home[row + LOCAL_NS] - replay.home[row + VENUE_NS]
    else:
        arrives = state[NOW] + replay.delays[count % state[TO_VENUE_COUNT]]
    requests = replay.requests
    if count > 0:
        arrives = max(arrives, requests[at - REQUEST + REQUEST_NS])
    requests[at + REQUEST_NS] = arrives
    requests[at + REQUEST_ORDER] = order
    requests[at + REQUEST_WHAT] = what
    requests[at + REQUEST_PRICE] = price
    requests[at + REQUEST_SIZE] = lots
    state[REQUESTS] = count + 1
    state[NEXT_REQUEST] = min(state[NEXT_REQUEST], arrives)
    replay.orders[ORDER * order + BUSY] = 1


def _home_row(replay: Replay, at: int) -> bool:
    """A recorded row reaches the strategy; whether it is a trade."""
    rows = replay.home
    state = replay.state
    kind = rows[at + KIND]
    if kind == BID:
        set_bid(replay.levels, state, HOME, rows[at + PRICE], rows[at + LOTS])
    elif kind == ASK:
        set_ask(replay.levels, state, HOME, rows[at + PRICE], rows[at + LOTS])
    elif kind == CLEAR:
        clear(replay.levels, state, HOME)
    else:
        return True
    state[MOVED] = state[WAKES] & ON_BOOK
    return False


def _home_answer(replay: Replay) -> int:
    """An answer reaches the strategy; which event it is."""
    state = replay.state
    at = state[ANSWER_AT]
    answers = replay.answers
    state[ANSWER_AT] = at + ANSWER
    state[NEXT_ANSWER] = NEVER
    if at + ANSWER < ANSWER * state[ANSWERS]:
        state[NEXT_ANSWER] = answers[at + ANSWER + ANSWER_NS]
    order = answers[at + ANSWER_ORDER]
    what = answers[at + ANSWER_WHAT]
    slot = ORDER * order
    orders = replay.orders
    if what == FILLED_PART:
        fill = answers[at + ANSWER_FILL]
        size = replay.fills[fill + FILL_SIZE]
        orders[slot + FILLED] += size
        if orders[slot + STATUS] == SENT:
            # A taking order's first answer is its first fill.
            orders[slot + BUSY] = 0
            orders[slot + STATUS] = WORKING
        if orders[slot + FILLED] >= orders[slot + SIZE]:
            orders[slot + STATUS] = DONE
        state[POSITION] += replay.fills[fill + FILL_SIGN] * size
        state[AT] = fill
        return ON_FILL
    orders[slot + BUSY] = 0
    if what == ACCEPTED:
        orders[slot + STATUS] = WORKING
    elif what == GONE:
        orders[slot + STATUS] = CANCELED
    elif what == LAPSED:
        orders[slot + STATUS] = EXPIRED
    state[AT] = order
    return ON_ORDER
