"""Secrets: the OS keyring where there is one, else a file encrypted with a key only this user can read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from tradedeck.domain.errors import CorruptError, UnavailableError
from tradedeck.ports.secrets import Secrets

SERVICE = "tradedeck"


class KeyringSecrets:
    """The operating system's keyring."""

    def get(self, name: str) -> str | None:
        """The secret, or None.

        Raises:
            UnavailableError: the keyring is locked.
        """
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(SERVICE, name)
        except KeyringError as error:
            raise UnavailableError("the keyring is locked; unlock it and try again", code="secrets.locked") from error

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret.

        Raises:
            UnavailableError: the keyring is locked.
        """
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, name, secret)
        except KeyringError as error:
            raise UnavailableError("the keyring is locked; unlock it and try again", code="secrets.locked") from error


class FileSecrets:
    """An encrypted file, its key beside it, both readable by this user alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._key_path = folder / "secrets.key"
        self._path = folder / "secrets.bin"

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._all().get(name)

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret; the old file stays whole until the new one is on disk."""
        box = self._box()
        sealed = box.encrypt(json.dumps(self._all() | {name: secret}).encode())
        _write_private(self._path.with_suffix(".new"), sealed)
        self._path.with_suffix(".new").replace(self._path)

    def _all(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        try:
            return json.loads(self._box().decrypt(self._path.read_bytes()))
        except InvalidToken as error:
            raise CorruptError(
                f"{self._path} does not fit its key; remove both and enter your keys again",
                code="secrets.damaged",
            ) from error

    def _box(self) -> Fernet:
        if not self._key_path.exists():
            _write_private(self._key_path, Fernet.generate_key())
        return Fernet(self._key_path.read_bytes())


def open_secrets(folder: Path) -> Secrets:
    """The keyring where a real one answers, else the encrypted file in `folder`."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        return FileSecrets(folder)
    return FileSecrets(folder) if isinstance(keyring.get_keyring(), NoKeyring) else KeyringSecrets()


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
