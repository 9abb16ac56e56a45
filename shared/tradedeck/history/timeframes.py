"""Timeframes as people write them: 1s, 5m, 1h, 1d, 1w."""

from __future__ import annotations

import re

from tradedeck.domain.bar import MINUTE_NS, SECOND_NS
from tradedeck.domain.errors import RefusedError

DAY_NS = 1440 * MINUTE_NS
_UNITS = {"ms": 1_000_000, "s": SECOND_NS, "m": MINUTE_NS, "h": 60 * MINUTE_NS, "d": DAY_NS, "w": 7 * DAY_NS}
_WRITTEN = re.compile(r"([1-9]\d{0,8})(ms|s|m|h|d|w)")


def timeframe_ns_of(text: str) -> int:
    """Nanoseconds of a timeframe such as 5m.

    Raises:
        RefusedError: it is not written so.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise RefusedError(f"{text!r} is not a timeframe; write it as 1s, 5m, 1h, 1d or 1w", code="history.timeframe")
    return int(found[1]) * _UNITS[found[2]]


def timeframe_text(timeframe_ns: int) -> str:
    """A timeframe in the largest unit that divides it: 60 s is 1m; a week is 1w."""
    for unit, size in reversed(_UNITS.items()):
        if timeframe_ns > 0 and timeframe_ns % size == 0:
            return f"{timeframe_ns // size}{unit}"
    raise RefusedError(f"bars of {timeframe_ns} ns are not kept; a millisecond is the least", code="history.timeframe")
