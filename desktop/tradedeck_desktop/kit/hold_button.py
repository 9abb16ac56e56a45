"""A button that must be held: one deliberate gesture, no dialog."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton

HOLD_MS = 700


class HoldButton(QPushButton):
    """Emits `held` after being pressed for HOLD_MS (mouse or space bar)."""

    held = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOLD_MS)
        self._timer.timeout.connect(self.held)
        self.pressed.connect(self._timer.start)
        self.released.connect(self._timer.stop)
        self.setToolTip("Hold to cancel every order, stop every strategy and take no new risk")
