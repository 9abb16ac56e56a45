"""The figures of the home screen."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradedeck.domain.money import ZERO
from tradedeck_mobile.kit.figures import grouped, signed
from tradedeck_mobile.money import Holding


def profit_lines(holdings: Sequence[Holding]) -> list[tuple[str, str, str, Decimal | None]]:
    """Identifier, words, the exact figure, and the number that decides its colour (None for none)."""
    realised = sum((h.realised for h in holdings), ZERO)
    unrealised = sum((h.unrealised for h in holdings), ZERO)
    fees = sum((h.fees for h in holdings), ZERO)
    total = realised + unrealised - fees
    return [
        ("profit", "Total after fees", signed(total, None), total),
        ("realised", "Realised", signed(realised, None), realised),
        ("unrealised", "Open", signed(unrealised, None), unrealised),
        ("fees", "Fees paid", grouped(fees, None), None),
    ]


def side_line(holding: Holding) -> str:
    """Like `Long · 2 fills`."""
    side = "Flat" if not holding.size else "Long" if holding.size > 0 else "Short"
    return f"{side} · {holding.fills} {'fill' if holding.fills == 1 else 'fills'}"
