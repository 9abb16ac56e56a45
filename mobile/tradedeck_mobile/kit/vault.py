"""Secrets on the phone: the system's secure storage, behind two calls."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

LOGIN = "login"
"""E-mail and refresh token, separated by a blank."""
VENUE_KEY = "venue_key"
VENUE_SECRET = "venue_secret"  # noqa: S105 - a name, not a secret
LOOK = "look"


class Vault(Protocol):
    """Keeps short texts where other apps can't read them."""

    async def read(self, name: str) -> str:
        """The text, "" when there is none."""
        ...

    async def keep(self, name: str, value: str) -> None:
        """Keep or replace a text; "" forgets it."""
        ...


class SecureVault:
    """Keychain, keystore or, in a browser, its encrypted storage."""

    def __init__(self) -> None:
        self._storage: Any = import_module("flet_secure_storage").SecureStorage()

    async def read(self, name: str) -> str:
        """See Vault."""
        return await self._storage.get(name) or ""

    async def keep(self, name: str, value: str) -> None:
        """See Vault."""
        if value:
            await self._storage.set(name, value)
        else:
            await self._storage.remove(name)
