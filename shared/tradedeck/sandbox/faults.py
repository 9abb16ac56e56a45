"""Faults on order, to prove what clients do on a bad day; and how often orders were sent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from tradedeck.domain.errors import RefusedError

MAX_FAULTS = 1_000
MAX_HIDDEN = 10_000
"""Newest orders that can be hidden at the same time."""
HOLD_MS = 60_000
"""How long a dropped reply keeps the connection open when no time is given."""
RETRY_AFTER_S = 1
"""What a 429 or 418 asks for when nothing else is said."""


class FaultKind(StrEnum):
    """What goes wrong, and when."""

    DELAY = "delay"
    """The request waits `ms` before it is handled."""
    DROP_REPLY = "drop_reply"
    """It is handled, and the answer never comes: the connection is cut after `ms`."""
    ERROR_500 = "error_500"
    """It is handled, and the answer is a 500 (or `status`)."""
    ERROR = "error"
    """It is not handled, and the answer is a 503 (or `status`)."""
    BUSY = "busy"
    """It is not handled: 429 (or `status`, 418 is a ban) with Retry-After `retry_after_s`."""
    CUT_BEFORE = "cut_before"
    """The connection is cut before it is handled."""
    CUT_AFTER = "cut_after"
    """It is handled, then the connection is cut."""
    HIDE_ORDER = "hide_order"
    """The records know no order: a query finds none, a list is empty."""
    TRUNCATE = "truncate"
    """A list in the answer ends after its first `keep` rows."""

    HIDE_NEW_ORDERS = "hide_new_orders"
    """For `ms` after an order came in, no query and no list shows it or its trades."""
    STALE_BOOK = "stale_book"
    """Order books stand still: asked for they are what they were, their streams are silent."""
    CLOCK_SKEW = "clock_skew"
    """The venue's clock is `ms` ahead (negative: behind)."""
    CANCEL_ONLY = "cancel_only"
    """New orders are refused, cancels are not."""
    MAINTENANCE = "maintenance"
    """Every request is answered with 503."""
    DUPLICATE_EVENTS = "duplicate_events"
    """Events come twice; `path` names streams, an account's own are `account`."""
    REORDER_EVENTS = "reorder_events"
    """An event comes after the one that follows it; `path` as above."""
    CUT_SOCKETS = "cut_sockets"
    """Every websocket is cut, once or every `every_s`."""
    EXPIRE_LISTEN_KEY = "expire_listen_key"
    """Account streams end as the venue ends them, once or every `every_s`."""


REQUEST_KINDS = frozenset(list(FaultKind)[: list(FaultKind).index(FaultKind.HIDE_NEW_ORDERS)])
"""What happens to single requests; these need a path."""
MOMENTS = frozenset({FaultKind.CUT_SOCKETS, FaultKind.EXPIRE_LISTEN_KEY})
"""What happens at a time and not to a request."""


@dataclass(slots=True)
class Fault:
    """A fault. `path` may hold * and ?; `method` any when empty.

    It strikes a `share` of 1 of what fits, at most `times` (0: no limit), from `after_s` seconds after it was armed on,
    for `for_s` seconds (0: for ever).
    """

    kind: FaultKind
    path: str = "*"
    method: str = ""
    times: int = 0
    share: float = 1.0
    after_s: float = 0.0
    for_s: float = 0.0
    every_s: float = 0.0
    ms: int = 0
    status: int = 0
    retry_after_s: int = RETRY_AFTER_S
    keep: int = 0
    struck: int = 0

    def fits(self, age_s: float, method: str, path: str) -> bool:
        """Whether it is due and meant for this."""
        due = age_s >= self.after_s and (not self.for_s or age_s < self.after_s + self.for_s)
        left = not self.times or self.struck < self.times
        return due and left and self.method in ("", method) and fnmatchcase(path, self.path)


_NAMES = frozenset(field.name for field in fields(Fault)) - {"struck"}
_WHOLE = ("times", "ms", "status", "retry_after_s", "keep")
_BROKEN = ("share", "after_s", "for_s", "every_s")


