"""Two order books as sizes by tick over one window, their best prices kept along.

A side that crosses the other pushes the other's best price away until the venue says what became of it,
as hftbacktest 2.4 does. Levels outside the window are not kept.
"""

from __future__ import annotations

from tradedeck.sim.depth.layout import (
    BASE,
    HIGH_ASK,
    LOW_BID,
    NO_ASK,
    NO_BID,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    WINDOW,
)  # fmt: skip


def bid_lots(levels: list[int], state: list[int], book: int, tick: int) -> int:
    """Lots bid at `tick`; 0 outside the window."""
    at = tick - state[BASE]
    if at < 0 or at >= state[WINDOW]:
        return 0
    return levels[2 * book * state[WINDOW] + at]


def ask_lots(levels: list[int], state: list[int], book: int, tick: int) -> int:
    """Lots asked at `tick`; 0 outside the window."""
    at = tick - state[BASE]
    if at < 0 or at >= state[WINDOW]:
        return 0
    return levels[(2 * book + 1) * state[WINDOW] + at]


def set_bid(levels: list[int], state: list[int], book: int, tick: int, lots: int) -> int:
    """Set the lots bid at `tick`; how many there were."""
    window = state[WINDOW]
    at = tick - state[BASE]
    if at < 0 or at >= window:
        return 0
    top = TOPS + TOP * book
    at += 2 * book * window
    before = levels[at]
    levels[at] = lots
    if lots == 0:
        if tick == state[top + TOP_BID]:
            state[top + TOP_BID] = next_bid(levels, state, book, tick - 1)
        return before
    if tick < state[top + LOW_BID]:
        state[top + LOW_BID] = tick
    if tick > state[top + TOP_BID]:
        state[top + TOP_BID] = tick
        if tick >= state[top + TOP_ASK]:
            state[top + TOP_ASK] = next_ask(levels, state, book, tick + 1)
    return before


def set_ask(levels: list[int], state: list[int], book: int, tick: int, lots: int) -> int:
    """Set the lots asked at `tick`; how many there were."""
    window = state[WINDOW]
    at = tick - state[BASE]
    if at < 0 or at >= window:
        return 0
    top = TOPS + TOP * book
    at += (2 * book + 1) * window
    before = levels[at]
    levels[at] = lots
    if lots == 0:
        if tick == state[top + TOP_ASK]:
            state[top + TOP_ASK] = next_ask(levels, state, book, tick + 1)
        return before
    if tick > state[top + HIGH_ASK]:
        state[top + HIGH_ASK] = tick
    if tick < state[top + TOP_ASK]:
        state[top + TOP_ASK] = tick
        if tick <= state[top + TOP_BID]:
            state[top + TOP_BID] = next_bid(levels, state, book, tick - 1)
    return before


def next_bid(levels: list[int], state: list[int], book: int, tick: int) -> int:
    """The best bid at or below `tick`; forgets the lowest when there is none."""
    top = TOPS + TOP * book
    shift = 2 * book * state[WINDOW] - state[BASE]
    low = state[top + LOW_BID]
    tick = min(tick, state[BASE] + state[WINDOW] - 1)
    while tick >= low:
        if levels[shift + tick] > 0:
            return tick
        tick -= 1
    state[top + LOW_BID] = NO_ASK
    return NO_BID


def next_ask(levels: list[int], state: list[int], book: int, tick: int) -> int:
    """The best ask at or above `tick`; forgets the highest when there is none."""
    top = TOPS + TOP * book
    shift = (2 * book + 1) * state[WINDOW] - state[BASE]
    high = state[top + HIGH_ASK]
    tick = max(tick, state[BASE])
    while tick <= high:
        if levels[shift + tick] > 0:
            return tick
        tick += 1
    state[top + HIGH_ASK] = NO_BID
    return NO_ASK


def clear(levels: list[int], state: list[int], book: int) -> None:
    """Empty both sides, as before a snapshot."""
    window = state[WINDOW]
    for at in range(2 * book * window, 2 * (book + 1) * window):
        levels[at] = 0
    top = TOPS + TOP * book
    state[top + TOP_BID] = NO_BID
    state[top + TOP_ASK] = NO_ASK
    state[top + LOW_BID] = NO_ASK
    state[top + HIGH_ASK] = NO_BID
