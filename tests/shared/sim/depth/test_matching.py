"""What recorded rows and arriving requests do to our orders."""

from __future__ import annotations

import pytest
from shared.sim.depth.books import MS, Row, fills, market, opened, to_end, until

from tradedeck.research.depth import DepthSettings, Filling, Trigger
from tradedeck.sim.depth.layout import (
    ASK,
    BID,
    BUYER_TOOK,
    CANCELED,
    CLEAR,
    DONE,
    EXPIRED,
    FOK,
    GTC,
    IOC,
    LIMIT_ORDER,
    MARKET_ORDER,
    ON_BOOK,
    ON_ORDER,
    ORDER,
    POSITION,
    POST_ONLY,
    SELLER_TOOK,
    SIZE,
    STATUS,
    WORKING,
    Replay,
)  # fmt: skip
from tradedeck.sim.depth.replay import cancel, place, place_stop, replace

BOOK: tuple[Row, ...] = ((BID, 0, 100, 5), (BID, 0, 99, 5), (ASK, 0, 102, 4), (ASK, 0, 103, 6))
LATER: Row = (BID, 50, 90, 1)


def quoted(*rows: Row, settings: DepthSettings | None = None) -> Replay:
    """A replay of BOOK and `rows`, just after BOOK is known."""
    replay = opened(market(*BOOK, *rows, LATER), settings)
    until(replay, ON_BOOK)
    return replay


def status(replay: Replay, order: int) -> int:
    return replay.orders[ORDER * order + STATUS]


def test_a_market_order_takes_level_by_level():
    replay = quoted()
    place(replay, 1, MARKET_ORDER, GTC, 0, 6)
    to_end(replay)
    assert fills(replay) == [(1, 0, 102, 4, False), (1, 0, 103, 2, False)]
    assert status(replay, 1) == DONE
    assert replay.state[POSITION] == 6


def test_what_nobody_sells_lapses():
    replay = quoted()
    order = place(replay, 1, MARKET_ORDER, GTC, 0, 11)
    to_end(replay)
    assert sum(fill[3] for fill in fills(replay)) == 10
    assert status(replay, order) == EXPIRED


def test_without_partial_fills_it_takes_all_at_the_best_price():
    replay = quoted(settings=DepthSettings(partial=False))
    place(replay, -1, MARKET_ORDER, GTC, 0, 50)
    to_end(replay)
    assert fills(replay) == [(1, 0, 100, 50, False)]


@pytest.mark.parametrize(
    ("tif", "taken", "ends"), [(IOC, 4, EXPIRED), (FOK, 0, EXPIRED), (GTC, 7, DONE), (POST_ONLY, 0, EXPIRED)]
)
def test_a_limit_that_meets_too_little(tif: int, taken: int, ends: int):
    replay = quoted()
    order = place(replay, 1, LIMIT_ORDER, tif, 102, 7)
    to_end(replay)
    assert sum(fill[3] for fill in fills(replay)) == taken
    assert status(replay, order) == ends


def test_fill_or_kill_fills_when_there_is_enough():
    replay = quoted()
    order = place(replay, 1, LIMIT_ORDER, FOK, 103, 10)
    to_end(replay)
    assert fills(replay) == [(1, 0, 102, 4, False), (1, 0, 103, 6, False)]
    assert status(replay, order) == DONE


@pytest.mark.parametrize("tif", [IOC, FOK])
def test_what_must_trade_at_once_and_can_not_lapses(tif: int):
    replay = quoted()
    order = place(replay, -1, LIMIT_ORDER, tif, 101, 1)
    to_end(replay)
    assert status(replay, order) == EXPIRED
    assert fills(replay) == []


def test_a_market_order_without_a_market_lapses():
    replay = opened(market((BID, 0, 100, 5), LATER))
    until(replay, ON_BOOK)
    order = place(replay, 1, MARKET_ORDER, GTC, 0, 1)
    to_end(replay)
    assert status(replay, order) == EXPIRED


def test_a_resting_order_waits_for_those_before_it():
    replay = quoted((SELLER_TOOK, 10, 100, 5), (SELLER_TOOK, 20, 100, 2), (SELLER_TOOK, 30, 100, 9))
    place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert fills(replay) == [(1, 20, 100, 2, True), (1, 30, 100, 1, True)]


