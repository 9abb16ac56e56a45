from decimal import Decimal

import pytest

from tradedeck_mobile.kit.figures import MINUS, NONE, arrow, clock, grouped, moment, percent, signed


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        ("1234567.891", 2, "1,234,567.89"),
        ("1234567.891", None, "1,234,567.891"),
        ("-1234.5", 2, f"{MINUS}1,234.50"),
        ("-0.001", 2, "0.00"),
        ("0.00000001", None, "0.00000001"),
        ("100", 0, "100"),
        ("64.9986800", None, "64.99868"),
    ],
)
def test_amounts_are_grouped_and_none_of_their_digits_is_lost(value: str, decimals: int | None, written: str) -> None:
    assert grouped(Decimal(value), decimals) == written


def test_profit_has_its_sign_and_zero_has_none() -> None:
    assert signed(Decimal("12.5")) == "+12.50"
    assert signed(Decimal(-3)) == f"{MINUS}3.00"
    assert signed(Decimal("0.001")) == "0.00"
    assert signed(Decimal(0), None) == "0"


def test_what_is_not_known_is_a_dash() -> None:
    assert grouped(None) == signed(None) == percent(None) == clock(0) == NONE
    assert arrow(None) == arrow(Decimal(0)) == ""


def test_direction_has_a_shape() -> None:
    assert (arrow(Decimal(1)), arrow(Decimal(-1))) == ("▲", "▼")
    assert percent(Decimal("0.0123")) == "+1.23 %"


def test_times_are_utc() -> None:
    time_ns = 1_709_552_700_000_000_000
    assert clock(time_ns) == "11:45:00"
    assert moment(time_ns) == "4 Mar 11:45:00"
