"""A venue made of arithmetic: it turns any feed into a feed and a broker."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.domain.events import (
    Accepted,
    CancelRejected,
    Command,
    Event,
    MarketEvent,
    Place,
    Rejected,
    Report,
)
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.ports.broker import Finding
from tradedeck.sim.exchange import Exchange, News, Ticket


class SimVenue:
    """One account of an exchange, as a feed and a broker in one.

    Every trade of the feed is matched first; the reports it causes come out before the trade itself,
    and reports that a command causes come out before the next event of the feed. No latency.
    """

    def __init__(self, feed: AsyncIterable[Event], exchange: Exchange, account: str) -> None:
        self._feed = feed
        self._exchange = exchange
        self._account = account
        self._reports: deque[Report] = deque()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The feed, with this account's reports put in where they happen."""
        async for event in self._feed:
            if isinstance(event, Trade):
                self._tell(self._exchange.on_trade(event))
            elif isinstance(event, MarketEvent):
                # Wishes may carry the wall clock's time; the exchange lives in the market's.
                self._exchange.move_time(event.time_ns)
            while self._reports:
                yield self._reports.popleft()
            yield event
            while self._reports:
                yield self._reports.popleft()

    async def send(self, command: Command) -> None:
        """Place or cancel; the answer is a report of the feed."""
        order = command.order
        now_ns = self._exchange.now_ns
        if isinstance(command, Place):
            try:
                self._tell(self._exchange.place(self._account, ticket_of(order)))
            except TradedeckError as error:
                self._reports.append(Rejected(order.client_order_id, now_ns, error.message, error.code))
            return
        order_id = self._exchange.accounts[self._account].open_by_client_id.get(order.client_order_id)
        try:
            self._tell(self._exchange.cancel(self._account, order_id or 0))
        except RefusedError as error:
            self._reports.append(CancelRejected(order.client_order_id, now_ns, error.message))

    async def look_up(self, order: Order) -> Finding:
        """What this venue's books say about an order; always a clear answer."""
        try:
            known = self._exchange.order(self._account, client_order_id=order.client_order_id)
        except RefusedError:
            return Finding(found=False, reports=())
        return Finding(found=True, reports=(Accepted(known.client_order_id, known.venue_order_id, known.updated_ns),))

    def _tell(self, news: Iterable[News]) -> None:
        self._reports.extend(item.report for item in news if item.account == self._account)


def ticket_of(order: Order) -> Ticket:
    """The order as the exchange wants it."""
    return Ticket(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        size=order.size,
        price=order.price,
        stop_price=order.stop_price,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
    )


async def history(events: Iterable[Event]) -> AsyncIterator[Event]:
    """Recorded events as a feed; it never waits."""
    for event in events:
        yield event
