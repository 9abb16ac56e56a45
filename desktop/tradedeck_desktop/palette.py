"""Every action has a key and a name; the palette finds it by name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

WIDTH_PX, LIST_PX = 480, 400


class Palette(QDialog):
    """Type a part of a name, Enter runs it."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions = actions
        self.setFixedWidth(WIDTH_PX)
        self.search = QLineEdit()
        self.search.setPlaceholderText("What do you want to do?")
        self.found = QListWidget()
        self.found.setMinimumHeight(LIST_PX)
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.search)
        column.addWidget(self.found)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._run)
        self.found.itemClicked.connect(self._run)
        self._filter("")

    def keyPressEvent(self, arg__1: QKeyEvent) -> None:  # noqa: N802 - Qt's names
        """Up and down move through what was found."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(arg__1.key()))
        if step is None:
            super().keyPressEvent(arg__1)
        else:
            self.found.setCurrentRow((self.found.currentRow() + step) % max(1, self.found.count()))

    def _filter(self, typed: str) -> None:
        self.found.clear()
        for action in self._actions:
            name = action.text()
            if all(word in name.lower() for word in typed.lower().split()):
                keys = action.shortcut().toString()
                item = QListWidgetItem(f"{name}    {keys}" if keys else name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.found.addItem(item)
        self.found.setCurrentRow(0)

    def _run(self) -> None:
        items = self.found.selectedItems()
        self.close()
        for item in items:
            item.data(Qt.ItemDataRole.UserRole).trigger()
