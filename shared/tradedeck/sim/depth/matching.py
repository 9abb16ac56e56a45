"""The venue's side of a replay: what recorded rows and arriving requests do to our orders.

Our orders change nothing in the recorded book. Rules, as in hftbacktest 2.4:

* a resting order fills (QUEUED) when somebody trades through its price, when the other side's best price
  reaches it, or when trades at its price have used up the queue ahead of it: whole, or (PARTIAL) as far as the
  trade goes;
* a taking order fills whole at the best price, or (PARTIAL) level by level; a GTC limit that finds too
  little fills the rest at its own price, since a replayed book can't tell what would have come.

Beyond hftbacktest: FILLING may be TOUCHED (any trade at its price fills, there is no queue), PASSED (only trades
through it or the other side's best price beyond it) or SHRUNK (QUEUED, and whatever leaves the best level at its
price was traded: for quotes without trades). A stop waits until the price TRIGGER names reaches it, and then
enters as the order it is; one that comes too late enters at once.

Where rows tell of best prices only (QUOTES), the levels behind are what was last seen of them. An order behind
the best price on a level never seen has everybody ahead whom its price will show.
"""

from __future__ import annotations

from tradedeck.sim.depth.book import ask_lots, bid_lots, clear, set_ask, set_bid
from tradedeck.sim.depth.layout import (
    ACCEPTED,
    ANSWER,
    ANSWER_FILL,
    ANSWER_NS,
    ANSWER_ORDER,
    ANSWER_WHAT,
    ANSWERS,
    ASK,
    BASE,
    BID,
    BUYER_TOOK,
    CANCEL,
    CLEAR,
    EXPONENT,
    FILL,
    FILL_LOCAL_NS,
    FILL_MAKER,
    FILL_ORDER,
    FILL_PRICE,
    FILL_SIGN,
    FILL_SIZE,
    FILL_VENUE_NS,
    FILLED_PART,
    FILLING,
    FILLS,
    FOK,
    GONE,
    GTC,
    KIND,
    LAPSED,
    LAST_PRICE,
    LEFT,
    LIMIT,
    LIMIT_ORDER,
    LOCAL_NS,
    LOT,
    LOTS,
    NEW,
    NEXT_ANSWER,
    NO_ASK,
    NO_BID,
    ORDER,
    PARTIAL,
    PASSED,
    POST_ONLY,
    PRICE,
    QUEUE_MODEL,
    QUOTES,
    RECORDED_DELAY,
    REFUSED,
    REQUEST_ORDER,
    REQUEST_PRICE,
    REQUEST_SIZE,
    REQUEST_WHAT,
    RESTING,
    ROW,
    SHRUNK,
    SIGN,
    SIZE,
    STOP,
    STOP_COUNT,
    STOPS_DUE,
    SWEEP,
    TIF,
    TO_VENUE_COUNT,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    TOUCHED,
    TYPE,
    VENUE,
    VENUE_AT,
    VENUE_NS,
    WAITING,
    WINDOW,
    WORKING_COUNT,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.queue import exposed, join, resized, traded, unseen
from tradedeck.sim.depth.stops import reached

_TOP = TOPS + TOP * VENUE


def roomy(replay: Replay) -> bool:
    """Whether the logs have room for whatever one event can do."""
    state = replay.state
    room = state[WORKING_COUNT] + SWEEP + 2
    if (state[FILLS] + room) * FILL > len(replay.fills):
        return False
    return (state[ANSWERS] + room) * ANSWER <= len(replay.answers)


def venue_row(replay: Replay, at: int) -> None:
    """Take in the recorded row at `at`: change the venue's book and fill what it fills."""
    rows = replay.venue
    state = replay.state
    levels = replay.levels
    kind = rows[at + KIND]
    price = rows[at + PRICE]
    lots = rows[at + LOTS]
    now = rows[at + VENUE_NS]
    if kind == BID:
        best = state[_TOP + TOP_BID]
        before = set_bid(levels, state, VENUE, price, lots)
        if state[WORKING_COUNT] > 0:
            _changed(replay, 1, price, before, lots, best, state[_TOP + TOP_BID], now)
    elif kind == ASK:
        best = state[_TOP + TOP_ASK]
        before = set_ask(levels, state, VENUE, price, lots)
        if state[WORKING_COUNT] > 0:
            _changed(replay, -1, price, before, lots, best, state[_TOP + TOP_ASK], now)
    elif kind == CLEAR:
        clear(levels, state, VENUE)
    else:
        state[LAST_PRICE] = price
        if state[WORKING_COUNT] > 0:
            _trade(replay, -1 if kind == BUYER_TOOK else 1, price, lots, True, now)
    if state[STOP_COUNT] > 0:
        state[STOPS_DUE] = 1


def set_off(replay: Replay, now: int) -> int:
    """Have the first stop whose price is there enter; how many there were, 0 or 1."""
    for k in range(replay.state[STOP_COUNT]):
        order = replay.stops[k]
        if reached(replay, ORDER * order):
            _leave(replay, order)
            _enter(replay, order, now)
            return 1
    return 0


def venue_request(replay: Replay, at: int, now: int) -> None:
    """Carry out the request at `at` and answer it."""
    requests = replay.requests
    order = requests[at + REQUEST_ORDER]
    what = requests[at + REQUEST_WHAT]
    slot = ORDER * order
    orders = replay.orders
    if what == NEW:
        if orders[slot + STOP] > 0 and not reached(replay, slot):
            orders[slot + RESTING] = WAITING
            replay.stops[replay.state[STOP_COUNT]] = order
            replay.state[STOP_COUNT] += 1
            _answer(replay, order, ACCEPTED, 0, now)
        else:
            _enter(replay, order, now)
    elif orders[slot + RESTING] == 0:
        _answer(replay, order, REFUSED, 0, now)
    elif what == CANCEL:
        _leave(replay, order)
        _answer(replay, order, GONE, 0, now)
    else:
        price = requests[at + REQUEST_PRICE]
        lots = requests[at + REQUEST_SIZE]
        again = price != orders[slot + LIMIT] or lots > orders[slot + LEFT]
        again = again and orders[slot + RESTING] != WAITING
        orders[slot + SIZE] += lots - orders[slot + LEFT]
        orders[slot + LEFT] = lots
        orders[slot + LIMIT] = price
        if again:
            _leave(replay, order)
            _enter(replay, order, now)
        else:
            _answer(replay, order, ACCEPTED, 0, now)


def _changed(
    replay: Replay, sign: int, price: int, before: int, after: int, best: int, now_best: int, now: int
) -> None:
    """A level of one side went from `before` lots to `after`, and its best price from `best` to `now_best`."""
    state = replay.state
    if price == best and after < before and state[FILLING] == SHRUNK:
        _trade(replay, sign, price, before - after, False, now)
    _level(replay, sign, price, before, after)
    if (now_best - best) * sign > 0:
        _crossed(replay, -sign, now_best, now)


def _level(replay: Replay, sign: int, price: int, before: int, after: int) -> None:
    """Our orders on this level move up its queue."""
    numbers = replay.numbers
    state = replay.state
    best = state[_TOP + TOP_BID] if sign > 0 else state[_TOP + TOP_ASK]
    for k in range(state[WORKING_COUNT]):
        order = replay.working[k]
        slot = ORDER * order
        if replay.orders[slot + SIGN] == sign:
            limit = replay.orders[slot + LIMIT]
            if limit == price:
                model = state[QUEUE_MODEL]
                resized(replay.places, order, before, after, model, numbers[EXPONENT], numbers[LOT])
            if state[QUOTES] > 0 and (limit - best) * sign > 0:
                exposed(replay.places, order)


def _crossed(replay: Replay, sign: int, best: int, now: int) -> None:
    """The other side's best price has moved to `best`: orders of `sign` that it reaches are filled."""
    k = 0
    least = 1 if replay.state[FILLING] == PASSED else 0
    while k < replay.state[WORKING_COUNT]:
        order = replay.working[k]
        slot = ORDER * order
        if replay.orders[slot + SIGN] == sign and (replay.orders[slot + LIMIT] - best) * sign >= least:
            _leave(replay, order)
            _fill(replay, order, replay.orders[slot + LIMIT], replay.orders[slot + LEFT], 1, now)
        else:
            k += 1


def _trade(replay: Replay, sign: int, price: int, lots: int, through: bool, now: int) -> None:
    """Somebody took `lots` at `price` from resting orders of `sign`, and (`through`) from all that were better."""
    orders = replay.orders
    rule = replay.state[FILLING]
    k = 0
    while k < replay.state[WORKING_COUNT]:
        order = replay.working[k]
        slot = ORDER * order
        better = (orders[slot + LIMIT] - price) * sign
        size = 0
        if orders[slot + SIGN] == sign:
            if better > 0:
                size = orders[slot + LEFT] if through else 0
            elif better == 0 and rule != PASSED:
                size = lots if rule == TOUCHED else traded(replay.places, order, lots)
                if size > orders[slot + LEFT] or (size > 0 and replay.state[PARTIAL] == 0):
                    size = orders[slot + LEFT]
        if size > 0 and size == orders[slot + LEFT]:
            _leave(replay, order)
        else:
            k += 1
        if size > 0:
            _fill(replay, order, orders[slot + LIMIT], size, 1, now)


def _enter(replay: Replay, order: int, now: int) -> None:
    """A new order takes, rests or lapses."""
    orders = replay.orders
    state = replay.state
    slot = ORDER * order
    sign = orders[slot + SIGN]
    tif = orders[slot + TIF]
    best = state[_TOP + TOP_ASK] if sign > 0 else state[_TOP + TOP_BID]
    there = best not in (NO_ASK, NO_BID)
    limited = orders[slot + TYPE] == LIMIT_ORDER
    if there and (not limited or (orders[slot + LIMIT] - best) * sign >= 0):
        if limited and tif == POST_ONLY:
            _answer(replay, order, LAPSED, 0, now)
        else:
            _take(replay, order, best, limited, now)
    elif limited and tif in (GTC, POST_ONLY):
        level = bid_lots(replay.levels, state, VENUE, orders[slot + LIMIT])
        if sign < 0:
            level = ask_lots(replay.levels, state, VENUE, orders[slot + LIMIT])
        own = state[_TOP + TOP_BID] if sign > 0 else state[_TOP + TOP_ASK]
        if level == 0 and state[QUOTES] > 0 and (own - orders[slot + LIMIT]) * sign > 0:
            unseen(replay.places, order)
        else:
            join(replay.places, order, level)
        orders[slot + RESTING] = 1
        replay.working[state[WORKING_COUNT]] = order
        state[WORKING_COUNT] += 1
        _answer(replay, order, ACCEPTED, 0, now)
    else:
        _answer(replay, order, LAPSED, 0, now)


def _take(replay: Replay, order: int, best: int, limited: bool, now: int) -> None:
    """An order that meets the other side at once."""
    orders = replay.orders
    slot = ORDER * order
    tif = orders[slot + TIF]
    if replay.state[PARTIAL] == 0:
        _fill(replay, order, best, orders[slot + LEFT], 0, now)
        return
    last = replay.state[BASE] + replay.state[WINDOW] - 1 if orders[slot + SIGN] > 0 else replay.state[BASE]
    if limited:
        last = orders[slot + LIMIT]
    if limited and tif == FOK and _sweep(replay, order, best, last, False, now) > 0:
        _answer(replay, order, LAPSED, 0, now)
        return
    left = _sweep(replay, order, best, last, True, now)
    if left > 0 and limited and tif == GTC:
        _fill(replay, order, last, left, 0, now)
    elif left > 0:
        _answer(replay, order, LAPSED, 0, now)


def _sweep(replay: Replay, order: int, best: int, last: int, real: bool, now: int) -> int:
    """Take from `best` to `last`, or only count; lots that find nobody."""
    slot = ORDER * order
    sign = replay.orders[slot + SIGN]
    left = replay.orders[slot + LEFT]
    fills = 0
    tick = best
    while left > 0 and (last - tick) * sign >= 0 and fills < SWEEP:
        if sign > 0:
            lots = ask_lots(replay.levels, replay.state, VENUE, tick)
        else:
            lots = bid_lots(replay.levels, replay.state, VENUE, tick)
        size = min(lots, left)
        if size > 0:
            if real:
                _fill(replay, order, tick, size, 0, now)
            left -= size
            fills += 1
        tick += sign
    return left


def _leave(replay: Replay, order: int) -> None:
    """The order rests or waits no longer; those after it keep their sequence."""
    waiting = replay.orders[ORDER * order + RESTING] == WAITING
    column = replay.stops if waiting else replay.working
    count = STOP_COUNT if waiting else WORKING_COUNT
    k = 0
    while column[k] != order:
        k += 1
    replay.state[count] -= 1
    while k < replay.state[count]:
        column[k] = column[k + 1]
        k += 1
    replay.orders[ORDER * order + RESTING] = 0


def _fill(replay: Replay, order: int, price: int, lots: int, maker: int, now: int) -> None:
    state = replay.state
    fill = FILL * state[FILLS]
    state[FILLS] += 1
    fills = replay.fills
    fills[fill + FILL_ORDER] = order
    fills[fill + FILL_VENUE_NS] = now
    fills[fill + FILL_SIGN] = replay.orders[ORDER * order + SIGN]
    fills[fill + FILL_PRICE] = price
    fills[fill + FILL_SIZE] = lots
    fills[fill + FILL_MAKER] = maker
    replay.orders[ORDER * order + LEFT] -= lots
    fills[fill + FILL_LOCAL_NS] = _answer(replay, order, FILLED_PART, fill, now)


def _answer(replay: Replay, order: int, what: int, fill: int, now: int) -> int:
    """Send an answer; when it arrives. Answers keep their sequence."""
    state = replay.state
    count = state[ANSWERS]
    at = ANSWER * count
    if state[RECORDED_DELAY] > 0:
        row = max(state[VENUE_AT] - ROW, 0)
        arrives = now + replay.venue[row + LOCAL_NS] - replay.venue[row + VENUE_NS]
    else:
        first = state[TO_VENUE_COUNT]
        arrives = now + replay.delays[first + count % (len(replay.delays) - first)]
    answers = replay.answers
    if count > 0:
        arrives = max(arrives, answers[at - ANSWER + ANSWER_NS])
    answers[at + ANSWER_NS] = arrives
    answers[at + ANSWER_ORDER] = order
    answers[at + ANSWER_WHAT] = what
    answers[at + ANSWER_FILL] = fill
    state[ANSWERS] += 1
    state[NEXT_ANSWER] = min(state[NEXT_ANSWER], arrives)
    return arrives
