"""Small pieces that several screens show: badges, connection lines, empty and failed places, headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from tradedeck.design import Theme
from tradedeck_mobile.kit.figures import clock
from tradedeck_mobile.kit.look import CORNER, EDGE, SMALL, TITLE, label, title, use_theme
from tradedeck_mobile.kit.ui import TOUCH, component, press, tid
from tradedeck_mobile.state import Status

_SYNC = {
    "signed_out": "Not in the cloud",
    "connecting": "Reaching the cloud",
    "up_to_date": "Cloud up to date",
    "sending": "Sending to the cloud",
    "offline": "Cloud offline",
}
_VENUE = {"connecting": "Connecting", "live": "Connected", "stale": "Stale", "down": "No connection"}


def card(content: ft.Control, theme: Theme, **more: Any) -> ft.Container:
    """A raised panel."""
    return ft.Container(
        content=content,
        padding=EDGE,
        bgcolor=theme.bg1,
        border_radius=CORNER,
        border=ft.Border.all(1, theme.line),
        **more,
    )


def mode_badge(status: Status, theme: Theme) -> ft.Semantics:
    """PAPER, or LIVE with the account's name: never alike."""
    is_live = status.mode == "live"
    color = theme.warn if is_live else theme.paper
    words = f"LIVE · {status.account}" if is_live else "PAPER"
    badge = ft.Container(
        content=ft.Text(words, size=12, color=color, font_family="Inter SemiBold"),
        padding=ft.Padding.symmetric(horizontal=8, vertical=3),
        border_radius=6,
        border=ft.Border.all(1, color),
    )
    return tid("mode", badge)


@component
def StatusLine(status: Status) -> Any:
    """Venue and cloud in one line: a dot, and always a word."""
    theme = use_theme()
    venue_color = {"live": theme.up, "connecting": theme.warn, "stale": theme.warn}.get(status.venue, theme.down)
    fine = status.sync in ("up_to_date", "sending")
    cloud_color = theme.up if fine else theme.text3 if status.sync == "signed_out" else theme.warn
    venue = _VENUE[status.venue] + ("" if status.ready or status.venue != "live" else ", checking orders")
    cloud = _SYNC[status.sync] + (f" · {status.waiting} waiting" if status.waiting else "")
    return ft.Row(
        spacing=12,
        controls=[
            _dot_text("status.venue", f"Binance · {venue}", venue_color, theme),
            _dot_text("status.cloud", cloud, cloud_color, theme),
        ],
    )


def _dot_text(identifier: str, words: str, color: str, theme: Theme) -> ft.Control:
    dot = ft.Container(width=8, height=8, border_radius=4, bgcolor=color)
    return ft.Row(spacing=6, controls=[dot, tid(identifier, label(words, theme))])


@component
def Header(name: str, status: Status) -> Any:
    """A tab's heading: its name, the mode, and how the connections are."""
    theme = use_theme()
    top = ft.Row([title(name, theme, size=22, expand=True), mode_badge(status, theme)])
    lines: list[ft.Control] = [top, StatusLine(status)]
    trouble = status.venue_detail if status.venue == "down" else ""
    if trouble:
        lines.append(Notice(trouble))
    return ft.Container(ft.Column(lines, spacing=8), padding=ft.Padding.only(left=EDGE, right=EDGE, top=12, bottom=8))


@component
def Notice(words: str) -> Any:
    """Something is wrong: one sentence, an icon so that it is not colour alone."""
    theme = use_theme()
    icon = ft.Icon(ft.Icons.WARNING_AMBER_ROUNDED, color=theme.warn, size=20)
    row = ft.Row([icon, tid("notice", label(_sentence(words), theme, color=theme.text1), expand=True)], spacing=10)
    return ft.Container(row, padding=12, bgcolor=theme.bg2, border_radius=8, border=ft.Border.all(1, theme.warn))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


@component
def Empty(icon: Any, words: str, hint: str, action: str = "", on_action: Callable[[], Any] | None = None) -> Any:
    """A place with nothing in it yet, and what to do about it."""
    theme = use_theme()
    lines: list[ft.Control] = [
        ft.Icon(icon, size=40, color=theme.text3),
        title(words, theme, size=TITLE, text_align=ft.TextAlign.CENTER),
        label(hint, theme, text_align=ft.TextAlign.CENTER),
    ]
    if action and on_action is not None:
        lines.append(tid("empty.action", ft.OutlinedButton(action, on_click=on_action, height=TOUCH)))
    column = ft.Column(lines, spacing=10, horizontal_alignment=ft.CrossAxisAlignment.CENTER, tight=True)
    return ft.Container(column, alignment=ft.Alignment.CENTER, padding=32)


@component
def Loading(words: str) -> Any:
    """Something is on its way."""
    theme = use_theme()
    ring = ft.ProgressRing(width=28, height=28, stroke_width=3, color=theme.accent)
    column = ft.Column(
        [ring, label(words, theme)], spacing=12, horizontal_alignment=ft.CrossAxisAlignment.CENTER, tight=True
    )
    return ft.Container(column, alignment=ft.Alignment.CENTER, padding=32, expand=True)


def chips(
    prefix: str, options: dict[str, str], chosen: str, on_choose: Callable[[str], None], theme: Theme
) -> ft.Control:
    """Pick one of a few; the chosen one is framed and bold, not only coloured."""

    def chip(value: str, words: str) -> ft.Control:
        is_on = value == chosen
        content = ft.Text(
            words,
            size=SMALL,
            color=theme.text1 if is_on else theme.text2,
            font_family="Inter SemiBold" if is_on else "Inter",
            text_align=ft.TextAlign.CENTER,
        )
        box = press(
            f"{prefix}.{value}",
            content,
            lambda: on_choose(value),
            height=TOUCH,
            alignment=ft.Alignment.CENTER,
            border_radius=8,
            bgcolor=theme.bg3 if is_on else None,
            border=ft.Border.all(1, theme.accent if is_on else theme.line),
        )
        box.expand, box.selected = True, is_on
        return box

    return ft.Row([chip(value, words) for value, words in options.items()], spacing=6)


def as_of(time_ns: int) -> str:
    """When a figure of the cloud was true."""
    return f"as of {clock(time_ns)} UTC" if time_ns else "as of now, this phone only"
