"""The log panel."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView

from tradedeck.design import Theme
from tradedeck_desktop.kit.table_panel import TablePanel
from tradedeck_desktop.panels.notes.model import NotesModel


class NotesPanel(TablePanel):
    """One line each; the text takes the room."""

    def __init__(self, model: NotesModel, theme: Theme) -> None:
        super().__init__(model, "Nothing has happened yet.", theme, newest_first=True)
        header = self.table.horizontalHeader()
        for section, width in ((0, 130), (1, 140)):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(section, width)
