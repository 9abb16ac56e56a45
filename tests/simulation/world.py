"""One life story of a device: orders, storms, sudden deaths; then calm, and a comparison with the venue's books."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from tests.simulation.loop import VirtualClock, VirtualLoop
from tests.simulation.venue import ACCOUNT, BALANCES, Client, VenueModel, Weather
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import Step
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.position import position_of
from tradedeck.engine import Engine, replay
from tradedeck.execution import Patience, Session, live
from tradedeck.store import Store, StoreWorker

T = TypeVar("T")
BTC = Instrument(
    "BTCUSDT", "binance", "BTC", "USDT", Decimal("0.01"), Decimal("0.1"), Decimal("0.1"), Decimal(9000), Decimal(5),
    FeeSchedule(Decimal("0.001"), Decimal("0.001")),
)  # fmt: skip
BEGUN_NS = 1_700_000_000 * 10**9
PATIENCE = Patience()
CALM_S = 150.0
"""Longer than any look-up, grace and comparison takes."""
MAX_LIVES = 3


class VirtualDisk(StoreWorker):
    """A store in memory that takes its time, before and after it has written: a death may fall into either."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self._store = store
        self._chance = chance
        self._turn = asyncio.Lock()

    async def call(self, work: Callable[[Store], T]) -> T:
        async with self._turn:
            await asyncio.sleep(self._chance.uniform(0, 0.01))
            result = work(self._store)
            await asyncio.sleep(self._chance.uniform(0, 0.01))
            return result

    async def close(self) -> None:
        """The next life goes on with the same file."""


@dataclass(slots=True)
class Story:
    """What came of a seed: everything that does not agree (nothing should), and a hash of all that happened."""

    seed: int
    broken: list[str]
    digest: str
    steps: int
    deaths: int
    unknown: int
    orders: int
    fills: int


@dataclass(slots=True)
class World:
    """Everything in one process, on one thread, under one seed."""

    seed: int
    loop: VirtualLoop
    clock: VirtualClock
    chance: random.Random
    venue: VenueModel
    disk: VirtualDisk
    digest: Any = field(default_factory=hashlib.sha256)
    steps: int = 0
    deaths: int = 0
    unknown: int = 0

    # A life

    async def live(self) -> Session:
        """A session that has started, however often it takes."""
        while True:
            client = Client(self.venue)
            session = live(
                client, self.disk, account=ACCOUNT, device_id="abc123", symbols=[BTC.symbol], patience=PATIENCE,
                clock=self.clock,
            )  # fmt: skip
            session.subscribe(self.note)
            try:
                await session.start()
            except TradedeckError:
                await asyncio.sleep(1)
            else:
                return session

    def note(self, step: Step) -> None:
        """Everything that happens goes into the hash."""
        self.steps += 1
        self.unknown += any(order.state is OrderState.UNKNOWN for order in step.orders)
        self.digest.update(repr(step).encode())

    async def market(self) -> None:
        """Others trade."""
        while True:
            self.venue.trade()
            await asyncio.sleep(self.chance.uniform(0.2, 2.0))

    async def trouble(self) -> None:
        """The socket breaks now and then."""
        while True:
            await asyncio.sleep(self.chance.uniform(2, 20))
            if self.venue.client is not None:
                self.venue.client.cut(self.chance.uniform(0.1, 5))

    async def trader(self, session: Session, orders: int) -> None:
        """Somebody places and cancels."""
        while orders and not session.failure:
            await asyncio.sleep(self.chance.uniform(0, 2))
            if not session.ready:
                continue
            orders -= 1
            try:
                await self.wish(session)
            except TradedeckError:
                continue

    async def wish(self, session: Session) -> None:
        """One order or one cancel."""
        chance = self.chance
        working = sorted(session.engine.open_orders)
        if working and chance.random() < 0.3:
            await session.cancel(chance.choice(working))
            return
        last = session.engine.last_price(BTC.symbol) or Decimal(100)
        side = chance.choice((Side.BUY, Side.SELL))
        kind = chance.choice((OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT, OrderType.STOP))
        away = Decimal(chance.randint(-100, 300)) / 100 * side.sign
        price = last - away if kind is OrderType.LIMIT else None
        stop = last + abs(away) * side.sign if kind is OrderType.STOP else None
        forces = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        force = chance.choice(forces) if kind is OrderType.LIMIT else TimeInForce.GTC
        size = Decimal(chance.randint(1, 60)) / 10
        await session.place(BTC.symbol, side, kind, size, price=price, stop_price=stop, time_in_force=force)

    async def die(self, before: set[asyncio.Task[Any]]) -> None:
        """The process is gone: whatever it was doing, it does not go on. What it has sent is on its way."""
        self.deaths += 1
        self.venue.client = None
        tasks = asyncio.all_tasks() - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def story(self) -> Story:
        """Some lives in a storm, the last one into the calm."""
        begun: list[Coroutine[Any, Any, None]] = [self.market(), self.trouble()]
        outside = [asyncio.create_task(work) for work in begun]
        lives = self.chance.randint(1, MAX_LIVES)
        for _ in range(lives - 1):
            self.venue.weather = Weather.storm(self.chance)
            before = asyncio.all_tasks()
            acting = asyncio.create_task(self.life())
            await asyncio.sleep(self.chance.uniform(2, 25))
            await self.die(before - {acting})
        self.venue.weather = Weather.storm(self.chance)
        session = await self.live()
        await self.trader(session, self.chance.randint(3, 10))
        for task in outside:
            task.cancel()
        self.venue.weather = Weather()
        await asyncio.sleep(CALM_S)
        broken = disagreements(session, self.venue) + await self.not_replayed(session.engine)
        for line in self.venue.log:
            self.digest.update(line.encode())
        engine = session.engine
        await session.stop()
        digest = self.digest.hexdigest()
        return Story(
            self.seed, broken, digest, self.steps, self.deaths, self.unknown, len(engine.orders), len(engine.fills)
        )

    async def life(self) -> None:
        """One of the lives that end in the middle."""
        await self.trader(await self.live(), 1_000)

    async def not_replayed(self, engine: Engine) -> list[str]:
        """Whether the journal alone leads to the same state."""
        kept = await self.disk.call(lambda store: list(store.steps(f"live:binance:{ACCOUNT}")))
        again = Engine([BTC], id_prefix="tdabc123")
        replay(again, ((step.before, step.event) for step in kept))
        same = again.orders == engine.orders and again.fills == engine.fills
        return [] if same else ["the journal leads elsewhere"]


