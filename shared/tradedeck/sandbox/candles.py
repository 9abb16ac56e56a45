"""Candles as the venue publishes them, built from the trades that were played."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade

MAX_CANDLES = 20_160
"""One-minute candles kept: two weeks."""
DAY_MINUTES = 1440

INTERVALS_NS = {
    "1m": MINUTE_NS,
    "3m": 3 * MINUTE_NS,
    "5m": 5 * MINUTE_NS,
    "15m": 15 * MINUTE_NS,
    "30m": 30 * MINUTE_NS,
    "1h": 60 * MINUTE_NS,
    "2h": 120 * MINUTE_NS,
    "4h": 240 * MINUTE_NS,
    "6h": 360 * MINUTE_NS,
    "8h": 480 * MINUTE_NS,
    "12h": 720 * MINUTE_NS,
    "1d": DAY_MINUTES * MINUTE_NS,
}


@dataclass(frozen=True, slots=True)
class Candle:
    """A candle with what Binance adds to a bar; `first_id` and `last_id` are trade ids, 0 without trades."""

    open_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    taker_volume: Decimal = ZERO
    taker_quote: Decimal = ZERO
    trades: int = 0
    first_id: int = 0
    last_id: int = 0

    def grown(self, trade: Trade) -> Candle:
        """The candle with one more trade."""
        quote = trade.price * trade.size
        taker = trade.aggressor is Side.BUY
        number = int(trade.trade_id)
        return Candle(
            self.open_ns,
            self.open,
            max(self.high, trade.price),
            min(self.low, trade.price),
            trade.price,
            self.volume + trade.size,
            self.quote_volume + quote,
            self.taker_volume + (trade.size if taker else ZERO),
            self.taker_quote + (quote if taker else ZERO),
            self.trades + 1,
            self.first_id or number,
            number,
        )

    def joined(self, later: Candle) -> Candle:
        """This candle and a later one as one."""
        return Candle(
            self.open_ns,
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.volume + later.volume,
            self.quote_volume + later.quote_volume,
            self.taker_volume + later.taker_volume,
            self.taker_quote + later.taker_quote,
            self.trades + later.trades,
            self.first_id or later.first_id,
            later.last_id or self.last_id,
        )


class Candles:
    """One-minute candles: the closed ones, and the one that grows."""

    def __init__(self) -> None:
        self.closed: deque[Candle] = deque(maxlen=MAX_CANDLES)
        self.current: Candle | None = None
        self._day: Candle | None = None

    def on_trade(self, trade: Trade) -> Candle:
        """Grow the open candle, or open one."""
        open_ns = trade.time_ns - trade.time_ns % MINUTE_NS
        current = self.current
        if current is None or current.open_ns != open_ns:
            current = Candle(open_ns, trade.price, trade.price, trade.price, trade.price)
        self.current = current.grown(trade)
        return self.current

    def on_bar(self, bar: Bar) -> Candle:
        """Close the candle of `bar`, which has the last word on its prices and volume."""
        grown = self.current if self.current is not None and self.current.open_ns == bar.open_ns else None
        candle = replace(
            grown or Candle(bar.open_ns, bar.open, bar.high, bar.low, bar.close),
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
        )
        self.closed.append(candle)
        self.current = None
        self._day = None
        return candle

    def history(self, interval_ns: int, limit: int, start_ns: int, end_ns: int) -> list[Candle]:
        """Closed candles that opened in [start, end], the last `limit` (the first, when a start is given)."""
        inside = (c for c in self.closed if start_ns <= c.open_ns - c.open_ns % interval_ns <= end_ns)
        found = list(inside) if interval_ns == MINUTE_NS else self._whole(inside, interval_ns)
        return found[:limit] if start_ns else found[-limit:]

    def latest(self, interval_ns: int) -> Candle | None:
        """The candle of `interval_ns` that the newest minute belongs to, as far as it has got."""
        newest = self.current or (self.closed[-1] if self.closed else None)
        if newest is None:
            return None
        start_ns = newest.open_ns - newest.open_ns % interval_ns
        parts: list[Candle] = [] if self.current is None else [self.current]
        for candle in reversed(self.closed):
            if candle.open_ns < start_ns:
                break
            parts.append(candle)
        return replace(joined(reversed(parts)), open_ns=start_ns)

    def day(self) -> Candle | None:
        """The last 24 hours as one candle, the open minute included."""
        if self._day is None and self.closed:
            since_ns = self.closed[-1].open_ns - (DAY_MINUTES - 1) * MINUTE_NS
            recent = [c for c in list(self.closed)[-DAY_MINUTES:] if c.open_ns >= since_ns]
            self._day = joined(recent)
        if self._day is None or self.current is None:
            return self._day or self.current
        return self._day.joined(self.current)

    @staticmethod
    def _whole(candles: Iterable[Candle], interval_ns: int) -> list[Candle]:
        """Candles of the longer interval; the last one only when its time is over."""
        groups: dict[int, Candle] = {}
        last_ns = 0
        for candle in candles:
            start_ns = candle.open_ns - candle.open_ns % interval_ns
            before = groups.get(start_ns)
            groups[start_ns] = before.joined(candle) if before else replace(candle, open_ns=start_ns)
            last_ns = candle.open_ns + MINUTE_NS
        return [candle for start_ns, candle in groups.items() if start_ns + interval_ns <= last_ns]


def joined(candles: Iterable[Candle]) -> Candle:
    """All of them as one; there must be at least one."""
    parts = iter(candles)
    whole = next(parts)
    for candle in parts:
        whole = whole.joined(candle)
    return whole
