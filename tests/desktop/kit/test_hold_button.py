"""The kill switch takes one deliberate gesture."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tradedeck_desktop.kit.hold_button import HOLD_MS, HoldButton

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def button(qtbot: QtBot) -> HoldButton:
    button = HoldButton("KILL")
    qtbot.addWidget(button)
    button.show()
    return button


def test_a_click_is_not_enough(qtbot: QtBot, button: HoldButton) -> None:
    with qtbot.assertNotEmitted(button.held, wait=HOLD_MS + 200):
        QTest.mouseClick(button, LEFT)


def test_holding_the_mouse_is(qtbot: QtBot, button: HoldButton) -> None:
    with qtbot.waitSignal(button.held, timeout=HOLD_MS + 1000):
        QTest.mousePress(button, LEFT)
    QTest.mouseRelease(button, LEFT)


def test_holding_the_space_bar_is_too(qtbot: QtBot, button: HoldButton) -> None:
    button.setFocus()
    with qtbot.waitSignal(button.held, timeout=HOLD_MS + 1000):
        QTest.keyPress(button, Qt.Key.Key_Space)
    QTest.keyRelease(button, Qt.Key.Key_Space)
