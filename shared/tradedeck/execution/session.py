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
from tradedeck.domain.errors import CorruptError, RateLimitedError, RefusedError, TradedeckError, UnavailableError
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
    WarmUp,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import exact
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, replay, run
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.journal import StepJournal, load_instruments, save_instruments
from tradedeck.execution.recovery import Recovery, just_ended
from tradedeck.execution.terms import Desk, Terms
from tradedeck.ports.clock import Clock
from tradedeck.ports.health import Health
from tradedeck.ports.provider import Provider
from tradedeck.store import Store, StoreWorker
from tradedeck.wire.codec import Origin, mark_fact

log = logging.getLogger(__name__)

MARK_PERIOD_S = 1.0
"""How often the last prices go to the store and the outbox."""
MAX_WAITING_LINES = 1_000
"""With so many lines waiting for the cloud no prices are added: without one they would fill the disk."""
RETRY_S = 1.0
"""Pause between attempts to reach a venue."""
WARM_UP_BARS = 200
"""Closed bars that a strategy's indicators see before its first own bar."""


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
        self._marks: dict[str, tuple[Decimal, int]] = {}
        self._engine: Engine | None = None
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

    def health(self) -> Health:
        """How the venue's connection is doing."""
        return self._provider.health()

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
        desk = self._terms.make_desk(self._inbox, engine)
        recovery = Recovery(
            desk.look_up,
            lambda: list(engine.open_orders.values()),
            self._inbox.put,
            self._clock,
            self._terms.patience,
            lambda: just_ended(engine),
        )
        if kept:
            await self._inbox.put(Restarted(self.now_ns()))
        self._spawn(self._turn(engine, desk), "turn")
        self._spawn(self._supervise(recovery), "supervise")
        self._spawn(self._keep_marks(), "marks")

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
        if not self.failure:
            await self._flush_marks()
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
        if not self.ready:
            raise RefusedError(
                self.failure or "still finding out what became of earlier orders; wait a moment",
                code="session.not_ready",
            )
        wish = PlaceOrder(
            symbol,
            side,
            kind,
            exact(size),
            self.now_ns(),
            price=None if price is None else exact(price),
            stop_price=None if stop_price is None else exact(stop_price),
            time_in_force=time_in_force,
            post_only=post_only,
            reduce_only=reduce_only,
        )
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

    async def halt(self, reason: str) -> None:
        """The kill switch: cancel everything, stop every strategy, take only reduce-only orders."""
        await self._inbox.ask(Halt(self.now_ns(), reason))

    async def resume(self) -> None:
        """Take orders again after a halt."""
        await self._inbox.ask(Resume(self.now_ns()))

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

    async def _turn(self, engine: Engine, desk: Desk) -> None:
        journal = StepJournal(self._worker, self._terms.name, self.origin, engine.instruments)
        try:
            await run(engine, desk.feed, desk.broker, journal, self._show)
            await journal.close()
        except TradedeckError as error:
            self._fail(error)
        except Exception as error:
            log.exception("session.failed")
            self._fail(CorruptError(f"an internal error stopped trading: {error}; restart to go on"))
        else:
            self._inbox.fail(UnavailableError("the session has stopped; start it again", code="session.stopped"))

    def _show(self, step: Step) -> None:
        if isinstance(step.event, Trade):
            self._marks[step.event.symbol] = (step.event.price, step.event.time_ns)
        self._inbox.answer(step)
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

    async def _supervise(self, recovery: Recovery) -> None:
        generation = await self._recover(recovery)
        await self._warm_runners()
        self.ready = True
        self._spawn(self._follow(), "pump")
        while not self.failure:
            await asyncio.sleep(self._terms.patience.period_s)
            try:
                newest = self._provider.health().generation
                if newest != generation:
                    await recovery.check_all()
                    generation = newest
                else:
                    await recovery.check_unknown()
            except Exception as error:
                # Whatever the venue said, asking goes on: nobody else finds lost orders.
                reason = error.message if isinstance(error, TradedeckError) else repr(error)
                log.warning("recovery.no_answer", extra={"reason": reason})

    async def _follow(self) -> None:
        try:
            await self._inbox.pump(self._provider)
        except Exception as error:
            # Without news the account would look alive and stand still.
            log.exception("session.feed_failed")
            self._fail(CorruptError(f"the venue's news broke off: {error}; restart to go on", code="session.feed"))

    async def _recover(self, recovery: Recovery) -> int:
        """Connect and look every open order up, as often as it takes; the connection's generation."""
        connected = self._provider.health().generation > 0
        while True:
            try:
                if not connected:
                    await self._connect()
                    connected = True
                generation = self._provider.health().generation
                await recovery.check_all()
            except (UnavailableError, RateLimitedError) as error:
                log.warning("session.waiting_for_venue", extra={"reason": error.message})
                await asyncio.sleep(RETRY_S)
            except RefusedError as error:
                self._fail(error)
                raise
            except Exception as error:
                self._fail(CorruptError(f"the venue's records can't be read: {error!r}; restart to go on"))
                raise
            else:
                return generation

    async def _warm_runners(self) -> None:
        for runner in list(self.engine.runners.values()):
            start, bars = runner.start, list[Bar]()
            try:
                for symbol in runner.symbols:
                    bars += await self._provider.bars(symbol, start.timeframe_ns, WARM_UP_BARS)
            except TradedeckError:
                log.warning("session.no_warm_up", extra={"strategy_id": start.strategy_id})
                continue
            await self._inbox.put(WarmUp(start.strategy_id, tuple(bars), self.now_ns()))

    async def _keep_marks(self) -> None:
        while True:
            await asyncio.sleep(MARK_PERIOD_S)
            await self._flush_marks()

    async def _flush_marks(self) -> None:
        marks, self._marks = self._marks, {}
        if not marks:
            return
        venue = self.origin.venue

        def keep(store: Store) -> None:
            for symbol, (price, time_ns) in marks.items():
                store.put_mark(symbol, price, time_ns)
            if store.outbox_size() < MAX_WAITING_LINES:
                store.add_facts([mark_fact(venue, symbol, *mark) for symbol, mark in marks.items()])

        try:
            await self._worker.call(keep)
        except UnavailableError as error:
            log.warning("session.marks_not_kept", extra={"reason": error.message})
