"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradedeck_desktop.kit.figures import amount, clock, day_clock, direction, signed


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (Decimal("67123.4"), 2, "67,123.40"),
        (Decimal("0.00012"), 5, "0.00012"),
        (Decimal("1E+3"), 0, "1,000"),
        (Decimal("-1234567.891"), 1, "-1,234,567.9"),
        (None, 2, "–"),
    ],
)
def test_amounts_are_grouped_with_constant_decimals(value: Decimal | None, decimals: int, shown: str) -> None:
    assert amount(value, decimals) == shown


def test_profit_always_shows_its_sign() -> None:
    assert [signed(Decimal(x)) for x in ("12.345", "-12.345", "0")] == ["+12.34", "−12.34", "0.00"]


def test_direction_is_a_shape() -> None:
    assert [direction(Decimal(x)) for x in (1, -1, 0)] == ["▲", "▼", "·"]


def test_times_are_utc() -> None:
    at_ns = 1_709_510_461_000_000_000
    assert (clock(at_ns), day_clock(at_ns), clock(0)) == ("00:01:01", "03-04 00:01:01", "–")
