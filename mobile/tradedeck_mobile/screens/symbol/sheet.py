"""The order sheet, from below."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck.design import Theme
from tradedeck.domain.order import Side
from tradedeck_mobile.kit.field import number_field
from tradedeck_mobile.kit.figures import grouped
from tradedeck_mobile.kit.hooks import use, use_made, use_state
from tradedeck_mobile.kit.look import EDGE, LARGE, figure, label, title, use_theme
from tradedeck_mobile.kit.ui import TOUCH, component, tid
from tradedeck_mobile.parts.app import AppContext, Services, say
from tradedeck_mobile.parts.pieces import Loading, Notice, chips, mode_badge
from tradedeck_mobile.screens.orders.state import headline
from tradedeck_mobile.screens.symbol.state import KINDS, Ticket
from tradedeck_mobile.state import Quote


@component
def OrderSheet(quote: Quote, side: Side, close: Any) -> Any:
    """Write, review, send."""
    services: Services = use(AppContext)
    session = services.device.session
    if session is None or quote.symbol not in session.instruments:
        return Loading("Waiting for the exchange")
    instrument = session.instruments[quote.symbol]
    ticket = use_made(lambda: Ticket(instrument, side))
    reviewing, set_reviewing = use_state(False)

    def review() -> None:
        if ticket.check():
            set_reviewing(True)

    async def send() -> None:
        order = await ticket.send(session)
        if order is None:
            set_reviewing(False)
            return
        close()
        say(f"{headline(order)} sent")

    content = Review(ticket, quote, send, lambda: set_reviewing(False)) if reviewing else Form(ticket, quote, review)
    return ft.Container(content, padding=ft.Padding.only(left=EDGE, right=EDGE, bottom=EDGE))


@component
def Form(ticket: Ticket, quote: Quote, review: Any) -> Any:
    """Type, size and price."""
    services: Services = use(AppContext)
    theme = use_theme()
    instrument = ticket.instrument
    heading = ft.Row(
        [
            title(f"{ticket.side.value.title()} {instrument.base}", theme, size=LARGE, expand=True),
            mode_badge(services.state.status, theme),
        ]
    )
    lines: list[ft.Control] = [
        heading,
        chips("ticket.kind", KINDS, ticket.kind, lambda kind: ticket.choose(kind, quote.last), theme),
        _number(f"Size, {instrument.base}", ticket, "size", theme),
    ]
    if ticket.needs_price:
        lines.append(_number(f"{ticket.price_label}, {instrument.quote}", ticket, "price", theme))
    lines += [Estimated(ticket, quote), *([Notice(ticket.failure)] if ticket.failure else [])]
    lines.append(
        tid("ticket.review", _action(f"Review {ticket.side.value}", ticket.side, review, theme, disabled=ticket.busy))
    )
    return ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


@component
def Review(ticket: Ticket, quote: Quote, send: Any, back: Any) -> Any:
    """The whole order in words, and the button that sends it."""
    services: Services = use(AppContext)
    theme = use_theme()
    status = services.state.status
    real = status.mode == "live"
    where = f"Sent to Binance, account {status.account}: real money." if real else "On paper: no real money moves."
    side = ticket.side.value
    return ft.Column(
        [
            ft.Row([title("Check your order", theme, size=LARGE, expand=True), mode_badge(status, theme)]),
            tid("ticket.summary", ft.Text(ticket.summary(quote.last), size=18, color=theme.text1)),
            label(where, theme),
            Estimated(ticket, quote),
            tid("ticket.confirm", _action(f"Confirm {side}", ticket.side, send, theme, disabled=ticket.busy)),
            tid("ticket.back", ft.TextButton("Change order", on_click=back, height=TOUCH)),
        ],
        spacing=14,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


@component
def Estimated(ticket: Ticket, quote: Quote) -> Any:
    """Last price, amount and fee."""
    theme = use_theme()
    estimate = ticket.estimate(quote.last)
    unit = ticket.instrument.quote
    rows = {
        "Last price": grouped(quote.last, quote.decimals),
        f"Amount, {unit}": grouped(estimate.notional if estimate else None, 2),
        f"Estimated fee, {unit}": grouped(estimate.fee if estimate else None, 4),
    }
    lines: list[ft.Control] = [
        ft.Row([label(words, theme, expand=True), figure(value, theme)]) for words, value in rows.items()
    ]
    box = ft.Column(lines, spacing=6)
    return ft.Container(box, padding=12, bgcolor=theme.bg2, border_radius=8)


def _number(words: str, ticket: Ticket, name: str, theme: Theme) -> ft.TextField:
    value, error = getattr(ticket, name), ticket.errors.get(name)
    return number_field(words, value, lambda written: setattr(ticket, name, written), theme, error=error)


def _action(words: str, side: Side, on_click: Any, theme: Theme, *, disabled: bool) -> ft.FilledButton:
    return ft.FilledButton(
        words,
        on_click=on_click,
        disabled=disabled,
        height=52,
        bgcolor=theme.up if side is Side.BUY else theme.down,
        color=theme.on_colour,
        style=ft.ButtonStyle(shape=ft.RoundedRectangleBorder(radius=12)),
    )
