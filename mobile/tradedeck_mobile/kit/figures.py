"""Numbers and times as people read them: separated thousands, constant decimals, a sign on profit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from tradedeck.domain.money import text

NONE = "–"
"""Where there is no number."""
MINUS = "\u2212"
"""As wide as a plus."""
CENTS = 2


def grouped(value: Decimal | None, decimals: int | None = None) -> str:
    """Like 64,012.50; all its digits when `decimals` is None."""
    if value is None:
        return NONE
    if decimals is None:
        whole, _, rest = text(abs(value)).partition(".")
        written = f"{int(whole):,}" + (f".{rest}" if rest else "")
    else:
        rounded = abs(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        written = f"{rounded:,}"
        if not rounded:
            return written
    return f"{MINUS}{written}" if value < 0 else written


def signed(value: Decimal | None, decimals: int | None = CENTS) -> str:
    """Like +12.50 or −3.00; zero has no sign."""
    written = grouped(value, decimals)
    return f"+{written}" if value is not None and value > 0 and Decimal(written.replace(",", "")) else written


def percent(value: Decimal | None) -> str:
    """A fraction as +1.20 %."""
    return NONE if value is None else f"{signed(value * 100)} %"


def arrow(value: Decimal | None) -> str:
    """▲ or ▼, so that direction is never colour alone; nothing for zero."""
    return "" if not value else "▲" if value > 0 else "▼"


def clock(time_ns: int) -> str:
    """Like 14:02:11 (UTC); a dash before the first time."""
    return f"{_moment(time_ns):%H:%M:%S}" if time_ns else NONE


def moment(time_ns: int) -> str:
    """Like 4 Mar 14:02:11 (UTC)."""
    when = _moment(time_ns)
    return f"{when.day} {when:%b %H:%M:%S}"


def _moment(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC)
