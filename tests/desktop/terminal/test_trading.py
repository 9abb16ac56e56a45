"""Trading by clicks and keys, checked against what the venue has."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from tests.desktop.terminal.desk import OpenDesk, Play
from tradedeck_desktop.kit.hold_button import HOLD_MS
from tradedeck_desktop.panels.ticket.view import TicketPanel

LEFT = Qt.MouseButton.LeftButton
MARKET = 1
"""Where "Market" stands in the list of types."""


def cell(model: QAbstractItemModel, row: int, title: str) -> str:
    """What a table's cell reads, by the column's title."""
    for column in range(model.columnCount()):
        if model.headerData(column, Qt.Orientation.Horizontal) == title:
            return str(model.index(row, column).data())
    raise KeyError(title)


def test_two_presses_of_enter_buy_at_the_market(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            ticket = desk.window.ticket
            ticket.type.setCurrentIndex(MARKET)
            QTest.keyClicks(ticket.size_field, "0.25")
            QTest.keyClick(ticket.size_field, Qt.Key.Key_Return)
            assert ticket.submit.text().startswith("Really buy 0.25 BTC for ≈ ")
            assert ticket.submit.text().endswith("LIVE: main at binance")
            assert not desk.venue_orders
            QTest.keyClick(ticket.size_field, Qt.Key.Key_Return)
            await desk.until(lambda: desk.terminal.fills.rowCount() == 1)
            desk.advance(5)
            await desk.until(lambda: desk.terminal.positions.rowCount() == 1)
            assert cell(desk.window.positions.table.model(), 0, "Size") == "+0.25000"
            await desk.until(lambda: cell(desk.window.orders.table.model(), 0, "State") == "filled")
            assert list(desk.venue_orders.values()) == ["filled"]
            marks, lines = desk.terminal.trading_on_chart()
            assert len(marks) == 1
            assert lines == []

    play(story())


def test_delete_in_the_order_table_cancels_at_the_venue(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            rest_an_order(desk.window.ticket, desk.last - 500)
            await desk.until(lambda: list(desk.venue_orders.values()) == ["accepted"])
            table = desk.window.orders.table
            await desk.until(lambda: table.model().rowCount() == 1)
            await desk.until(lambda: cell(table.model(), 0, "State") == "accepted")
            assert [line.buy for line in desk.terminal.trading_on_chart()[1]] == [True]
            select_first(table)
            QTest.keyClick(table, Qt.Key.Key_Delete)
            await desk.until(lambda: cell(table.model(), 0, "State") == "canceled")
            assert list(desk.venue_orders.values()) == ["canceled"]
            assert desk.terminal.trading_on_chart()[1] == []

    play(story())


def test_holding_the_kill_button_cancels_and_takes_no_new_risk(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            window = desk.window
            rest_an_order(window.ticket, desk.last - 500)
            await desk.until(lambda: list(desk.venue_orders.values()) == ["accepted"])
            QTest.mouseClick(window.kill_button, LEFT)
            await desk.until(lambda: desk.terminal.orders.rowCount() == 1)
            assert list(desk.venue_orders.values()) == ["accepted"]
            QTest.mousePress(window.kill_button, LEFT)
            await desk.until(lambda: list(desk.venue_orders.values()) == ["canceled"])
            QTest.mouseRelease(window.kill_button, LEFT)
            await desk.say(window.status.venue.text, "HALTED")
            rest_an_order(window.ticket, desk.last - 400)
            await desk.say(window.ticket.error.text, "halted")
            await desk.until(lambda: any("halted" in line.note.text for line in desk.terminal.notes.rows))
            assert len(desk.venue_orders) == 1
            assert HOLD_MS >= 500

    play(story())


def test_a_strategy_starts_with_its_parameters_and_stops(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            panel = desk.window.strategies
            QTest.mouseClick(panel.start, LEFT)
            await desk.until(lambda: desk.terminal.strategies.running.rowCount() == 1)
            assert cell(panel.table.model(), 0, "State") == "● running"
            select_first(panel.table)
            QTest.mouseClick(panel.stop, LEFT)
            await desk.until(lambda: cell(panel.table.model(), 0, "State") == "stopped")

    play(story())


def test_a_parameter_out_of_its_range_is_refused_in_the_log(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            panel = desk.window.strategies
            name, field = next(iter(panel.fields.items()))
            field.selectAll()
            QTest.keyClicks(field, "999999999")
            QTest.mouseClick(panel.start, LEFT)
            await desk.until(lambda: any(name in line.note.text for line in desk.terminal.notes.rows))
            assert desk.terminal.strategies.running.rowCount() == 0

    play(story())


def rest_an_order(ticket: TicketPanel, price: Decimal) -> None:
    """Place a limit buy far below the market with the ticket."""
    for field, typed in ((ticket.size_field, "0.1"), (ticket.price_field, str(price))):
        field.selectAll()
        QTest.keyClicks(field, typed)
    QTest.mouseClick(ticket.submit, LEFT)
    QTest.mouseClick(ticket.submit, LEFT)


def select_first(table: QTableView) -> None:
    """Click the first row."""
    table.selectRow(0)
    table.setFocus()
