import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tradedeck.cli import build_parser, main
from tradedeck_mobile.__main__ import free_port, settings_of


def parsed(*words: str) -> argparse.Namespace:
    return build_parser(["mobile"]).parse_args(["mobile", *words])


def test_the_key_comes_from_the_environment_and_never_shows() -> None:
    environment = {"TRADEDECK_VENUE_KEY": "a-key", "TRADEDECK_VENUE_SECRET": "a-secret"}
    settings = settings_of(parsed("--web"), environment)
    assert (settings.venue_key, settings.venue_secret) == ("a-key", "a-secret")
    assert "a-key" not in repr(settings)
    assert "a-secret" not in repr(settings)
    assert settings_of(parsed("--venue-key", "other"), environment).venue_key == "other"


def test_without_web_one_sentence_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mobile"]) == 1
    assert "--web" in capsys.readouterr().err


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["mobile", "--web", "--port", str(port), "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"port {port} is taken" in said
    assert said.count("\n") == 1


def test_port_zero_is_any_free_one() -> None:
    assert free_port(0) > 0


def test_a_damaged_journal_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "device.db").write_bytes(b"this is no database" * 500)
    assert main(["mobile", "--web", "--port", "0", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_it_serves_on_loopback_says_so_and_ends_at_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tradedeck_mobile", "--web", "--port", "0", "--data", str(tmp_path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line.startswith("ready ")
    url = json.loads(line.removeprefix("ready "))["url"]
    assert url.startswith("http://127.0.0.1:")
    with urlopen(url) as answer:
        assert b"flutter" in answer.read()
    child.send_signal(signal.SIGTERM)
    assert child.wait(15) == 0
    _, said = child.communicate()
    assert said == ""


_WITHOUT = """
import sys
heavy = ("PySide6", "ccxt", "numpy", "psycopg", "pandas", "pyarrow", "fastapi", "numba", "nats", "keyring")
sys.modules.update(dict.fromkeys(heavy))  # importing any of them fails now
import tradedeck_mobile.__main__, tradedeck_mobile.app
"""


def test_the_app_starts_where_nothing_heavy_is_installed() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
