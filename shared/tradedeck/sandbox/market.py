"""What the public sees of the market, and the streams that tell it."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.candles import INTERVALS_NS, Candle, Candles
from tradedeck.sandbox.depth import Depth, Levels
from tradedeck.sandbox.hub import Hub
from tradedeck.sandbox.wire import Json, amount, kline_event, levels_json, ms
from tradedeck.sim.matching import Matching

MAX_TRADES = 1_000
"""Recent trades kept for GET trades and aggTrades."""
_PARTIAL_DEPTHS = (5, 10, 20)
_SPEEDS = ("", "@100ms", "@1000ms")
_DAY_MS = 86_400_000


class Market:
    """Candles, recent trades, the shown book, and their streams."""

    def __init__(self, instrument: Instrument, matching: Matching, hub: Hub) -> None:
        self.instrument = instrument
        self.candles = Candles()
        self.trades: list[Trade] = []
        self.depth = Depth(instrument, matching)
        self._matching = matching
        self._hub = hub
        self._name = instrument.symbol.lower()
        self._now_ns = 0

    def remember(self, event: Trade | Bar) -> None:
        """History: nobody is told."""
        self._now_ns = event.time_ns
        if isinstance(event, Trade):
            self._keep(event)
            self.candles.on_trade(event)
        else:
            self.candles.on_bar(event)

    def on_trade(self, trade: Trade) -> None:
        """A trade happened: tell it, then everything it moved."""
        self.remember(trade)
        publish, name = self._hub.publish, self._name
        publish(f"{name}@trade", lambda: trade_json(trade))
        publish(
            f"{name}@aggTrade",
            lambda: agg_trade_json(trade) | {"e": "aggTrade", "E": ms(trade.time_ns), "s": trade.symbol},
        )
        self._tell_candles(closed=None)
        self._tell_rest()

    def on_bar(self, bar: Bar) -> None:
        """A minute is over: tell the closed candle."""
        self.remember(bar)
        self._tell_candles(closed=self.candles.closed[-1])
        self._tell_rest()

    def on_orders(self) -> None:
        """Orders came or went: the shown book may have changed."""
        self._tell_depth()

    def depth_json(self, limit: int) -> Json:
        """GET depth, consistent with the depth stream."""
        self._tell_depth()
        return self._levels(limit)

    def book_ticker(self) -> Json:
        """Best prices."""
        bid, ask = _best(self.depth.bids), _best(self.depth.asks)
        return {
            "symbol": self.instrument.symbol,
            "bidPrice": amount(bid[0]),
            "bidQty": amount(bid[1]),
            "askPrice": amount(ask[0]),
            "askQty": amount(ask[1]),
        }

    def day_json(self) -> Json:
        """GET ticker/24hr."""
        self._tell_depth()
        day, last = self.candles.day(), self._matching.last or ZERO
        first = day.open if day else ZERO
        average = day.quote_volume / day.volume if day and day.volume else ZERO
        ratio = (last - first) / first * 100 if first else ZERO
        newest = self.trades[-1] if self.trades else None
        return self.book_ticker() | {
            "priceChange": amount(last - first),
            "priceChangePercent": f"{ratio:.3f}",
            "weightedAvgPrice": f"{average:.8f}",
            "prevClosePrice": amount(first),
            "lastPrice": amount(last),
            "lastQty": amount(newest.size if newest else None),
            "openPrice": amount(first),
            "highPrice": amount(day.high if day else None),
            "lowPrice": amount(day.low if day else None),
            "volume": amount(day.volume if day else None),
            "quoteVolume": amount(day.quote_volume if day else None),
            "openTime": ms(self._now_ns) - _DAY_MS,
            "closeTime": ms(self._now_ns),
            "firstId": day.first_id if day else -1,
            "lastId": day.last_id if day else -1,
            "count": day.trades if day else 0,
        }

    def _keep(self, trade: Trade) -> None:
        self.trades.append(trade)
        if len(self.trades) > 2 * MAX_TRADES:
            del self.trades[:MAX_TRADES]

    def _tell_candles(self, *, closed: Candle | None) -> None:
        for stream in self._hub.streams():
            interval = stream.removeprefix(f"{self._name}@kline_")
            interval_ns = INTERVALS_NS.get(interval, 0)
            candle = self.candles.latest(interval_ns) if interval_ns else None
            if candle is None:
                continue
            over = closed is not None and closed.open_ns + INTERVALS_NS["1m"] == candle.open_ns + interval_ns
            event = kline_event(candle, self.instrument.symbol, interval, ms(self._now_ns), over=over)
            self._hub.publish(stream, lambda event=event: event)

    def _tell_rest(self) -> None:
        publish, name = self._hub.publish, self._name
        publish(f"{name}@miniTicker", self._mini_ticker)
        publish("!miniTicker@arr", lambda: [self._mini_ticker()])
        publish(f"{name}@ticker", self._ticker)
        publish("!ticker@arr", lambda: [self._ticker()])
        if any("@depth" in stream or "@bookTicker" in stream for stream in self._hub.streams()):
            self._tell_depth()

    def _tell_depth(self) -> None:
        change = self.depth.refresh()
        if change is None:
            return
        publish, name = self._hub.publish, self._name
        event: Json = {
            "e": "depthUpdate",
            "E": ms(self._now_ns),
            "s": self.instrument.symbol,
            "U": change.first_id,
            "u": change.last_id,
            "b": levels_json(change.bids),
            "a": levels_json(change.asks),
        }
        for speed in _SPEEDS:
            publish(f"{name}@depth{speed}", lambda: event)
            for levels in _PARTIAL_DEPTHS:
                publish(f"{name}@depth{levels}{speed}", lambda levels=levels: self._levels(levels))
        publish(f"{name}@bookTicker", self._book_event)

    def _levels(self, limit: int) -> Json:
        return {
            "lastUpdateId": self.depth.update_id,
            "bids": levels_json(self.depth.bids, limit),
            "asks": levels_json(self.depth.asks, limit),
        }

    def _book_event(self) -> Json:
        best = self.book_ticker()
        return {
            "u": self.depth.update_id,
            "s": best["symbol"],
            "b": best["bidPrice"],
            "B": best["bidQty"],
            "a": best["askPrice"],
            "A": best["askQty"],
        }

    def _mini_ticker(self) -> Json:
        day = self.candles.day()
        return {
            "e": "24hrMiniTicker",
            "E": ms(self._now_ns),
            "s": self.instrument.symbol,
            "c": amount(self._matching.last),
            "o": amount(day.open if day else None),
            "h": amount(day.high if day else None),
            "l": amount(day.low if day else None),
            "v": amount(day.volume if day else None),
            "q": amount(day.quote_volume if day else None),
        }

    def _ticker(self) -> Json:
        day = self.day_json()
        return self._mini_ticker() | {
            "e": "24hrTicker",
            "p": day["priceChange"],
            "P": day["priceChangePercent"],
            "w": day["weightedAvgPrice"],
            "x": day["prevClosePrice"],
            "Q": day["lastQty"],
            "b": day["bidPrice"],
            "B": day["bidQty"],
            "a": day["askPrice"],
            "A": day["askQty"],
            "O": day["openTime"],
            "C": day["closeTime"],
            "F": day["firstId"],
            "L": day["lastId"],
            "n": day["count"],
        }


def trade_json(trade: Trade) -> Json:
    """A trade on its stream."""
    return {
        "e": "trade",
        "E": ms(trade.time_ns),
        "s": trade.symbol,
        "t": int(trade.trade_id),
        "p": amount(trade.price),
        "q": amount(trade.size),
        "T": ms(trade.time_ns),
        "m": trade.aggressor is Side.SELL,
        "M": True,
    }


def agg_trade_json(trade: Trade) -> Json:
    """A trade as GET aggTrades shows it: every trade is its own aggregate."""
    number = int(trade.trade_id)
    return {
        "a": number,
        "p": amount(trade.price),
        "q": amount(trade.size),
        "f": number,
        "l": number,
        "T": ms(trade.time_ns),
        "m": trade.aggressor is Side.SELL,
        "M": True,
    }


def _best(levels: Levels) -> tuple[Decimal, Decimal]:
    return next(iter(levels.items()), (ZERO, ZERO))
