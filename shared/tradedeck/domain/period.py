"""Stretches of time as people write them: "15m", "1h", "1d"."""

from __future__ import annotations

from tradedeck.domain.bar import MINUTE_NS, SECOND_NS
from tradedeck.domain.errors import RefusedError

DAY_NS = 24 * 60 * MINUTE_NS
_UNITS_NS = {"s": SECOND_NS, "m": MINUTE_NS, "h": 60 * MINUTE_NS, "d": DAY_NS, "w": 7 * DAY_NS}


def period_ns(text: str) -> int:
    """A period such as "15m", "1h" or "1d" in nanoseconds.

    Raises:
        RefusedError: it is not written so.
    """
    count, unit = text[:-1], text[-1:]
    if unit not in _UNITS_NS or not count.isdecimal() or not int(count):
        raise RefusedError(f"{text!r} is no period; write it like 15m, 1h or 1d", code="strategy.period")
    return int(count) * _UNITS_NS[unit]
