"""A depth replay from its data to its fills, in native code or by plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.research.depth.series import DepthSeries, Ints, rows_of
from tradedeck.research.depth.settings import DepthSettings, Filling, Queue, Trigger
from tradedeck.sim.depth.layout import (
    ANSWER,
    ANSWER_NS,
    ANSWER_ORDER,
    ANSWERS,
    ASK,
    BASE,
    BID,
    BUYER_TOOK,
    EXPONENT,
    FILL,
    FILLED,
    FILLING,
    FILLS,
    FULL,
    HIGH_ASK,
    LIMIT,
    LOT,
    LOW_BID,
    NEVER,
    NEW,
    NEXT_ANSWER,
    NEXT_REQUEST,
    NO_ASK,
    NO_BID,
    NUMBERS,
    ORDER,
    ORDERS,
    PARTIAL,
    PLACE,
    QUEUE_MODEL,
    QUOTES,
    RECORDED_DELAY,
    REQUEST,
    REQUEST_NS,
    REQUEST_ORDER,
    REQUEST_WHAT,
    REQUESTS,
    SIGN,
    SIZE,
    STATE,
    STATUS,
    STOP,
    SWEEP,
    TO_VENUE_COUNT,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    TRIGGER,
    TYPE,
    VENUE,
    WINDOW,
    Replay,
)  # fmt: skip

FILL_ROW = np.dtype([
    ("order", "i8"), ("venue_ns", "i8"), ("local_ns", "i8"), ("sign", "i8"), ("price", "i8"), ("lots", "i8"),
    ("maker", "i8"),
])  # fmt: skip
"""A fill: its order's number, when it happened and when the strategy was told, price in ticks, size in lots."""

ORDER_ROW = np.dtype([
    ("number", "i8"), ("sign", "i8"), ("type", "i8"), ("stop", "i8"), ("price", "i8"), ("lots", "i8"), ("filled", "i8"),
    ("status", "i8"), ("placed_ns", "i8"), ("ended_ns", "i8"),
])  # fmt: skip
"""An order as the strategy knew it at the end; `stop` and `price` in ticks, 0 for none, `placed_ns` when it reached
the venue, `ended_ns` when the strategy was last told of it (0: never). `type` and `status` as in `sim.depth.layout`."""

_VENUE = TOPS + TOP * VENUE
_MARGIN_TICKS = 1_000
_MARGIN = 50
_MOST_TICKS = 1 << 23
_LEAST_ROOM = SWEEP + 4_096
_MOST_EXPONENT = 20
_MODELS = tuple(Queue)
_FILLINGS = tuple(Filling)
_TRIGGERS = tuple(Trigger)


@dataclass(frozen=True, slots=True)
class DepthRun:
    """What a replay leaves behind.

    `cash`, `fees` and `profit` are exact, in the quote asset; `profit` values what is still held (`position`,
    in lots) at the last trade, or in the middle of the last best prices where there are no trades.
    `params` and `notes` (when, UTC nanoseconds; text; price) are those of a strategy class.
    """

    instrument: Instrument
    settings: DepthSettings
    fills: NDArray[np.void]
    orders: NDArray[np.void]
    position: int
    cash: Decimal
    fees: Decimal
    profit: Decimal
    params: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[tuple[int, str, float], ...] = ()


def run_loop(
    loop: Callable[..., int], series: DepthSeries, instrument: Instrument, settings: DepthSettings, *params: float
) -> DepthRun:
    """Run a native strategy: a pure function `loop(replay, *params)` around `sim.depth.replay.advance`.

    Compiled where numba is installed, in plain Python elsewhere, with the same fills. `loop` answers the last
    event's kind; when the logs were too short it runs again with longer ones.

    Raises:
        RefusedError: the series is empty or its prices are too far apart, or `loop` can't be compiled.
    """
    rows = rows_of(series)
    room = _LEAST_ROOM
    while True:
        replay = open_replay(series, instrument, settings, room=room, rows=rows)
        if find_spec("numba") is None:
            replay = plain(replay)
            last = loop(replay, *params)
        else:
            from tradedeck.compile.depth import native_loop

            last = native_loop(loop)(replay, *params)
        if last != FULL:
            return finished(replay, series, instrument, settings)
        room *= 4


