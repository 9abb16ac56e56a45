"""Text fields, all alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from tradedeck.design import Theme

_NUMBER = r"^\d*\.?\d*$"
_CORNER = 8


def text_field(
    label: str, value: str, on_change: Callable[[str], None], theme: Theme, *, error: str | None = None, **more: Any
) -> ft.TextField:
    """A field whose text lives in a state."""
    return ft.TextField(
        label=label,
        value=value,
        error=error,
        on_change=lambda event: on_change(event.control.value or ""),
        border={
            ft.ControlState.DEFAULT: _outline(theme.line_strong, 1),
            ft.ControlState.FOCUSED: _outline(theme.accent, 2),
            ft.ControlState.ERROR: _outline(theme.down, 1),
        },
        **more,
    )


def number_field(
    label: str, value: str, on_change: Callable[[str], None], theme: Theme, *, error: str | None = None
) -> ft.TextField:
    """A field that takes digits and one point."""
    return text_field(
        label,
        value,
        on_change,
        theme,
        error=error,
        keyboard_type=ft.KeyboardType.NUMBER,
        input_filter=ft.InputFilter(regex_string=_NUMBER, allow=True),
        text_style=ft.TextStyle(font_family="Mono", size=18),
    )


def _outline(color: str, width: int) -> ft.OutlineInputBorder:
    return ft.OutlineInputBorder(side=ft.BorderSide(width, color), border_radius=_CORNER)
