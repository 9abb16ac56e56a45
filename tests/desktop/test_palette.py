"""Every command by its name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tradedeck_desktop.palette import Palette

NAMES = {"Cancel all orders": "Ctrl+Shift+X", "Kill switch": "Ctrl+Shift+K", "Go to orders": "Ctrl+2"}


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def palette(qtbot: QtBot, ran: list[str]) -> Iterator[Palette]:
    parent = QWidget()
    qtbot.addWidget(parent)
    actions: list[QAction] = []
    for name, keys in NAMES.items():
        action = QAction(name, parent)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False, name=name: ran.append(name))
        actions.append(action)
    palette = Palette(actions, parent)
    palette.open()
    yield palette
    palette.close()


def found(palette: Palette) -> list[str]:
    return [palette.found.item(row).text() for row in range(palette.found.count())]


def test_every_command_is_listed_with_its_key(palette: Palette) -> None:
    assert [text.split("  ")[0] for text in found(palette)] == list(NAMES)
    assert all(keys in text for text, keys in zip(found(palette), NAMES.values(), strict=True))


def test_words_in_any_order_find_a_command_and_enter_runs_it(palette: Palette, ran: list[str]) -> None:
    QTest.keyClicks(palette.search, "ORDERS all")
    assert len(found(palette)) == 1
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert ran == ["Cancel all orders"]
    assert not palette.isVisible()


def test_arrows_walk_through_what_was_found_and_around(palette: Palette, ran: list[str]) -> None:
    QTest.keyClick(palette, Qt.Key.Key_Down)
    QTest.keyClick(palette, Qt.Key.Key_Down)
    QTest.keyClick(palette, Qt.Key.Key_Down)
    QTest.keyClick(palette, Qt.Key.Key_Up)
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert ran == ["Go to orders"]


def test_nothing_found_runs_nothing(palette: Palette, ran: list[str]) -> None:
    QTest.keyClicks(palette.search, "no such thing")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert ran == []
