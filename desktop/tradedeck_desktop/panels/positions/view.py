"""The positions panel."""

from __future__ import annotations

from tradedeck.design import Theme
from tradedeck_desktop.kit.table_panel import TablePanel
from tradedeck_desktop.panels.positions.model import PositionsModel


class PositionsPanel(TablePanel):
    """One row each."""

    def __init__(self, model: PositionsModel, theme: Theme) -> None:
        super().__init__(model, "No positions. A filled order opens one.", theme)
