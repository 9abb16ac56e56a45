"""Where everything is in the flat columns of a replay.

A column is a list in plain Python and an int64 (one: float64) array when native, so code may only index it.
Times are UTC nanoseconds, prices whole ticks, sizes whole lots.
"""

from __future__ import annotations

from typing import NamedTuple

NEVER = 2**63 - 1
NO_BID = -(2**62)
NO_ASK = 2**62

# A row of recorded data. Level rows carry the new absolute size; trades say who took.
KIND, VENUE_NS, LOCAL_NS, PRICE, LOTS, ROW = range(6)
BID, ASK, CLEAR, BUYER_TOOK, SELLER_TOOK = range(5)

# The two books: what the strategy has been told of, and what the venue has.
HOME, VENUE = range(2)

# An order, by its number. LEFT and RESTING are the venue's, STATUS, FILLED and BUSY what the strategy knows;
# BUSY while a request is on its way. STOP is the price that sets it off, 0 for none; RESTING in the book, or
# WAITING for that price.
SIGN, TYPE, TIF, LIMIT, SIZE, LEFT, RESTING, STATUS, FILLED, BUSY, STOP, ORDER = range(12)
WAITING = 2
MARKET_ORDER, LIMIT_ORDER = range(2)
GTC, IOC, FOK, POST_ONLY = range(4)
SENT, WORKING, DONE, CANCELED, EXPIRED = range(5)

# What travels to the venue, and back. A fill's answer names its row in the log of fills.
REQUEST_NS, REQUEST_ORDER, REQUEST_WHAT, REQUEST_PRICE, REQUEST_SIZE, REQUEST = range(6)
NEW, CANCEL, REPLACE = range(3)
ANSWER_NS, ANSWER_ORDER, ANSWER_WHAT, ANSWER_FILL, ANSWER = range(5)
ACCEPTED, FILLED_PART, GONE, LAPSED, REFUSED = range(5)

# The log of fills: when at the venue, when the strategy was told, and whether the order had waited in the book.
FILL_ORDER, FILL_VENUE_NS, FILL_LOCAL_NS, FILL_SIGN, FILL_PRICE, FILL_SIZE, FILL_MAKER, FILL = range(8)

# An order's place in its queue: lots ahead, and lots traded there since the level was last told.
AHEAD, TRADED, PLACE = range(3)

# What `advance` answers. FULL: a log has no room left; nothing is lost, make room and advance again.
FULL, END, ON_TRADE, ON_BOOK, ON_FILL, ON_ORDER = -1, 0, 1, 2, 4, 8

# How the share of a shrinking level's cancels that were behind us is estimated; see `queue`.
RISK_AVERSE, POWER, LOG, POWER_OF_TOTAL, LOG_OF_TOTAL, POWER_OF_SHARE = range(6)

# When a resting order fills; see `matching`.
QUEUED, TOUCHED, PASSED, SHRUNK = range(4)

# Whose price sets a stop off: the side it would take from, its own side, the last trade's.
TAKEN_SIDE, OWN_SIDE, LAST_TRADE = range(3)

# Scalars. QUOTES: the rows tell of the best prices only. STOPS_DUE: a row has passed since stops were looked at.
# SHORT: a request found no room. A book's tops: best bid and ask, lowest bid and highest ask since clear.
(
    NOW, HOME_AT, VENUE_AT, BASE, WINDOW, WAKES, MOVED, AT, POSITION, ORDERS, WORKING_COUNT, FILLS, REQUESTS,
    REQUEST_AT, ANSWERS, ANSWER_AT, NEXT_REQUEST, NEXT_ANSWER, PARTIAL, QUEUE_MODEL, RECORDED_DELAY,
    TO_VENUE_COUNT, SHORT, QUOTES, FILLING, TRIGGER, STOP_COUNT, STOPS_DUE, LAST_PRICE,
) = range(29)  # fmt: skip
TOPS = 29
TOP_BID, TOP_ASK, LOW_BID, HIGH_ASK, TOP = range(5)
STATE = TOPS + 2 * TOP

# Numbers that are not whole: the queue model's exponent, and a lot in base units (for LOG).
EXPONENT, LOT, NUMBERS = range(3)

SWEEP = 1_000
"""At how many price levels one order may take before what is left of it lapses."""


class Replay(NamedTuple):
    """A replay's columns. `home` and `venue` are the same rows when both clocks order them alike.

    `working` are the resting orders' numbers, `stops` those that wait.
    `levels` holds four books' sides of `WINDOW` ticks each, from tick `BASE` on: home bids and asks, the
    venue's bids and asks. `delays` holds `TO_VENUE_COUNT` delays of requests, then those of answers; each is
    used in turn, round and round.
    """

    home: list[int]
    venue: list[int]
    levels: list[int]
    orders: list[int]
    places: list[float]
    working: list[int]
    stops: list[int]
    requests: list[int]
    answers: list[int]
    fills: list[int]
    delays: list[int]
    numbers: list[float]
    state: list[int]
