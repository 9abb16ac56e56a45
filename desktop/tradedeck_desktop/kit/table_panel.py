"""A panel that is one table."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.kit.table import SortedRows
from tradedeck_desktop.kit.table_view import Table


class TablePanel(QWidget):
    """Shows `model`; `empty` is what it says when there is nothing."""

    def __init__(self, model: QAbstractTableModel, empty: str, theme: Theme, *, newest_first: bool = False) -> None:
        super().__init__()
        self.table = Table(SortedRows(model), empty, theme)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder if newest_first else Qt.SortOrder.AscendingOrder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.table.use(theme)
