"""A session: one account being traded, live or on paper. Screens on desktop and phone stand on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import CorruptError, RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import (
    STRATEGY_CAPITAL,
    CancelAll,
    CancelOrder,
    Halt,
    PlaceOrder,
    Restarted,
    Resume,
    StartStrategy,
    Step,
    StopStrategy,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import exact
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.engine import Engine, replay, run
from tradedeck.execution.crash import crash_at_step, crash_point
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.journal import StepJournal, load_instruments, save_instruments
from tradedeck.execution.kill_switch import HALT_PATIENCE_S, KillSwitch
from tradedeck.execution.limits import hand_on
from tradedeck.execution.marks import Marks
from tradedeck.execution.parts import Parts, load_cursors, save_cursors
from tradedeck.execution.terms import OnStop, Terms
from tradedeck.execution.warm import WARM_UP_BARS, warm_runners
from tradedeck.execution.watch import STARTING
from tradedeck.ports.clock import Clock
from tradedeck.ports.health import Health
from tradedeck.ports.provider import Provider
from tradedeck.store import StoreWorker
from tradedeck.wire.codec import Origin

log = logging.getLogger(__name__)

CURSORS_S = 5.0
"""How often it is kept how far the venue's fills are known to be counted."""
SHUTDOWN_S = 10.0
"""How long an orderly shutdown waits for its cancels to be confirmed."""


