"""Log in, sign up, or stay on this phone."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck.design import Theme
from tradedeck_mobile.kit.field import text_field
from tradedeck_mobile.kit.hooks import use, use_made
from tradedeck_mobile.kit.look import LARGE, label, title, use_theme
from tradedeck_mobile.kit.ui import TOUCH, component, tid
from tradedeck_mobile.parts.app import AppContext, Services
from tradedeck_mobile.parts.pieces import Notice
from tradedeck_mobile.screens.login.state import LoginForm


@component
def LoginView() -> Any:
    """The first screen."""
    services: Services = use(AppContext)
    theme = use_theme()
    form = use_made(LoginForm)
    has_cloud = services.device.has_cloud

    async def submit(_event: Any = None) -> None:
        if await form.submit(services.device, services.vault):
            await services.enter()

    async def stay() -> None:
        services.device.stay_local()
        await services.enter()

    def switch() -> None:
        form.is_new, form.errors, form.failure = not form.is_new, {}, ""

    lines: list[ft.Control] = [
        ft.Row([ft.Icon(ft.Icons.CANDLESTICK_CHART, color=theme.accent, size=40)]),
        title("Tradedeck", theme, size=34),
        label("Your orders go straight to the exchange. The cloud keeps all your devices in step.", theme),
    ]
    if has_cloud:
        lines += _with_cloud(form, submit, switch, theme)
    else:
        lines.append(label("This phone was started without a cloud address.", theme))
    lines.append(tid("login.local", ft.OutlinedButton("Use without cloud", on_click=stay, height=TOUCH)))
    form_column = ft.Column(
        lines, spacing=14, width=380, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )
    scroll = ft.Column([form_column], scroll=ft.ScrollMode.AUTO, tight=True)
    return ft.View(
        route="/login",
        can_pop=False,
        padding=LARGE,
        bgcolor=theme.bg0,
        vertical_alignment=ft.MainAxisAlignment.CENTER,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        controls=[ft.SafeArea(scroll)],
    )


def _with_cloud(form: LoginForm, submit: Any, switch: Any, theme: Theme) -> list[ft.Control]:
    words = "Create account" if form.is_new else "Log in"
    other = "I have an account" if form.is_new else "Create an account"
    return [
        ft.AutofillGroup(
            ft.Column(_fields(form, submit, theme), spacing=12, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        ),
        *([Notice(form.failure)] if form.failure else []),
        tid("login.submit", ft.FilledButton(words, on_click=submit, disabled=form.busy, height=48)),
        tid("login.switch", ft.TextButton(other, on_click=switch, height=TOUCH)),
    ]


def _fields(form: LoginForm, submit: Any, theme: Theme) -> list[ft.Control]:
    hint = ft.AutofillHint.NEW_PASSWORD if form.is_new else ft.AutofillHint.PASSWORD
    return [
        text_field(
            "E-mail",
            form.email,
            lambda words: setattr(form, "email", words.strip()),
            theme,
            error=form.errors.get("email"),
            keyboard_type=ft.KeyboardType.EMAIL,
            autofill_hints=[ft.AutofillHint.EMAIL],
        ),
        text_field(
            "Password",
            form.password,
            lambda words: setattr(form, "password", words),
            theme,
            error=form.errors.get("password"),
            on_submit=submit,
            password=True,
            can_reveal_password=True,
            autofill_hints=[hint],
        ),
    ]
