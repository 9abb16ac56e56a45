import asyncio
from dataclasses import astuple
from decimal import Decimal

import pytest

from tradedeck.design import DARK
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck_mobile.parts.candles import AXIS_WIDTH, FRAME_S, MAX_CANDLES, Candles
from tradedeck_mobile.parts.chart import shapes_of
from tradedeck_mobile.parts.spark import curve_points

HOUR_NS = 60 * MINUTE_NS


def bar(index: int, close: str = "100") -> Bar:
    price = Decimal(close)
    return Bar("BTCUSDT", MINUTE_NS, index * MINUTE_NS, price, price + 1, price - 1, price, Decimal(2))


def trade(time_ns: int, price: str, size: str = "1") -> Trade:
    return Trade("BTCUSDT", "1", Decimal(price), Decimal(size), Side.BUY, time_ns)


@pytest.fixture
async def candles() -> Candles:
    made = Candles()
    made.load([bar(index) for index in range(200)], MINUTE_NS)
    made.resize(300 + AXIS_WIDTH, 400)
    return made


async def test_trades_make_the_newest_candle_and_the_closed_bar_replaces_it(candles: Candles) -> None:
    opened = 200 * MINUTE_NS
    for offset, price in enumerate(("101", "105", "99", "102")):
        candles.take(trade(opened + offset, price))
    assert candles.last is not None
    assert astuple(candles.last) == (opened, 101, 105, 99, 102, 4)
    candles.take(bar(200, "103"))
    assert candles.last.close == 103
    assert len(candles.view()) == 60


async def test_trades_of_longer_candles_fall_into_their_stretch_of_time() -> None:
    candles = Candles()
    candles.load([], HOUR_NS)
    candles.take(trade(HOUR_NS + 1, "10"))
    candles.take(trade(2 * HOUR_NS - 1, "12"))
    candles.take(bar(61))
    candles.take(trade(2 * HOUR_NS, "11"))
    assert [(c.open_ns, c.close) for c in candles.view()] == [(HOUR_NS, 12), (2 * HOUR_NS, 11)]


async def test_an_old_trade_or_bar_changes_nothing(candles: Candles) -> None:
    before = candles.view()
    candles.take(trade(5, "1"))
    candles.take(bar(3, "1"))
    assert candles.view() == before


async def test_panning_goes_back_in_time_and_no_further_than_the_beginning(candles: Candles) -> None:
    candles.pan(50)
    assert candles.view()[-1].open_ns == 189 * MINUTE_NS
    candles.pan(1e9)
    assert candles.view()[0].open_ns == 0
    candles.pan(-1e9)
    assert candles.view()[-1].open_ns == 199 * MINUTE_NS


async def test_a_pinch_zooms_and_a_single_finger_does_not(candles: Candles) -> None:
    candles.scale_start()
    candles.scale(2.0, 0, fingers=1)
    assert candles.visible == 60
    candles.scale(2.0, 0, fingers=2)
    assert candles.visible == 30
    candles.wheel(1)
    assert candles.visible == pytest.approx(33)
    candles.zoom(1e9)
    assert candles.visible == 200


async def test_a_scrolled_chart_stays_where_it_is_when_news_come(candles: Candles) -> None:
    candles.pan(100)
    before = candles.view()
    candles.take(trade(300 * MINUTE_NS, "100"))
    assert candles.view() == before


async def test_candles_are_bounded(candles: Candles) -> None:
    for index in range(200, 200 + MAX_CANDLES):
        candles.take(bar(index))
    candles.zoom(1e9)
    assert len(candles.view()) == MAX_CANDLES


async def test_many_changes_are_one_drawing(candles: Candles) -> None:
    await asyncio.sleep(2 * FRAME_S)
    before = candles.frame
    for index in range(500):
        candles.take(trade(200 * MINUTE_NS + index, "100"))
    await asyncio.sleep(2 * FRAME_S)
    assert candles.frame == before + 1


async def test_a_chart_of_any_length_is_a_few_shapes(candles: Candles) -> None:
    few, many = shapes_of(candles, DARK, 2), None
    candles.zoom(200)
    many = shapes_of(candles, DARK, 2)
    assert len(few) <= 25
    assert len(many) <= 25
    assert len({shape.key for shape in few}) == len(few)


async def test_the_candle_under_the_finger_is_read(candles: Candles) -> None:
    candles.take(trade(200 * MINUTE_NS, "123"))
    picked = candles.picked()
    assert picked is not None
    assert picked.close == 123
    candles.point((0, 10))
    picked = candles.picked()
    assert picked is not None
    assert picked.open_ns == 141 * MINUTE_NS
    assert any("cross" in str(shape.key) for shape in shapes_of(candles, DARK, 2))


async def test_nothing_is_drawn_without_room_or_candles() -> None:
    candles = Candles()
    assert shapes_of(candles, DARK, 2) == []
    assert candles.picked() is None
    candles.load([bar(1)], MINUTE_NS)
    assert shapes_of(candles, DARK, 2) == []
    candles.resize(300, 300)
    assert shapes_of(candles, DARK, 2)


def test_a_curve_spans_its_room() -> None:
    assert curve_points([1, 3, 2], 100, 46) == [(0, 43), (50, 3), (100, 23)]
    assert curve_points([5, 5], 100, 46) == [(0, 23), (100, 23)]
    assert curve_points([1], 100, 46) == curve_points([1, 2], 0, 0) == []
