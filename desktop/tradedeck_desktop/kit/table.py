"""Tables that sort by value: numbers by size, times by time; figures right-aligned and tabular."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
TONE_ROLE = Qt.ItemDataRole.UserRole + 1
FIGURE_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: its header, how a cell reads, what it sorts by, and its tone (up, down, warn or none)."""

    title: str
    text: Callable[[Row], str]
    value: Callable[[Row], Any]
    figure: bool = False
    tone: Callable[[Row], str] | None = None


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows by key, in the order they came. Knows no widget."""

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], str]) -> None:
        super().__init__()
        self._columns = columns
        self._key = key
        self._rows: list[Row] = []
        self._at: dict[str, int] = {}

    @property
    def rows(self) -> list[Row]:
        """What is shown, in the order it came."""
        return self._rows

    def reset(self, rows: Sequence[Row]) -> None:
        """Show other rows altogether."""
        self.beginResetModel()
        self._rows = list(rows)
        self._at = {self._key(row): number for number, row in enumerate(self._rows)}
        self.endResetModel()

    def show(self, changed: Sequence[Row]) -> None:
        """Take one frame's worth of changes; unknown rows are added at the end."""
        fresh: dict[str, Row] = {}
        for row in changed:
            number = self._at.get(self._key(row))
            if number is None:
                fresh[self._key(row)] = row
            else:
                self._rows[number] = row
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(self._columns) - 1))
        if fresh:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._at.update({key: first + offset for offset, key in enumerate(fresh)})
            self._rows += fresh.values()
            self.endInsertRows()

    def remove(self, key: str) -> None:
        """Take a row out; nothing when it is not there."""
        number = self._at.get(key)
        if number is None:
            return
        self.beginRemoveRows(QModelIndex(), number, number)
        del self._rows[number]
        self._at = {self._key(row): place for place, row in enumerate(self._rows)}
        self.endRemoveRows()

    def row_at(self, index: Index) -> Row:
        """The row behind an index of this model."""
        return self._rows[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """See Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """See Qt."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802
        """See Qt."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.figure)
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """See Qt; SORT_ROLE gives the value, TONE_ROLE the tone."""
        column, row = self._columns[index.column()], self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == SORT_ROLE:
            return column.value(row)
        if role == TONE_ROLE:
            return column.tone(row) if column.tone else ""
        if role == FIGURE_ROLE:
            return column.figure
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.figure)
        return None


class SortedRows(QSortFilterProxyModel):
    """Sorts by the columns' values, not by their text."""

    def __init__(self, source: QAbstractTableModel) -> None:
        super().__init__()
        self.setSourceModel(source)
        self.setDynamicSortFilter(True)

    def lessThan(self, source_left: Index, source_right: Index) -> bool:  # noqa: N802 - Qt's name
        """See Qt."""
        left, right = source_left.data(SORT_ROLE), source_right.data(SORT_ROLE)
        if left is None or right is None:
            return left is None and right is not None
        return bool(left < right)


def _alignment(figure: bool) -> int:
    side = Qt.AlignmentFlag.AlignRight if figure else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
