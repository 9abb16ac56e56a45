"""A theme, fonts, and a watch on timers that outlive their test."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tradedeck.design import DARK
from tradedeck_desktop.kit import theme


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """Every test draws with our fonts and colours, as the program does."""
    if not qapp.styleSheet():
        theme.load_fonts()
        theme.apply(qapp, DARK)


@pytest.fixture(autouse=True)
def no_timer_is_left_running(qapp: QApplication, qtbot: QtBot) -> Iterator[None]:
    yield
    qapp.processEvents()
    alive = [t for w in qapp.topLevelWidgets() if not w.isVisible() for t in w.findChildren(QTimer) if t.isActive()]
    assert alive == []
