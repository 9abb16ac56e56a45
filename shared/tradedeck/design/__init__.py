"""One visual language for desktop, phone and web: tokens as data, turned into CSS here and into Qt and Flet there."""

from tradedeck.design.css import css
from tradedeck.design.fonts import font_files
from tradedeck.design.tokens import (
    DARK,
    DESKTOP_TYPE,
    LIGHT,
    PHONE_TYPE,
    RADIUS,
    SPACE,
    THEMES,
    Theme,
    colour_blind,
)

__all__ = [
    "DARK",
    "DESKTOP_TYPE",
    "LIGHT",
    "PHONE_TYPE",
    "RADIUS",
    "SPACE",
    "THEMES",
    "Theme",
    "colour_blind",
    "css",
    "font_files",
]
