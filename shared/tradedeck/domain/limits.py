"""What may be risked, as plain numbers; an amount of None is no limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from types import MappingProxyType

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import ZERO, exact, text


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account, a user or one source of orders may risk.

    Sizes are in the base asset; notionals, `max_daily_loss` and `equity` in the quote asset, of each quote asset by
    itself; `price_collar` is a fraction of the last price. `max_orders_per_minute` is of one source,
    `max_account_orders_per_minute` of all together. `duplicate_window_ms` as an account's limit leaves strategies
    alone, as one of a strategy's own it binds that. `equity` is what leverage is measured against, with what has been
    earned since it was told; a strategy's is its capital. `max_leverage` counts perpetuals alone.
    """

    max_order_size: Decimal | None = None
    max_order_notional: Decimal | None = Decimal(50_000)
    price_collar: Decimal | None = Decimal("0.10")
    max_position_size: Decimal | None = None
    max_position_notional: Decimal | None = Decimal(250_000)
    max_open_orders: int | None = 50
    max_leverage: Decimal | None = Decimal(5)
    max_daily_loss: Decimal | None = Decimal(10_000)
    max_orders_per_minute: int | None = 120
    max_account_orders_per_minute: int | None = 600
    max_messages_per_second: int | None = 200
    duplicate_window_ms: int | None = None
    max_price_age_s: int | None = 300
    equity: Decimal | None = None


NO_LIMITS = Limits(**dict.fromkeys((field.name for field in fields(Limits)), None))
"""Nothing is limited: where a strategy or a user has no limits of their own."""
_COUNTS: Mapping[str, int] = MappingProxyType(
    {
        "max_open_orders": 10_000,
        "max_orders_per_minute": 1_000_000,
        "max_account_orders_per_minute": 1_000_000,
        "max_messages_per_second": 100_000,
        "duplicate_window_ms": 60_000,
        "max_price_age_s": 86_400,
    }
)
"""The limits that are whole numbers, and the most each may be: what is remembered for them stays bounded."""
_LONGEST_WINS = "duplicate_window_ms"
_NONE = "none"


def tightest(one: Limits, other: Limits) -> Limits:
    """Both at once: of each limit the one that refuses more. The equity is that of `one`, if it has any."""
    made: dict[str, Decimal | int | None] = {}
    for field in fields(Limits):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if mine is None or theirs is None or field.name == "equity":
            made[field.name] = theirs if mine is None else mine
        else:
            made[field.name] = (max if field.name == _LONGEST_WINS else min)(mine, theirs)
    return replace(one, **made)


def limits_from(written: Mapping[str, str], base: Limits) -> Limits:
    """`base` with what is `written`, by the names of `Limits`; the word none takes a limit away.

    Raises:
        RefusedError: there is no such limit, or that is no amount of it.
    """
    known = [field.name for field in fields(Limits)]
    made: dict[str, Decimal | int | None] = {}
    for name, value in written.items():
        if name not in known:
            raise RefusedError(f"there is no limit {name}; there are {', '.join(known)}", code="limits.unknown")
        made[name] = None if value.strip().lower() == _NONE else _read(name, value.strip())
    return replace(base, **made)


def written(limits: Limits) -> dict[str, str]:
    """Every limit as text, as `limits_from` reads it."""
    values = {field.name: getattr(limits, field.name) for field in fields(Limits)}
    return {name: _NONE if value is None else text(Decimal(value)) for name, value in values.items()}


def _read(name: str, value: str) -> Decimal | int:
    most = _COUNTS.get(name)
    try:
        number = exact(value)
    except RefusedError as error:
        raise RefusedError(f"{name}: {error.message}; or write none for no limit", code="limits.amount") from error
    if number < ZERO:
        raise RefusedError(f"{name} is {text(number)}; it can't be below zero", code="limits.amount")
    if most is None:
        return number
    if number != int(number) or number > most:
        raise RefusedError(
            f"{name} is {text(number)}; write a whole number from 0 to {most}, or none", code="limits.amount"
        )
    return int(number)
