"""What can be traded, with live prices."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck_mobile.kit.field import text_field
from tradedeck_mobile.kit.figures import arrow, grouped, percent
from tradedeck_mobile.kit.hooks import navigate, use, use_state
from tradedeck_mobile.kit.look import EDGE, TEXT, direction, figure, label, title, use_theme
from tradedeck_mobile.kit.ui import component, press
from tradedeck_mobile.parts.app import AppContext, Services
from tradedeck_mobile.parts.pieces import Empty, Header
from tradedeck_mobile.parts.spark import Spark
from tradedeck_mobile.screens.markets.state import matching
from tradedeck_mobile.state import Quote

ROW_HEIGHT = 68
SPARK = (72, 36)
"""Width and height of the little curve, in px."""


@component
def Markets() -> Any:
    """The second tab."""
    services: Services = use(AppContext)
    theme = use_theme()
    words, set_words = use_state("")
    rows = matching(services.state.quotes, words)
    search = text_field("Search markets", words, set_words, theme, prefix_icon=ft.Icons.SEARCH, expand=True)
    found: ft.Control = ft.ListView([QuoteRow(quote, key=quote.symbol) for quote in rows], expand=True)
    if not rows:
        found = Empty(ft.Icons.SEARCH_OFF, f"No market called {words}", "Try a part of the name, such as BTC.")
    return ft.Column(
        expand=True,
        spacing=8,
        controls=[
            Header("Markets", services.state.status),
            ft.Container(ft.Row([search]), padding=ft.Padding.symmetric(horizontal=EDGE)),
            ft.Container(
                ft.Row([label("Market", theme, expand=True), label("Last price · 24 h", theme)]),
                padding=ft.Padding.symmetric(horizontal=EDGE),
            ),
            ft.Container(found, expand=True),
        ],
    )


@component
def QuoteRow(quote: Quote) -> Any:
    """One market; drawn anew alone when its price moves."""
    theme = use_theme()
    color = direction(quote.change, theme)
    change = f"{arrow(quote.change)} {percent(quote.change)}".strip()
    row = ft.Row(
        [
            ft.Column(
                [title(quote.symbol, theme, size=TEXT), label("Binance spot", theme)],
                spacing=2,
                expand=True,
                alignment=ft.MainAxisAlignment.CENTER,
            ),
            Spark(quote.trend, color, "Price over 24 hours", SPARK[1], SPARK[0]),
            ft.Column(
                [
                    figure(grouped(quote.last, quote.decimals), theme, bold=True),
                    figure(change, theme, size=13, color=color),
                ],
                spacing=2,
                alignment=ft.MainAxisAlignment.CENTER,
                horizontal_alignment=ft.CrossAxisAlignment.END,
            ),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=theme.text3, size=20),
        ],
        spacing=12,
    )
    return press(
        f"market.{quote.symbol}",
        row,
        lambda: navigate(f"/symbol/{quote.symbol}"),
        height=ROW_HEIGHT,
        padding=ft.Padding.symmetric(horizontal=EDGE),
        border=ft.Border.only(bottom=ft.BorderSide(1, theme.line)),
    )
