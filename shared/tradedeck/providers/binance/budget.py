"""How much may be asked: the venue's own counts, shared by all connections of one address and account.

The venue counts weight by address and orders by account, in windows that begin with each whole minute, ten seconds
or day. It tells its count with each answer; in between we add what we send. A request that would pass the limit waits
or is refused here, before the venue says 429 and, to those who go on, 418.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from tradedeck.kit.clock import SystemClock
from tradedeck.ports.account import Budget
from tradedeck.providers.binance.outcomes import Outcome, VenueError

QUESTIONS_SHARE = 0.8
"""Questions may use so much of a limit; the rest is kept for orders and cancels."""
MAX_WAIT_S = 5.0
"""A question waits so long for the next window; what would take longer is refused, and so is any order."""
DEFAULT_BAN_S = 60.0
"""How long nothing is asked after a 429 or 418 that does not say how long."""
MAX_BUDGETS = 256
"""Addresses and accounts whose counts are kept; beyond, the oldest goes."""
_SECOND_NS = 10**9
_UNITS = {"S": 1, "M": 60, "H": 3_600, "D": 86_400}
_INTERVALS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}
_HEADER = re.compile(r"x-mbx-(used-weight|order-count)-(\d+)([smhd])", re.IGNORECASE)
_NAMES = {"used-weight": "weight", "order-count": "orders", "REQUEST_WEIGHT": "weight", "ORDERS": "orders"}
_clock = SystemClock()


@dataclass(slots=True)
class _Window:
    """One limit and what is used of it in the running window; a `guessed` limit binds only what we send ourselves."""

    limit: int
    seconds: int
    used: int = 0
    number: int = 0
    guessed: bool = False

    def used_at(self, now_ns: int) -> int:
        number = now_ns // (self.seconds * _SECOND_NS)
        if number != self.number:
            self.number, self.used = number, 0
        return self.used

    def left_s(self, now_ns: int) -> float:
        """How long until the next window begins."""
        return ((self.number + 1) * self.seconds * _SECOND_NS - now_ns) / _SECOND_NS


@dataclass(slots=True)
class _Count:
    """The windows of an address (weight) or an account (orders)."""

    windows: dict[str, _Window] = field(default_factory=dict[str, _Window])
    blocked_until_ns: int = 0


_counts: dict[str, _Count] = {}


def _count_of(name: str) -> _Count:
    count = _counts.get(name)
    if count is None:
        if len(_counts) >= MAX_BUDGETS:
            del _counts[next(iter(_counts))]
        count = _counts[name] = _Count()
    return count


class RateBudget:
    """The counts of one address (`base` is where it asks) and, with a key, of that account."""

    def __init__(self, base: str, key: str, limits: Mapping[str, int]) -> None:
        """`limits`: by name like `weight 60s` and `orders 10s`, until the venue tells its own."""
        self._counts = {"weight": _count_of(base), "orders": _count_of(f"{base} {key}")}
        for name, limit in limits.items():
            kind, seconds = name.removesuffix("s").split()
            self._counts[kind].windows.setdefault(name, _Window(limit, int(seconds), guessed=True))

    def learn(self, rate_limits: Iterable[Mapping[str, object]]) -> None:
        """Take the limits of an exchangeInfo: all there are, so that what was kept to until now ends."""
        told = [row for row in rate_limits if row["rateLimitType"] in _NAMES and row["interval"] in _INTERVALS]
        for count in self._counts.values():
            for window in count.windows.values() if told else ():
                window.limit, window.guessed = 0, False
        for row in told:
            seconds = _INTERVALS[str(row["interval"])] * int(str(row["intervalNum"]))
            self._window(_NAMES[str(row["rateLimitType"])], seconds).limit = int(str(row["limit"]))

    async def take(self, weight: int, *, urgent: bool, orders: int = 0) -> None:
        """Count a request that is about to be sent; `urgent` ones (orders, cancels) never wait.

        Raises:
            VenueError: the venue would refuse it; nothing has been sent.
        """
        wait_s = self._wait_s(weight, orders, urgent=urgent)
        if wait_s and not urgent and wait_s <= MAX_WAIT_S:
            await asyncio.sleep(wait_s)
            wait_s = self._wait_s(weight, orders, urgent=urgent)
        if wait_s:
            raise VenueError(
                Outcome.TOO_MANY,
                f"the venue's limit of requests is used up; nothing was sent, come back in {wait_s:.0f} s",
                retry_after_s=wait_s,
            )
        for window in self._counts["weight"].windows.values():
            window.used += weight
        for window in self._counts["orders"].windows.values():
            window.used += orders

    def hear(self, status: int, headers: Mapping[str, str]) -> float:
        """Take the counts of an answer; how long nothing may be asked now, 0 mostly."""
        now_ns = _clock.now_ns()
        told = ""
        for name, value in headers.items():
            if name.lower() == "retry-after":
                told = value
            found = _HEADER.fullmatch(name)
            if found and value.isdigit():
                window = self._window(_NAMES[found[1].lower()], int(found[2]) * _UNITS[found[3].upper()])
                if window.guessed:
                    # Others may have used more than our guess allows: the question that tells the limit must pass.
                    continue
                used = window.used_at(now_ns)
                # Weight only grows within a window, so the higher count is the newer; orders that trade are given back.
                window.used = max(used, int(value)) if found[1].lower() == "used-weight" else int(value)
        if status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT):
            return 0.0
        ban_s = float(told) if told.isdigit() else DEFAULT_BAN_S
        count = self._counts["weight"]
        count.blocked_until_ns = max(count.blocked_until_ns, now_ns + int(ban_s * _SECOND_NS))
        return ban_s

    def budgets(self) -> list[Budget]:
        """The counts as last told."""
        now_ns = _clock.now_ns()
        return [
            Budget(name, window.used_at(now_ns), window.limit, float(window.seconds), count.blocked_until_ns)
            for count in self._counts.values()
            for name, window in sorted(count.windows.items())
        ]

    def _window(self, kind: str, seconds: int) -> _Window:
        # A count without a limit we know of is shown, and bounds nothing.
        return self._counts[kind].windows.setdefault(f"{kind} {seconds}s", _Window(0, seconds))

    def _wait_s(self, weight: int, orders: int, *, urgent: bool) -> float:
        now_ns = _clock.now_ns()
        waits = [max(0, count.blocked_until_ns - now_ns) / _SECOND_NS for count in self._counts.values()]
        share = 1.0 if urgent else QUESTIONS_SHARE
        for kind, more in (("weight", weight), ("orders", orders)):
            for window in self._counts[kind].windows.values():
                used = window.used_at(now_ns)
                if more and window.limit and used + more > window.limit * share:
                    waits.append(window.left_s(now_ns))
        return max(waits)
