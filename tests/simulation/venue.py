"""A venue that does what venues do on a bad day: it executes and does not answer, answers late, twice, out of order,
and does not show what it has. Its books are right all the time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tests.simulation.loop import VirtualClock
from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RateLimitedError, RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Command,
    Event,
    Expired,
    Filled,
    Place,
    Rejected,
    Report,
    Unknown,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.ports.health import Health
from tradedeck.sim.exchange import Exchange, News
from tradedeck.sim.venue import ticket_of

T = TypeVar("T")
ACCOUNT = "main"
BALANCES = {"USDT": Decimal(1_000_000), "BTC": Decimal(100)}
TIMEOUT_S = 5.0
"""How long a client waits for an answer."""
SETTLES_S = 25.0
"""The venue's records show everything after so long."""


@dataclass(slots=True)
class Weather:
    """How bad the day is: shares of 1, and longest times in seconds."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    busy: float = 0.0
    no_answer: float = 0.0
    twice: float = 0.0
    hidden: float = 0.0
    hidden_s: float = 0.0
    request_s: float = 0.05
    stream_s: float = 0.05

    @classmethod
    def storm(cls, chance: random.Random) -> Weather:
        """A bad day of its own kind."""
        return cls(
            lost_before=chance.choice((0.0, 0.1, 0.3)),
            lost_after=chance.choice((0.0, 0.1, 0.3)),
            busy=chance.choice((0.0, 0.1)),
            no_answer=chance.choice((0.0, 0.2)),
            twice=chance.choice((0.0, 0.3)),
            hidden=chance.choice((0.0, 0.5)),
            hidden_s=12.0,
            request_s=chance.choice((0.1, 2.0, 6.0)),
            stream_s=chance.choice((0.0, 0.5, 4.0)),
        )


@dataclass(slots=True)
class VenueModel:
    """The venue: it outlives every client."""

    listed: Instrument
    clock: VirtualClock
    chance: random.Random
    weather: Weather = field(default_factory=Weather)
    posts: Counter[str] = field(default_factory=Counter[str])
    log: list[str] = field(default_factory=list[str])
    client: Client | None = None
    exchange: Exchange = field(init=False)
    _shown_from_s: dict[str, float] = field(default_factory=dict[str, float])
    _price: Decimal = Decimal(100)
    _trades: int = 0

    def __post_init__(self) -> None:
        self.exchange = Exchange([self.listed])
        self.exchange.open_account(ACCOUNT, BALANCES)

    def trade(self) -> None:
        """Somebody trades; the price walks."""
        self._trades += 1
        self._price = max(Decimal(50), self._price + self.chance.randint(-100, 100) * self.listed.tick * 10)
        side = self.chance.choice((Side.BUY, Side.SELL))
        size = Decimal(self.chance.randint(1, 40)) / 10
        trade = Trade(self.listed.symbol, str(self._trades), self._price, size, side, self.clock.now_ns())
        self._tell(self.exchange.on_trade(trade))
        if self.client is not None:
            self.client.hear(trade, first=True)

    def place(self, order: Order) -> list[Report]:
        """Take an order; what the answer says."""
        self.exchange.move_time(self.clock.now_ns())
        try:
            news = list(self.exchange.place(ACCOUNT, ticket_of(order)))
        except TradedeckError as error:
            return [Rejected(order.client_order_id, self.clock.now_ns(), error.message, error.code)]
        if self.chance.random() < self.weather.hidden:
            hidden_s = self.chance.uniform(0, self.weather.hidden_s)
            self._shown_from_s[order.client_order_id] = asyncio.get_running_loop().time() + hidden_s
        self._tell(news)
        return [item.report for item in news]

    def cancel(self, order: Order) -> list[Report]:
        """Cancel an order; the answer brings its fills too."""
        self.exchange.move_time(self.clock.now_ns())
        number = self.exchange.accounts[ACCOUNT].open_by_client_id.get(order.client_order_id, 0)
        try:
            self._tell(self.exchange.cancel(ACCOUNT, number))
        except TradedeckError as error:
            return [CancelRejected(order.client_order_id, self.clock.now_ns(), error.message)]
        return self._record(self.exchange.order(ACCOUNT, order_id=number))

    def finding(self, order: Order) -> Finding:
        """What the records show of an order by now."""
        try:
            known = self.exchange.order(ACCOUNT, client_order_id=order.client_order_id)
        except RefusedError:
            return Finding(False, ())
        if not self._shown(known):
            return Finding(False, ())
        return Finding(True, tuple(self._record(known)))

    def shown_orders(self) -> list[Order]:
        """The working orders that the records show by now."""
        return [order for order in self.exchange.open_orders(ACCOUNT) if self._shown(order)]

    def shown_fills(self, since_ns: int) -> list[VenueFill]:
        """The fills that the records show by now."""
        books = self.exchange.accounts[ACCOUNT]
        by_id = {order.client_order_id: order for order in books.orders.values()}
        return [
            VenueFill(fill, by_id[fill.client_order_id].venue_order_id)
            for fill in books.fills
            if fill.time_ns >= since_ns and self._shown(by_id[fill.client_order_id])
        ]

    def _shown(self, order: Order) -> bool:
        return asyncio.get_running_loop().time() >= self._shown_from_s.get(order.client_order_id, 0.0)

    def _record(self, order: Order) -> list[Report]:
        fills = [f for f in self.exchange.accounts[ACCOUNT].fills if f.client_order_id == order.client_order_id]
        reports: list[Report] = [Filled(fill, order.venue_order_id) for fill in fills]
        end = {OrderState.CANCELED: Canceled, OrderState.EXPIRED: Expired}.get(order.state)
        if end is not None:
            return [*reports, end(order.client_order_id, order.updated_ns)]
        return [*reports, Accepted(order.client_order_id, order.venue_order_id, order.updated_ns)]

    def _tell(self, news: Iterable[News]) -> None:
        for item in news:
            self.log.append(repr(item.report))
            if self.client is not None:
                self.client.hear(item.report)


class Client:
    """A client's end of it: a provider whose wire is the weather. A dead one leaves its requests on their way."""

    name = "binance"
    capabilities = Capabilities(
        order_types=frozenset(OrderType),
        times_in_force=frozenset(TimeInForce),
        client_id_length=36,
        settles_s=SETTLES_S,
    )

    def __init__(self, venue: VenueModel) -> None:
        self._venue = venue
        self._loop = asyncio.get_running_loop()
        self._feed: asyncio.Queue[Event] = asyncio.Queue()
        self._generation = 0
        self._live = False
        self._heard = self._told = 0
        self._cut_at: dict[int, int] = {}

    # The stream

    def hear(self, event: Event, *, first: bool = False) -> None:
        """The venue says something: it comes late, twice, out of order, or not at all while cut.

        `first`: market news comes in its own order.
        """
        if not self._live:
            return
        self._told += 1
        for _ in range(2 if self._venue.chance.random() < self._venue.weather.twice else 1):
            wait_s = 0.0 if first else self._venue.chance.uniform(0, self._venue.weather.stream_s)
            self._loop.call_later(wait_s, self._arrive, event, self._generation, self._told)

    def _arrive(self, event: Event, generation: int, number: int) -> None:
        # A cut loses what came after the last thing that arrived; it makes no holes before it.
        if number <= self._cut_at.get(generation, number):
            self._heard = max(self._heard, number)
            self._feed.put_nowait(event)

    def cut(self, for_s: float) -> None:
        """The socket breaks, and is back after a while."""
        if self._live:
            self._live = False
            self._cut_at[self._generation] = self._heard
            self._loop.call_later(for_s, self._come_back)

    def _come_back(self) -> None:
        self._live, self._generation = True, self._generation + 1

    # The provider

    async def connect(self, symbols: Sequence[str]) -> None:
        await self._ask(lambda: None)
        self._venue.client = self
        self._come_back()

    def health(self) -> Health:
        return Health("live" if self._live else "connecting", self._venue.clock.now_ns(), self._generation)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self._feed.get()

    async def send(self, command: Command) -> None:
        order, weather, chance = command.order, self._venue.weather, self._venue.chance
        placing = isinstance(command, Place)
        if placing:
            self._venue.posts[order.client_order_id] += 1
        self._venue.log.append(f"{type(command).__name__} {order.client_order_id}")
        if chance.random() < weather.busy:
            await asyncio.sleep(chance.uniform(0, weather.request_s))
            answer: list[Report] | None = [_refused(command, "too many requests")]
        else:
            answer = await self._request(lambda: (self._venue.place if placing else self._venue.cancel)(order))
        if answer is None:
            answer = [_unanswered(command)]
        for report in answer:
            self._feed.put_nowait(report)

    async def _request(self, act: Callable[[], list[Report]]) -> list[Report] | None:
        """The request travels on its own: that nobody waits for it any more does not call it back."""
        weather, chance = self._venue.weather, self._venue.chance
        answer: asyncio.Future[list[Report]] = self._loop.create_future()
        lost_before, lost_after = chance.random() < weather.lost_before, chance.random() < weather.lost_after
        there_s, back_s = chance.uniform(0, weather.request_s), chance.uniform(0, weather.request_s)

        def arrive() -> None:
            said = act()
            if not lost_after:
                self._loop.call_later(back_s, lambda: answer.done() or answer.set_result(said))

        if not lost_before:
            self._loop.call_later(there_s, arrive)
        try:
            return await asyncio.wait_for(answer, TIMEOUT_S)
        except TimeoutError:
            return None

    async def instruments(self) -> Sequence[Instrument]:
        return [self._venue.listed]

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        return []

    async def balances(self) -> Sequence[Balance]:
        wallet = self._venue.exchange.accounts[ACCOUNT].wallet
        return await self._ask(
            lambda: [Balance(asset, wallet.free[asset], wallet.locked(asset)) for asset in wallet.assets()]
        )

    async def look_up(self, order: Order) -> Finding:
        return await self._ask(lambda: self._venue.finding(order))

    async def open_order_ids(self) -> Sequence[str]:
        return [order.client_order_id for order in await self.open_orders()]

    async def open_orders(self) -> Sequence[Order]:
        return await self._ask(self._venue.shown_orders)

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        return await self._ask(lambda: self._venue.shown_fills(since_ns))

    async def holdings(self) -> Sequence[Holding]:
        return ()

    async def cancel_all(self, symbol: str) -> None:
        def act() -> None:
            for order in self._venue.exchange.open_orders(ACCOUNT, symbol):
                self._venue.cancel(order)

        await self._ask(act)

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        raise RefusedError("this venue has no dead-man switch")

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        raise RefusedError("this venue has no margin")

    async def key_rights(self) -> KeyRights:
        return KeyRights(trade=True, withdraw=False, ip_bound=True)

    def budgets(self) -> Sequence[Budget]:
        return ()

    async def close(self) -> None:
        self._live = False

    async def _ask(self, question: Callable[[], T]) -> T:
        """A question is answered with what was true half-way."""
        weather, chance = self._venue.weather, self._venue.chance
        await asyncio.sleep(chance.uniform(0, weather.request_s))
        if chance.random() < weather.busy:
            raise RateLimitedError("too many requests")
        answer = question()
        await asyncio.sleep(chance.uniform(0, weather.request_s))
        if chance.random() < weather.no_answer:
            raise UnavailableError("no answer")
        return answer


def _refused(command: Command, reason: str) -> Report:
    make = Rejected if isinstance(command, Place) else CancelRejected
    return make(command.order.client_order_id, command.order.updated_ns, reason)


def _unanswered(command: Command) -> Report:
    make = Unknown if isinstance(command, Place) else CancelRejected
    return make(command.order.client_order_id, command.order.updated_ns, "no answer in time")
