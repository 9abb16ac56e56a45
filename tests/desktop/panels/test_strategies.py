"""The strategy panel by clicks and keys, and its model alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tradedeck.design import DARK
from tradedeck.engine import Parameter, strategy_parameters
from tradedeck.strategies import BUNDLED
from tradedeck_desktop.kit.table import TONE_ROLE
from tradedeck_desktop.panels.strategies.model import COLUMNS, TIMEFRAMES, Running, Start, StrategiesModel, bounds_of
from tradedeck_desktop.panels.strategies.view import StrategiesPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def started() -> list[Start]:
    return []


@pytest.fixture
def stopped() -> list[str]:
    return []


@pytest.fixture
def model(qtbot: QtBot, started: list[Start], stopped: list[str]) -> StrategiesModel:
    model = StrategiesModel(started.append, stopped.append)
    model.symbol = "BTCUSDT"
    return model


@pytest.fixture
def panel(qtbot: QtBot, model: StrategiesModel) -> StrategiesPanel:
    widget = StrategiesPanel(model, DARK)
    qtbot.addWidget(widget)
    widget.resize(1200, 400)
    widget.show()
    return widget


def running(strategy_id: str, *, profit: str = "1.5", on: bool = True) -> Running:
    return Running(strategy_id, "sma-cross", "BTCUSDT", "fast 3", Decimal("0.05"), 5, 7, Decimal(profit), on)


def test_the_form_holds_what_the_strategy_declares(panel: StrategiesPanel) -> None:
    for name, kind in BUNDLED.items():
        panel.choice.setCurrentText(name)
        declared = strategy_parameters(kind)
        assert list(panel.fields) == [parameter.name for parameter in declared]
        assert [field.text() for field in panel.fields.values()] == [p.default for p in declared]
        assert panel.summary.text()


def test_start_sends_the_choice_and_the_changed_values(panel: StrategiesPanel, started: list[Start]) -> None:
    panel.choice.setCurrentText("sma-cross")
    panel.timeframe.setCurrentText("5 min")
    panel.fields["fast"].selectAll()
    QTest.keyClicks(panel.fields["fast"], "7")
    QTest.mouseClick(panel.start, LEFT)
    assert started == [Start("sma-cross", "BTCUSDT", 300, {"fast": "7"})]


def test_another_strategy_forgets_the_values_of_the_first(panel: StrategiesPanel, started: list[Start]) -> None:
    panel.choice.setCurrentText("sma-cross")
    panel.fields["fast"].selectAll()
    QTest.keyClicks(panel.fields["fast"], "7")
    panel.choice.setCurrentText("rsi-reversion")
    panel.choice.setCurrentText("sma-cross")
    QTest.mouseClick(panel.start, LEFT)
    assert started[0].params == {}


def test_the_space_bar_starts_too(panel: StrategiesPanel, started: list[Start]) -> None:
    QTest.keyClick(panel.start, Qt.Key.Key_Space)
    assert len(started) == 1


def test_the_selected_strategy_is_stopped(panel: StrategiesPanel, model: StrategiesModel, stopped: list[str]) -> None:
    model.running.show([running("a-1"), running("b-2")])
    place = panel.table.visualRect(panel.table.model().index(1, 0)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=place)
    QTest.mouseClick(panel.stop, LEFT)
    assert stopped == ["b-2"]


def test_a_stopped_strategy_is_not_stopped_again(
    panel: StrategiesPanel, model: StrategiesModel, stopped: list[str]
) -> None:
    model.running.show([running("a-1", on=False)])
    panel.table.selectRow(0)
    QTest.mouseClick(panel.stop, LEFT)
    assert stopped == []


def test_state_is_a_word_and_profit_has_a_sign_and_a_tone(model: StrategiesModel) -> None:
    model.running.show([running("a-1", profit="-2.5"), running("b-2", on=False)])
    titles = [column.title for column in COLUMNS]
    net, state = titles.index("Net"), titles.index("State")
    cells = model.running
    assert (cells.index(0, net).data(), cells.index(0, net).data(TONE_ROLE)) == ("−2.50", "down")
    assert (cells.index(0, state).data(), cells.index(1, state).data()) == ("● running", "stopped")


def test_timeframes_are_whole_minutes() -> None:
    assert all(seconds % 60 == 0 for seconds in TIMEFRAMES.values())


def test_what_a_parameter_may_be_is_told_in_words() -> None:
    assert bounds_of(Parameter("fast", "integer", "5", "1", "9")) == "1 – 9"
    assert bounds_of(Parameter("side", "choice", "long", options=("long", "short"))) == "long, short"
    assert bounds_of(Parameter("hedge", "market", "ETHUSDT")) == ""
