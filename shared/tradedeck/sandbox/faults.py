"""Faults on order, to prove what clients do with an unknown outcome; and how often orders were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradedeck.domain.errors import RefusedError

MAX_FAULTS = 1_000
HOLD_MS = 60_000
"""How long a dropped reply keeps the connection open when no time is given."""


class FaultKind(StrEnum):
    """What goes wrong, and when."""

    DELAY = "delay"
    """The request waits `ms` before it is handled."""
    DROP_REPLY = "drop_reply"
    """It is handled, and the answer never comes: the connection is cut after `ms`."""
    ERROR_500 = "error_500"
    """It is handled, and the answer is a 500."""
    CUT_BEFORE = "cut_before"
    """The connection is cut before it is handled."""
    CUT_AFTER = "cut_after"
    """It is handled, then the connection is cut."""
    HIDE_ORDER = "hide_order"
    """The records know no order: a query finds none, a list is empty."""


@dataclass(slots=True)
class Fault:
    """A fault for the next `times` requests of `method` (any when empty) to `path`."""

    path: str
    method: str
    kind: FaultKind
    times: int = 1
    ms: int = 0


class Faults:
    """The faults to come, and the count of orders that came in by client order id."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.orders_sent: dict[str, int] = {}

    def arm(self, wishes: list[Mapping[str, Any]]) -> None:
        """Replace what is armed.

        Raises:
            RefusedError: a fault that does not exist, or too many.
        """
        if len(wishes) > MAX_FAULTS:
            raise RefusedError(f"at most {MAX_FAULTS} faults at once", code="sandbox.fault")
        try:
            self._faults = [
                Fault(
                    path=str(wish["path"]),
                    method=str(wish.get("method", "")).upper(),
                    kind=FaultKind(wish["kind"]),
                    times=int(wish.get("times", 1)),
                    ms=int(wish.get("ms", 0)),
                )
                for wish in wishes
            ]
        except (KeyError, ValueError) as error:
            kinds = ", ".join(FaultKind)
            raise RefusedError(f"a fault needs a path and a kind of {kinds}", code="sandbox.fault") from error

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up once."""
        for fault in self._faults:
            if fault.times > 0 and fault.path == path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None

    def count(self, client_order_id: str) -> None:
        """An order came in."""
        self.orders_sent[client_order_id] = self.orders_sent.get(client_order_id, 0) + 1