def test_without_partial_fills_it_fills_whole():
    replay = quoted((SELLER_TOOK, 10, 100, 6), settings=DepthSettings(partial=False))
    place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert fills(replay) == [(1, 10, 100, 3, True)]


def test_a_trade_through_its_price_fills_it_whole():
    replay = quoted((BUYER_TOOK, 10, 103, 1))
    place(replay, -1, LIMIT_ORDER, GTC, 102, 3)
    to_end(replay)
    assert fills(replay) == [(1, 10, 102, 3, True)]


def test_the_other_sides_best_price_fills_what_it_reaches():
    replay = quoted((ASK, 10, 100, 1))
    place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    kept = place(replay, 1, LIMIT_ORDER, GTC, 99, 3)
    to_end(replay)
    assert fills(replay) == [(1, 10, 100, 3, True)]
    assert status(replay, kept) == WORKING


def test_a_trade_on_the_other_side_fills_nothing():
    replay = quoted((BUYER_TOOK, 10, 100, 99))
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert fills(replay) == []
    assert status(replay, order) == WORKING


def test_a_canceled_order_fills_no_more():
    replay = quoted((SELLER_TOOK, 10, 99, 9))
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    until(replay, ON_ORDER)
    assert cancel(replay, order)
    assert not cancel(replay, order), "a request is on its way"
    to_end(replay)
    assert fills(replay) == []
    assert status(replay, order) == CANCELED


def test_a_cancel_that_comes_too_late_changes_nothing():
    replay = quoted((SELLER_TOOK, 10, 99, 9), settings=DepthSettings(to_venue_ns=(15 * MS, 1 * MS)))
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert fills(replay) == [], "it arrived after the trade"
    assert status(replay, order) == WORKING


def test_a_replaced_price_goes_to_the_end_of_the_new_queue():
    replay = quoted((SELLER_TOOK, 10, 99, 6))
    order = place(replay, 1, LIMIT_ORDER, GTC, 98, 3)
    until(replay, ON_ORDER)
    assert replace(replay, order, 99, 3)
    to_end(replay)
    assert fills(replay) == [(1, 10, 99, 1, True)]


def test_a_smaller_size_keeps_its_place():
    rows: tuple[Row, ...] = ((BID, 5, 100, 20), (SELLER_TOOK, 10, 100, 6))
    replay = quoted(*rows)
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    until(replay, ON_BOOK)
    replace(replay, order, 100, 1)
    to_end(replay)
    assert fills(replay) == [(1, 10, 100, 1, True)]
    assert replay.orders[ORDER * order + SIZE] == 1
    assert status(replay, order) == DONE


def test_a_larger_size_goes_to_the_end():
    rows: tuple[Row, ...] = ((BID, 5, 100, 20), (SELLER_TOOK, 10, 100, 6))
    replay = quoted(*rows)
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    until(replay, ON_BOOK)
    replace(replay, order, 100, 4)
    to_end(replay)
    assert fills(replay) == []


def test_our_orders_leave_the_recorded_book_as_it_was():
    replay = quoted()
    place(replay, 1, MARKET_ORDER, GTC, 0, 4)
    place(replay, 1, MARKET_ORDER, GTC, 0, 4)
    to_end(replay)
    assert fills(replay) == [(1, 0, 102, 4, False), (2, 0, 102, 4, False)]


def test_a_clear_before_a_snapshot_fills_nobody():
    replay = quoted((CLEAR, 10, 0, 0), (BID, 10, 97, 5), (ASK, 10, 101, 5))
    order = place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert fills(replay) == []
    assert status(replay, order) == WORKING


FILLS_BY_RULE = [
    (Filling.QUEUE, (SELLER_TOOK, 10, 100, 1), 0),
    (Filling.QUEUE, (ASK, 10, 100, 1), 3),
    (Filling.TOUCH, (SELLER_TOOK, 10, 100, 1), 1),
    (Filling.TOUCH, (ASK, 10, 100, 1), 3),
    (Filling.THROUGH, (SELLER_TOOK, 10, 100, 99), 0),
    (Filling.THROUGH, (ASK, 10, 100, 1), 0),
    (Filling.THROUGH, (SELLER_TOOK, 10, 99, 1), 3),
    (Filling.THROUGH, (ASK, 10, 99, 1), 3),
]