def fault_of(wish: Mapping[str, Any]) -> Fault:
    """The fault that somebody asked for.

    Raises:
        RefusedError: no such kind, a part that does not exist, or one that is out of its range.
    """
    unknown = sorted(set(wish) - _NAMES)
    if unknown:
        raise RefusedError(
            f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(_NAMES))}", code="sandbox.fault"
        )
    try:
        kind = FaultKind(wish["kind"])
        parts: dict[str, Any] = {name: int(wish[name]) for name in _WHOLE if name in wish}
        parts |= {name: float(wish[name]) for name in _BROKEN if name in wish}
        path = str(wish["path"] if kind in REQUEST_KINDS else wish.get("path", "*"))
    except (KeyError, ValueError, TypeError) as error:
        kinds = ", ".join(FaultKind)
        raise RefusedError(f"a fault needs a path and a kind of {kinds}", code="sandbox.fault") from error
    # One request is hit unless more are asked for in some way.
    alone = kind in REQUEST_KINDS and not {"share", "for_s"} & set(parts)
    fault = Fault(kind, path, str(wish.get("method", "")).upper(), **({"times": int(alone)} | parts))
    if not 0 <= fault.share <= 1:
        raise RefusedError(f"share {fault.share:g} must be from 0 to 1", code="sandbox.fault")
    return fault


class Faults:
    """The faults that are armed, and the count of orders that came in by client order id."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.orders_sent: dict[str, int] = {}
        self._acts: list[tuple[FaultKind, Callable[[], None]]] = []
        self._clock = clock
        self._armed_s = clock()
        self._chance = random.Random(0)  # noqa: S311 - chance that can be repeated is what is wanted
        self._faults: list[Fault] = []
        self._next_s: dict[int, float] = {}
        self._hidden_until: dict[str, float] = {}

    def arm(self, wishes: Sequence[Mapping[str, Any]], seed: int = 0) -> None:
        """Replace what is armed; times count from now, and chance begins again at `seed`.

        Raises:
            RefusedError: a fault that does not exist, or too many.
        """
        if len(wishes) > MAX_FAULTS:
            raise RefusedError(f"at most {MAX_FAULTS} faults at once", code="sandbox.fault")
        self._faults = [fault_of(wish) for wish in wishes]
        self._armed_s, self._chance = self._clock(), random.Random(seed)  # noqa: S311 - see above
        self._next_s = {number: fault.after_s for number, fault in enumerate(self._faults) if fault.kind in MOMENTS}
        self._hidden_until.clear()

    def on(self, kind: FaultKind, act: Callable[[], None]) -> None:
        """Call `act` whenever a fault of this kind is due by the clock."""
        self._acts.append((kind, act))

    def armed(self) -> list[dict[str, Any]]:
        """Every armed fault, with how often it `struck`."""
        return [asdict(fault) for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up once."""
        return self._strike(method, path, REQUEST_KINDS)

    def now(self, kind: FaultKind, method: str = "", path: str = "") -> Fault | None:
        """The fault of this kind that strikes now."""
        return self._strike(method, path, (kind,))

    def _strike(self, method: str, path: str, kinds: frozenset[FaultKind] | tuple[FaultKind, ...]) -> Fault | None:
        age_s = self._clock() - self._armed_s
        for fault in self._faults:
            if fault.kind not in kinds or not fault.fits(age_s, method, path):
                continue
            if fault.share >= 1 or self._chance.random() < fault.share:
                fault.struck += 1
                return fault
        return None

    def tick(self) -> None:
        """Do what is due by the clock alone."""
        age_s = self._clock() - self._armed_s
        for number, due_s in list(self._next_s.items()):
            fault = self._faults[number]
            if age_s < due_s:
                continue
            if fault.every_s > 0 and (not fault.for_s or age_s + fault.every_s < fault.after_s + fault.for_s):
                self._next_s[number] = age_s + fault.every_s
            else:
                del self._next_s[number]
            fault.struck += 1
            for kind, act in self._acts:
                if kind is fault.kind:
                    act()

    def count(self, client_order_id: str) -> None:
        """An order came in."""
        self.orders_sent[client_order_id] = self.orders_sent.get(client_order_id, 0) + 1

    def hide(self, names: Sequence[str], ms: int) -> None:
        """Hide an order, by all its names, from now on."""
        for name in names:
            self._hidden_until[name] = self._clock() + ms / 1000
        while len(self._hidden_until) > MAX_HIDDEN:
            del self._hidden_until[next(iter(self._hidden_until))]

    @property
    def hides(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._hidden_until)

    def hidden(self, name: str) -> bool:
        """Whether an order is hidden now."""
        return self._hidden_until.get(name, 0.0) > self._clock()