def open_replay(
    series: DepthSeries,
    instrument: Instrument,
    settings: DepthSettings,
    *,
    room: int = _LEAST_ROOM,
    rows: tuple[Ints, Ints] | None = None,
) -> Replay:
    """A replay at its beginning, of arrays; `room` for so many orders, requests, answers and fills.

    Raises:
        RefusedError: the series is empty, its prices are too far apart to keep a book of, or a setting is wrong.
    """
    _check(series, settings)
    home, venue = rows or rows_of(series)
    base, window = _window(series)
    numbers = np.zeros(NUMBERS)
    numbers[[EXPONENT, LOT]] = settings.exponent, float(instrument.lot)
    books = np.zeros(4 * window, np.int64)
    places = np.zeros(PLACE * room)
    orders, working, stops, *logs = (
        np.zeros(size * room, np.int64) for size in (ORDER, 1, 1, REQUEST, ANSWER, FILL)
    )  # fmt: skip
    delays = np.array(settings.to_venue_ns + settings.to_home_ns, np.int64)
    state = _state(series, settings, base, window)
    arrays = (home, venue, books, orders, places, working, stops, *logs, delays, numbers, state)
    return Replay(*cast(Any, arrays))


def _check(series: DepthSeries, settings: DepthSettings) -> None:
    if not 0 < settings.exponent <= _MOST_EXPONENT:
        raise RefusedError(f"the exponent must be above 0, up to {_MOST_EXPONENT}", code="depth.exponent")
    if min(settings.to_venue_ns, default=-1) < 0 or min(settings.to_home_ns, default=-1) < 0:
        raise RefusedError("delays can't be below 0, and there must be one", code="depth.delay")
    if settings.filling is Filling.SHRINK and bool((series.kind >= BUYER_TOOK).any()):
        raise RefusedError(
            "with trades there is no need to guess them: take the filling queue instead of shrink",
            code="depth.filling",
        )


def _state(series: DepthSeries, settings: DepthSettings, base: int, window: int) -> Ints:
    state = np.zeros(STATE, np.int64)
    state[[BASE, WINDOW, NEXT_ANSWER, NEXT_REQUEST]] = base, window, NEVER, NEVER
    state[[PARTIAL, RECORDED_DELAY, QUOTES]] = settings.partial, settings.recorded_delay, series.quotes
    state[QUEUE_MODEL] = _MODELS.index(settings.queue)
    state[FILLING] = _FILLINGS.index(settings.filling)
    state[TRIGGER] = _TRIGGERS.index(settings.trigger)
    state[TO_VENUE_COUNT] = len(settings.to_venue_ns)
    for top in (TOPS, TOPS + TOP):
        state[[top + TOP_BID, top + TOP_ASK, top + LOW_BID, top + HIGH_ASK]] = NO_BID, NO_ASK, NO_ASK, NO_BID
    return state


def plain(replay: Replay) -> Replay:
    """The same replay over lists: quicker than arrays in plain Python."""
    return Replay(*(cast(Any, column).tolist() for column in replay))


