"""Log in, sign up, or stay on this phone."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck_mobile.kit.hooks import use, use_made
from tradedeck_mobile.kit.look import EDGE, LARGE, label, title, use_theme
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

    words = "Create account" if form.is_new else "Log in"
    lines: list[ft.Control] = [
        ft.Row([ft.Icon(ft.Icons.CANDLESTICK_CHART, color=theme.accent, size=40)]),
        title("Tradedeck", theme, size=34),
        label("Your orders go straight to the exchange. The cloud keeps all your devices in step.", theme),
    ]
    if has_cloud:
        lines += [
            ft.AutofillGroup(ft.Column(_fields(form, submit), spacing=12)),
            *([Notice(form.failure)] if form.failure else []),
            tid("login.submit", ft.FilledButton(words, on_click=submit, disabled=form.busy, height=48)),
            tid(
                "login.switch",
                ft.TextButton(
                    "I have an account" if form.is_new else "Create an account", on_click=switch, height=TOUCH
                ),
            ),
        ]
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


def _fields(form: LoginForm, submit: Any) -> list[ft.Control]:
    hint = ft.AutofillHint.NEW_PASSWORD if form.is_new else ft.AutofillHint.PASSWORD
    return [
        ft.TextField(
            label="E-mail",
            value=form.email,
            error=form.errors.get("email"),
            on_change=lambda event: setattr(form, "email", (event.control.value or "").strip()),
            keyboard_type=ft.KeyboardType.EMAIL,
            autofill_hints=[ft.AutofillHint.EMAIL],
            border_radius=EDGE / 2,
        ),
        ft.TextField(
            label="Password",
            value=form.password,
            error=form.errors.get("password"),
            on_change=lambda event: setattr(form, "password", event.control.value or ""),
            on_submit=submit,
            password=True,
            can_reveal_password=True,
            autofill_hints=[hint],
            border_radius=EDGE / 2,
        ),
    ]
