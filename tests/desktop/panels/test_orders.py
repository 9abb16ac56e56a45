"""The order table by clicks and keys."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.desktop.panels.conftest import MakeOrder
from tradedeck.design import DARK
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck_desktop.kit.table import TONE_ROLE
from tradedeck_desktop.panels.orders.model import OrdersModel, state_text, type_text, why_text
from tradedeck_desktop.panels.orders.view import OrdersPanel

TITLES = ["Time (UTC)", "Symbol", "Side", "Type", "Size", "Price", "Filled", "Average", "State", "Source", "Why"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canceled() -> list[str]:
    return []


@pytest.fixture
def model(canceled: list[str]) -> OrdersModel:
    return OrdersModel(lambda _: 2, lambda _: 5, canceled.append)


@pytest.fixture
def panel(qtbot: QtBot, model: OrdersModel) -> OrdersPanel:
    widget = OrdersPanel(model, DARK)
    qtbot.addWidget(widget)
    widget.resize(1200, 300)
    widget.show()
    return widget


def column(panel: OrdersPanel, title: str) -> list[str]:
    rows = panel.table.model()
    return [rows.index(row, TITLES.index(title)).data() for row in range(rows.rowCount())]


def click(qtbot: QtBot, panel: OrdersPanel, row: int) -> None:
    place = panel.table.visualRect(panel.table.model().index(row, 1)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=place)


def test_the_delete_key_cancels_the_selected_order(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder, canceled: list[str]
) -> None:
    model.show([make_order(1), make_order(2), make_order(3)])
    click(qtbot, panel, 1)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert canceled == ["td-2"]


def test_the_button_cancels_what_is_shown_after_sorting(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder, canceled: list[str]
) -> None:
    model.show([make_order(1, size=Decimal(9)), make_order(2, size=Decimal(10)), make_order(3, size=Decimal(1))])
    panel.table.sortByColumn(TITLES.index("Size"), Qt.SortOrder.AscendingOrder)
    assert column(panel, "Size") == ["1.00000", "9.00000", "10.00000"]
    click(qtbot, panel, 2)
    QTest.mouseClick(panel.cancel_button, LEFT)
    assert canceled == ["td-2"]


def test_an_order_that_has_ended_is_not_canceled(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder, canceled: list[str]
) -> None:
    model.show([make_order(1, state=OrderState.FILLED)])
    click(qtbot, panel, 0)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert canceled == []


def test_nothing_selected_cancels_nothing(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder, canceled: list[str]
) -> None:
    model.show([make_order(1)])
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    QTest.mouseClick(panel.cancel_button, LEFT)
    assert canceled == []


def test_arrows_choose_another_order(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder, canceled: list[str]
) -> None:
    model.show([make_order(1), make_order(2)])
    click(qtbot, panel, 0)
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert canceled == ["td-1"]


def test_only_open_orders_when_asked_for(
    qtbot: QtBot, panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder
) -> None:
    model.show([make_order(1), make_order(2, state=OrderState.FILLED), make_order(3, state=OrderState.UNKNOWN)])
    panel.open_only.click()
    assert column(panel, "State") == ["unknown", "accepted"]
    model.show([make_order(1, state=OrderState.CANCELED)])
    assert column(panel, "State") == ["unknown"]
    panel.open_only.click()
    assert len(column(panel, "State")) == 3


def test_newest_orders_come_first(panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder) -> None:
    model.show([make_order(1), make_order(2)])
    assert column(panel, "Time (UTC)") == ["01-01 00:00:02", "01-01 00:00:01"]


def test_states_are_words_and_unknown_is_a_warning(model: OrdersModel, make_order: MakeOrder) -> None:
    waiting = make_order(1, cancel_requested=True)
    assert state_text(waiting) == "canceling"
    assert state_text(make_order(1, state=OrderState.PARTIALLY_FILLED)) == "partially filled"
    model.show([make_order(1, state=OrderState.UNKNOWN)])
    assert model.index(0, TITLES.index("State")).data(TONE_ROLE) == "warn"


def test_a_type_tells_its_conditions(make_order: MakeOrder) -> None:
    assert type_text(make_order(1, post_only=True)) == "limit post-only"
    assert (
        type_text(make_order(1, type=OrderType.STOP_LIMIT, time_in_force=TimeInForce.IOC, reduce_only=True))
        == "stop limit reduce-only IOC"
    )


def test_a_side_is_an_arrow_and_a_word(panel: OrdersPanel, model: OrdersModel, make_order: MakeOrder) -> None:
    model.show([make_order(1, side=Side.SELL), make_order(2)])
    assert column(panel, "Side") == ["▲ buy", "▼ sell"]


def test_an_unknown_order_says_what_that_means(make_order: MakeOrder) -> None:
    assert "may be working there" in why_text(make_order(1, state=OrderState.UNKNOWN, reason="timeout"))
    assert why_text(make_order(1, state=OrderState.REJECTED, reason="no funds")) == "no funds"