class Session:
    """Start it, subscribe to its steps, ask it for orders, stop it. One event loop, one account.

    Whatever it accepted is on disk before it leaves; after any crash `start` goes on from there.
    """

    def __init__(self, terms: Terms, provider: Provider, worker: StoreWorker, clock: Clock) -> None:
        self._terms = terms
        self._provider = provider
        self._worker = worker
        self._clock = clock
        self._inbox = Inbox()
        self._listeners: list[Callable[[Step], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._marks = Marks(worker, terms.origin.venue, clock)
        self._engine: Engine | None = None
        self._parts: Parts | None = None
        self.ready = False
        self.failure = ""

    # What screens read

    @property
    def engine(self) -> Engine:
        """The account's state; read it, never change it."""
        if self._engine is None:
            raise UnavailableError("the session has not started yet", code="session.not_started")
        return self._engine

    @property
    def mode(self) -> str:
        """Live or paper."""
        return self._terms.origin.mode

    @property
    def origin(self) -> Origin:
        """Venue, account and mode."""
        return self._terms.origin

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """What can be traded here, by symbol."""
        return self.engine.instruments

    @property
    def provider(self) -> Provider:
        """The venue, to ask for history and balances."""
        return self._provider

    @property
    def restricted(self) -> str:
        """Why only orders that reduce a position may leave; empty when every order may."""
        return self.engine.brakes.restricted

    @property
    def foreign_orders(self) -> Sequence[Order]:
        """Orders on the account that this device did not place: shown, never touched."""
        return self._parts.watch.foreign_orders if self._parts else ()

    @property
    def dead_man(self) -> str:
        """How the venue's dead-man switch stands."""
        return self._parts.dead_man.state if self._parts and self._parts.dead_man else "off"

    def health(self) -> Health:
        """How the venue's connection is doing; `detail` also says what its records and ours differ in."""
        health = self._provider.health()
        drift = self._parts.watch.drift if self._parts else ""
        return replace(health, detail="; ".join(filter(None, (health.detail, drift)))) if drift else health

    def now_ns(self) -> int:
        """The venue's time as far as the session knows it; replayed venues live in the past."""
        return self.engine.now_ns or self._clock.now_ns()

    def subscribe(self, listener: Callable[[Step], None]) -> Callable[[], None]:
        """Call `listener` with every step, durable or not, once it is kept; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # Its life

    async def start(self) -> None:
        """Replay the journal, then connect, find out what became of open orders, and take news.

        Returns once the journal is replayed; `ready` turns True when orders may be placed.

        Raises:
            UnavailableError: the venue was never reached and is not there now.
            CorruptError: the journal is damaged.
        """
        instruments = await self._worker.call(lambda store: load_instruments(store, self.origin.venue))
        if not instruments:
            instruments = await self._connect()
        self._engine = engine = self._terms.make_engine(instruments)
        kept = await self._worker.call(lambda store: list(store.steps(self._terms.name)))
        replay(engine, ((step.before, step.event) for step in kept))
        cursors = await self._worker.call(lambda store: load_cursors(store, self._terms.name))
        self._parts = parts = Parts.of(self._terms, self._provider, engine, self._inbox, self._clock, cursors)
        if kept:
            await self._inbox.put(Restarted(self.now_ns()))
        await hand_on(self._worker, self.origin.account, engine, self._inbox.put, self.now_ns())
        await parts.watch.begin()
        self._spawn(self._turn(engine, parts), "turn")
        self._spawn(self._supervise(parts), "supervise")
        self._spawn(self._marks.keep(), "marks")

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until orders may be placed.

        Raises:
            UnavailableError: that took longer than `timeout_s`, or the session has failed.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not self.ready and not self.failure:
                    await asyncio.sleep(0.02)
        if not self.ready:
            raise UnavailableError(self.failure or self.health().detail or "the venue does not answer")

    async def shut_down(self) -> None:
        """An orderly end: strategies stop, open orders stay or go as the account's policy says, then `stop`."""
        with contextlib.suppress(UnavailableError):
            for strategy_id in list(self.engine.runners):
                await self.stop_strategy(strategy_id)
            if self._terms.policy.on_stop is OnStop.CANCEL:
                await self.cancel_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SHUTDOWN_S):
                        while self.engine.open_orders and not self.failure:
                            await asyncio.sleep(0.02)
        await self.stop()

    async def stop(self) -> None:
        """Stop turning; running strategies go on at the next start. Open orders stay at the venue."""
        turning, *others = self._tasks or [None]
        for task in others:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(t for t in others if t is not None), return_exceptions=True)
        if turning is not None and not turning.done():
            await self._inbox.end()
            await asyncio.gather(turning, return_exceptions=True)
        self.ready = False
        if self._parts is not None:
            await self._parts.close()
        if not self.failure:
            await self._marks.flush()
            await self._keep_cursors()
        await self._provider.close()

    # Wishes

    async def place(
        self,
        symbol: str,
        side: Side,
        kind: OrderType,
        size: Decimal,
        *,
        price: Decimal | None = None,
        stop_price: Decimal | None = None,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> Order:
        """Place an order by hand. Returns as soon as it is journalled, before the venue has answered.

        Raises:
            RefusedError: an amount is not exact and finite, the risk gate says no, or the session is
                still finding out about earlier orders.
            UnavailableError: the session has stopped or its disk is full.
        """
        crash_point("wish.asked")
        wish = PlaceOrder(
            symbol,
            side,
            kind,
            exact(size),
            self._marks.market_ns() if self.ready else self.now_ns(),
            price=None if price is None else exact(price),
            stop_price=None if stop_price is None else exact(stop_price),
            time_in_force=time_in_force,
            post_only=post_only,
            reduce_only=reduce_only,
        )
        if self.failure or not (self.ready or self.engine.reduces(wish)):
            raise RefusedError(self.failure or STARTING, code="session.not_ready")
        order = (await self._inbox.ask(wish)).orders[0]
        if order.state is OrderState.REFUSED:
            raise RefusedError(order.reason, code="order.refused")
        return order

    async def cancel(self, client_order_id: str) -> None:
        """Ask for a cancel; the outcome comes as a step.

        Raises:
            RefusedError: that order is not open.
        """
        step = await self._inbox.ask(CancelOrder(client_order_id, self.now_ns()))
        if not step.commands:
            raise RefusedError(step.notes[0].text, code="order.not_open")

    async def cancel_all(self, symbol: str = "") -> int:
        """Ask for a cancel of every open order, of one symbol where given; how many were asked for."""
        return len((await self._inbox.ask(CancelAll(self.now_ns(), symbol))).commands)

    async def halt(self, reason: str, *, source: str = "", symbol: str = "") -> None:
        """The kill switch: cancel, stop strategies, take only orders that reduce a position.

        Of one strategy (its id) or one symbol where given. Works within a second, also while the disk is full or the
        venue slow: then the cancels leave without being journalled.
        """
        halt, switch = Halt(self.now_ns(), reason, source, symbol), self._switch
        switch.close(halt)
        asking = asyncio.ensure_future(self._inbox.ask(halt, urgent=True))
        asking.add_done_callback(lambda done: switch.open_once_kept(done, halt))
        await asyncio.wait([asking], timeout=HALT_PATIENCE_S)
        if not asking.done() or asking.exception() is not None:
            log.error("session.halt_not_kept", extra={"reason": self.failure or "the loop is busy"})
            switch.cancel_now(o for o in self.engine.open_orders.values() if halt.covers(o.source, o.symbol))

    async def resume(self, *, source: str = "", symbol: str = "") -> None:
        """Take orders again after a halt of the same scope; without a scope after all of them."""
        await self._inbox.ask(Resume(self.now_ns(), source, symbol))

    async def accept_drift(self) -> None:
        """Take what the venue holds beyond our fills as somebody else's, so that every order may leave again.

        Raises:
            UnavailableError: the venue does not tell what it holds.
        """
        if self._parts is not None:
            await self._parts.watch.accept_drift()

    async def start_strategy(
        self,
        name: str,
        symbol: str,
        params: Mapping[str, str],
        *,
        timeframe_ns: int = MINUTE_NS,
        warm_up_bars: int = WARM_UP_BARS,
        capital: Decimal = STRATEGY_CAPITAL,
    ) -> str:
        """Start a strategy that manages `capital` of the quote asset; its id.

        Raises:
            RefusedError: no such strategy or symbol, or a parameter out of its range.
            UnavailableError: its history could not be had.
        """
        strategy_id = f"{name}-{self.engine.seq + 1}"
        start = StartStrategy(strategy_id, name, symbol, timeframe_ns, self.now_ns(), dict(params), capital=capital)
        history: list[Bar] = []
        for followed in self.engine.check_start(start):
            history += await self._provider.bars(followed, timeframe_ns, warm_up_bars) if warm_up_bars else ()
        start = replace(start, history=tuple(history))
        self.engine.check_start(start)
        await self._inbox.ask(start)
        return strategy_id

    async def stop_strategy(self, strategy_id: str) -> None:
        """Stop a strategy and cancel its open orders."""
        await self._inbox.ask(StopStrategy(strategy_id, self.now_ns()))

    # Inside

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=f"{self._terms.name} {name}"))

    async def _connect(self) -> Sequence[Instrument]:
        """Connect, and keep what can be traded there."""
        await self._provider.connect(self._terms.symbols)
        instruments = await self._provider.instruments()
        await self._worker.call(lambda store: save_instruments(store, self.origin.venue, instruments))
        return instruments

    @property
    def _switch(self) -> KillSwitch:
        if self._parts is None:
            raise UnavailableError("the session has not started yet", code="session.not_started")
        return self._parts.switch

    async def _turn(self, engine: Engine, parts: Parts) -> None:
        journal = StepJournal(self._worker, self._terms.name, self.origin, engine.instruments)
        try:
            await run(engine, parts.desk.feed, parts.switch, journal, self._show)
            await journal.close()
        except TradedeckError as error:
            self._fail(error)
        except Exception as error:
            log.exception("session.failed")
            self._fail(CorruptError(f"an internal error stopped trading: {error}; restart to go on"))
        else:
            self._inbox.fail(UnavailableError("the session has stopped; start it again", code="session.stopped"))

    def _show(self, step: Step) -> None:
        self._marks.take(step.event)
        self._inbox.answer(step)
        crash_at_step("shown", step)
        for listener in list(self._listeners):
            try:
                listener(step)
            except Exception:
                # A screen's mistake must not stop trading.
                log.exception("session.listener_failed")

    def _fail(self, error: TradedeckError) -> None:
        self.failure, self.ready = error.message, False
        log.error("session.stopped", extra={"reason": error.message})
        self._inbox.fail(UnavailableError(error.message, code=error.code))

    async def _supervise(self, parts: Parts) -> None:
        try:
            await parts.watch.settle(self._connect)
        except TradedeckError as error:
            self._fail(error)
            raise
        await warm_runners(self.engine, self._provider, self._inbox.put, self.now_ns)
        self.ready = True
        self._spawn(self._follow(), "pump")
        self._spawn(parts.watch.go_on(), "watch")
        if parts.dead_man is not None:
            self._spawn(parts.dead_man.run(), "dead man")
        while True:
            await asyncio.sleep(CURSORS_S)
            await self._keep_cursors()

    async def _keep_cursors(self) -> None:
        if self._parts is not None and (cursors := dict(self._parts.cursors)):
            with contextlib.suppress(UnavailableError):
                await self._worker.call(lambda store: save_cursors(store, self._terms.name, cursors))

    async def _follow(self) -> None:
        try:
            await self._inbox.pump(self._provider)
        except Exception as error:
            # Without news the account would look alive and stand still.
            log.exception("session.feed_failed")
            self._fail(CorruptError(f"the venue's news broke off: {error}; restart to go on", code="session.feed"))
