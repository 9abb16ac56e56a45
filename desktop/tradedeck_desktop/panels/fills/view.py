"""The fills panel."""

from __future__ import annotations

from tradedeck.design import Theme
from tradedeck_desktop.kit.table_panel import TablePanel
from tradedeck_desktop.panels.fills.model import FillsModel


class FillsPanel(TablePanel):
    """One row each."""

    def __init__(self, model: FillsModel, theme: Theme) -> None:
        super().__init__(
            model, "No fills yet. They appear here the moment the venue reports them.", theme, newest_first=True
        )
        self.table.fit(0, 6, 8)
