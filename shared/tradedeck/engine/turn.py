"""What one event has led to so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradedeck.domain.events import Command, Note
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order


@dataclass(slots=True)
class Turn:
    """Collects changed orders, new fills, commands and notes of one step."""

    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    fills: list[Fill] = field(default_factory=list[Fill])
    commands: list[Command] = field(default_factory=list[Command])
    notes: list[Note] = field(default_factory=list[Note])
    durable: bool = True
