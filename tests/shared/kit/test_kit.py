"""Clock and log lines."""

import json
import logging
import sys
import time

import pytest

from tradedeck.kit.clock import SystemClock
from tradedeck.kit.logs import JsonLines, Secret, log_to_stderr


def test_the_clock_tells_utc_and_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = time.time_ns()
    first = clock.now_ns()
    assert before <= first <= time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: first - 10**12)
    assert clock.now_ns() == first
    monkeypatch.setattr(time, "time_ns", lambda: first + 5)
    assert clock.now_ns() == first + 5


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"


def line_of(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    return json.loads(JsonLines().format(caplog.records[-1]))


def test_a_record_becomes_one_json_line_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("tradedeck.test")
    log.warning("order.sent", extra={"order": "td1-1", "key": Secret("hunter2")})
    line = line_of(caplog)
    assert (line["level"], line["logger"], line["event"]) == ("warning", "tradedeck.test", "order.sent")
    assert (line["order"], line["key"]) == ("td1-1", "***")
    assert line["time"].endswith("+00:00")
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("order.failed")
    assert "ValueError: broken" in line_of(caplog)["error"]


def test_a_process_logs_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        log_to_stderr("warning")
        logging.getLogger("x").info("quiet")
        logging.getLogger("x").error("loud")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.stderr.flush()
    assert [json.loads(text)["event"] for text in capsys.readouterr().err.splitlines()] == ["loud"]
