"""Fills as a table."""

from __future__ import annotations

from collections.abc import Callable

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import text
from tradedeck.domain.order import Side
from tradedeck_desktop.kit.figures import amount, day_clock
from tradedeck_desktop.kit.table import Column, RowsModel


def columns(price_decimals: Callable[[str], int], size_decimals: Callable[[str], int]) -> list[Column[Fill]]:
    """The table's columns; decimals by symbol."""
    return [
        Column("Time (UTC)", lambda f: day_clock(f.time_ns), lambda f: f.order_key, figure=True),
        Column("Symbol", lambda f: f.symbol, lambda f: f.symbol),
        Column(
            "Side",
            lambda f: "▲ buy" if f.side is Side.BUY else "▼ sell",
            lambda f: f.side.value,
            tone=lambda f: "up" if f.side is Side.BUY else "down",
        ),
        Column("Price", lambda f: amount(f.price, price_decimals(f.symbol)), lambda f: f.price, figure=True),
        Column("Size", lambda f: amount(f.size, size_decimals(f.symbol)), lambda f: f.size, figure=True),
        Column("Notional", lambda f: amount(f.notional, 2), lambda f: f.notional, figure=True),
        Column("Fee", lambda f: f"{text(f.fee)} {f.fee_asset}", lambda f: f.fee, figure=True),
        Column("Liquidity", lambda f: "maker" if f.maker else "taker", lambda f: f.maker),
        Column("Order", lambda f: f.client_order_id, lambda f: f.client_order_id, tone=lambda _: "quiet"),
    ]


class FillsModel(RowsModel[Fill]):
    """Fills of the session."""

    def __init__(self, price_decimals: Callable[[str], int], size_decimals: Callable[[str], int]) -> None:
        super().__init__(
            columns(price_decimals, size_decimals), lambda f: f"{f.symbol}:{f.trade_id}:{f.client_order_id}"
        )
