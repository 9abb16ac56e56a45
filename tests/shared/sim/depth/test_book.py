"""Two books over one window."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some
from shared.sim.depth.books import market, opened

from tradedeck.sim.depth.book import ask_lots, bid_lots, clear, set_ask, set_bid
from tradedeck.sim.depth.layout import (
    ASK,
    BASE,
    BID,
    HOME,
    NO_ASK,
    NO_BID,
    TOP,
    TOP_ASK,
    TOP_BID,
    TOPS,
    VENUE,
    WINDOW,
    Replay,
)


def tops(replay: Replay, book: int = HOME) -> tuple[int, int]:
    top = TOPS + TOP * book
    return replay.state[top + TOP_BID], replay.state[top + TOP_ASK]


def fresh() -> Replay:
    return opened(market((BID, 0, 5_000, 1), (ASK, 0, 5_010, 1)))


def test_a_new_book_has_no_best_prices():
    assert tops(fresh()) == (NO_BID, NO_ASK)


def test_the_best_prices_follow_the_levels():
    replay = fresh()
    set_bid(replay.levels, replay.state, HOME, 5_000, 3)
    set_bid(replay.levels, replay.state, HOME, 4_990, 2)
    set_ask(replay.levels, replay.state, HOME, 5_010, 4)
    assert tops(replay) == (5_000, 5_010)
    assert set_bid(replay.levels, replay.state, HOME, 5_000, 0) == 3
    assert tops(replay) == (4_990, 5_010)


def test_the_two_books_know_nothing_of_each_other():
    replay = fresh()
    set_bid(replay.levels, replay.state, VENUE, 5_000, 3)
    assert tops(replay, HOME) == (NO_BID, NO_ASK)
    assert bid_lots(replay.levels, replay.state, HOME, 5_000) == 0
    assert bid_lots(replay.levels, replay.state, VENUE, 5_000) == 3


def test_a_bid_above_the_asks_pushes_them_away():
    replay = fresh()
    set_ask(replay.levels, replay.state, HOME, 5_010, 4)
    set_ask(replay.levels, replay.state, HOME, 5_020, 4)
    set_bid(replay.levels, replay.state, HOME, 5_015, 1)
    assert tops(replay) == (5_015, 5_020)


def test_a_clear_empties_both_sides():
    replay = fresh()
    set_bid(replay.levels, replay.state, HOME, 5_000, 3)
    set_ask(replay.levels, replay.state, HOME, 5_010, 4)
    clear(replay.levels, replay.state, HOME)
    assert tops(replay) == (NO_BID, NO_ASK)
    assert not any(replay.levels)


def test_levels_outside_the_window_are_not_kept():
    replay = fresh()
    below, above = replay.state[BASE] - 1, replay.state[BASE] + replay.state[WINDOW]
    for tick in (below, above):
        assert set_bid(replay.levels, replay.state, HOME, tick, 1) == 0
        assert set_ask(replay.levels, replay.state, HOME, tick, 1) == 0
        assert (
            bid_lots(replay.levels, replay.state, HOME, tick) == ask_lots(replay.levels, replay.state, HOME, tick) == 0
        )
    assert not any(replay.levels)


@settings(deadline=None)
@given(some.lists(some.tuples(some.booleans(), some.integers(4_990, 5_020), some.integers(0, 3)), max_size=60))
def test_an_uncrossed_book_is_what_a_dictionary_says(changes: list[tuple[bool, int, int]]):
    replay = fresh()
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for bid, tick, lots in changes:
        mine, others = (bids, asks) if bid else (asks, bids)
        crossing = others and (tick >= min(asks) if bid else tick <= max(bids))
        if lots and crossing:
            continue
        set_level = set_bid if bid else set_ask
        assert set_level(replay.levels, replay.state, HOME, tick, lots) == mine.get(tick, 0)
        mine.pop(tick, None)
        if lots:
            mine[tick] = lots
        assert tops(replay) == (max(bids, default=NO_BID), min(asks, default=NO_ASK))
