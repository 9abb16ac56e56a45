"""Every order of every device; this phone's own can be canceled here."""

from __future__ import annotations

from typing import Any, cast

import flet as ft

from tradedeck.design import Theme
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.order import OrderState, Side
from tradedeck_mobile.kit.figures import moment
from tradedeck_mobile.kit.hooks import use, use_state
from tradedeck_mobile.kit.look import EDGE, TEXT, figure, label, title, use_theme
from tradedeck_mobile.kit.ui import TOUCH, component, tid
from tradedeck_mobile.parts.app import AppContext, Services, say
from tradedeck_mobile.parts.pieces import Empty, Header, as_of, chips
from tradedeck_mobile.screens.orders.state import FILTERS, WORDS, headline, listed, progress, terms
from tradedeck_mobile.state import AppState, OrderRow

_BAD = (OrderState.REJECTED, OrderState.REFUSED)


@component
def Orders() -> Any:
    """The third tab."""
    services: Services = use(AppContext)
    theme = use_theme()
    which, set_which = use_state("open")
    asked, set_asked = use_state(cast("OrderRow | None", None))
    ft.use_dialog(_confirm(services, asked, lambda: set_asked(None)) if asked else None)
    return ft.Column(
        expand=True,
        spacing=8,
        controls=[
            Header("Orders", services.state.status),
            ft.Container(
                chips("orders", FILTERS, which, set_which, theme), padding=ft.Padding.symmetric(horizontal=EDGE)
            ),
            ft.Container(Rows(services.state, which, set_asked), expand=True),
        ],
    )


@component
def Rows(state: AppState, which: str, ask: Any) -> Any:
    """The list."""
    theme = use_theme()
    rows = listed(state.orders, which)
    if not rows:
        words = {"open": "No open orders", "done": "Nothing has ended yet", "all": "No orders yet"}[which]
        return Empty(ft.Icons.RECEIPT_LONG_OUTLINED, words, "Orders of all your devices appear here.")
    foot = label(f"Newest {len(rows)}, {as_of(state.status.as_of_ns)}", theme)
    controls: list[Any] = [Row(row, ask, key=row.key) for row in rows]
    return ft.ListView([*controls, ft.Container(foot, padding=EDGE)], expand=True)


@component
def Row(row: OrderRow, ask: Any) -> Any:
    """One order; drawn anew alone when it changes."""
    theme = use_theme()
    order = row.order
    buy = order.side is Side.BUY
    color = theme.up if buy else theme.down
    arrow = ft.Icon(ft.Icons.SOUTH_WEST if buy else ft.Icons.NORTH_EAST, color=color, size=20)
    where = ("this phone" if row.own else "other device") + (" · paper" if row.origin.mode == "paper" else "")
    lines: list[ft.Control] = [
        tid(f"order.{row.key}.title", title(headline(order), theme, size=TEXT)),
        label(terms(order), theme),
        label(f"{moment(order.created_ns)} · {where}", theme, size=12),
    ]
    if order.filled:
        lines.insert(2, figure(progress(order), theme, size=12, color=theme.text2))
    if order.reason:
        lines.append(label(order.reason, theme, size=12, color=theme.warn))
    can_cancel = row.own and order.is_open and not order.cancel_requested
    return ft.Container(
        padding=ft.Padding.symmetric(horizontal=EDGE, vertical=10),
        border=ft.Border.only(bottom=ft.BorderSide(1, theme.line)),
        content=ft.Row(
            [
                arrow,
                ft.Column(lines, spacing=2, expand=True),
                tid(f"order.{row.key}.state", _state(row, theme)),
                tid(
                    f"order.{row.key}.cancel",
                    ft.IconButton(
                        ft.Icons.CLOSE,
                        tooltip=f"Cancel {headline(order)}",
                        on_click=lambda: ask(row),
                        width=TOUCH,
                        height=TOUCH,
                        icon_color=theme.text2,
                    ),
                    visible=can_cancel,
                ),
            ]
        ),
    )


def _state(row: OrderRow, theme: Theme) -> ft.Text:
    state = row.order.state
    words = "Canceling" if row.order.is_open and row.order.cancel_requested else WORDS[state]
    color = theme.text1
    if state is OrderState.UNKNOWN:
        color = theme.warn
    elif state in _BAD:
        color = theme.down
    elif state is OrderState.FILLED:
        color = theme.up
    return ft.Text(words, size=13, color=color, font_family="Inter SemiBold")


def _confirm(services: Services, row: OrderRow, close: Any) -> ft.AlertDialog:
    async def cancel() -> None:
        close()
        session = services.device.session
        try:
            if session is not None:
                await session.cancel(row.key)
        except TradedeckError as error:
            say(f"Not canceled: {error.message}")
        else:
            say("Cancel sent")

    return ft.AlertDialog(
        modal=True,
        title=ft.Text("Cancel this order?"),
        content=ft.Text(f"{headline(row.order)}, {terms(row.order).lower()}. What is filled stays."),
        on_dismiss=close,
        actions=[
            tid("cancel.keep", ft.TextButton("Keep order", on_click=close, height=TOUCH)),
            tid("cancel.confirm", ft.FilledButton("Cancel order", on_click=cancel, height=TOUCH)),
        ],
    )
