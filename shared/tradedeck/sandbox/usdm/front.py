"""What stands between the exchange and the wire: listen keys, countdowns, and who is told what."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from uuid import uuid4

from tradedeck.domain.bar import Bar
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.news import FundingNews, News
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.signing import wall_ms
from tradedeck.sandbox.usdm.events import events_of
from tradedeck.sandbox.usdm.limits import Budgets
from tradedeck.sandbox.usdm.market import Market
from tradedeck.sandbox.usdm.wire import Json

LISTEN_KEY_S = 3_600.0
"""A listen key ends so long after it was made or prolonged."""
MAX_FUNDINGS = 1_000


class Front:
    """The venue as its clients meet it. Everything runs between two awaits of one event loop."""

    def __init__(self, venue: PerpetualVenue) -> None:
        self.venue = venue
        self.exchange: Perpetuals = venue.exchange
        self.hub = venue.hub
        self.budgets = Budgets()
        self.markets = {symbol: Market(venue, symbol) for symbol in venue.exchange.contracts}
        self.fundings: deque[FundingNews] = deque(maxlen=MAX_FUNDINGS)
        self.listen_keys: dict[str, str] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._countdowns: dict[tuple[str, str], asyncio.TimerHandle] = {}
        venue.on_news = self.tell
        venue.on_market = self._on_market

    def tell(self, news: Sequence[News]) -> None:
        """Tell the accounts; and everybody, where the book has changed."""
        for one in news:
            if isinstance(one, FundingNews):
                self.fundings.append(one)
            for account, event in events_of(self.exchange, one):
                self._publish(account, event)
        if news:
            for market in self.markets.values():
                market.on_orders()

    def invent_id(self) -> str:
        """A client id for who sent none."""
        return uuid4().hex[:22]

    # Listen keys

    def open_key(self, account: str) -> str:
        """The account's listen key, made or prolonged."""
        key = self.key_of(account) or uuid4().hex + uuid4().hex
        self.listen_keys[key] = account
        self.prolong(key)
        return key

    def key_of(self, account: str) -> str:
        """The account's listen key; empty when it has none."""
        return next((key for key, name in self.listen_keys.items() if name == account), "")

    def prolong(self, key: str) -> None:
        """The key lives for an hour from now."""
        if key in self._ends:
            self._ends[key].cancel()
        self._ends[key] = asyncio.get_running_loop().call_later(LISTEN_KEY_S, self.expire, key)

    def close_key(self, key: str) -> None:
        """The key is no more; nobody is told."""
        self.listen_keys.pop(key, None)
        handle = self._ends.pop(key, None)
        if handle is not None:
            handle.cancel()

    def expire(self, key: str) -> None:
        """The key's hour is over: its followers are told, and hear nothing after it."""
        self._publish_to(key, {"e": "listenKeyExpired", "E": wall_ms(), "listenKey": key})
        self.close_key(key)

    # Countdowns

    def arm(self, account: str, symbol: str, countdown_ms: int) -> None:
        """Cancel the account's orders on `symbol` after so long, unless armed again; 0 disarms."""
        handle = self._countdowns.pop((account, symbol), None)
        if handle is not None:
            handle.cancel()
        if countdown_ms:
            loop = asyncio.get_running_loop()
            self._countdowns[account, symbol] = loop.call_later(countdown_ms / 1000, self._run_out, account, symbol)

    def close(self) -> None:
        """Let go of every timer."""
        for handle in (*self._ends.values(), *self._countdowns.values()):
            handle.cancel()

    def _run_out(self, account: str, symbol: str) -> None:
        self._countdowns.pop((account, symbol), None)
        self.tell(self.exchange.cancel_all(account, symbol))

    def _on_market(self, event: Trade | Bar) -> None:
        self.markets[event.symbol].on_market(event)

    def _publish(self, account: str, event: Json) -> None:
        if event["e"] == "ORDER_TRADE_UPDATE":
            self.hub.user_events[account] = self.hub.user_events.get(account, 0) + 1
        key = self.key_of(account)
        if key:
            self._publish_to(key, event)

    def _publish_to(self, key: str, event: Json) -> None:
        """To who follows all events of the key, and to who chose this kind."""
        self.hub.publish(key, lambda: event)
        self.hub.publish(f"{key}#{event['e']}", lambda: event)
