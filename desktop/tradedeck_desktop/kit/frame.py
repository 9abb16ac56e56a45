"""One frame for everything: ten thousand ticks are one repaint."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

FRAME_MS = 33


class Frame(QObject):
    """Calls listeners at most once every FRAME_MS, and only after somebody said that something changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listeners: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._draw)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` each frame in which something changed."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Something changed; the next frame is due."""
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """No more frames."""
        self._timer.stop()

    def _draw(self) -> None:
        for listener in self._listeners:
            listener()
