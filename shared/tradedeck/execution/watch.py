"""Watching over an account: recovery at the start and after cuts, and whether the venue's records and ours agree."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count

from tradedeck.domain.errors import CorruptError, RateLimitedError, RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import CancelOrder, Event, Held, Outside, Restrict
from tradedeck.domain.order import Order, OrderState
from tradedeck.engine import Engine
from tradedeck.execution.reconcile import Reconciler, Verdict
from tradedeck.execution.recovery import Patience, Recovery
from tradedeck.ports.clock import Clock
from tradedeck.ports.provider import Provider

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""Pause between attempts to reach a venue."""
SILENT_S = 60.0
"""Without a full report of the account for so long it is in doubt."""
STARTING = "still finding out what became of earlier orders; wait a moment"
SILENT = "the venue has not given a full report of the account for a minute"


class Watch:
    """Keeps asking the venue and tells the engine what was missed and what is in doubt."""

    def __init__(
        self,
        provider: Provider,
        engine: Engine,
        recovery: Recovery,
        reconciler: Reconciler | None,
        put: Callable[[Event], Awaitable[None]],
        clock: Clock,
        patience: Patience,
        *,
        shared: bool,
    ) -> None:
        self._provider = provider
        self._engine = engine
        self._recovery = recovery
        self._reconciler = reconciler
        self._put = put
        self._clock = clock
        self._patience = patience
        self._shared = shared
        self._generation = 0
        self._checked_ns = 0
        self._suspicion: tuple[Mapping[str, Decimal], tuple[str, ...]] | None = None
        self._repeats = 0
        self._first_look: Mapping[str, Decimal] | None = None
        self._said = engine.brakes.restricted
        self.drift = ""

    @property
    def foreign_orders(self) -> Sequence[Order]:
        """Open orders on the account that are not ours."""
        return list(self._reconciler.foreign_orders.values()) if self._reconciler else []

    async def begin(self) -> None:
        """Fail closed: nothing that adds risk leaves before the first full report agrees.

        At the very first start there is no strategy yet, and a person's orders wait for the session to be ready.
        """
        if self._engine.seq:
            await self._restrict(STARTING if self._reconciler else "")

    async def settle(self, connect: Callable[[], Awaitable[object]]) -> None:
        """Connect, look every open order up and compare everything, as often as it takes.

        Raises:
            RefusedError: asking again is of no use: a wrong key or symbol.
            CorruptError: the venue's records can't be read.
        """
        connected = self._provider.health().generation > 0
        for attempt in count():
            try:
                if not connected:
                    await connect()
                    connected = True
                self._generation = self._provider.health().generation
                await self._recovery.check_all()
                if await self._compare():
                    return
                # News settles itself at once; a difference that stays is asked about more seldom.
                hurry = attempt < self._patience.agree or self._repeats <= 1
                await asyncio.sleep(self._patience.period_s if hurry else self._patience.drift_s / self._patience.agree)
            except (UnavailableError, RateLimitedError) as error:
                log.warning("session.waiting_for_venue", extra={"reason": error.message})
                await asyncio.sleep(RETRY_S)
            except RefusedError:
                raise
            except Exception as error:
                words = f"the venue's records can't be read: {error!r}; restart to go on"
                raise CorruptError(words, code="venue.records") from error

    async def go_on(self) -> None:
        """Ask again and again, until canceled."""
        while True:
            await asyncio.sleep(self._patience.period_s)
            try:
                await self._insist()
                await self._ask()
            except Exception as error:
                # Whatever the venue said, asking goes on: nobody else finds lost orders.
                reason = error.message if isinstance(error, TradedeckError) else repr(error)
                log.warning("recovery.no_answer", extra={"reason": reason})
                await self._doubt_silence()

    async def accept_drift(self) -> None:
        """Take what the venue holds beyond our fills as somebody else's from now on.

        Raises:
            UnavailableError: the venue does not tell what it holds.
        """
        if self._reconciler is not None:
            beside = self._reconciler.beside_ours(await self._reconciler.held())
            await self._tell_outside(beside, f"holdings accepted as they are: {self.drift or 'no difference'}")
            self._suspicion = None

    # Inside

    async def _ask(self) -> None:
        newest = self._provider.health().generation
        if newest != self._generation:
            await self._recovery.check_all()
            await self._compare()
            self._generation = newest
            return
        await self._recovery.check_unknown()
        waited_s = (self._clock.now_ns() - self._checked_ns) / 1e9
        # A full comparison costs a good part of the venue's budget: also a suspicion is not asked about all the time.
        due_s = self._patience.drift_s / (1 if self._suspicion is None else self._patience.agree)
        if waited_s >= due_s:
            await self._compare()

    async def _compare(self) -> bool:
        """One round; whether it settled the matter, one way or the other."""
        if self._reconciler is None:
            return True
        verdict = await self._reconciler.round(self._recovery.check_open)
        self._checked_ns = self._clock.now_ns()
        if not await self._know_outside(verdict.beside) or verdict.news:
            self._suspicion, self._repeats = ({}, ()), 0
            return False
        if verdict.agrees:
            self._suspicion, self.drift = None, ""
            await self._restrict("")
            return True
        return await self._suspect(verdict)

    async def _know_outside(self, beside: Mapping[str, Decimal]) -> bool:
        """Whether it is known what the account held before our fills; the first look at it decides."""
        new = {name: amount for name, amount in beside.items() if name not in self._engine.outside}
        if not new:
            return True
        # With orders working a fill may fall between two answers: then two looks must agree.
        if self._engine.open_orders and new != self._first_look:
            self._first_look = new
            return False
        await self._tell_outside(new, "")
        return True

    async def _suspect(self, verdict: Verdict) -> bool:
        """Count how often the same difference was found; whether it is certain now."""
        suspicion = (dict(verdict.drift), verdict.orders)
        # Fills on their way make differences that pass; a real one stays as it is.
        self._repeats = self._repeats + 1 if suspicion == self._suspicion else 1
        self._suspicion = suspicion
        if self._repeats < self._patience.agree:
            return False
        if self._shared and not verdict.orders:
            if any(o.state in (OrderState.UNKNOWN, OrderState.SUBMITTED) for o in self._engine.open_orders.values()):
                # An order of ours may be what explains it.
                return True
            outside = {name: self._engine.outside[name] + amount for name, amount in verdict.drift.items()}
            await self._tell_outside(outside, f"{verdict.words()}; counted as another's, for the account is shared")
            return True
        self.drift = verdict.words()
        await self._restrict(f"{self.drift}; undo it at the venue, or accept it")
        return True

    async def _tell_outside(self, amounts: Mapping[str, Decimal], reason: str) -> None:
        held = tuple(Held(name, amount) for name, amount in sorted(amounts.items()))
        await self._put(Outside(self._engine.now_ns, held, reason))

    async def _restrict(self, reason: str) -> None:
        if self._said != reason:
            self._said = reason
            await self._put(Restrict(self._engine.now_ns, reason))

    async def _doubt_silence(self) -> None:
        silent_s = (self._clock.now_ns() - self._checked_ns) / 1e9
        if self._reconciler is not None and silent_s >= SILENT_S and not self._said:
            await self._restrict(SILENT)

    async def _insist(self) -> None:
        """Cancel again what a halt is to end and the venue did not cancel."""
        for order in list(self._engine.open_orders.values()):
            doomed = order.client_order_id in self._engine.brakes.doomed
            if doomed and not order.cancel_requested and order.state is not OrderState.UNKNOWN:
                await self._put(CancelOrder(order.client_order_id, self._engine.now_ns))
