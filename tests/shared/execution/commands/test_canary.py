"""A key and its secret, put in like any other, are found nowhere afterwards: no file, no log line, no output."""

import json
import logging
import signal
import subprocess
import sys
import time
import traceback
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.shared.execution.commands.conftest import Box, Shell
from tradedeck.execution.commands.home import open_keys
from tradedeck.execution.commands.venues import open_provider
from tradedeck.kit.logs import log_to_stderr
from tradedeck.store import Account

PLAN = ("--symbol", "BTCUSDT", "--strategy", "sma-cross")


@pytest.fixture
def canary(shell: Shell, box: Box) -> tuple[str, str]:
    """An account whose key and secret are like nothing else."""
    key, secret = f"canary-key-{uuid.uuid4()}", f"canary/secret+{uuid.uuid4()}"
    body = json.dumps({"key": key, "secret": secret}).encode()
    request = urllib.request.Request(f"{box.url}/sandbox/v1/accounts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()
    words = ("accounts", "add", "main", "--venue", "sandbox", "--url", box.url)
    assert shell.run("--log-level", "debug", *words, typed=f"{key}\n{secret}\n") == 0, shell.err
    return key, secret


def faults(box: Box, *armed: dict[str, object]) -> None:
    """Let the venue fail as told."""
    body = json.dumps({"faults": armed}).encode()
    request = urllib.request.Request(f"{box.url}/sandbox/v1/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def crash(account: Account, key: str, secret: str) -> None:
    """Fail with the key in the locals, and in the error's own words."""
    provider = open_provider(account, key, secret)
    raise RuntimeError(f"{provider} broke at /api/v3/order?signature=abcdef0123456789&key={key} {secret!r}")


def until_running(shell: Shell) -> None:
    """Wait for the session in the other process."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if shell.run("live", "status", "--json") == 0 and json.loads(shell.out)[0]["strategies"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"never so: {shell.err}")


def test_the_canary_is_found_nowhere(shell: Shell, box: Box, canary: tuple[str, str], tmp_path: Path) -> None:
    heard = [shell.out, shell.err]
    command = [sys.executable, "-m", "tradedeck.cli", "--log-level", "debug", "live", "run", *PLAN]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--data", str(shell.data)], stdout=log, stderr=log, cwd=tmp_path)
        try:
            until_running(shell)
            faults(box, {"path": "/api/v3/openOrders", "method": "GET", "kind": "cut_after", "times": 2})
            for words in (["accounts", "test"], ["doctor"], ["live", "kill"], ["live", "status"], ["orders", "list"]):
                shell.run("--log-level", "debug", *words)
                heard += [shell.out, shell.err]
        finally:
            # As a crash of the interpreter itself would.
            process.send_signal(signal.SIGABRT)
            process.wait(20)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"device.db", "device.db-wal", "secrets.sealed", "log"} <= {path.name for path in files}
    assert b"strategy" in b"".join(files.values())
    for text in canary:
        assert [path for path, content in files.items() if text.encode() in content] == []
        assert text not in "".join(heard)
    assert open_keys(shell.data).get("main")[0] == canary[0]


def test_a_crash_with_the_key_in_its_locals_does_not_show_it(
    shell: Shell, canary: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    key, secret = open_keys(shell.data).get("main")
    hook, root = sys.excepthook, logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        log_to_stderr("debug")
        crash(Account("main", "sandbox"), key, secret.reveal())
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        logging.getLogger("tradedeck.test").error("".join(frames.format()))
    finally:
        root.handlers[:], sys.excepthook = handlers, hook
        root.setLevel(level)
    heard = "".join(capsys.readouterr())
    assert "program.crashed" in heard
    assert "abcdef0123456789" not in heard
    assert canary[0] not in heard
    assert canary[1] not in heard
