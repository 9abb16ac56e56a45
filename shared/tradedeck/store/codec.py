"""Events as JSON text and back, exactly: decimals stay text, every object carries its type's name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from tradedeck.domain import bar, book, events, fill, funding, order, trade
from tradedeck.domain.errors import CorruptError
from tradedeck.domain.events import Event

_TYPES: dict[str, type[Any]] = {
    kind.__name__: kind
    for module in (bar, book, events, fill, funding, order, trade)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind)
}
_FIELDS: dict[type[Any], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in _TYPES.values()
}
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})
_ENUMS: dict[str, type[Enum]] = {
    kind.__name__: kind for kind in (order.Side, order.OrderType, order.TimeInForce, order.OrderState)
}
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(value: object) -> str:
    """An event, or a sequence of them, as JSON."""
    return _ENCODER.encode(_plain(value))


def decode_event(text: str) -> Event:
    """The event that `encode` wrote.

    Raises:
        CorruptError: the text is damaged or from an unknown version.
    """
    return cast(Event, _decode(text))


def decode_events(text: str) -> Sequence[Any]:
    """The sequence of events that `encode` wrote.

    Raises:
        CorruptError: the text is damaged or from an unknown version.
    """
    return cast(Sequence[Any], _decode(text))


def _decode(text: str) -> object:
    try:
        return _real(json.loads(text))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise CorruptError(
            f"the journal holds a line that can't be read ({error}); restore the data folder from a copy",
            code="journal.damaged",
        ) from error


def _plain(value: Any) -> Any:
    kind = cast(type[Any], type(value))
    if kind in _AS_THEY_ARE:
        return value
    if kind is Decimal:
        return {"$": "d", "v": str(value)}
    names = _FIELDS.get(kind)
    if names is not None:
        plain: dict[str, Any] = {"$": kind.__name__}
        for name in names:
            plain[name] = _plain(getattr(value, name))
        return plain
    if isinstance(value, Enum):
        return {"$": kind.__name__, "v": value.value}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast(Sequence[Any], value)]
    if isinstance(value, dict):
        return {"$": "map", "v": cast(dict[str, str], value)}
    return value


def _real(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_real(item) for item in cast(list[Any], plain))
    if not isinstance(plain, dict):
        return plain
    given = cast(dict[str, Any], plain)
    name = given["$"]
    if name == "d":
        return Decimal(given["v"])
    if name == "map":
        return given["v"]
    if name in _ENUMS:
        return _ENUMS[name](given["v"])
    return _TYPES[name](**{key: _real(value) for key, value in given.items() if key != "$"})
