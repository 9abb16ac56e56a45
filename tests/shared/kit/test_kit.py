"""Clock and log lines."""

import json
import logging
import sys
import time

import pytest

from tradedeck.kit.clock import SystemClock
from tradedeck.kit.logs import JsonLines, Secret, conceal, log_to_stderr, redacted


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
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    try:
        log_to_stderr("warning")
        logging.getLogger("x").info("quiet")
        logging.getLogger("x").error("loud")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook = hook
        sys.stderr.flush()
    assert [json.loads(text)["event"] for text in capsys.readouterr().err.splitlines()] == ["loud"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("GET /order?symbol=X&signature=abc123&recvWindow=5", "GET /order?symbol=X&signature=***&recvWindow=5"),
        ("{'X-MBX-APIKEY': 'abc123', 'a': 'b'}", "{'X-MBX-APIKEY': '***', 'a': 'b'}"),
        ('{"api-key": "abc123", "secret": "x", "a": 1}', '{"api-key": "***", "secret": "***", "a": 1}'),
        ("wss://host/private/ws?listenKey=abc123", "wss://host/private/ws?listenKey=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("apiKey=abc123, order td1-1 was rejected", "apiKey=***, order td1-1 was rejected"),
        ("symbol=BTCUSDT&price=1", "symbol=BTCUSDT&price=1"),
    ],
)
def test_what_calls_itself_a_signature_or_a_key_is_left_out(said: str, written: str) -> None:
    assert redacted(said) == written


def test_a_concealed_text_is_left_out_wherever_it_turns_up(caplog: pytest.LogCaptureFixture) -> None:
    conceal('ca"nary/4711')
    conceal("no")
    log = logging.getLogger("tradedeck.test")
    try:
        raise ValueError('ca"nary/4711 is wrong')
    except ValueError:
        log.exception(
            'ca"nary/4711', extra={"url": "/x?k=ca%22nary%2F4711", "more": {'ca"nary/4711': ['ca"nary/4711']}}
        )
    text = JsonLines().format(caplog.records[-1])
    assert "nary" not in text
    line = json.loads(text)
    assert (line["event"], line["url"], line["more"]) == ("***", "/x?k=***", {"***": ["***"]})
    assert "ValueError: *** is wrong" in line["error"]
    assert redacted("nothing") == "nothing"


def test_a_field_named_after_a_secret_is_left_out_whole(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("tradedeck.test").warning("asked", extra={"api_key": "abc def", "signature": "x", "size": 1.5})
    line = line_of(caplog)
    assert (line["api_key"], line["signature"], line["size"]) == ("***", "***", 1.5)


def test_a_crash_is_a_log_line_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    try:
        log_to_stderr()
        error = RuntimeError("no answer from https://host/order?signature=abc123")
        sys.excepthook(type(error), error, None)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook = hook
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "program.crashed"
    assert "abc123" not in line["error"]
