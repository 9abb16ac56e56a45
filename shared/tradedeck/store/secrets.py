"""Secrets: the OS keyring where there is one, else a file encrypted under a passphrase."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tradedeck.domain.errors import CorruptError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.ports.secrets import Secrets

SERVICE = "tradedeck"
PASSPHRASE_VARIABLE = "TRADEDECK_PASSPHRASE"  # noqa: S105 - a name, not a secret
SHORTEST_PASSPHRASE = 8
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
"""What one guess at a passphrase costs: 64 MiB and some tenths of a second."""
_KNOWN_N = tuple(2**power for power in range(14, 21))
_SALT_BYTES = 16
_T = TypeVar("_T")


class AskPassphrase(Protocol):
    """Asks a person for the passphrase; `new` when it is to be chosen."""

    def __call__(self, *, new: bool) -> str:
        """The passphrase."""
        ...


class _Given:
    """A passphrase that is known already."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    def __call__(self, *, new: bool) -> str:
        return self._passphrase


class KeyringSecrets:
    """The operating system's keyring."""

    def get(self, name: str) -> str | None:
        """The secret, or None.

        Raises:
            UnavailableError: the keyring is locked.
        """
        import keyring

        return _unlocked(lambda: keyring.get_password(SERVICE, name))

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret.

        Raises:
            UnavailableError: the keyring is locked.
        """
        import keyring

        _unlocked(lambda: keyring.set_password(SERVICE, name, secret))

    def remove(self, name: str) -> None:
        """Forget a secret; nothing happens when there is none.

        Raises:
            UnavailableError: the keyring is locked.
        """
        import keyring

        if self.get(name) is not None:
            _unlocked(lambda: keyring.delete_password(SERVICE, name))


class FileSecrets:
    """An encrypted file, its key beside it, both readable by this user alone.

    Whoever copies the folder has both: it holds a login that can be ended elsewhere, never a venue's key.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._key_path = folder / "secrets.key"
        self._path = folder / "secrets.bin"

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self.all().get(name)

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret; the old file stays whole until the new one is on disk."""
        self._write(self.all() | {name: secret})

    def remove(self, name: str) -> None:
        """Forget a secret; nothing happens when there is none."""
        kept = self.all()
        if kept.pop(name, None) is not None:
            self._write(kept)

    def all(self) -> dict[str, str]:
        """Every secret by name.

        Raises:
            CorruptError: file and key do not fit.
        """
        if not self._path.exists():
            return {}
        try:
            return json.loads(self._box().decrypt(self._path.read_bytes()))
        except InvalidToken as error:
            raise CorruptError(
                f"{self._path} does not fit its key; remove both and enter your keys again",
                code="secrets.damaged",
            ) from error

    def clear(self) -> None:
        """Remove file and key."""
        self._path.unlink(missing_ok=True)
        self._key_path.unlink(missing_ok=True)

    def _write(self, kept: dict[str, str]) -> None:
        _replace_private(self._path, self._box().encrypt(json.dumps(kept).encode()))

    def _box(self) -> Fernet:
        if not self._key_path.exists():
            _replace_private(self._key_path, Fernet.generate_key())
        return Fernet(self._key_path.read_bytes())


class SealedSecrets:
    """A file encrypted under a passphrase that is nowhere on disk; it is asked for when it is first needed.

    What an older version kept with its key beside it moves in here.
    """

    def __init__(self, folder: Path, ask: AskPassphrase) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "secrets.sealed"
        self._older = FileSecrets(folder)
        self._ask = ask
        self._salt, self._cost = b"", SCRYPT_N
        self._box: Fernet | None = None
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """The secret, or None.

        Raises:
            UnauthenticatedError: the passphrase is wrong.
            CorruptError: the file can't be read.
        """
        self._open()
        return self._kept.get(name)

    def put(self, name: str, secret: str) -> None:
        """Keep or replace a secret; the old file stays whole until the new one is on disk.

        Raises:
            UnauthenticatedError: the passphrase is wrong.
            CorruptError: the file can't be read.
        """
        box = self._open()
        self._write(box, self._kept | {name: secret})

    def remove(self, name: str) -> None:
        """Forget a secret; nothing happens when there is none.

        Raises:
            UnauthenticatedError: the passphrase is wrong.
            CorruptError: the file can't be read.
        """
        box = self._open()
        if name in self._kept:
            self._write(box, {key: secret for key, secret in self._kept.items() if key != name})

    def _open(self) -> Fernet:
        """The box with what is in it now; another program may have written since."""
        sealed = self._read()
        salt = base64.b64decode(sealed["salt"]) if sealed else self._salt or os.urandom(_SALT_BYTES)
        if self._box is None or salt != self._salt:
            passphrase = _long_enough(self._ask(new=not sealed))
            self._salt, self._cost = salt, sealed.get("n", SCRYPT_N)
            self._box = _box_of(passphrase, salt, self._cost)
        if sealed:
            try:
                self._kept = json.loads(self._box.decrypt(sealed["box"].encode()))
            except InvalidToken as error:
                self._box = None
                raise UnauthenticatedError(
                    f"the passphrase does not open {self._path}; try again, or remove the file and all keys with it",
                    code="secrets.passphrase",
                ) from error
        older = self._older.all()
        if older:
            self._write(self._box, older | self._kept)
            self._older.clear()
        return self._box

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        try:
            sealed = json.loads(self._path.read_text())
            base64.b64decode(sealed["salt"], validate=True)
            if sealed["n"] not in _KNOWN_N:
                raise ValueError("no such cost")
            return {"n": sealed["n"], "salt": sealed["salt"], "box": str(sealed["box"])}
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptError(
                f"{self._path} is damaged; restore it from a copy, or remove it and enter your keys again",
                code="secrets.damaged",
            ) from error

    def _write(self, box: Fernet, kept: dict[str, str]) -> None:
        sealed = {
            "n": self._cost,
            "salt": base64.b64encode(self._salt).decode(),
            "box": box.encrypt(json.dumps(kept).encode()).decode(),
        }
        _replace_private(self._path, json.dumps(sealed).encode())
        self._kept = kept


def open_secrets(folder: Path, ask: AskPassphrase | None = None) -> Secrets:
    """The keyring where a real one answers, else a file in `folder`.

    The file is sealed under the passphrase of the environment or of `ask`. With neither, its key lies beside it.
    """
    if has_keyring():
        return KeyringSecrets()
    given = os.environ.get(PASSPHRASE_VARIABLE, "")
    if given:
        return SealedSecrets(folder, _Given(given))
    return FileSecrets(folder) if ask is None else SealedSecrets(folder, ask)


def has_keyring() -> bool:
    """Whether the operating system has a keyring that can be used from here."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        return False
    return not isinstance(keyring.get_keyring(), NoKeyring)


def _unlocked(question: Callable[[], _T]) -> _T:
    from keyring.errors import KeyringError

    try:
        return question()
    except KeyringError as error:
        raise UnavailableError("the keyring is locked; unlock it and try again", code="secrets.locked") from error


def _box_of(passphrase: str, salt: bytes, cost: int) -> Fernet:
    key = Scrypt(salt=salt, length=32, n=cost, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _long_enough(passphrase: str) -> str:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise RefusedError(
            f"a passphrase has at least {SHORTEST_PASSPHRASE} characters; several words are best",
            code="secrets.passphrase",
        )
    return passphrase


def _replace_private(path: Path, content: bytes) -> None:
    """Write a file for this user alone; the old one stays whole until the new one is on disk."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
