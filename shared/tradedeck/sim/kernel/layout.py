"""Where each number lives in the kernel's flat lists, and what the numbers stand for."""

from __future__ import annotations

from typing import Any

Cells = Any
"""A list[int] in plain Python, an int64 array in native code."""

# The account and the place on the bar's path.
CASH = 0
"""What trading has paid in and out, in cash units: tick * lot of the quote (1e-8 of the base for inverse)."""
POSITION = 1
MAKER_TURNOVER = 2
"""Traded notional by who waited, in cash units: fees are exact multiples of these two."""
TAKER_TURNOVER = 3
LAST = 4
"""The newest price, in ticks; 0 before the first bar."""
ORDERS = 5
WORKING = 6
FILLS = 7
GROUPS = 8
PENDING = 9
"""How many of the working orders have not met the market yet."""
BAR = 10
NOW = 11
LEG = 12
"""The step of the bar's path: 0 to 3 while it is walked, DONE after."""
LEG_FROM = 13
LEG_TO = 14
LEG_START = 15
LEG_END = 16
LEFT = 17
"""Lots that resting orders may still fill in this step; NO_BOUND without one."""
OPEN = 18
FIRST = 19
SECOND = 20
CLOSE = 21
QUARTER = 22
REST = 23
OPEN_NS = 24
CLOSE_NS = 25
FUNDING = 26
"""Funding and borrowing paid, in cash units."""
CLOSED = 27
"""The close of the newest bar that is over: where trailing stops measure from."""
LIQUIDATED = 28
OVERFULL = 29
"""1 once more orders were asked for than MAX_ORDERS; 2 once the turnover is past FULLEST: only Python counts on."""
MARGIN = 30
"""Isolated: what is set aside for the position, in cash units."""
BASIS = 31
"""Isolated: what the open position took out of the cash when it was opened, in cash units; below zero if it brought."""
TODAY = 32
"""The day of the newest fill, and the row of rates of that day."""
TIER = 33
SETTLED = 34
"""What earlier rates took more than those of today would have, in cash units."""
VOLUMES = 35
"""What was traded on each of 31 days, today's at its number modulo 31."""
STATE_CELLS = 66

DONE = 4
NO_BOUND = 2**62
FULLEST = 2**61

# The venue's terms.
SLIPPAGE = 0
AT_TOUCH = 1
LATENCY_NS = 2
PATH = 3
ACCOUNT = 4
START_CASH = 5
FEE_DEN = 6
LEVERAGE = 7
MAINTENANCE_NUM = 8
MAINTENANCE_DEN = 9
MIN_LOTS = 10
MAX_LOTS = 11
MIN_NOTIONAL = 12
MAY_SHORT = 13
BOUNDED = 14
MAX_ORDERS = 15
INVERSE_NUM = 16
"""Inverse: cash units one lot is worth at a price of one tick."""
TICK_NUM = 17
TICK_DEN = 18
LOT_NUM = 19
LOT_DEN = 20
HELD_ELSEWHERE = 21
"""What the same account holds in other markets on margin, in cash units of this one."""
ISOLATED = 22
"""1: a position is backed by what was set aside for it, not by the whole account."""
TIERS = 23
"""How many rows of fee rates there are. Volumes are in cash units, for inverse contracts in lots."""
START_DAY = 24
"""The UTC day of the first bar, as `tiers.day_of` counts it."""
START_VOLUME = 25
"""What was traded in the 30 days before it."""
VOLUME_ELSEWHERE = 26
"""What the same account has traded in other markets in the 30 days before the day of the bar."""
DELAYS = 27
"""How many delays follow the last row of rates; orders take them in turn, on top of LATENCY_NS."""
MIN_VOLUME = 28
"""The first row of rates: from which volume on, then what the maker and the taker pay. The other rows follow it."""
MAKER_NUM = 29
TAKER_NUM = 30
TIER_WIDTH = 3
TERM_CELLS = 31
"""With one row of rates and no delays."""

PESSIMISTIC, OPTIMISTIC, AGAINST, HIGH_FIRST, LOW_FIRST = 0, 1, 2, 3, 4
SPOT, LINEAR, INVERSE = 0, 1, 2

# One order: a row of WIDTH cells; order number n is row n - 1.
KIND = 0
SIGN = 1
LOTS = 2
PRICE = 3
STOP = 4
PLACED = 5
ENDED = 6
STATE = 7
REASON = 8
FILLED = 9
GROUP = 10
PARENT = 11
FLAGS = 12
TAKE = 13
LOSS = 14
TRAIL = 15
BEST = 16
EXPIRY = 17
HIDDEN = 18
SHOW = 19
ARRIVES = 20
ASKED_NS = 21
WIDTH = 22

MARKET, LIMIT, STOP_MARKET, STOP_LIMIT = 0, 1, 2, 3
OPEN_STATE, FILLED_STATE, CANCELED, EXPIRED, REJECTED = 0, 1, 2, 3, 4

# Flags of an order.
WAITS = 1
"""It has not met the market yet."""
TRIGGERED = 2
POST_ONLY = 4
REDUCE_ONLY = 8
IOC = 16
FOK = 32
DAY = 64
"""Only in what is asked: it becomes an expiry."""

# Why an order ended; the words are in `research.result`.
NO_REASON = 0
BY_STRATEGY = 1
BY_PARTNER = 2
SUCCEEDED = 3
TIME_OVER = 4
NO_MATCH = 5
WOULD_TAKE = 6
SIZE_ZERO = 7
SIZE_BOUNDS = 8
NOTIONAL_SMALL = 9
TOO_MANY = 10
NO_CASH = 11
NO_POSITION = 12
NOT_REDUCING = 13
NO_MARGIN = 14
LIQUIDATION = 15
PRICE_BOUNDS = 16

MAX_WORKING = 200
"""Working orders on one symbol (Binance: MAX_NUM_ORDERS)."""

# One fill: a row of FILL_WIDTH cells.
F_ORDER, F_MARKET, F_BAR, F_SIGN, F_PRICE, F_LOTS, F_MAKER, F_TIER = 0, 1, 2, 3, 4, 5, 6, 7
FILL_WIDTH = 8
"""The kernel knows one market and leaves F_MARKET at 0."""
