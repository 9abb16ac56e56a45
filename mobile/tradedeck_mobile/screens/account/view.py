"""Venue, cloud, appearance, log out."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck.design import Theme
from tradedeck_mobile.kit.field import text_field
from tradedeck_mobile.kit.hooks import use, use_made, use_state
from tradedeck_mobile.kit.look import EDGE, TEXT, label, title, use_theme
from tradedeck_mobile.kit.ui import TOUCH, component, tid
from tradedeck_mobile.parts.app import AppContext, Services, say
from tradedeck_mobile.parts.pieces import Header, Notice, as_of, card
from tradedeck_mobile.screens.account.state import KeyForm, forget_key, keep_look
from tradedeck_mobile.state import Status


@component
def Account() -> Any:
    """The fourth tab."""
    services: Services = use(AppContext)
    return ft.Column(
        expand=True,
        spacing=0,
        controls=[
            Header("Account", services.state.status),
            ft.ListView(
                [
                    Venue(services.state.status),
                    Cloud(services.state.status),
                    Appearance(),
                ],
                expand=True,
                spacing=12,
                padding=ft.Padding.only(left=EDGE, right=EDGE, bottom=EDGE),
            ),
        ],
    )


@component
def Venue(status: Status) -> Any:
    """The exchange, and the key this phone trades with."""
    services: Services = use(AppContext)
    theme = use_theme()
    form = use_made(KeyForm)
    editing, set_editing = use_state(False)
    live = status.mode == "live"

    async def save() -> None:
        if await form.save(services.device, services.vault):
            set_editing(False)
            say("Key kept in this phone's secure storage")

    async def forget() -> None:
        await forget_key(services.device, services.vault)
        say("Key removed; orders are on paper now")

    words = f"Trading live as {status.account}." if live else "Trading on paper with real prices."
    lines: list[ft.Control] = [title("Exchange", theme), _fact("Binance spot", words, theme)]
    if status.venue_detail:
        lines.append(Notice(status.venue_detail))
    if editing:
        lines += [
            _field("API key", form, "key", theme, hidden=False),
            _field("API secret", form, "secret", theme, hidden=True),
            tid("account.save_key", ft.FilledButton("Save key", on_click=save, height=TOUCH)),
            tid("account.keep_key", ft.TextButton("Back", on_click=lambda: set_editing(False), height=TOUCH)),
        ]
    else:
        change = "Use another key" if live else "Enter an API key"
        lines.append(
            tid("account.enter_key", ft.OutlinedButton(change, on_click=lambda: set_editing(True), height=TOUCH))
        )
        if live:
            lines.append(
                tid("account.forget_key", ft.TextButton("Remove key from this phone", on_click=forget, height=TOUCH))
            )
    return card(ft.Column(lines, spacing=12, horizontal_alignment=ft.CrossAxisAlignment.STRETCH), theme)


@component
def Cloud(status: Status) -> Any:
    """Who is logged in and how far the cloud is."""
    services: Services = use(AppContext)
    theme = use_theme()
    user = services.state.user
    lines: list[ft.Control] = [
        title("Cloud", theme),
        _fact(user or "No cloud account", "Orders of all devices in one place.", theme, identifier="account.user"),
    ]
    if user:
        waiting = f"{status.waiting} entries wait to be sent" if status.waiting else "everything is sent"
        lines.append(label(f"{as_of(status.as_of_ns)}, {waiting}", theme))
    if status.sync_detail:
        lines.append(Notice(status.sync_detail))
    words = "Log out" if user else "Log in or sign up"
    lines.append(tid("account.leave", ft.OutlinedButton(words, on_click=services.leave, height=TOUCH)))
    return card(ft.Column(lines, spacing=12, horizontal_alignment=ft.CrossAxisAlignment.STRETCH), theme)


@component
def Appearance() -> Any:
    """Dark or light, and colours that everybody can tell apart."""
    services: Services = use(AppContext)
    theme = use_theme()
    blind, set_blind = use_state(services.look.is_blind)
    dark = theme.name == "dark"

    async def dress(name: str, *, blind: bool) -> None:
        set_blind(blind)
        services.look.use(name, blind=blind)
        page: Any = ft.context.page
        page.theme_mode = ft.ThemeMode.DARK if name == "dark" else ft.ThemeMode.LIGHT
        page.update()
        await keep_look(services.vault, name, blind=blind)

    async def set_dark(event: Any) -> None:
        await dress("dark" if event.control.value else "light", blind=blind)

    async def set_pair(event: Any) -> None:
        await dress(theme.name, blind=bool(event.control.value))

    lines: list[ft.Control] = [
        title("Appearance", theme),
        _switch("account.dark", "Dark theme", dark, set_dark, theme),
        _switch("account.blind", "Colour-blind safe colours", blind, set_pair, theme),
    ]
    return card(ft.Column(lines, spacing=8), theme)


def _fact(words: str, hint: str, theme: Theme, identifier: str = "account.venue") -> ft.Control:
    return ft.Column([tid(identifier, title(words, theme, size=TEXT)), label(hint, theme)], spacing=2)


def _switch(identifier: str, words: str, value: bool, on_change: Any, theme: Theme) -> ft.Control:
    switch = tid(identifier, ft.Switch(value=value, on_change=on_change), label=words)
    return ft.Row([ft.Text(words, size=TEXT, color=theme.text1, expand=True), switch], height=TOUCH)


def _field(words: str, form: KeyForm, name: str, theme: Theme, *, hidden: bool) -> ft.TextField:
    value, error = getattr(form, name), form.errors.get(name)
    return text_field(words, value, lambda text: setattr(form, name, text.strip()), theme, error=error, password=hidden)
