"""A perpetual exchange that recorded markets happen to, with keys at its door; a venue's wire stands on it.

A wire is told by `on_news` (its accounts') and `on_market` (trades and closed bars), in order, before anything else
can happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.money import floor_to
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.candles import Candles
from tradedeck.sandbox.hub import Hub
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.news import News
from tradedeck.sandbox.tape import Tape

MAX_TRADES = 1_000
"""Recent trades kept for each symbol."""


class Tapes:
    """Several tapes as one, in the order of time."""

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = dict(tapes)

    def peek(self) -> Trade | Bar:
        """The next event, which stays the next."""
        return self._next().peek()

    def pop(self) -> Trade | Bar:
        """The next event."""
        return self._next().pop()

    def _next(self) -> Tape:
        return min(self._tapes.values(), key=lambda tape: tape.peek().time_ns)


class PerpetualVenue:
    """The exchange, its tapes, its keys, and what the public saw."""

    def __init__(self, exchange: Perpetuals, tapes: Mapping[str, Tape]) -> None:
        self.exchange = exchange
        self.tape = Tapes(tapes)
        self.hub = Hub()
        self.secrets: dict[str, str] = {}
        self.candles = {symbol: Candles() for symbol in exchange.contracts}
        self.trades: dict[str, deque[Trade]] = {symbol: deque(maxlen=MAX_TRADES) for symbol in exchange.contracts}
        self.bars = 0
        self.market_events = 0
        self.on_news: Callable[[Sequence[News]], None] = _nobody
        self.on_market: Callable[[Trade | Bar], None] = _nobody

    def open_account(self, key: str, secret: str, balances: Mapping[str, Decimal]) -> None:
        """Add an account that `key` and `secret` open."""
        self.exchange.open_account(key, balances)
        self.secrets[key] = secret

    def skip(self, bars: int) -> None:
        """Let the first bars pass as history that nobody is told."""
        while bars:
            bars -= isinstance(self._happen()[0], Bar)

    def play(self, events: int) -> None:
        """Let so many events of the tapes happen."""
        for _ in range(events):
            event, news = self._happen()
            self.market_events += 1
            self.bars += isinstance(event, Bar)
            self.on_news(news)
            self.on_market(event)

    def _happen(self) -> tuple[Trade | Bar, list[News]]:
        event = self.tape.pop()
        if isinstance(event, Bar):
            event = self._bar_on_tick(event)
            self.candles[event.symbol].on_bar(event)
            return event, self.exchange.move_time(event.time_ns)
        trade = self._on_tick(event)
        self.candles[trade.symbol].on_trade(trade)
        self.trades[trade.symbol].append(trade)
        return trade, self.exchange.on_trade(trade)

    def _on_tick(self, trade: Trade) -> Trade:
        """The trade at a whole tick of the contract: the recorded market may have had finer ones."""
        tick = self.exchange.contracts[trade.symbol].instrument.tick
        price = max(tick, floor_to(trade.price, tick))
        return trade if price == trade.price else replace(trade, price=price)

    def _bar_on_tick(self, bar: Bar) -> Bar:
        """The bar of such trades."""
        tick = self.exchange.contracts[bar.symbol].instrument.tick
        open_, high, low, close = (max(tick, floor_to(one, tick)) for one in (bar.open, bar.high, bar.low, bar.close))
        return replace(bar, open=open_, high=high, low=low, close=close)


def _nobody(_: object) -> None:
    """Who listens comes later."""
