"""Amounts enter exact and finite, and are written one way."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import ceil_to, exact, floor_to, is_multiple, positive, text

amounts = st.decimals(min_value=Decimal(-(10**12)), max_value=Decimal(10**12), places=8)
steps = st.sampled_from([Decimal("0.00001"), Decimal("0.01"), Decimal("0.5"), Decimal(1), Decimal(25)])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.1, "money.not_exact"),
        (True, "money.not_exact"),
        ("NaN", "money.not_finite"),
        ("sNaN", "money.not_finite"),
        ("Infinity", "money.not_finite"),
        (Decimal("-Infinity"), "money.not_finite"),
        ("", "money.not_a_number"),
        ("ten", "money.not_a_number"),
        ("1,5", "money.not_a_number"),
        (None, "money.not_a_number"),
        (b"1", "money.not_a_number"),
        ("1e999999", "money.out_of_range"),
        ("1e-999999", "money.out_of_range"),
    ],
)
def test_what_is_no_exact_finite_amount_stays_outside(value: Any, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        exact(value)
    assert refused.value.code == code


@given(amounts)
def test_text_and_back_loses_nothing_and_writes_one_way(amount: Decimal) -> None:
    written = text(amount)
    assert exact(written) == amount
    assert "e" not in written.lower()
    assert text(exact(written)) == written
    assert written == text(amount * Decimal("1.000"))


def test_zero_is_written_without_sign_or_decimals() -> None:
    assert [text(Decimal(z)) for z in ("0", "-0", "0.000", "-0.0", "0E-12")] == ["0"] * 5


@given(amounts, steps)
def test_rounding_stays_within_one_step_on_its_own_side(amount: Decimal, step: Decimal) -> None:
    low, high = floor_to(amount, step), ceil_to(amount, step)
    assert low <= amount <= high
    assert amount - low < step
    assert high - amount < step
    assert is_multiple(low, step)
    assert is_multiple(high, step)
    assert (low == high) == is_multiple(amount, step)


def test_a_huge_amount_and_a_tiny_step_are_still_compared() -> None:
    assert is_multiple(Decimal("1e40"), Decimal("1e-12"))
    assert not is_multiple(Decimal("1e40") + Decimal(0), Decimal("7e-12"))


@pytest.mark.parametrize("value", ["0", "-0.01"])
def test_a_positive_amount_is_above_zero(value: str) -> None:
    assert positive("0.01") == Decimal("0.01")
    with pytest.raises(RefusedError, match="above zero"):
        positive(value)
