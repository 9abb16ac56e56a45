"""What a session is made of once its engine is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Self

from tradedeck.engine import Engine
from tradedeck.execution.dead_man import DeadManSwitch
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.kill_switch import KillSwitch
from tradedeck.execution.reconcile import Reconciler
from tradedeck.execution.recovery import Patience, Recovery, just_ended
from tradedeck.execution.terms import DeadMan, Desk, Terms
from tradedeck.execution.watch import Watch
from tradedeck.ports.clock import Clock
from tradedeck.ports.provider import Provider
from tradedeck.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """The desk, the kill switch before it, and those who watch over the account."""

    desk: Desk
    switch: KillSwitch
    watch: Watch
    dead_man: DeadManSwitch | None
    cursors: dict[str, int]

    @classmethod
    def of(
        cls, terms: Terms, provider: Provider, engine: Engine, inbox: Inbox, clock: Clock, cursors: dict[str, int]
    ) -> Self:
        """Put them together."""
        desk = terms.make_desk(inbox, engine)
        account, patience, shared = desk.account, terms.patience, terms.policy.shared
        reconciler = None
        if account is not None:
            reconciler = Reconciler(account, provider, engine, inbox.put, terms.symbols, cursors)
            patience = _as_slow_as(patience, account.capabilities.settles_s)
        recovery = Recovery(
            desk.look_up,
            lambda: list(engine.open_orders.values()),
            inbox.put,
            clock,
            patience,
            lambda: just_ended(engine),
            # What others do on the account moves its holdings too: those prove nothing then.
            None if reconciler is None else partial(reconciler.absent, by_holdings=not shared),
        )
        watch = Watch(provider, engine, recovery, reconciler, inbox.put, clock, patience, shared=shared)
        switch = KillSwitch(desk.broker, desk.venue, inbox.put)
        dead_man = None
        if account is not None and terms.policy.dead_man is not DeadMan.OFF:
            turns = _Turns(inbox)
            dead_man = DeadManSwitch(
                account, terms.policy, terms.symbols, lambda: list(engine.open_orders.values()), turns.go_on
            )
        return cls(desk, switch, watch, dead_man, cursors)

    async def close(self) -> None:
        """Let the cancels go out, and tell the venue that this end is an orderly one."""
        await self.switch.settle()
        if self.dead_man is not None:
            await self.dead_man.disarm()


class _Turns:
    """Whether the loop turns: nothing waits, or it has taken something since the last time."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._taken = -1

    def go_on(self) -> bool:
        """Ask it now and then."""
        before, self._taken = self._taken, self._inbox.taken
        return not self._inbox.failed and (not self._inbox.waiting or self._taken != before)


def load_cursors(store: Store, name: str) -> dict[str, int]:
    """Up to which time the fills of a session's symbols are known to be counted."""
    kept: dict[str, int] = store.setting(_key(name), {})
    return dict(kept)


def save_cursors(store: Store, name: str, cursors: dict[str, int]) -> None:
    """Keep them."""
    if store.setting(_key(name), {}) != cursors:
        store.put_setting(_key(name), cursors)


def _as_slow_as(patience: Patience, settles_s: float) -> Patience:
    """A venue's records may settle later than our patience ends."""
    return Patience(max(patience.grace_s, settles_s), patience.agree, patience.period_s, patience.drift_s)


def _key(name: str) -> str:
    return f"swept:{name}"
