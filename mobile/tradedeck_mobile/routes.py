"""Where screens are: four tabs, a market over them, and the log-in before them."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck_mobile.kit.hooks import make_context, observable, use
from tradedeck_mobile.kit.look import LookContext, use_theme
from tradedeck_mobile.kit.ui import component
from tradedeck_mobile.parts.app import AppContext, Services, StateContext
from tradedeck_mobile.parts.pieces import Loading
from tradedeck_mobile.screens.account.view import Account
from tradedeck_mobile.screens.home.view import Home
from tradedeck_mobile.screens.login.view import LoginView
from tradedeck_mobile.screens.markets.view import Markets
from tradedeck_mobile.screens.orders.view import Orders
from tradedeck_mobile.screens.symbol.view import SymbolView
from tradedeck_mobile.state import AppState, Status

TABS = (
    ("/", "Home", ft.Icons.HOME_OUTLINED, ft.Icons.HOME),
    ("/markets", "Markets", ft.Icons.SHOW_CHART, ft.Icons.SHOW_CHART),
    ("/orders", "Orders", ft.Icons.RECEIPT_LONG_OUTLINED, ft.Icons.RECEIPT_LONG),
    ("/account", "Account", ft.Icons.PERSON_OUTLINE, ft.Icons.PERSON),
)
WIDE_PX = 600
"""From this width on, tabs are a rail at the side."""


@observable
class Screen:
    """How wide the screen is."""

    def __init__(self, *, wide: bool) -> None:
        self.wide = wide


ScreenContext = make_context()


@component
def ShellView() -> Any:
    """The tabs, around the open one."""
    outlet: Any = ft.use_route_outlet()
    screen: Screen = use(ScreenContext)
    state: AppState = use(StateContext)
    theme = use_theme()
    chosen = next((i for i, tab in enumerate(TABS) if ft.is_route_active(tab[0], exact=True)), 0)
    page: Any = ft.context.page
    if state.starting:
        return ft.View(route="/", bgcolor=theme.bg0, controls=[Loading("Opening")])
    if state.user is None:
        page.navigate("/login")
        return ft.View(route="/", bgcolor=theme.bg0, controls=[])

    def go(event: Any) -> None:
        page.navigate(TABS[event.control.selected_index][0])

    body = Frame(outlet, state.status)
    if screen.wide:
        rail = ft.NavigationRail(
            selected_index=chosen,
            on_change=go,
            label_type=ft.NavigationRailLabelType.ALL,
            bgcolor=theme.bg1,
            destinations=[
                ft.NavigationRailDestination(icon=icon, selected_icon=full, label=name) for _, name, icon, full in TABS
            ],
        )
        row = ft.Row([rail, ft.VerticalDivider(width=1, color=theme.line), body], expand=True, spacing=0)
        return ft.View(route="/", can_pop=False, padding=0, bgcolor=theme.bg0, controls=[ft.SafeArea(row, expand=True)])
    bar = ft.NavigationBar(
        selected_index=chosen,
        on_change=go,
        destinations=[
            ft.NavigationBarDestination(icon=icon, selected_icon=full, label=name, tooltip="")
            for _, name, icon, full in TABS
        ],
    )
    return ft.View(
        route="/",
        can_pop=False,
        padding=0,
        bgcolor=theme.bg0,
        controls=[ft.SafeArea(body, expand=True)],
        navigation_bar=bar,
    )


@component
def Frame(outlet: Any, status: Status) -> Any:
    """On paper everything has a violet line on top: paper and live never look alike."""
    theme = use_theme()
    paper = status.mode == "paper"
    line = ft.Border.only(top=ft.BorderSide(2, theme.paper)) if paper else None
    return ft.Container(outlet, expand=True, border=line)


@component
def App(services: Services, screen: Screen) -> Any:
    """Everything."""
    routes = [
        ft.Route(path="login", component=LoginView),
        ft.Route(
            component=ShellView,
            outlet=True,
            children=[
                ft.Route(index=True, component=Home),
                ft.Route(path="markets", component=Markets),
                ft.Route(path="orders", component=Orders),
                ft.Route(path="account", component=Account),
            ],
        ),
        ft.Route(path="symbol/:symbol", component=SymbolView, modal=True),
    ]

    def router() -> Any:
        flet: Any = ft
        return flet.Router(routes, manage_views=True)

    def with_screen() -> Any:
        return ScreenContext(screen, router)

    def with_look() -> Any:
        return LookContext(services.look, with_screen)

    def with_state() -> Any:
        return StateContext(services.state, with_look)

    return AppContext(services, with_state)
