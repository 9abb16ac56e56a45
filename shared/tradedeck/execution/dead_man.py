"""The dead-man switch: the venue cancels by itself when this program falls silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.domain.order import Order
from tradedeck.execution.terms import DeadMan, Policy
from tradedeck.ports.account import VenueAccount

log = logging.getLogger(__name__)

RENEWALS = 3
"""So many times within the venue's countdown it is set anew: one or two may get lost."""


class DeadManSwitch:
    """Armed while the loop turns, set anew in time, disarmed at an orderly end."""

    def __init__(
        self,
        account: VenueAccount,
        policy: Policy,
        symbols: Sequence[str],
        open_orders: Callable[[], Sequence[Order]],
        turns: Callable[[], bool],
    ) -> None:
        self._account = account
        self._policy = policy
        self._symbols = symbols
        self._open_orders = open_orders
        self._turns = turns
        self._armed: frozenset[str] = frozenset()
        self.state = "off"

    @property
    def seconds(self) -> float:
        """The countdown, as near to what was chosen as the venue can."""
        shortest, longest = self._account.capabilities.dead_man_s or (0.0, 0.0)
        return min(max(self._policy.dead_man_s, shortest), longest)

    async def run(self) -> None:
        """Arm and renew until canceled."""
        if self._policy.dead_man is DeadMan.OFF:
            return
        if not self.seconds:
            self.state = "this venue has no dead-man switch: orders stay open when this program dies"
            log.warning("dead_man.none", extra={"reason": self.state})
            return
        while True:
            if self._turns():
                await self._renew()
            else:
                self.state = "not set anew: the loop stands still"
                log.error("dead_man.left", extra={"reason": self.state})
            await asyncio.sleep(self.seconds / RENEWALS)

    async def disarm(self) -> None:
        """Orders may stay: the end is an orderly one."""
        armed, self._armed, self.state = self._armed, frozenset(), "off"
        if armed:
            await self._ask(armed, 0)

    async def _renew(self) -> None:
        wanted = frozenset(self._wanted())
        if spared := self._armed - wanted:
            await self._ask(spared, 0)
        self._armed = wanted
        if wanted:
            await self._ask(wanted, self.seconds)

    def _wanted(self) -> list[str]:
        if self._policy.dead_man is DeadMan.CANCEL_ALL:
            return list(self._symbols)
        stopped = {order.symbol for order in self._open_orders() if order.type.has_stop or order.reduce_only}
        return [symbol for symbol in self._symbols if symbol not in stopped]

    async def _ask(self, symbols: frozenset[str], seconds: float) -> None:
        try:
            await self._account.arm_dead_man(sorted(symbols), seconds)
            self.state = f"armed: {seconds:g} s" if seconds else "off"
        except RefusedError as error:
            self.state = error.message
            log.warning("dead_man.refused", extra={"reason": error.message})
        except TradedeckError as error:
            log.warning("dead_man.no_answer", extra={"reason": error.message})
