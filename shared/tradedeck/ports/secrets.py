"""Where keys are kept."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    """A place for secrets: the OS keyring, or an encrypted file where there is none."""

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none of that name."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret."""
        ...

    def remove(self, name: str) -> None:
        """Forget a secret; nothing happens when there is none."""
        ...