def finished(replay: Replay, series: DepthSeries, instrument: Instrument, settings: DepthSettings) -> DepthRun:
    """The fills of a replay that has ended, and what they come to."""
    count = replay.state[FILLS]
    fills = np.array(replay.fills[: FILL * count], np.int64).view(FILL_ROW)
    grid = grid_of(instrument)
    maker = instrument.fees.maker if settings.maker is None else settings.maker
    taker = instrument.fees.taker if settings.taker is None else settings.taker
    # Python's whole numbers: a sum of products may not fit into 64 bits.
    price, lots, sign, waited = (fills[name].tolist() for name in ("price", "lots", "sign", "maker"))
    turnover = [p * n for p, n in zip(price, lots, strict=True)]
    made = sum(t for t, m in zip(turnover, waited, strict=True) if m)
    paid = sum(t * s for t, s in zip(turnover, sign, strict=True))
    position = sum(n * s for n, s in zip(lots, sign, strict=True))
    fees = _money(grid, made) * maker + _money(grid, sum(turnover) - made) * taker
    cash = settings.cash - _money(grid, paid) - fees
    profit = cash + _money(grid, _last_price(replay, series) * position) / 2 - settings.cash
    return DepthRun(instrument, settings, fills, _orders(replay), position, cash, fees, profit)


def _orders(replay: Replay) -> NDArray[np.void]:
    count = int(replay.state[ORDERS])
    cells = np.array(replay.orders[ORDER : ORDER * (count + 1)], np.int64).reshape(-1, ORDER)
    rows = np.zeros(count, ORDER_ROW)
    rows["number"] = np.arange(1, count + 1)
    names = {"sign": SIGN, "type": TYPE, "stop": STOP, "price": LIMIT, "lots": SIZE, "filled": FILLED, "status": STATUS}
    for name, cell in names.items():
        rows[name] = cells[:, cell]
    requests = np.array(replay.requests[: REQUEST * int(replay.state[REQUESTS])], np.int64).reshape(-1, REQUEST)
    new = requests[requests[:, REQUEST_WHAT] == NEW]
    rows["placed_ns"][new[:, REQUEST_ORDER] - 1] = new[:, REQUEST_NS]
    answers = np.array(replay.answers[: ANSWER * int(replay.state[ANSWERS])], np.int64).reshape(-1, ANSWER)
    rows["ended_ns"][answers[:, ANSWER_ORDER] - 1] = answers[:, ANSWER_NS]
    return rows


def _last_price(replay: Replay, series: DepthSeries) -> int:
    """Twice the last trade's price in ticks; without trades, what the last best prices come to together."""
    traded = np.flatnonzero(series.kind >= BUYER_TOOK)
    if len(traded):
        return 2 * int(series.price[traded[-1]])
    bid, ask = int(replay.state[_VENUE + TOP_BID]), int(replay.state[_VENUE + TOP_ASK])
    shown = [price for price in (bid, ask) if price not in (NO_BID, NO_ASK)]
    return sum(shown) if len(shown) == 2 else 2 * sum(shown)


def _money(grid: Grid, steps: int) -> Decimal:
    """Ticks times lots as an amount of the quote asset."""
    return grid.exact_price(1) * grid.exact_size(1) * steps


def _window(series: DepthSeries) -> tuple[int, int]:
    """First tick and number of ticks of a book that always holds both best prices.

    The best bid is never above every bid seen, the best ask never below every ask; the rest is margin for a
    market without trades. Levels beyond are not kept: nothing trades there.
    """
    if len(series) == 0:
        raise RefusedError("the series has no rows", code="depth.empty")
    shown = (series.lots > 0) & (series.price > 0)
    trades = series.price[shown & (series.kind >= BUYER_TOOK)]
    bids = series.price[shown & (series.kind == BID)]
    asks = series.price[shown & (series.kind == ASK)]
    low = min((int(side.min()) for side in (trades, asks) if len(side)), default=int(bids.min()) if len(bids) else 1)
    high = max((int(side.max()) for side in (trades, bids) if len(side)), default=int(asks.max()) if len(asks) else 1)
    low, high = min(low, high), max(low, high)
    low = max(0, low - max(_MARGIN_TICKS, low // _MARGIN))
    high += max(_MARGIN_TICKS, high // _MARGIN)
    if high - low >= _MOST_TICKS:
        raise RefusedError(
            f"prices from {low} to {high} ticks are too far apart for one book; cut the series", code="depth.window"
        )
    return low, high - low + 1
