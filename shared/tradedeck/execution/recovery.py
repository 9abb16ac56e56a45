"""Finding out what became of orders: after a restart, a reconnect, or an answer that never came.

Unknown is not failed. "Not found" decides nothing until the venue's records have agreed on it several
times over a grace period; an order is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from tradedeck.domain.errors import RateLimitedError
from tradedeck.domain.events import Rejected, Report
from tradedeck.domain.order import Order, OrderState
from tradedeck.ports.broker import Finding
from tradedeck.ports.clock import Clock

LOOKUPS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a venue may take to show an order that it has: seconds, and look-ups that must agree."""

    grace_s: float = 30.0
    agree: int = 3
    period_s: float = 2.0


class LookUp(Protocol):
    """Something that can be asked what became of an order."""

    async def look_up(self, order: Order) -> Finding:
        """What the venue's records say."""
        ...


class Recovery:
    """Asks the venue about orders and puts what it learns into the feed as reports."""

    def __init__(
        self,
        venue: LookUp,
        open_orders: Callable[[], Iterable[Order]],
        tell: Callable[[Report], Awaitable[None]],
        clock: Clock,
        patience: Patience,
    ) -> None:
        self._venue = venue
        self._open_orders = open_orders
        self._tell = tell
        self._clock = clock
        self._patience = patience
        self._misses: dict[str, tuple[int, int]] = {}

    async def check_all(self) -> None:
        """Look up every open order once.

        Raises:
            UnavailableError: the venue gave no clear answer about one of them.
        """
        await self._check(list(self._open_orders()))

    async def check_unknown(self) -> None:
        """Look up the orders whose fate is unknown.

        Raises:
            UnavailableError: the venue gave no clear answer about one of them.
        """
        await self._check([order for order in self._open_orders() if order.state is OrderState.UNKNOWN])

    async def _check(self, orders: list[Order]) -> None:
        failed: list[BaseException] = []
        for start in range(0, len(orders), LOOKUPS_AT_ONCE):
            part = orders[start : start + LOOKUPS_AT_ONCE]
            findings = await asyncio.gather(*(self._venue.look_up(order) for order in part), return_exceptions=True)
            failed += [finding for finding in findings if isinstance(finding, BaseException)]
            for order, finding in zip(part, findings, strict=True):
                if isinstance(finding, Finding):
                    await self._take(order, finding)
            if any(isinstance(error, RateLimitedError) for error in failed):
                break
        # Only now: one order that the venue says nothing about must not hide those behind it.
        if failed:
            raise failed[0]

    async def _take(self, order: Order, finding: Finding) -> None:
        if finding.found:
            self._misses.pop(order.client_order_id, None)
            for report in finding.reports:
                await self._tell(report)
        elif order.state is OrderState.UNKNOWN:
            await self._miss(order)

    async def _miss(self, order: Order) -> None:
        now_ns = self._clock.now_ns()
        since_ns, count = self._misses.get(order.client_order_id, (now_ns, 0))
        count += 1
        waited_s = (now_ns - since_ns) / 1e9
        if count >= self._patience.agree and waited_s >= self._patience.grace_s:
            self._misses.pop(order.client_order_id, None)
            await self._tell(
                Rejected(
                    order.client_order_id,
                    order.updated_ns,
                    "never reached the venue: orders, open orders and fills agree",
                    "order.never_arrived",
                )
            )
        else:
            self._misses[order.client_order_id] = (since_ns, count)
