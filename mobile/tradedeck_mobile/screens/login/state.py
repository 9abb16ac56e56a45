"""The log-in form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tradedeck.domain.errors import TradedeckError
from tradedeck_mobile.device import Device
from tradedeck_mobile.kit.hooks import observable
from tradedeck_mobile.kit.vault import LOGIN, Vault

MIN_PASSWORD = 8
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def problems(email: str, password: str) -> dict[str, str]:
    """What is wrong with the fields, by field."""
    found: dict[str, str] = {}
    if not _EMAIL.fullmatch(email):
        found["email"] = "Enter a valid e-mail address"
    if len(password) < MIN_PASSWORD:
        found["password"] = f"At least {MIN_PASSWORD} characters"
    return found


@observable
@dataclass
class LoginForm:
    """Fields, what is wrong with them, and what the cloud said. `is_new` makes an account first."""

    email: str = ""
    password: str = field(default="", repr=False)
    is_new: bool = False
    errors: dict[str, str] = field(default_factory=dict[str, str])
    failure: str = ""
    busy: bool = False

    async def submit(self, device: Device, vault: Vault) -> bool:
        """Log in or sign up; whether that worked."""
        self.errors, self.failure = problems(self.email, self.password), ""
        if self.errors or self.busy:
            return False
        self.busy = True
        try:
            enter = device.sign_up if self.is_new else device.log_in
            tokens = await enter(self.email, self.password)
            await vault.keep(LOGIN, f"{tokens.email} {tokens.refresh}")
        except TradedeckError as error:
            self.failure = error.message[:1].upper() + error.message[1:]
            return False
        finally:
            self.busy = False
        self.password = ""
        return True