def disagreements(session: Session, venue: VenueModel) -> list[str]:
    """Where the device and the venue do not agree once all is calm."""
    engine, books = session.engine, venue.exchange.accounts[ACCOUNT]
    broken = [f"the session stopped: {session.failure}"] if session.failure else []
    broken += [f"{name} was sent {count} times" for name, count in venue.posts.items() if count > 1]
    theirs: dict[str, Any] = {}
    for order in books.orders.values():
        if order.client_order_id in theirs:
            broken.append(f"{order.client_order_id} is there twice")
        theirs[order.client_order_id] = order
    broken += [f"{name} is at the venue and nobody wanted it" for name in theirs if name not in engine.orders]
    for name, ours in engine.orders.items():
        there = theirs.get(name)
        if there is None and ours.state not in (OrderState.REJECTED, OrderState.REFUSED):
            broken.append(f"{name} is {ours.state} here and not at the venue")
        if there is not None and (ours.state, ours.filled) != (there.state, there.filled):
            broken.append(f"{name} is {ours.state} {ours.filled} here and {there.state} {there.filled} at the venue")
    our_fills = sorted((fill.client_order_id, fill.trade_id) for fill in engine.fills)
    if our_fills != sorted((fill.client_order_id, fill.trade_id) for fill in books.fills):
        broken.append("the fills are not the venue's")
    return broken + _money(engine, venue)


def _money(engine: Engine, venue: VenueModel) -> list[str]:
    """Whether the ledger is what the venue's wallet says."""
    books, position = venue.exchange.accounts[ACCOUNT], engine.position(BTC.symbol)
    at_venue = position_of(BTC.symbol, books.fills, base=BTC.base, quote=BTC.quote)
    broken: list[str] = []
    if (position.size, position.fees, position.notional) != (at_venue.size, at_venue.fees, at_venue.notional):
        broken.append("the position is not what the venue's fills make")
    paid = sum((-fill.notional * fill.side.sign - fill.fee for fill in engine.fills), ZERO)
    for asset, change in ((BTC.base, position.size), (BTC.quote, paid)):
        held = books.wallet.free[asset] + books.wallet.locked(asset)
        if held != BALANCES[asset] + change:
            broken.append(f"the venue holds {held} {asset}, the ledger says {BALANCES[asset] + change}")
    return broken


def tell(seed: int) -> Story:
    """The story of a seed: always the same one."""

    def make_loop() -> VirtualLoop:
        return VirtualLoop(f"loop {seed}")

    async def run() -> Story:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        clock = VirtualClock(loop, BEGUN_NS)
        venue = VenueModel(BTC, clock, random.Random(f"venue {seed}"))
        store = Store(Path(":memory:"))
        disk = VirtualDisk(store, random.Random(f"disk {seed}"))
        story = await World(seed, loop, clock, random.Random(f"world {seed}"), venue, disk).story()
        store.close()
        return story

    with asyncio.Runner(loop_factory=make_loop) as runner:
        return runner.run(run())
