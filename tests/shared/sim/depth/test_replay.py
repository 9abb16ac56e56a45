"""What a strategy sees, and when."""

from __future__ import annotations

from shared.sim.depth.books import MS, fills, market, opened, to_end, until

from tradedeck.research.depth import DepthSettings
from tradedeck.sim.depth.layout import (
    ASK,
    AT,
    BID,
    BUYER_TOOK,
    END,
    FULL,
    GTC,
    LIMIT_ORDER,
    MARKET_ORDER,
    NOW,
    ON_BOOK,
    ON_FILL,
    ON_ORDER,
    ON_TRADE,
    ORDERS,
    PRICE,
    REQUEST,
    SELLER_TOOK,
)  # fmt: skip
from tradedeck.sim.depth.replay import advance, cancel, place


def test_a_message_of_many_rows_is_one_change_of_the_book():
    replay = opened(market((BID, 1, 100, 5), (ASK, 1, 102, 5), (BID, 2, 101, 5)))
    assert [advance(replay) for _ in range(3)] == [ON_BOOK, ON_BOOK, END]
    assert advance(replay) == END


def test_each_trade_is_shown_and_the_book_last():
    replay = opened(market((BUYER_TOOK, 1, 100, 5), (BID, 1, 99, 5), (BUYER_TOOK, 1, 101, 5)))
    assert advance(replay) == ON_TRADE
    assert replay.home[replay.state[AT] + PRICE] == 100
    assert [advance(replay) for _ in range(3)] == [ON_TRADE, ON_BOOK, END]


def test_only_what_is_wanted_wakes():
    replay = opened(market((BID, 1, 100, 5), (BUYER_TOOK, 2, 101, 5)), wakes=ON_TRADE)
    assert [advance(replay) for _ in range(2)] == [ON_TRADE, END]


def test_rows_are_known_when_they_arrive():
    replay = opened(market((BID, 1, 100, 5), (BID, 2, 101, 5), delay_ms=7))
    until(replay, ON_BOOK)
    assert replay.state[NOW] == 8 * MS


def test_requests_and_answers_take_their_time():
    series = market((BID, 0, 100, 5), (ASK, 0, 102, 5), (ASK, 9, 103, 5), (ASK, 9, 102, 0), (BID, 60, 90, 1))
    replay = opened(series, DepthSettings(to_venue_ns=(10 * MS,), to_home_ns=(20 * MS,)))
    until(replay, ON_BOOK)
    place(replay, 1, MARKET_ORDER, GTC, 0, 1)
    until(replay, ON_FILL)
    assert fills(replay) == [(1, 10, 103, 1, False)]
    assert replay.state[NOW] == 30 * MS


def test_delays_are_used_in_turn_and_requests_keep_their_sequence():
    series = market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1))
    replay = opened(series, DepthSettings(to_venue_ns=(30 * MS, 10 * MS), to_home_ns=(0,)))
    until(replay, ON_BOOK)
    for _ in range(3):
        place(replay, 1, MARKET_ORDER, GTC, 0, 1)
    to_end(replay)
    assert [fill[:2] for fill in fills(replay)] == [(1, 30), (2, 30), (3, 30)]


def test_a_recorded_delay_is_that_of_the_newest_row():
    series = market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1), delay_ms=4)
    replay = opened(series, DepthSettings(recorded_delay=True))
    until(replay, ON_BOOK)
    place(replay, 1, MARKET_ORDER, GTC, 0, 1)
    until(replay, ON_FILL)
    assert fills(replay) == [(1, 8, 102, 1, False)]
    assert replay.state[NOW] == 12 * MS


def test_an_order_confirmed_wakes_its_strategy():
    replay = opened(market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1)))
    until(replay, ON_BOOK)
    order = place(replay, 1, LIMIT_ORDER, GTC, 99, 1)
    until(replay, ON_ORDER)
    assert replay.state[AT] == order


def test_logs_that_are_full_are_said_and_lose_nothing():
    replay = opened(market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1)))
    until(replay, ON_BOOK)
    place(replay, 1, MARKET_ORDER, GTC, 0, 1)
    kept = len(replay.fills)
    del replay.fills[7:]
    assert advance(replay) == FULL
    replay.fills.extend([0] * kept)
    to_end(replay)
    assert len(fills(replay)) == 1


def test_an_order_that_finds_no_room_ends_the_run():
    replay = opened(market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1)))
    until(replay, ON_BOOK)
    del replay.orders[11:]
    assert place(replay, 1, MARKET_ORDER, GTC, 0, 1) == 0
    assert replay.state[ORDERS] == 0
    assert advance(replay) == FULL


def test_a_row_that_finds_no_room_waits():
    series = market((BID, 0, 100, 5), (ASK, 0, 102, 9), (SELLER_TOOK, 30, 99, 1), (BID, 60, 90, 1))
    replay = opened(series)
    until(replay, ON_BOOK)
    place(replay, 1, LIMIT_ORDER, GTC, 100, 1)
    until(replay, ON_ORDER)
    kept = len(replay.fills)
    replay.fills.clear()
    assert [advance(replay) for _ in range(2)] == [ON_TRADE, FULL]
    replay.fills.extend([0] * kept)
    to_end(replay)
    assert fills(replay) == [(1, 30, 100, 1, True)]


def test_a_cancel_that_finds_no_room_ends_the_run():
    replay = opened(market((BID, 0, 100, 5), (ASK, 0, 102, 9), (BID, 60, 90, 1)))
    until(replay, ON_BOOK)
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 1)
    until(replay, ON_ORDER)
    del replay.requests[REQUEST:]
    assert not cancel(replay, order)
    assert advance(replay) == FULL
