"""The log-in dialog: never inside a coroutine, open until it worked, and saying why when it did not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import cast

import pytest
import qasync  # pyright: ignore[reportMissingTypeStubs]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tradedeck.domain.errors import UnauthenticatedError
from tradedeck_desktop.kit.tasks import Tasks
from tradedeck_desktop.login import LoginDialog, SignIn

PATIENCE_S = 5.0
LEFT = Qt.MouseButton.LeftButton
WhenDone = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until(qapp: QApplication) -> Iterator[WhenDone]:
    """Runs asyncio inside Qt until something holds, as the program does."""
    loop = cast(asyncio.AbstractEventLoop, qasync.QEventLoop(qapp))
    asyncio.set_event_loop(loop)

    async def wait(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.01)

    yield lambda holds: loop.run_until_complete(wait(holds))
    asyncio.set_event_loop(None)
    loop.close()


def dialog(qtbot: QtBot, sign_in: SignIn) -> tuple[QWidget, LoginDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    shown = LoginDialog(parent, sign_in, Tasks(lambda _: None))
    shown.open()
    QTest.keyClicks(shown.email, "ada@example.com")
    QTest.keyClicks(shown.password, "a long password")
    return parent, shown


def test_it_logs_in_and_closes(qtbot: QtBot, until: WhenDone) -> None:
    asked: list[tuple[str, str, bool]] = []

    async def sign_in(email: str, password: str, *, new: bool) -> None:
        asked.append((email, password, new))

    _parent, shown = dialog(qtbot, sign_in)
    QTest.keyClick(shown.password, Qt.Key.Key_Return)
    until(lambda: not shown.isVisible())
    assert asked == [("ada@example.com", "a long password", False)]


def test_signing_up_makes_a_new_account(qtbot: QtBot, until: WhenDone) -> None:
    asked: list[bool] = []

    async def sign_in(email: str, password: str, *, new: bool) -> None:
        asked.append(new)

    _parent, shown = dialog(qtbot, sign_in)
    QTest.mouseClick(shown.sign_up, LEFT)
    until(lambda: not shown.isVisible())
    assert asked == [True]


def test_a_wrong_password_is_said_and_the_dialog_stays(qtbot: QtBot, until: WhenDone) -> None:
    async def sign_in(email: str, password: str, *, new: bool) -> None:
        await asyncio.sleep(0.02)
        raise UnauthenticatedError("e-mail and password do not belong together; try again")

    _parent, shown = dialog(qtbot, sign_in)
    QTest.mouseClick(shown.log_in, LEFT)
    until(lambda: bool(shown.error.text()))
    until(shown.log_in.isEnabled)
    assert shown.isVisible()
    assert "do not belong together" in shown.error.text()
    shown.close()


def test_the_password_is_hidden(qtbot: QtBot) -> None:
    async def sign_in(email: str, password: str, *, new: bool) -> None:
        raise AssertionError("nobody asked")

    _parent, shown = dialog(qtbot, sign_in)
    assert "password" not in shown.password.displayText()
    shown.close()
