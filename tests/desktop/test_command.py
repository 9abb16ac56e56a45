"""`tradedeck desktop` when something is missing: one sentence and an exit code."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tradedeck.cli import build_parser, main
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.store.secrets import PASSPHRASE_VARIABLE
from tradedeck.strategies import BUNDLED
from tradedeck_desktop.__main__ import KEY_VARIABLE, SECRET_VARIABLE, settings_of, strategies_of
from tradedeck_desktop.panels.strategies.model import StrategiesModel

TIMEOUT_S = 60
BROKEN_QT = """
import importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "PySide6.QtWidgets":
            raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

sys.meta_path.insert(0, Missing())
from tradedeck.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(program: list[str], arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADEDECK_")}
    return subprocess.run(
        [sys.executable, *program, *arguments],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_a_missing_system_library_is_named_with_the_command_to_install_it(tmp_path: Path) -> None:
    keys = {KEY_VARIABLE: "k", SECRET_VARIABLE: "s"}
    done = run(["-c", BROKEN_QT], ["desktop", "--offscreen", "--data", str(tmp_path)], **keys)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert "libEGL.so.1" in line
    assert "sudo apt-get install" in line
    assert "libegl1" in line


def test_the_key_of_an_added_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KEY_VARIABLE, SECRET_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse battery")
    monkeypatch.setattr("keyring.get_keyring", NoKeyring)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    data = ["--data", str(tmp_path)]
    for name, venue in (("main", "sandbox"), ("delta", "delta-india")):
        monkeypatch.setattr(sys, "stdin", io.StringIO("stored-key\nstored-secret\n"))
        assert main(["accounts", "add", name, "--venue", venue, "--unchecked", *data]) == 0
    settings = settings_of(build_parser(["desktop"]).parse_args(["desktop", *data]))
    assert (settings.venue_key, settings.venue_secret.reveal()) == ("stored-key", "stored-secret")
    assert settings.venue_url == "http://127.0.0.1:8700"
    with pytest.raises(RefusedError, match="tradedeck live run"):
        settings_of(build_parser(["desktop"]).parse_args(["desktop", "--account", "delta", *data]))
    with pytest.raises(RefusedError, match="accounts add other"):
        settings_of(build_parser(["desktop"]).parse_args(["desktop", "--account", "other", *data]))


def test_without_a_key_it_says_which_variables_to_set(tmp_path: Path) -> None:
    done = run(["-m", "tradedeck.cli"], ["desktop", "--offscreen", "--data", str(tmp_path / "data")])
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert KEY_VARIABLE in line
    assert SECRET_VARIABLE in line
    assert not (tmp_path / "data").exists()


def test_the_secret_never_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "my-key")
    monkeypatch.setenv(SECRET_VARIABLE, "my-secret")
    options = ["desktop", "--data", str(tmp_path), "--paper", "--symbol", "BTCUSDT", "--symbol", "ETHUSDT"]
    settings = settings_of(build_parser(options).parse_args(options))
    assert (settings.mode, settings.symbols, settings.theme) == ("paper", ("BTCUSDT", "ETHUSDT"), "dark")
    assert "my-secret" not in repr(settings)
    assert settings.venue_secret.reveal() == "my-secret"


def test_a_damaged_device_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "device.db").write_bytes(b"this is no database" * 100)
    keys = {KEY_VARIABLE: "k", SECRET_VARIABLE: "s"}
    done = run(["-m", "tradedeck.cli"], ["desktop", "--offscreen", "--data", str(tmp_path)], **keys)
    assert done.returncode == 1
    ours = [line for line in done.stderr.splitlines() if line.startswith("tradedeck desktop:")]
    assert len(ours) == 1, done.stderr
    assert "damaged" in ours[0]
    assert "Traceback" not in done.stderr


def test_a_missing_key_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    options = ["desktop"]
    with pytest.raises(RefusedError, match="no key"):
        settings_of(build_parser(options).parse_args(options))


def test_strategies_of_ones_own_stand_beside_the_bundled_ones(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from tradedeck.ports.strategy import Strategy\n\nclass Quiet(Strategy):\n    pass\n")
    offered = strategies_of([f"{file}:Quiet"])
    assert set(offered) == {"mine:Quiet", *BUNDLED}
    model = StrategiesModel(lambda start: None, lambda strategy_id: None, offered)
    model.choose("mine:Quiet")
    assert "mine:Quiet" in model.names
    assert model.parameters == ()
    with pytest.raises(NotFoundError, match="there is no file"):
        strategies_of([str(tmp_path / "other.py")])