@pytest.mark.parametrize(("filling", "row", "lots"), FILLS_BY_RULE)
def test_what_fills_a_resting_order_is_a_matter_of_the_rule(filling: Filling, row: Row, lots: int):
    replay = quoted(row, settings=DepthSettings(filling=filling))
    place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    to_end(replay)
    assert sum(fill[3] for fill in fills(replay)) == lots


def test_where_a_shrinking_best_level_was_traded_its_queue_is_used_up():
    rows: tuple[Row, ...] = ((BID, 10, 100, 8), (BID, 20, 100, 2), (BID, 30, 100, 1), (BID, 30, 99, 1))
    replay = quoted(*rows, settings=DepthSettings(filling=Filling.SHRINK))
    place(replay, 1, LIMIT_ORDER, GTC, 100, 3)
    behind = place(replay, 1, LIMIT_ORDER, GTC, 99, 3)
    to_end(replay)
    assert fills(replay) == [(1, 20, 100, 1, True), (1, 30, 100, 1, True)]
    assert status(replay, behind) == WORKING


STOPS: list[tuple[Trigger, int, int, Row, int]] = [
    (Trigger.TAKEN, 1, 103, (ASK, 10, 102, 0), 103),
    (Trigger.TAKEN, 1, 103, (BID, 10, 101, 1), 0),
    (Trigger.TAKEN, -1, 99, (BID, 10, 100, 0), 99),
    (Trigger.OWN, 1, 101, (BID, 10, 101, 1), 102),
    (Trigger.OWN, 1, 103, (ASK, 10, 102, 0), 0),
    (Trigger.OWN, -1, 101, (ASK, 10, 101, 1), 100),
    (Trigger.TRADE, 1, 103, (BUYER_TOOK, 10, 103, 1), 102),
    (Trigger.TRADE, -1, 99, (SELLER_TOOK, 10, 99, 1), 100),
    (Trigger.TRADE, -1, 99, (BID, 10, 100, 0), 0),
]


@pytest.mark.parametrize(("trigger", "sign", "stop", "row", "price"), STOPS)
def test_a_stop_is_set_off_by_the_price_that_was_chosen(
    trigger: Trigger, sign: int, stop: int, row: Row, price: int
) -> None:
    replay = quoted(row, (CLEAR, 20, 0, 0), settings=DepthSettings(trigger=trigger))
    place_stop(replay, sign, MARKET_ORDER, GTC, 0, 1, stop)
    to_end(replay)
    assert fills(replay) == ([(1, 10, price, 1, False)] if price else [])


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_stop_that_comes_too_late_enters_at_once(trigger: Trigger):
    replay = quoted((BUYER_TOOK, 5, 102, 1), settings=DepthSettings(trigger=trigger, to_venue_ns=(8 * MS,)))
    place_stop(replay, 1, MARKET_ORDER, GTC, 0, 1, 90)
    to_end(replay)
    assert fills(replay) == [(1, 8, 102, 1, False)]


def test_a_stop_waits_when_there_is_no_price_to_set_it_off():
    replay = quoted(settings=DepthSettings(trigger=Trigger.TRADE))
    order = place_stop(replay, 1, MARKET_ORDER, GTC, 0, 1, 90)
    to_end(replay)
    assert fills(replay) == []
    assert status(replay, order) == WORKING


def test_a_waiting_stop_limit_can_have_another_limit():
    replay = quoted((ASK, 10, 102, 0))
    order = place_stop(replay, 1, LIMIT_ORDER, GTC, 110, 1, 103)
    until(replay, ON_ORDER)
    assert replace(replay, order, 101, 2)
    to_end(replay)
    assert fills(replay) == []
    assert status(replay, order) == WORKING
    assert replay.orders[ORDER * order + SIZE] == 2


def test_many_stops_go_off_at_once():
    replay = quoted((ASK, 10, 102, 0))
    for _ in range(3):
        place_stop(replay, 1, MARKET_ORDER, GTC, 0, 1, 103)
    kept = place_stop(replay, 1, MARKET_ORDER, GTC, 0, 1, 104)
    to_end(replay)
    assert [fill[2] for fill in fills(replay)] == [103, 103, 103]
    assert status(replay, kept) == WORKING
