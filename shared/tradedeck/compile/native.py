"""Native modules built, loaded and run; kept on disk, so that a second process compiles nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from tradedeck.compile import light as desk
from tradedeck.compile import prelude
from tradedeck.compile.cache import load_module
from tradedeck.compile.program import Native
from tradedeck.compile.sources import source_of
from tradedeck.sim.kernel import layout

# `_nrt=False`: nothing here allocates, and without it every call would count references to every array.
DECORATOR = '@njit(error_model="python", nogil=True, _nrt=False)'
DECORATOR_INLINED = '@njit(error_model="python", nogil=True, _nrt=False, forceinline=True)'
_INLINED = (
    "light_ask", "light_target", "light_fill", "usable", "lots_of", "missing_lots", "_tick",
    "ticks_of", "_volume", "_before", "_index", "_kept", "_add", "_sub", "_mul", "_least", "_most",
)  # fmt: skip
"""Small functions on every bar's way: handing over the arrays would take longer than what they do."""


def can_compile() -> bool:
    """Whether numba is installed; without it everything runs in Python."""
    return find_spec("numba") is not None


@cache
def kernel() -> ModuleType:
    """The kernel and the prelude as one native module."""
    numbers = "\n".join(
        f"{name} = {value}" for name, value in vars(layout).items() if name.isupper() and isinstance(value, int)
    )
    # Without bounds checks: the kernel's own indices are tested, the strategy's are checked by its own functions.
    plain = source_of(prelude.everything, DECORATOR)
    for name in _INLINED:
        plain = plain.replace(f"{DECORATOR}\ndef {name}(", f"{DECORATOR_INLINED}\ndef {name}(")
    return load_module("kernel", f"from numba import njit\n{numbers}\n{plain}")


@cache
def runner(native: Native) -> Callable[..., None]:
    """The strategy's native loop."""
    base = kernel()
    names = [name for name in vars(base) if not name.startswith("__") and name not in ("njit", "math", "everything")]
    head = "import math\nimport numpy as np\nfrom numba import njit\n"
    head += f"from {base.__name__} import {', '.join(sorted(names))}\n"
    return load_module("strategy", head + native.source).run


@dataclass(slots=True)
class Room:
    """Arrays of one run, or of one after another. Untouched pages cost nothing, however long a log may become."""

    terms: Any
    state: Any
    orders: Any
    working: Any
    fills: Any
    light: Any
    asked: Any
    sizes: Any
    notes: Any
    note_prices: Any

    def clear(self, terms: tuple[int, ...], least: int, dearest: int, cheapest: int) -> None:
        """Ready for the next run; the bounds are those of the light desk."""
        self.terms[:] = terms
        self.state.fill(0)
        self.light.fill(0)
        self.light[desk.LEAST : desk.CHEAPEST + 1] = least, dearest, cheapest
        self.notes[0] = 0

    @property
    def used(self) -> int:
        """Orders and notes that the last run left here."""
        return int(self.state[layout.ORDERS] + self.light[desk.ASKED] + self.notes[0])


def room(terms: tuple[int, ...], bars: int, *, light: bool) -> Room:
    """Arrays for runs on these terms."""
    most = terms[layout.MAX_ORDERS]
    rows, lean = (0, most) if light else (most, 0)
    return Room(
        terms=np.array(terms, np.int64),
        state=np.zeros(layout.STATE_CELLS, np.int64),
        orders=np.empty(rows * layout.WIDTH, np.int64),
        working=np.zeros(layout.MAX_WORKING + 8, np.int64),
        fills=np.zeros((lean + 2 * rows) * layout.FILL_WIDTH, np.int64),
        light=np.zeros(desk.LIGHT_CELLS, np.int64),
        asked=np.empty(lean, np.int64),
        sizes=np.empty(lean, np.int64),
        notes=np.empty(4 * bars + 64, np.int64),
        note_prices=np.empty(2 * bars + 16),
    )


_SPARE: dict[tuple[int, int, int, bool], Room] = {}
"""The room of the run before, by its sizes: memory that is there already need not be asked for page by page."""
_MOST_SPARE = 100_000
"""A room with more orders in it is given back instead."""


@contextmanager
def lent_room(terms: tuple[int, ...], bars: int, *, light: bool) -> Generator[Room]:
    """A room for one run; what is in it is the next one's when this ends."""
    sizes = (terms[layout.MAX_ORDERS], len(terms), bars, light)
    space = _SPARE.pop(sizes, None) or room(terms, bars, light=light)
    yield space
    if space.used <= _MOST_SPARE:
        _SPARE.clear()
        _SPARE[sizes] = space


__all__ = ["DECORATOR", "Room", "can_compile", "kernel", "lent_room", "room", "runner"]
