"""Components that can't stop the app, and handles for tests and screen readers."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import flet as ft

log = logging.getLogger(__name__)

TOUCH = 44
"""The smallest height of what a thumb can hit, in px."""


def component(body: Callable[..., Any]) -> Callable[..., Any]:
    """`ft.component` with a floor: an error while drawing would otherwise end all updates, silently.

    Components named ...View give an `ft.View`, the others a control.
    """

    @functools.wraps(body)
    def guarded(*args: Any, **named: Any) -> Any:
        try:
            return body(*args, **named)
        except Exception:
            log.exception("ui.component_failed", extra={"component": body.__name__})
            said = "This part of the screen could not be drawn. Your orders are safe; open the screen again."
            box = ft.Container(ft.Text(said, color=ft.Colors.ERROR), padding=16)
            if body.__name__.endswith("View"):
                return ft.View(route=f"/error/{body.__name__}", controls=[box])
            return box

    return ft.component(guarded)


def tid(identifier: str, content: ft.Control, **more: Any) -> ft.Semantics:
    """A stable name for a leaf control."""
    return ft.Semantics(identifier=identifier, container=True, content=content, **more)


def press(identifier: str, content: ft.Control, on_click: Callable[[], Any], **more: Any) -> ft.Semantics:
    """Anything that can be pressed. Its texts are read out together."""

    async def pressed(_event: Any) -> None:
        result = on_click()
        if isawaitable(result):
            await result

    return tid(identifier, ft.Container(content=content, on_click=pressed, ink=True, **more), button=True)
