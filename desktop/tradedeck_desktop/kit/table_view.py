"""How a table of rows looks."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from tradedeck.design import Theme
from tradedeck_desktop.kit.table import FIGURE_ROLE, TONE_ROLE, SortedRows
from tradedeck_desktop.kit.theme import figures_font, text_font

ROW_PX = 22


class Cells(QStyledItemDelegate):
    """Figures in the figures font, tones in the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.use(theme)
        self._figures, self._words = figures_font(), text_font(12)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._tones = {"up": theme.up, "down": theme.down, "warn": theme.warn, "quiet": theme.text3}

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """See Qt."""
        super().initStyleOption(option, index)
        option.font = self._figures if index.data(FIGURE_ROLE) else self._words  # pyright: ignore[reportAttributeAccessIssue]
        colour = self._tones.get(index.data(TONE_ROLE) or "")
        if colour:
            for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
                option.palette.setColor(group, QPalette.ColorRole.Text, QColor(colour))  # pyright: ignore[reportAttributeAccessIssue]
                option.palette.setColor(group, QPalette.ColorRole.HighlightedText, QColor(colour))  # pyright: ignore[reportAttributeAccessIssue]


class Table(QTableView):
    """Dense rows, whole-row selection, sorting by header; says something when there is nothing to show."""

    delete_pressed = Signal()

    def __init__(self, rows: SortedRows, empty: str, theme: Theme) -> None:
        super().__init__()
        self._empty = empty
        self._cells = Cells(theme)
        self.setModel(rows)
        self.setItemDelegate(self._cells)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)

    def fit(self, *sections: int) -> None:
        """Give columns the room their content needs: figures are never cut."""
        for section in sections:
            self.horizontalHeader().setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._cells.use(theme)
        self.viewport().update()

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """See Qt; an empty table teaches."""
        super().paintEvent(e)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.setFont(text_font(12))
            area = self.viewport().rect().adjusted(16, 8, -16, -8)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """See Qt; Delete asks for the selected row to go."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_pressed.emit()
            return
        super().keyPressEvent(event)
