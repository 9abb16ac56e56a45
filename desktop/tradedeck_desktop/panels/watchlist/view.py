"""The watchlist panel."""

from __future__ import annotations

from tradedeck.design import Theme
from tradedeck_desktop.kit.table_panel import TablePanel
from tradedeck_desktop.panels.watchlist.model import WatchlistModel


class WatchlistPanel(TablePanel):
    """One row each."""

    def __init__(self, model: WatchlistModel, theme: Theme) -> None:
        super().__init__(model, "No symbols.", theme)
        self.table.fit(1, 2)
