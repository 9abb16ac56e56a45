"""The one door through which amounts enter: exact, finite, never a float."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

from tradedeck.domain.errors import RefusedError

ZERO = Decimal(0)
MAX_EXPONENT = 60
"""Amounts reach from 10**-60 to 10**60; writing out anything beyond would only fill the memory."""
_WIDE = Context(prec=4 * MAX_EXPONENT)


def exact(value: str | int | Decimal) -> Decimal:
    """Turn `value` into an exact, finite decimal.

    Raises:
        RefusedError: it is not a number, a float, infinite, NaN, or beyond any amount there is.
    """
    if isinstance(value, float | bool):
        raise RefusedError(f"{value!r} is not an exact number; write it as text", code="money.not_exact")
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError, TypeError) as error:
        raise RefusedError(f"{value!r} is not a number; write it like 0.25", code="money.not_a_number") from error
    if not number.is_finite():
        raise RefusedError(f"{value!r} is not a finite number", code="money.not_finite")
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "finite numbers have a numeric exponent"
    if number.adjusted() > MAX_EXPONENT or exponent < -MAX_EXPONENT:
        raise RefusedError(f"{value!r} is beyond any amount there is", code="money.out_of_range")
    return number


def positive(value: str | int | Decimal) -> Decimal:
    """Like `exact`, and above zero.

    Raises:
        RefusedError: not a finite number above zero.
    """
    number = exact(value)
    if number <= 0:
        raise RefusedError(f"{text(number)} must be above zero", code="money.not_positive")
    return number


def text(value: Decimal) -> str:
    """Write `value` the one canonical way: no exponent, no trailing zeros, no negative zero."""
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Round down (towards minus infinity) to a whole multiple of `step`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Round up (towards plus infinity) to a whole multiple of `step`."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is a whole number of `step`s."""
    # The default context can't hold the quotient of a large price and a small tick and would raise.
    return not _WIDE.remainder(value, step)
