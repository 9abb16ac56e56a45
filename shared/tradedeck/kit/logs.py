"""JSON log lines on standard error, with secrets left out."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import quote

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_HIDDEN = "***"
_SHORTEST = 6
"""A shorter text is no secret: hiding it would tear ordinary words apart."""
_NAMED = re.compile(
    r"""((?:signature|api[-_]?key|api[-_]?secret|x-mbx-apikey|listenkey|secret|password|passphrase|token|authorization)
    \\?["']?\s*[=:]\s*\\?["']?(?:bearer\s+)?)   # how it is introduced in a URL, a header, JSON or a repr
    [^\s&"'\\,;)}\]]+""",
    re.IGNORECASE | re.VERBOSE,
)
_concealed: set[str] = set()


class Secret:
    """A text that never shows itself; `reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__


def conceal(text: str) -> None:
    """Never write `text` into a log line of this process, in whatever form it turns up."""
    if len(text) >= _SHORTEST:
        _concealed.update({text, quote(text, safe=""), json.dumps(text)[1:-1]})


def redacted(text: str) -> str:
    """`text` without what was concealed, and without what calls itself a signature, a key or a secret."""
    for hidden in _concealed:
        text = text.replace(hidden, _HIDDEN)
    return _NAMED.sub(rf"\g<1>{_HIDDEN}", text)


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, name, event, then the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update((k, v) for k, v in record.__dict__.items() if k not in _STANDARD)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(_cleaned(line))


def log_to_stderr(level: str = "info") -> None:
    """Send this process's records to standard error as JSON lines, and its last words too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A crash as a log line: a plain traceback may quote a signed URL."""
    logging.getLogger("tradedeck").critical("program.crashed", exc_info=(kind, error, trace))


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {redacted(str(key)): _named(str(key), item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))


def _named(key: str, value: Any) -> Any:
    return _HIDDEN if isinstance(value, str) and _NAMED.search(f"{key}=x") else _cleaned(value)
