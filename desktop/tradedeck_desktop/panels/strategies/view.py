"""The strategies panel: a form on the left, the table of strategies on the right."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.kit.table import SortedRows
from tradedeck_desktop.kit.table_view import Table
from tradedeck_desktop.panels.strategies.model import TIMEFRAMES, StrategiesModel, bounds_of

FORM_PX = 300


class StrategiesPanel(QWidget):
    """Pick, set parameters, start; select a running one and stop it."""

    def __init__(self, model: StrategiesModel, theme: Theme) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self.choice, self.timeframe = QComboBox(), QComboBox()
        self.choice.setAccessibleName("Strategy")
        self.choice.addItems(model.names)
        self.timeframe.setAccessibleName("Timeframe")
        self.timeframe.addItems(list(TIMEFRAMES))
        self.summary = QLabel()
        self.summary.setProperty("role", "hint")
        self.summary.setWordWrap(True)
        self.fields: dict[str, QLineEdit] = {}
        self.start = QPushButton("Start")
        self.start.setProperty("role", "primary")
        self.stop = QPushButton("Stop selected")
        self._form = QFormLayout()
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._rows = SortedRows(model.running)
        self.table = Table(self._rows, "No strategy has run yet. Pick one on the left and press Start.", theme)
        self._lay_out()
        self.choice.currentTextChanged.connect(model.choose)
        self.timeframe.currentTextChanged.connect(self._pick_timeframe)
        self.start.clicked.connect(model.start)
        self.stop.clicked.connect(self.stop_selected)
        model.changed.connect(self._show_form)
        self._show_form()

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.table.use(theme)

    def stop_selected(self) -> None:
        """Stop the selected strategy."""
        for index in self.table.selectionModel().selectedRows():
            self._model.stop(self._model.running.row_at(self._rows.mapToSource(index)))

    def _lay_out(self) -> None:
        left = QWidget()
        left.setFixedWidth(FORM_PX)
        form = QVBoxLayout(left)
        form.setContentsMargins(12, 8, 12, 8)
        form.setSpacing(8)
        picks = QHBoxLayout()
        picks.addWidget(self.choice, 2)
        picks.addWidget(self.timeframe, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addWidget(self.stop)
        form.addLayout(picks)
        form.addWidget(self.summary)
        form.addLayout(self._form)
        form.addLayout(buttons)
        form.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(self.table, 1)

    def _show_form(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        self.summary.setText(self._model.summary)
        for parameter in self._model.parameters:
            field = QLineEdit(self._model.values.get(parameter.name, parameter.default))
            field.setProperty("role", "figure")
            field.setAccessibleName(parameter.name)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            bounds = bounds_of(parameter)
            field.setToolTip(bounds)
            field.textEdited.connect(partial(self._set, parameter.name))
            label = QLabel(f"{parameter.name}  ({bounds})" if bounds else parameter.name)
            label.setProperty("role", "label")
            self._form.addRow(label, field)
            self.fields[parameter.name] = field

    def _set(self, name: str, typed: str) -> None:
        self._model.values[name] = typed

    def _pick_timeframe(self, name: str) -> None:
        self._model.timeframe = name
