"""The chart with its bar of timeframes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.chart import Chart
from tradedeck_desktop.panels.chart.model import TIMEFRAMES, ChartModel


class ChartPanel(QWidget):
    """Timeframes above, candles below; `decimals` of the symbol in front are asked for anew with its bars."""

    def __init__(self, model: ChartModel, theme: Theme, decimals: Callable[[], int]) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model, self._decimals = model, decimals
        self.chart = Chart(theme)
        self.buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.setSpacing(4)
        for name in TIMEFRAMES:
            button = QPushButton(name)
            button.setCheckable(True)
            button.setChecked(name == model.timeframe)
            button.setProperty("role", "choice")
            button.setAccessibleName(f"Bars of {name}")
            button.clicked.connect(partial(self._choose, name))
            group.addButton(button)
            bar.addWidget(button)
            self.buttons[name] = button
        bar.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.chart, 1)
        model.changed.connect(self._show)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.chart.use(theme)

    def _choose(self, name: str, _checked: bool = False) -> None:
        self._model.choose(name)

    def _show(self) -> None:
        self.buttons[self._model.timeframe].setChecked(True)
        self.chart.show_bars(self._model.bars, self._decimals())
