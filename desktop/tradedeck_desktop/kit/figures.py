"""Numbers and times as people read them: grouped, constant decimals, the sign shown for profit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

UP, DOWN, FLAT = "▲", "▼", "·"


def amount(value: Decimal | None, decimals: int) -> str:
    """Grouped by thousands with `decimals` places; a dash for nothing."""
    if value is None:
        return "–"
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):,f}"


def signed(value: Decimal, decimals: int = 2) -> str:
    """Like `amount`, its sign always shown (a real minus)."""
    written = amount(abs(value), decimals)
    if value > 0:
        return f"+{written}"
    return f"−{written}" if value < 0 else written


def direction(change: Decimal) -> str:
    """▲, ▼ or ·: direction is never colour alone."""
    if change > 0:
        return UP
    return DOWN if change < 0 else FLAT


def clock(time_ns: int) -> str:
    """HH:MM:SS in UTC; a dash for no time."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%H:%M:%S") if time_ns else "–"


def day_clock(time_ns: int) -> str:
    """Month-day and time in UTC; a dash for no time."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%m-%d %H:%M:%S") if time_ns else "–"
