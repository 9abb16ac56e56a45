"""Keys at rest are encrypted and readable by their owner alone."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from tradedeck.domain.errors import CorruptError, UnavailableError
from tradedeck.store.secrets import FileSecrets, KeyringSecrets, open_secrets


def test_a_secret_comes_back_after_reopening_and_is_not_in_the_file(tmp_path: Path) -> None:
    FileSecrets(tmp_path / "keys").put("venue", "hunter2")
    FileSecrets(tmp_path / "keys").put("cloud", "other")
    again = FileSecrets(tmp_path / "keys")
    assert (again.get("venue"), again.get("cloud"), again.get("none")) == ("hunter2", "other", None)
    files = [path for path in (tmp_path / "keys").iterdir() if path.is_file()]
    assert all(b"hunter2" not in path.read_bytes() for path in files)
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_key_that_does_not_fit_is_told_in_a_sentence(tmp_path: Path) -> None:
    FileSecrets(tmp_path).put("venue", "hunter2")
    (tmp_path / "secrets.key").unlink()
    with pytest.raises(CorruptError, match="enter your keys again"):
        FileSecrets(tmp_path).get("venue")


class Ring(KeyringBackend):
    """An operating system's keyring, in memory; it may be locked."""

    priority = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self.check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.check()
        self.kept[service, username] = password

    def check(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_real_keyring_is_preferred_and_a_locked_one_is_told(tmp_path: Path, ring: Ring) -> None:
    secrets = open_secrets(tmp_path / "keys")
    assert isinstance(secrets, KeyringSecrets)
    assert secrets.get("venue") is None
    secrets.put("venue", "hunter2")
    assert secrets.get("venue") == "hunter2"
    assert not (tmp_path / "keys").exists()
    ring.locked = True
    with pytest.raises(UnavailableError, match="unlock it"):
        secrets.get("venue")
    with pytest.raises(UnavailableError, match="unlock it"):
        secrets.put("venue", "x")


@pytest.mark.usefixtures("ring")
def test_without_a_keyring_the_encrypted_file_is_used(tmp_path: Path) -> None:
    keyring.set_keyring(NoKeyring())
    assert isinstance(open_secrets(tmp_path), FileSecrets)
