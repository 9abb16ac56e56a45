"""The design tokens in Flet's words, and which of them are in use."""

from __future__ import annotations

from typing import Any

import flet as ft

from tradedeck.design import DARK, LIGHT, PHONE_TYPE, RADIUS, SPACE, THEMES, Theme, colour_blind, font_files
from tradedeck_mobile.kit.hooks import make_context, observable, use

FONTS = {
    "Inter": "Inter-Regular.otf",
    "Inter SemiBold": "Inter-SemiBold.otf",
    "Mono": "JetBrainsMono-Regular.ttf",
    "Mono Bold": "JetBrainsMono-Bold.ttf",
}
"""Families by file, relative to `ASSETS`."""
ASSETS = str(font_files()[0].parent)
SMALL, TEXT, TITLE, LARGE, FIGURE = (PHONE_TYPE[name] for name in ("small", "text", "title", "large", "figure"))
CORNER = RADIUS["phone"]
EDGE = 4 * SPACE
"""Distance from the edge of the screen."""


@observable
class Look:
    """The theme in use; screens that read it are drawn anew when it changes."""

    def __init__(self) -> None:
        self.theme: Theme = DARK
        self._blind = False

    @property
    def is_blind(self) -> bool:
        """Whether up and down are the colour-blind safe pair."""
        return self._blind

    def use(self, name: str, *, blind: bool) -> None:
        """Take the theme `name`, with colour-blind safe up and down where asked."""
        theme = THEMES[name]
        self._blind = blind
        self.theme = colour_blind(theme) if blind else theme


LookContext = make_context()


def use_theme() -> Theme:
    """The tokens, inside a component."""
    look: Any = use(LookContext)
    return look.theme


def dress(page: ft.Page) -> None:
    """Fonts and both themes; call once a page."""
    page.fonts = dict(FONTS)
    page.theme, page.dark_theme = _flet_theme(LIGHT), _flet_theme(DARK)
    page.theme_mode = ft.ThemeMode.DARK


def label(value: str, theme: Theme, *, size: int = SMALL, color: str = "", **more: Any) -> ft.Text:
    """Plain text; a label's colour unless told."""
    return ft.Text(value, size=size, color=color or theme.text2, **more)


def title(value: str, theme: Theme, *, size: int = TITLE, **more: Any) -> ft.Text:
    """Text that names something."""
    return ft.Text(value, size=size, color=theme.text1, font_family="Inter SemiBold", **more)


def figure(value: str, theme: Theme, *, size: int = TEXT, color: str = "", bold: bool = False, **more: Any) -> ft.Text:
    """A number; every digit is as wide as any other."""
    family = "Mono Bold" if bold else "Mono"
    return ft.Text(value, size=size, color=color or theme.text1, font_family=family, no_wrap=True, **more)


def direction(value: Any, theme: Theme) -> str:
    """The colour of a profit or a change."""
    return theme.text2 if not value else theme.up if value > 0 else theme.down


def _flet_theme(theme: Theme) -> ft.Theme:
    scheme = ft.ColorScheme(
        primary=theme.accent,
        on_primary=theme.on_colour,
        primary_container=theme.bg3,
        on_primary_container=theme.text1,
        secondary=theme.accent,
        on_secondary=theme.on_colour,
        secondary_container=theme.bg3,
        on_secondary_container=theme.text1,
        error=theme.down,
        on_error=theme.on_colour,
        surface=theme.bg0,
        on_surface=theme.text1,
        on_surface_variant=theme.text2,
        outline=theme.line_strong,
        outline_variant=theme.line,
        surface_container_low=theme.bg1,
        surface_container=theme.bg1,
        surface_container_high=theme.bg2,
        surface_container_highest=theme.bg3,
        surface_tint=theme.bg1,
        inverse_surface=theme.bg3,
        on_inverse_surface=theme.text1,
    )
    return ft.Theme(
        color_scheme=scheme,
        font_family="Inter",
        scaffold_bgcolor=theme.bg0,
        navigation_bar_theme=ft.NavigationBarTheme(bgcolor=theme.bg1, height=64, indicator_color=theme.bg3),
    )
