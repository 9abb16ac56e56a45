"""The installed Qt itself."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject

ROUNDS = 1000


def test_qt_does_not_lose_references_to_none() -> None:
    """PySide6 6.12 on Python 3.11 loses one a call, until the interpreter dies."""
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(ROUNDS):
        thing.setObjectName("x")
    assert abs(sys.getrefcount(None) - before) < ROUNDS // 2
