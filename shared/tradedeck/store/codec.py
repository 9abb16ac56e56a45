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
_FIELDS: dict[type[Any], tuple[tuple[str, str], ...]] = {
    kind: tuple(
        (f'{{"$":"{kind.__name__}","{field.name}":' if place == 0 else f',"{field.name}":', field.name)
        for place, field in enumerate(fields(kind))
    )
    for kind in _TYPES.values()
}
"""Each type's fields and what is written before them."""
_ENUMS: dict[str, type[Enum]] = {
    kind.__name__: kind for kind in (order.Side, order.OrderType, order.TimeInForce, order.OrderState)
}
_quoted = json.encoder.encode_basestring_ascii
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(value: object) -> str:
    """An event, or a sequence of them, as JSON."""
    return _written(value)


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


def _written(value: Any) -> str:
    """As JSON text straight away: this is on every order's way."""
    kind = cast(type[Any], type(value))
    if kind is str:
        return _quoted(value)
    if kind is Decimal:
        return f'{{"$":"d","v":"{value}"}}'
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    names = _FIELDS.get(kind)
    if names is not None:
        return "".join([*(f"{start}{_written(getattr(value, name))}" for start, name in names), "}"])
    if isinstance(value, Enum):
        return f'{{"$":"{kind.__name__}","v":"{value.value}"}}'
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, cast(Sequence[Any], value)))}]"
    if isinstance(value, dict):
        return f'{{"$":"map","v":{_ENCODER.encode(value)}}}'
    return _ENCODER.encode(value)


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
