"""Logging in to the cloud."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tradedeck.domain.errors import TradedeckError
from tradedeck_desktop.kit.tasks import Tasks


class SignIn(Protocol):
    """Logs in, or makes an account first."""

    def __call__(self, email: str, password: str, *, new: bool) -> Awaitable[None]:
        """See App.sign_in."""
        ...


class LoginDialog(QDialog):
    """E-mail and password; log in, or sign up. Stays open and says why when it does not work."""

    def __init__(self, parent: QWidget, sign_in: SignIn, tasks: Tasks) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tradedeck cloud")
        self.setMinimumWidth(360)
        self._sign_in, self._tasks = sign_in, tasks
        self.email, self.password = QLineEdit(), QLineEdit()
        self.email.setAccessibleName("E-mail")
        self.password.setAccessibleName("Password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.error = QLabel()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.log_in, self.sign_up = QPushButton("Log in"), QPushButton("Sign up")
        self.log_in.setProperty("role", "primary")
        self.log_in.setDefault(True)
        hint = QLabel("The cloud keeps the orders and profit of all your devices together. Trading works without it.")
        hint.setProperty("role", "hint")
        hint.setWordWrap(True)
        form = QFormLayout()
        form.addRow("E-mail", self.email)
        form.addRow("Password", self.password)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.sign_up)
        buttons.addWidget(self.log_in)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(hint)
        column.addLayout(form)
        column.addWidget(self.error)
        column.addLayout(buttons)
        self.log_in.clicked.connect(self._log_in)
        self.sign_up.clicked.connect(self._sign_up)

    def _log_in(self) -> None:
        self._start(new=False)

    def _sign_up(self) -> None:
        self._start(new=True)

    def _start(self, *, new: bool) -> None:
        self._tasks.start(self._try(new=new))

    async def _try(self, *, new: bool) -> None:
        for button in (self.log_in, self.sign_up):
            button.setEnabled(False)
        try:
            await self._sign_in(self.email.text(), self.password.text(), new=new)
        except TradedeckError as error:
            self.error.setText(error.message)
        else:
            self.accept()
        finally:
            for button in (self.log_in, self.sign_up):
                button.setEnabled(True)
