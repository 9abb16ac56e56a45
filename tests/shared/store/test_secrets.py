"""Keys at rest are encrypted and readable by their owner alone."""

from pathlib import Path

import pytest

from tradedeck.domain.errors import CorruptError
from tradedeck.store.secrets import FileSecrets


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
