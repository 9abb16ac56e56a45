"""The orders panel."""

from __future__ import annotations

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.kit.table import Index, SortedRows
from tradedeck_desktop.kit.table_view import Table
from tradedeck_desktop.panels.orders.model import OrdersModel


class OpenFirst(SortedRows):
    """Sorted orders, only open ones when asked for."""

    def __init__(self, model: OrdersModel) -> None:
        super().__init__(model)
        self._model = model
        self._open_only = False

    def show_open_only(self, wanted: bool) -> None:
        """Hide orders that have ended."""
        self.beginFilterChange()
        self._open_only = wanted
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:  # noqa: N802 - Qt's name
        """See Qt."""
        return not self._open_only or self._model.rows[source_row].is_open


class OrdersPanel(QWidget):
    """The table, a switch for open orders, and cancel by button or Delete key."""

    def __init__(self, model: OrdersModel, theme: Theme) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self._rows = OpenFirst(model)
        self.table = Table(self._rows, "No orders yet. Place one with the ticket, or start a strategy.", theme)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.table.fit(0, 3)
        self.open_only = QCheckBox("Open only")
        self.cancel_button = QPushButton("Cancel order")
        self.cancel_button.setToolTip("Cancel the selected order (Delete)")
        self.open_only.toggled.connect(self._rows.show_open_only)
        self.cancel_button.clicked.connect(self.cancel_selected)
        self.table.delete_pressed.connect(self.cancel_selected)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.addWidget(self.open_only)
        bar.addStretch()
        bar.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.table)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.table.use(theme)

    def select(self, client_order_id: str) -> None:
        """Select an order by its id; nothing when it is not shown."""
        for row in range(self._rows.rowCount()):
            order = self._model.row_at(self._rows.mapToSource(self._rows.index(row, 0)))
            if order.client_order_id == client_order_id:
                self.table.selectRow(row)

    def cancel_selected(self) -> None:
        """Ask for a cancel of the selected order."""
        for index in self.table.selectionModel().selectedRows():
            self._model.cancel(self._model.row_at(self._rows.mapToSource(index)))
