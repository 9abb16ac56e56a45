"""The watchlist panel."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView

from tradedeck.design import Theme
from tradedeck_desktop.kit.table_panel import TablePanel
from tradedeck_desktop.panels.watchlist.model import WatchlistModel


class WatchlistPanel(TablePanel):
    """One row each."""

    def __init__(self, model: WatchlistModel, theme: Theme) -> None:
        super().__init__(model, "No symbols.", theme)
        header = self.table.horizontalHeader()
        for section in (1, 2):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)
