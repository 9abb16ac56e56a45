"""What every screen can reach, and the contexts that carry it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from tradedeck_mobile.device import Device
from tradedeck_mobile.kit.hooks import make_context
from tradedeck_mobile.kit.look import Look
from tradedeck_mobile.kit.vault import Vault
from tradedeck_mobile.state import AppState


@dataclass(frozen=True, slots=True)
class Services:
    """Handed to screens, so that none of them builds anything. `enter` leads in, `leave` out again."""

    device: Device
    state: AppState
    vault: Vault
    look: Look
    enter: Callable[[], Awaitable[None]]
    leave: Callable[[], Awaitable[None]]


AppContext = make_context()
StateContext = make_context()
"""The state alone: what reads it is drawn anew when it changes."""


def say(words: str) -> None:
    """A line at the bottom that goes away by itself."""
    page: Any = ft.context.page
    page.show_dialog(ft.SnackBar(ft.Text(words), duration=2500))
