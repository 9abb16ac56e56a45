"""What the public sees of one perpetual, and the streams that tell it."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.candles import INTERVALS_NS, Candle
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.usdm.depth import Depth, Levels
from tradedeck.sandbox.usdm.wire import Json
from tradedeck.sandbox.wire import amount, kline_event, levels_json, ms

_PARTIAL_DEPTHS = (5, 10, 20)
_SPEEDS = ("", "@100ms", "@250ms", "@500ms")
_DAY_MS = 86_400_000


class Market:
    """Depth, tickers, candles and marks of one symbol, and their streams."""

    def __init__(self, venue: PerpetualVenue, symbol: str) -> None:
        self.symbol = symbol
        self.depth = Depth(venue.exchange.books[symbol])
        self._venue = venue
        self._prices = venue.exchange.prices[symbol]
        self._hub = venue.hub
        self._name = symbol.lower()

    @property
    def _now_ms(self) -> int:
        return ms(self._venue.exchange.now_ns)

    def on_market(self, event: Trade | Bar) -> None:
        """A trade happened, or a minute is over."""
        candles = self._venue.candles[self.symbol]
        if isinstance(event, Trade):
            self._hub.publish(f"{self._name}@trade", lambda: self._trade(event))
            self._hub.publish(f"{self._name}@aggTrade", lambda: self._agg_trade(event))
            self._tell_candles(None)
        else:
            self._tell_candles(candles.closed[-1])
        self._tell_rest()

    def on_orders(self) -> None:
        """The book may have changed; it is only looked at for who follows it."""
        if any(f"{self._name}@depth" in stream or "ookTicker" in stream for stream in self._hub.streams()):
            self.tell_depth()

    def tell_depth(self) -> None:
        """Tell what changed in the book since the last time."""
        change = self.depth.refresh()
        if change is None:
            return
        event: Json = {
            "e": "depthUpdate",
            "E": self._now_ms,
            "T": self._now_ms,
            "s": self.symbol,
            "U": change.first,
            "u": change.last,
            "pu": change.before,
            "b": levels_json(change.bids),
            "a": levels_json(change.asks),
        }
        publish, name = self._hub.publish, self._name
        for speed in _SPEEDS:
            publish(f"{name}@depth{speed}", lambda: event)
            for levels in _PARTIAL_DEPTHS:
                publish(f"{name}@depth{levels}{speed}", lambda levels=levels: event | self._top(levels))
        for stream in (f"{name}@bookTicker", "!bookTicker"):
            publish(stream, self._best_event)

    def depth_json(self, limit: int) -> Json:
        """GET depth, consistent with the depth stream."""
        self.tell_depth()
        shown = {
            "bids": levels_json(self.depth.bids, limit),
            "asks": levels_json(self.depth.asks, limit),
        }
        return {"lastUpdateId": self.depth.update_id, "E": self._now_ms, "T": self._now_ms, **shown}

    def best_json(self) -> Json:
        """GET ticker/bookTicker."""
        self.tell_depth()
        bid, ask = _best(self.depth.bids), _best(self.depth.asks)
        return {
            "symbol": self.symbol,
            "bidPrice": amount(bid[0]),
            "bidQty": amount(bid[1]),
            "askPrice": amount(ask[0]),
            "askQty": amount(ask[1]),
            "time": self._now_ms,
            "lastUpdateId": self.depth.update_id,
        }

    def premium_json(self) -> Json:
        """GET premiumIndex."""
        prices = self._prices
        return {
            "symbol": self.symbol,
            "markPrice": amount(prices.mark),
            "indexPrice": amount(prices.index),
            "estimatedSettlePrice": amount(prices.index),
            "lastFundingRate": amount(prices.rate),
            "interestRate": "0.00010000",
            "nextFundingTime": ms(prices.next_funding_ns),
            "time": self._now_ms,
        }

    def day_json(self) -> Json:
        """GET ticker/24hr."""
        day, last = self._venue.candles[self.symbol].day(), self._prices.last
        first = day.open if day else ZERO
        average = day.quote_volume / day.volume if day and day.volume else ZERO
        ratio = (last - first) / first * 100 if first else ZERO
        trades = self._venue.trades[self.symbol]
        return {
            "symbol": self.symbol,
            "priceChange": amount(last - first),
            "priceChangePercent": f"{ratio:.3f}",
            "weightedAvgPrice": f"{average:.8f}",
            "lastPrice": amount(last),
            "lastQty": amount(trades[-1].size if trades else None),
            "openPrice": amount(first),
            "highPrice": amount(day.high if day else None),
            "lowPrice": amount(day.low if day else None),
            "volume": amount(day.volume if day else None),
            "quoteVolume": amount(day.quote_volume if day else None),
            "openTime": self._now_ms - _DAY_MS,
            "closeTime": self._now_ms,
            "firstId": day.first_id if day else -1,
            "lastId": day.last_id if day else -1,
            "count": day.trades if day else 0,
        }

    def _top(self, levels: int) -> Json:
        return {"b": levels_json(self.depth.bids, levels), "a": levels_json(self.depth.asks, levels)}

    def _best_event(self) -> Json:
        bid, ask = _best(self.depth.bids), _best(self.depth.asks)
        return {
            "e": "bookTicker",
            "u": self.depth.update_id,
            "s": self.symbol,
            "b": amount(bid[0]),
            "B": amount(bid[1]),
            "a": amount(ask[0]),
            "A": amount(ask[1]),
            "T": self._now_ms,
            "E": self._now_ms,
        }

    def _trade(self, trade: Trade) -> Json:
        return {
            "e": "trade",
            "E": ms(trade.time_ns),
            "T": ms(trade.time_ns),
            "s": trade.symbol,
            "t": int(trade.trade_id),
            "p": amount(trade.price),
            "q": amount(trade.size),
            "X": "MARKET",
            "m": trade.aggressor is Side.SELL,
        }

    def _agg_trade(self, trade: Trade) -> Json:
        return {"e": "aggTrade", "E": ms(trade.time_ns), "s": trade.symbol} | agg_trade_json(trade)

    def _tell_candles(self, closed: Candle | None) -> None:
        candles = self._venue.candles[self.symbol]
        for stream in self._hub.streams():
            interval = stream.removeprefix(f"{self._name}@kline_")
            interval_ns = INTERVALS_NS.get(interval, 0)
            candle = candles.latest(interval_ns) if interval_ns else None
            if candle is None:
                continue
            over = closed is not None and closed.open_ns + INTERVALS_NS["1m"] == candle.open_ns + interval_ns
            event = kline_event(candle, self.symbol, interval, self._now_ms, over=over)
            self._hub.publish(stream, lambda event=event: event)

    def _tell_rest(self) -> None:
        publish, name = self._hub.publish, self._name
        publish(f"{name}@miniTicker", self._mini_ticker)
        publish("!miniTicker@arr", lambda: [self._mini_ticker()])
        publish(f"{name}@ticker", self._ticker)
        publish("!ticker@arr", lambda: [self._ticker()])
        for speed in ("", "@1s"):
            publish(f"{name}@markPrice{speed}", self._mark_event)
            publish(f"!markPrice@arr{speed}", lambda: [self._mark_event()])
        self.on_orders()

    def _mark_event(self) -> Json:
        prices = self._prices
        return {
            "e": "markPriceUpdate",
            "E": self._now_ms,
            "s": self.symbol,
            "p": amount(prices.mark),
            "i": amount(prices.index),
            "P": amount(prices.index),
            "r": amount(prices.rate),
            "T": ms(prices.next_funding_ns),
        }

    def _mini_ticker(self) -> Json:
        day = self._venue.candles[self.symbol].day()
        return {
            "e": "24hrMiniTicker",
            "E": self._now_ms,
            "s": self.symbol,
            "c": amount(self._prices.last),
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
            "Q": day["lastQty"],
            "O": day["openTime"],
            "C": day["closeTime"],
            "F": day["firstId"],
            "L": day["lastId"],
            "n": day["count"],
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
    }


def _best(levels: Levels) -> tuple[Decimal, Decimal]:
    return next(iter(levels.items()), (ZERO, ZERO))
