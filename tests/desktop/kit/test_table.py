"""Tables sort by value and keep their rows when these change."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from tradedeck.design import DARK
from tradedeck_desktop.kit.table import FIGURE_ROLE, SORT_ROLE, TONE_ROLE, Column, RowsModel, SortedRows
from tradedeck_desktop.kit.table_view import Table


@dataclass(frozen=True)
class Line:
    name: str
    amount: Decimal


COLUMNS: list[Column[Line]] = [
    Column("Name", lambda line: line.name, lambda line: line.name),
    Column(
        "Amount",
        lambda line: f"{line.amount:,}",
        lambda line: line.amount,
        figure=True,
        tone=lambda line: "down" if line.amount < 0 else "up",
    ),
]
A, B, C = Line("a", Decimal(9)), Line("b", Decimal(10)), Line("c", Decimal(-200))


def model() -> RowsModel[Line]:
    rows = RowsModel(COLUMNS, lambda line: line.name)
    rows.show([A, B, C])
    return rows


def shown(rows: SortedRows, column: int = 0) -> list[str]:
    return [rows.index(row, column).data() for row in range(rows.rowCount())]


def test_numbers_sort_by_size_not_by_text(qtbot: QtBot) -> None:
    rows = SortedRows(model())
    rows.sort(1, Qt.SortOrder.AscendingOrder)
    assert shown(rows) == ["c", "a", "b"]
    rows.sort(1, Qt.SortOrder.DescendingOrder)
    assert shown(rows) == ["b", "a", "c"]


def test_a_change_keeps_its_row_and_moves_in_the_sorted_view(qtbot: QtBot) -> None:
    source = model()
    rows = SortedRows(source)
    rows.sort(1, Qt.SortOrder.AscendingOrder)
    source.show([Line("a", Decimal(1000)), Line("d", Decimal(0))])
    assert [line.name for line in source.rows] == ["a", "b", "c", "d"]
    assert shown(rows) == ["c", "d", "b", "a"]


def test_one_frame_with_the_same_new_row_twice_adds_it_once(qtbot: QtBot) -> None:
    source = model()
    source.show([Line("x", Decimal(1)), Line("x", Decimal(2))])
    assert [line.amount for line in source.rows if line.name == "x"] == [Decimal(2)]


def test_rows_can_go(qtbot: QtBot) -> None:
    source = model()
    source.remove("a")
    source.remove("nobody")
    source.show([Line("b", Decimal(3))])
    assert source.rows == [Line("b", Decimal(3)), C]
    source.reset([A])
    assert source.rows == [A]


def test_figures_align_right_and_carry_their_tone(qtbot: QtBot) -> None:
    source = model()
    cell = source.index(2, 1)
    assert cell.data(Qt.ItemDataRole.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignRight)
    assert cell.data(TONE_ROLE) == "down"
    assert cell.data(FIGURE_ROLE) is True
    assert cell.data(SORT_ROLE) == Decimal(-200)
    assert source.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "Amount"


def test_the_model_keeps_qts_own_rules(qtbot: QtBot) -> None:
    source = model()
    tester = QAbstractItemModelTester(source, QAbstractItemModelTester.FailureReportingMode.Fatal)
    source.show([Line("z", Decimal(1)), Line("a", Decimal(2))])
    source.remove("b")
    source.reset([A, B])
    assert tester.model() is source


def test_an_empty_table_teaches(qtbot: QtBot) -> None:
    source: RowsModel[Line] = RowsModel(COLUMNS, lambda line: line.name)
    table = Table(SortedRows(source), "No orders yet.", DARK)
    qtbot.addWidget(table)
    table.resize(400, 200)
    empty = table.grab().toImage()
    source.show([A])
    full = table.grab().toImage()
    source.reset([])
    assert empty != full
    assert table.grab().toImage() == empty


def test_delete_asks_for_the_selected_row_to_go(qtbot: QtBot) -> None:
    table = Table(SortedRows(model()), "", DARK)
    qtbot.addWidget(table)
    with qtbot.waitSignal(table.delete_pressed):
        QTest.keyClick(table, Qt.Key.Key_Delete)
