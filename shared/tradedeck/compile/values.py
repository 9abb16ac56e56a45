"""The three kinds of value that native code knows, and names for everything a strategy has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Kind(IntEnum):
    """Of an expression; a wider one takes a narrower one in."""

    BOOL = 0
    WHOLE = 1
    FLOAT = 2
    TEXT = 3
    NOTHING = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What a strategy's attributes are after `setup`.

    `lines` and `signals` number the columns; `earlier` are lines of a longer timeframe (their `previous` is a
    column of its own); `lists` give lengths; `texts` values; `bounds` the highest value of whole parameters.
    """

    lines: dict[str, int] = field(default_factory=dict[str, int])
    earlier: frozenset[int] = frozenset()
    signals: dict[str, int] = field(default_factory=dict[str, int])
    numbers: dict[str, Kind] = field(default_factory=dict[str, Kind])
    lists: dict[str, int] = field(default_factory=dict[str, int])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    bounds: dict[str, int] = field(default_factory=dict[str, int])
    has_timer: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """Native source of an expression, and its kind."""

    code: str
    kind: Kind

    def as_kind(self, kind: Kind) -> str:
        """Native source of it as another kind; native code makes no float of a truth, so that counts first."""
        if kind is Kind.BOOL:
            return f"bool({self.code})"
        whole = f"int({self.code})" if self.kind is Kind.BOOL or kind is Kind.WHOLE else self.code
        return whole if kind is Kind.WHOLE else f"float({whole})"

    @property
    def counted(self) -> str:
        """Native source of it for arithmetic: True counts as 1."""
        return f"int({self.code})" if self.kind is Kind.BOOL else self.code
