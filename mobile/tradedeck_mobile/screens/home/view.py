"""What the account is worth, what it holds, and what it earns."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck.design import Theme
from tradedeck_mobile.kit.figures import arrow, grouped, percent, signed
from tradedeck_mobile.kit.hooks import navigate, use
from tradedeck_mobile.kit.look import EDGE, FIGURE, TEXT, direction, figure, label, title, use_theme
from tradedeck_mobile.kit.ui import component, tid
from tradedeck_mobile.money import Holding
from tradedeck_mobile.parts.app import AppContext, Services
from tradedeck_mobile.parts.pieces import Empty, Header, Loading, as_of, card
from tradedeck_mobile.parts.spark import Spark
from tradedeck_mobile.screens.home.state import profit_lines, side_line
from tradedeck_mobile.state import Purse

CURVE_HEIGHT = 64


@component
def Home() -> Any:
    """The first tab."""
    services: Services = use(AppContext)
    state = services.state
    return ft.Column(
        expand=True,
        spacing=0,
        controls=[Header("Home", state.status), ft.Container(Money(state.purse), expand=True)],
    )


@component
def Money(purse: Purse) -> Any:
    """Worth, profit and positions."""
    theme = use_theme()
    if purse.worth is None and not purse.holdings:
        return Loading("Asking the exchange what you hold")
    blocks: list[ft.Control] = [_worth(purse, theme), _profit(purse, theme)]
    blocks.append(title("Positions", theme))
    if purse.holdings:
        blocks += [_holding(holding, theme) for holding in purse.holdings]
    else:
        blocks.append(
            Empty(
                ft.Icons.INSERT_CHART_OUTLINED,
                "No positions yet",
                "Open a market and place your first order.",
                "Go to markets",
                lambda: navigate("/markets"),
            )
        )
    return ft.ListView(blocks, padding=ft.Padding.only(left=EDGE, right=EDGE, bottom=EDGE), spacing=12)


def _worth(purse: Purse, theme: Theme) -> ft.Control:
    color = direction(purse.day, theme)
    change = f"{arrow(purse.day)} {signed(purse.day)}  ({percent(purse.day_fraction)})".strip()
    lines: list[ft.Control] = [
        label("Account value, USDT", theme),
        tid("home.worth", figure(grouped(purse.worth, 2), theme, size=FIGURE, bold=True)),
        ft.Row([tid("home.day", figure(change, theme, color=color)), label("today", theme)], spacing=8),
    ]
    if len(purse.curve) > 1:
        lines.append(Spark(purse.curve, theme.accent, "Account value over time", CURVE_HEIGHT))
    return card(ft.Column(lines, spacing=6), theme)


def _profit(purse: Purse, theme: Theme) -> ft.Control:
    where = "all devices" if purse.from_cloud else "this phone"
    heading = ft.Row(
        [
            title(f"Profit, {where}", theme, expand=True),
            tid("home.as_of", label(as_of(purse.as_of_ns if purse.from_cloud else 0), theme)),
        ]
    )
    lines: list[ft.Control] = [heading]
    for name, words, value, number in profit_lines(purse.holdings):
        color = theme.text1 if number is None else direction(number, theme)
        amount = tid(f"home.{name}", figure(value, theme, color=color))
        lines.append(ft.Row([label(words, theme, size=TEXT, expand=True), amount]))
    return card(ft.Column(lines, spacing=8), theme)


def _holding(holding: Holding, theme: Theme) -> ft.Control:
    profit = holding.unrealised
    left = ft.Column(
        [
            title(holding.symbol, theme, size=TEXT),
            label(side_line(holding), theme),
        ],
        spacing=2,
        expand=True,
    )
    prices = f"{grouped(holding.entry, 2)} → {grouped(holding.mark, 2)}"
    right = ft.Column(
        [
            tid(f"position.{holding.symbol}.size", figure(grouped(holding.size), theme)),
            figure(f"{arrow(profit)} {signed(profit)}".strip(), theme, color=direction(profit, theme)),
            label(prices, theme, size=12) if holding.size else label("closed", theme, size=12),
        ],
        spacing=2,
        horizontal_alignment=ft.CrossAxisAlignment.END,
    )
    return card(ft.Row([left, right]), theme)
