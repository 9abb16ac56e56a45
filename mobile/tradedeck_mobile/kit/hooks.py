"""Flet's hooks with types that say what they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import flet as ft

_T = TypeVar("_T")
_flet: Any = ft


class Context(Protocol):
    """Carries a value to everything drawn inside it."""

    def __call__(self, value: Any, inside: Callable[[], Any]) -> Any:
        """Draw `inside` with `value`."""
        ...


def observable(kind: type[_T]) -> type[_T]:
    """A class whose public attributes redraw what shows them; names with an underscore stay quiet."""
    return _flet.observable(kind)


def use_state(first: _T) -> tuple[_T, Callable[[_T], None]]:
    """A value kept while the component is on screen, and how to change it."""
    value, set_value = _flet.use_state(lambda: first)
    return value, set_value


def use_made(make: Callable[[], _T]) -> _T:
    """Something made once and watched while the component is on screen."""
    return cast(_T, _flet.use_state(make)[0])


def use_once(make: Callable[[], _T]) -> _T:
    """Something made once and kept, not watched, while the component is on screen."""
    return _flet.use_ref(make).current


def make_context() -> Context:
    """A new context."""
    return _flet.create_context(None)


def use(context: Context) -> Any:
    """The value that a context carries here."""
    return _flet.use_context(context)


def navigate(route: str) -> None:
    """Go to a screen."""
    _flet.context.page.navigate(route)
