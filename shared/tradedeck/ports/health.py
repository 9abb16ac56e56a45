"""How a connection is doing, for screens and for recovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HealthState = Literal["connecting", "live", "stale", "down"]


@dataclass(frozen=True, slots=True)
class Health:
    """State of a venue connection. `generation` grows with every (re)connect; `detail` is for people.

    `last_message_ns` is wall-clock UTC nanoseconds, 0 before the first message.
    """

    state: HealthState
    last_message_ns: int = 0
    generation: int = 0
    detail: str = ""
