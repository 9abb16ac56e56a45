"""Colours, type and space. Contrasts are checked by a test against panel, raised and hover grounds."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #RRGGBB, by what they are for.

    `bg0` app, `bg1` panel, `bg2` raised, `bg3` hover; `text3` is for hints and axes, never for values;
    `up` and `down` are price direction and buy and sell, `warn` stale or unknown, `paper` not real money.
    """

    name: str
    bg0: str
    bg1: str
    bg2: str
    bg3: str
    line: str
    line_strong: str
    text1: str
    text2: str
    text3: str
    accent: str
    up: str
    down: str
    warn: str
    paper: str
    on_colour: str


DARK = Theme(
    name="dark",
    bg0="#0B0E14",
    bg1="#11151D",
    bg2="#171C26",
    bg3="#1F2633",
    line="#263042",
    line_strong="#35415A",
    text1="#E6EAF2",
    text2="#A3AEC2",
    text3="#7C889E",
    accent="#5B9BFF",
    up="#2BC093",
    down="#F26D78",
    warn="#E9AE45",
    paper="#A58BFF",
    on_colour="#0B0E14",
)
LIGHT = Theme(
    name="light",
    bg0="#F4F6FA",
    bg1="#FFFFFF",
    bg2="#F9FAFC",
    bg3="#E9EDF4",
    line="#DDE3EC",
    line_strong="#C3CCDA",
    text1="#131A26",
    text2="#465266",
    text3="#667287",
    accent="#2160D8",
    up="#0B7F5B",
    down="#C7303F",
    warn="#8F5E00",
    paper="#6A45D9",
    on_colour="#FFFFFF",
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}

DESKTOP_TYPE = {"small": 11, "hint": 12, "text": 13, "title": 15, "figure": 20}
PHONE_TYPE = {"small": 13, "text": 15, "title": 17, "large": 22, "figure": 34}
SPACE = 4
"""The grid, in px; every gap is a multiple of it."""
RADIUS = {"desktop": 4, "phone": 12}

_COLOUR_BLIND = {"dark": ("#5B9BFF", "#F2933A"), "light": ("#2160D8", "#A85400")}


def colour_blind(theme: Theme) -> Theme:
    """The theme with a blue and orange pair for up and down."""
    up, down = _COLOUR_BLIND[theme.name]
    return replace(theme, up=up, down=down)
