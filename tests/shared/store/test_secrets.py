"""Keys at rest are encrypted and readable by their owner alone."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from tradedeck.domain.errors import CorruptError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.store.secrets import PASSPHRASE_VARIABLE, FileSecrets, KeyringSecrets, SealedSecrets, open_secrets

WORDS = "correct horse battery"


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

    def delete_password(self, service: str, username: str) -> None:
        self.check()
        del self.kept[service, username]

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
    secrets.put("cloud", "other")
    secrets.remove("cloud")
    secrets.remove("cloud")
    assert (secrets.get("cloud"), secrets.get("venue")) == (None, "hunter2")
    ring.locked = True
    with pytest.raises(UnavailableError, match="unlock it"):
        secrets.get("venue")
    with pytest.raises(UnavailableError, match="unlock it"):
        secrets.put("venue", "x")


@pytest.fixture
def no_ring(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    keyring.set_keyring(NoKeyring())


@pytest.mark.usefixtures("no_ring")
def test_without_a_keyring_the_encrypted_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_secrets(tmp_path), FileSecrets)
    assert isinstance(open_secrets(tmp_path, Asked(WORDS)), SealedSecrets)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, WORDS)
    secrets = open_secrets(tmp_path)
    secrets.put("venue", "hunter2")
    assert SealedSecrets(tmp_path, Asked(WORDS)).get("venue") == "hunter2"


class Asked:
    """A person who knows a passphrase and counts how often they are asked for it."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.asked: list[bool] = []

    def __call__(self, *, new: bool) -> str:
        self.asked.append(new)
        return self.words


def test_a_passphrase_seals_the_file_and_is_asked_for_once(tmp_path: Path) -> None:
    person = Asked(WORDS)
    secrets = SealedSecrets(tmp_path, person)
    assert person.asked == []
    secrets.put("venue", "hunter2")
    secrets.put("cloud", "other")
    secrets.remove("cloud")
    secrets.remove("none")
    assert person.asked == [True]
    later = Asked(WORDS)
    again = SealedSecrets(tmp_path, later)
    assert (again.get("venue"), again.get("cloud"), later.asked) == ("hunter2", None, [False])
    files = list(tmp_path.iterdir())
    assert [path.name for path in files] == ["secrets.sealed"]
    assert files[0].stat().st_mode & 0o077 == 0
    assert b"hunter2" not in files[0].read_bytes()
    assert WORDS.encode() not in files[0].read_bytes()


def test_two_programs_with_one_file_see_what_the_other_kept(tmp_path: Path) -> None:
    one, other = SealedSecrets(tmp_path, Asked(WORDS)), SealedSecrets(tmp_path, Asked(WORDS))
    one.put("a", "1")
    other.put("b", "2")
    assert (one.get("b"), other.get("a")) == ("2", "1")


def test_a_wrong_passphrase_opens_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    SealedSecrets(tmp_path, Asked(WORDS)).put("venue", "hunter2")
    person = Asked("wrong horse battery")
    secrets = SealedSecrets(tmp_path, person)
    with pytest.raises(UnauthenticatedError, match="does not open"):
        secrets.get("venue")
    with pytest.raises(UnauthenticatedError, match="does not open"):
        secrets.put("venue", "other")
    person.words = WORDS
    assert secrets.get("venue") == "hunter2"


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="at least 8"):
        SealedSecrets(tmp_path, Asked("1234567")).put("venue", "hunter2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"n": 1, "salt": "AAAA", "box": ""}', '{"n": 65536, "salt": "?"}']
)
def test_a_damaged_sealed_file_is_told_in_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.sealed").write_text(content)
    with pytest.raises(CorruptError, match="is damaged"):
        SealedSecrets(tmp_path, Asked(WORDS)).get("venue")


def test_secrets_of_the_older_form_move_under_the_passphrase(tmp_path: Path) -> None:
    older = FileSecrets(tmp_path)
    older.put("venue", "hunter2")
    older.put("cloud", "other")
    older.put("gone", "x")
    older.remove("gone")
    older.remove("none")
    secrets = SealedSecrets(tmp_path, Asked(WORDS))
    assert (secrets.get("venue"), secrets.get("cloud"), secrets.get("gone")) == ("hunter2", "other", None)
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.sealed"]
