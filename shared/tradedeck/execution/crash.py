"""Named points at which a test may have the process killed, to prove that any of them is survived."""

from __future__ import annotations

import os
import signal

from tradedeck.domain.events import Accepted, CancelOrder, Filled, PlaceOrder, Step

VARIABLE = "TRADEDECK_CRASH"
"""`POINT:N` in the environment kills the process, as kill -9 does, when it passes that point the Nth time."""

POINTS = (
    "wish.asked",
    "place.keeping",
    "place.kept",
    "place.shown",
    "place.sending",
    "place.answered",
    "cancel.keeping",
    "cancel.kept",
    "cancel.sending",
    "cancel.answered",
    "accepted.keeping",
    "accepted.kept",
    "accepted.shown",
    "filled.keeping",
    "filled.kept",
    "filled.shown",
)

_point, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = int(_count or 1)


def crash_point(name: str) -> None:
    """Die here if a test asked for it."""
    global _left
    if name != _point:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def crash_at(spec: str) -> None:
    """The same as the variable, for a process that is forked."""
    global _point, _left
    _point, _, count = spec.partition(":")
    _left = int(count or 1)


def crash_at_step(moment: str, step: Step) -> None:
    """`crash_point` of the step's kind."""
    if _point and (kind := _KINDS.get(type(step.event))) is not None:
        crash_point(f"{kind}.{moment}")


_KINDS: dict[type, str] = {PlaceOrder: "place", CancelOrder: "cancel", Accepted: "accepted", Filled: "filled"}
