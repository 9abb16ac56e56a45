"""One frame for any number of changes."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tradedeck_desktop.kit.frame import FRAME_MS, Frame


def test_changes_within_a_frame_are_told_once(qtbot: QtBot) -> None:
    frame, told = Frame(), list[int]()
    frame.listen(lambda: told.append(1))
    for _ in range(1000):
        frame.changed()
    qtbot.wait(FRAME_MS * 3)
    assert told == [1]
    frame.changed()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=1000)


def test_a_quiet_frame_tells_nothing_and_a_stopped_one_neither(qtbot: QtBot) -> None:
    frame, told = Frame(), list[int]()
    frame.listen(lambda: told.append(1))
    qtbot.wait(FRAME_MS * 2)
    frame.changed()
    frame.stop()
    qtbot.wait(FRAME_MS * 2)
    assert told == []
