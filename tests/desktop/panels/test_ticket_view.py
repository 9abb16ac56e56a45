"""The ticket by clicks and keys."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck_desktop.panels.ticket.model import Draft, TicketModel
from tradedeck_desktop.panels.ticket.view import FORCES, TYPES, TicketPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def placed() -> list[Draft]:
    return []


@pytest.fixture
def panel(qtbot: QtBot, instrument: Instrument, placed: list[Draft]) -> Iterator[TicketPanel]:
    model = TicketModel(placed.append)
    model.use(instrument)
    model.set_last(Decimal(67_000))
    widget = TicketPanel(model)
    qtbot.addWidget(widget)
    widget.resize(320, 600)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.hide()
    model.disarm()


def choose(panel: TicketPanel, kind: OrderType) -> None:
    panel.type.setCurrentIndex([value for _, value in TYPES].index(kind))


def test_a_sell_limit_by_mouse_and_keys(qtbot: QtBot, panel: TicketPanel, placed: list[Draft]) -> None:
    QTest.mouseClick(panel.sell, LEFT)
    QTest.keyClicks(panel.size_field, "0.25")
    QTest.keyClicks(panel.price_field, "67100.4")
    assert panel.notional.text() == "16,775.10 USDT"
    QTest.mouseClick(panel.submit, LEFT)
    assert placed == []
    assert "sell 0.25 BTC for 16,775.10 USDT" in panel.submit.text()
    QTest.mouseClick(panel.submit, LEFT)
    assert [(d.side, d.size, d.price) for d in placed] == [(Side.SELL, Decimal("0.25"), Decimal("67100.4"))]
    assert panel.submit.text() == "Sell"


def test_enter_twice_places_from_the_keyboard_alone(qtbot: QtBot, panel: TicketPanel, placed: list[Draft]) -> None:
    choose(panel, OrderType.MARKET)
    QTest.keyClicks(panel.size_field, "0.1")
    QTest.keyClick(panel.size_field, Qt.Key.Key_Return)
    assert placed == []
    QTest.keyClick(panel.size_field, Qt.Key.Key_Return)
    assert [(d.side, d.type, d.price) for d in placed] == [(Side.BUY, OrderType.MARKET, None)]


def test_each_type_shows_its_own_fields(panel: TicketPanel) -> None:
    shown: dict[OrderType, tuple[bool, bool, bool]] = {}
    for _, kind in TYPES:
        choose(panel, kind)
        shown[kind] = (panel.price_field.isVisible(), panel.stop_field.isVisible(), panel.post_only.isVisible())
    assert shown == {
        OrderType.LIMIT: (True, False, True),
        OrderType.MARKET: (False, False, False),
        OrderType.STOP: (False, True, False),
        OrderType.STOP_LIMIT: (True, True, False),
    }


def test_a_wrong_size_is_marked_explained_and_can_not_be_sent(
    qtbot: QtBot, panel: TicketPanel, placed: list[Draft]
) -> None:
    QTest.keyClicks(panel.price_field, "67000")
    QTest.keyClicks(panel.size_field, "0.0000001")
    assert panel.size_field.property("wrong") is True
    assert panel.price_field.property("wrong") is False
    assert "steps of 0.00001" in panel.error.text()
    assert not panel.submit.isEnabled()
    QTest.keyClick(panel.size_field, Qt.Key.Key_Return)
    QTest.keyClick(panel.size_field, Qt.Key.Key_Return)
    assert placed == []


def test_post_only_and_immediate_reach_the_order(qtbot: QtBot, panel: TicketPanel, placed: list[Draft]) -> None:
    panel.one_click.click()
    panel.post_only.click()
    panel.reduce_only.click()
    panel.force.setCurrentIndex([value for _, value in FORCES].index(TimeInForce.IOC))
    QTest.keyClicks(panel.size_field, "0.1")
    QTest.mouseClick(panel.last_button, LEFT)
    QTest.mouseClick(panel.submit, LEFT)
    assert [(d.post_only, d.reduce_only, d.time_in_force, d.price) for d in placed] == [
        (True, True, TimeInForce.IOC, Decimal(67_000))
    ]


def test_a_stop_limit_needs_both_prices(qtbot: QtBot, panel: TicketPanel, placed: list[Draft]) -> None:
    choose(panel, OrderType.STOP_LIMIT)
    panel.one_click.click()
    QTest.keyClicks(panel.size_field, "0.1")
    QTest.keyClicks(panel.stop_field, "68000")
    assert not panel.submit.isEnabled()
    QTest.keyClicks(panel.price_field, "68010")
    QTest.mouseClick(panel.submit, LEFT)
    assert [(d.stop_price, d.price) for d in placed] == [(Decimal(68_000), Decimal(68_010))]


def test_typing_keeps_the_cursor_while_prices_move(qtbot: QtBot, panel: TicketPanel) -> None:
    choose(panel, OrderType.MARKET)
    QTest.keyClicks(panel.size_field, "0.1")
    panel.size_field.setCursorPosition(1)
    QTest.keyClicks(panel.size_field, "2")
    assert panel.size_field.text() == "02.1"
    assert panel.size_field.cursorPosition() == 2
