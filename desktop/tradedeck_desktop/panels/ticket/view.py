"""The order ticket."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck_desktop.panels.ticket.model import CONFIRM_S, TicketModel

TYPES = [
    ("Limit", OrderType.LIMIT),
    ("Market", OrderType.MARKET),
    ("Stop", OrderType.STOP),
    ("Stop limit", OrderType.STOP_LIMIT),
]
FORCES = [
    ("Till canceled (GTC)", TimeInForce.GTC),
    ("Immediate or cancel (IOC)", TimeInForce.IOC),
    ("Fill or kill (FOK)", TimeInForce.FOK),
]


class TicketPanel(QWidget):
    """Buy or sell, type, size, price; a preview in money; the same key twice places it."""

    def __init__(self, model: TicketModel) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self.title = _label("–", "title")
        self.buy, self.sell = _side_button("▲ Buy", "side-buy"), _side_button("▼ Sell", "side-sell")
        self.type, self.force = _choice(TYPES, "Order type"), _choice(FORCES, "Time in force")
        self.size_field, self.price_field, self.stop_field = _field("Size"), _field("Price"), _field("Stop price")
        self.last_button = QPushButton("Last")
        self.last_button.setProperty("role", "flat")
        self.last_button.setToolTip("Use the last price")
        self.post_only, self.reduce_only = QCheckBox("Post-only"), QCheckBox("Reduce-only")
        self.one_click = QCheckBox("One click, no question")
        self.notional, self.fee = _label("–", "figure"), _label("–", "figure")
        self.error = _label("", "error")
        self.error.setWordWrap(True)
        self.submit = QPushButton("Buy")
        self.submit.setMinimumHeight(48)
        self._question = QTimer(self)
        self._question.setSingleShot(True)
        self._question.setInterval(CONFIRM_S * 1000)
        self._lay_out()
        self._connect()
        self._refresh()

    def _lay_out(self) -> None:
        sides, flags = QHBoxLayout(), QHBoxLayout()
        group = QButtonGroup(self)
        for button in (self.buy, self.sell):
            group.addButton(button)
            sides.addWidget(button)
        self.buy.setChecked(True)
        for box in (self.post_only, self.reduce_only):
            flags.addWidget(box)
        flags.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        for item in (self.title, sides, self._make_grid(), flags, self.error, self.submit, self.one_click):
            if isinstance(item, QWidget):
                column.addWidget(item)
            else:
                column.addLayout(item)
        column.addStretch()

    def _make_grid(self) -> QGridLayout:
        self.price_label, self.stop_label = _label("Price", "label"), _label("Stop price", "label")
        self.force_label = _label("In force", "label")
        prices = QHBoxLayout()
        prices.setSpacing(4)
        prices.addWidget(self.price_field)
        prices.addWidget(self.last_button)
        rows: list[tuple[QLabel, QWidget | QHBoxLayout]] = [
            (_label("Type", "label"), self.type),
            (_label("Size", "label"), self.size_field),
            (self.price_label, prices),
            (self.stop_label, self.stop_field),
            (self.force_label, self.force),
            (_label("Notional", "label"), self.notional),
            (_label("Fee", "label"), self.fee),
        ]
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (label, content) in enumerate(rows):
            grid.addWidget(label, row, 0)
            if isinstance(content, QWidget):
                grid.addWidget(content, row, 1)
            else:
                grid.addLayout(content, row, 1)
        for label in (self.notional, self.fee):
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
        return grid

    def _connect(self) -> None:
        model = self._model
        self.buy.clicked.connect(partial(self._set_side, Side.BUY))
        self.sell.clicked.connect(partial(self._set_side, Side.SELL))
        self.type.currentIndexChanged.connect(self._set_type)
        self.force.currentIndexChanged.connect(self._set_force)
        for name, field in (("size", self.size_field), ("price", self.price_field), ("stop_price", self.stop_field)):
            field.textEdited.connect(partial(self._set, name))
            field.returnPressed.connect(model.submit)
        flags = (("post_only", self.post_only), ("reduce_only", self.reduce_only), ("one_click", self.one_click))
        for name, box in flags:
            box.toggled.connect(partial(self._set, name))
        self.last_button.clicked.connect(model.fill_price)
        self.submit.clicked.connect(model.submit)
        self._question.timeout.connect(model.disarm)
        model.changed.connect(self._refresh)

    def _set(self, name: str, value: object) -> None:
        self._model.set(**{name: value})

    def _set_side(self, side: Side, _checked: bool = False) -> None:
        self._model.set(side=side)

    def _set_type(self, index: int) -> None:
        self._model.set(type=TYPES[index][1])

    def _set_force(self, index: int) -> None:
        self._model.set(time_in_force=FORCES[index][1])

    def _refresh(self) -> None:
        model, preview = self._model, self._model.preview()
        instrument = model.instrument
        self.title.setText(instrument.symbol if instrument else "–")
        for field, value in (
            (self.size_field, model.size),
            (self.price_field, model.price),
            (self.stop_field, model.stop_price),
        ):
            if field.text() != value:
                field.setText(value)
        if instrument:
            self.size_field.setPlaceholderText(instrument.base)
            self.price_field.setPlaceholderText(instrument.quote)
            self.stop_field.setPlaceholderText(instrument.quote)
        self._show_fields()
        for name, field in (("size", self.size_field), ("price", self.price_field), ("stop_price", self.stop_field)):
            _mark(field, preview.field == name)
        self.notional.setText(preview.notional)
        self.fee.setText(preview.fee)
        self.error.setText(preview.error or model.refusal)
        verb = "Buy" if model.side is Side.BUY else "Sell"
        self.submit.setText(model.question() if model.armed else verb)
        self.submit.setEnabled(bool(preview.sentence))
        _set_role(self.submit, model.side.value)
        if model.armed:
            self._question.start()
        else:
            self._question.stop()

    def _show_fields(self) -> None:
        kind = self._model.type
        for widget in (self.price_label, self.price_field, self.last_button):
            widget.setVisible(kind.has_price)
        for widget in (self.stop_label, self.stop_field):
            widget.setVisible(kind.has_stop)
        for widget in (self.force_label, self.force):
            widget.setVisible(kind.has_price)
        self.post_only.setVisible(kind is OrderType.LIMIT)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    return label


def _side_button(text: str, role: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setProperty("role", role)
    return button


def _choice(items: list[tuple[str, OrderType]] | list[tuple[str, TimeInForce]], name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for text, _ in items:
        box.addItem(text)
    return box


def _field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setProperty("role", "figure")
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    return field


def _mark(field: QLineEdit, wrong: bool) -> None:
    if field.property("wrong") != wrong:
        field.setProperty("wrong", wrong)
        field.style().polish(field)


def _set_role(button: QPushButton, role: str) -> None:
    if button.property("role") != role:
        button.setProperty("role", role)
        button.style().polish(button)
