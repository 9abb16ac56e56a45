"""How figures and times are written on pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from tradedeck.domain.money import text

MIN_PLACES = 2
MAX_PLACES = 12
MINUS = "−"
NOTHING = "–"
_EXACT = Context(prec=100)


def places(values: Iterable[Decimal | None]) -> int:
    """Decimal places that show every value of a column whole."""
    needed = (len(text(value).partition(".")[2]) for value in values if value is not None)
    return min(MAX_PLACES, max([MIN_PLACES, *needed]))


def figure(value: Decimal | None, dp: int = MIN_PLACES) -> str:
    """With thousands separators and `dp` places."""
    if value is None:
        return NOTHING
    rounded = value.quantize(Decimal(1).scaleb(-dp), ROUND_HALF_EVEN, _EXACT)
    return f"{abs(rounded):,f}" if rounded >= 0 else f"{MINUS}{abs(rounded):,f}"


def signed(value: Decimal | None, dp: int = MIN_PLACES) -> str:
    """Like `figure`, the sign always shown unless it is zero."""
    written = figure(value, dp)
    return f"+{written}" if value is not None and value > 0 and any(c in "123456789" for c in written) else written


def direction(value: Decimal) -> str:
    """up, down or flat."""
    return "up" if value > 0 else "down" if value < 0 else "flat"


def when(time_ns: int) -> str:
    """A time to the millisecond, as in 2026-01-31 14:02:11.250."""
    if not time_ns:
        return NOTHING
    return f"{_utc(time_ns):%Y-%m-%d %H:%M:%S}.{time_ns // 10**6 % 1000:03d}"


def clock_time(time_ns: int) -> str:
    """The time of day, as in 14:02:11Z."""
    return f"{_utc(time_ns):%H:%M:%S}Z"


def iso_time(time_ns: int) -> str:
    """RFC 3339 with nanoseconds, for machines."""
    return f"{_utc(time_ns):%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9:09d}Z"


def words(name: str) -> str:
    """A name of the wire as people write it: partially_filled is partially filled."""
    return name.replace("_", " ")


def _utc(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // 10**9, UTC)
