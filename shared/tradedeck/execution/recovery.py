"""Finding out what became of orders: after a restart, a reconnect, or an answer that never came.

Unknown is not failed. "Not found" decides nothing until the venue's records (the order itself, open orders, history,
fills, holdings) have agreed on it several times over a grace period; an order is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tradedeck.domain.errors import RateLimitedError, UnavailableError
from tradedeck.domain.events import Rejected, Report
from tradedeck.domain.order import Order, OrderState
from tradedeck.engine import Engine
from tradedeck.ports.broker import Finding
from tradedeck.ports.clock import Clock

LOOKUPS_AT_ONCE = 4
LATELY_NS = 600 * 10**9
"""How long after its end an order is looked up with the open ones."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a venue may take to show an order that it has: seconds, and look-ups that must agree.

    `drift_s`: how often everything is compared while nothing is amiss. A difference is asked about `agree` times as
    often, and believed when so many rounds have found the same.
    """

    grace_s: float = 45.0
    agree: int = 3
    period_s: float = 2.0
    drift_s: float = 15.0


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
        just_ended: Callable[[], Iterable[Order]] = tuple,
        absent: Callable[[Sequence[Order]], Awaitable[set[str]]] | None = None,
    ) -> None:
        self._venue = venue
        self._open_orders = open_orders
        self._just_ended = just_ended
        self._tell = tell
        self._clock = clock
        self._patience = patience
        self._absent = absent
        self._misses: dict[str, tuple[int, int]] = {}

    async def check_all(self) -> None:
        """Look up every open order once, and those that have just ended.

        Raises:
            UnavailableError: the venue gave no clear answer about one of them.
        """
        await self._check([*self._open_orders(), *self._just_ended()])

    async def check_open(self) -> None:
        """Look up every open order once.

        Raises:
            UnavailableError: the venue gave no clear answer about one of them.
        """
        await self._check(list(self._open_orders()))

    async def check_unknown(self) -> None:
        """Look up the orders whose fate is unknown, or was when the records did not show them yet.

        Raises:
            UnavailableError: the venue gave no clear answer about one of them.
        """
        orders = [*self._open_orders(), *self._just_ended()]
        # News may have settled the state meanwhile, but not what happened before that news.
        await self._check([o for o in orders if o.state is OrderState.UNKNOWN or o.client_order_id in self._misses])

    async def _check(self, orders: list[Order]) -> None:
        failed: list[BaseException] = []
        missing: list[Order] = []
        for start in range(0, len(orders), LOOKUPS_AT_ONCE):
            part = orders[start : start + LOOKUPS_AT_ONCE]
            findings = await asyncio.gather(*(self._venue.look_up(order) for order in part), return_exceptions=True)
            failed += [finding for finding in findings if isinstance(finding, BaseException)]
            for order, finding in zip(part, findings, strict=True):
                if isinstance(finding, Finding):
                    try:
                        missing += [order] if await self._take(order, finding) else []
                    except UnavailableError as error:
                        failed.append(error)
            if any(isinstance(error, RateLimitedError) for error in failed):
                break
        try:
            await self._miss_all(missing)
        except UnavailableError as error:
            failed.append(error)
        # Only now: one order that the venue says nothing about must not hide those behind it.
        if failed:
            raise failed[0]

    async def _take(self, order: Order, finding: Finding) -> bool:
        """Pass on what was found; whether no record knows an order that may be on its way."""
        if finding.found:
            self._misses.pop(order.client_order_id, None)
            for report in finding.reports:
                await self._tell(report)
        elif self._is_unknown(order):
            return True
        elif order.is_open and order.venue_order_id:
            words = f"the venue had confirmed {order.client_order_id} and does not show it now"
            raise UnavailableError(words, code="venue.partial")
        return False

    async def _miss_all(self, missing: Sequence[Order]) -> None:
        """Count a miss of every order that the other records do not know either; they are asked once for all."""
        if not missing:
            return
        ids = {order.client_order_id for order in missing}
        gone = ids if self._absent is None else await self._absent(missing)
        for key in ids - gone:
            self._misses.pop(key, None)
        for order in missing:
            if order.client_order_id in gone:
                await self._miss(order)

    async def _miss(self, order: Order) -> None:
        key, now_ns = order.client_order_id, self._clock.now_ns()
        since_ns, count = self._misses.get(key, (now_ns, 0))
        count += 1
        waited_s = (now_ns - since_ns) / 1e9
        if not self._is_unknown(order):
            # While we asked, some other channel has told; the look-ups go on only for what it did not tell.
            self._misses[key] = (since_ns, count)
        elif count >= self._patience.agree and waited_s >= self._patience.grace_s:
            self._misses.pop(key, None)
            words = "never reached the venue: orders, open orders and fills agree"
            await self._tell(Rejected(key, order.updated_ns, words, "order.never_arrived"))
        else:
            self._misses[key] = (since_ns, count)

    def _is_unknown(self, order: Order) -> bool:
        known = (one for one in self._open_orders() if one.client_order_id == order.client_order_id)
        return any(one.state is OrderState.UNKNOWN for one in known)


def just_ended(engine: Engine) -> list[Order]:
    """Orders that ended lately short of their size: fills of theirs may have been missed."""
    return [
        order
        for order in engine.orders.values()
        if not order.is_open
        and order.state not in (OrderState.FILLED, OrderState.REFUSED)
        and order.updated_ns >= engine.now_ns - LATELY_NS
    ]
