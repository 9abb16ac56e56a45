"""What the public sees: prices, books, candles, and the channels that tell them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import Bar
from tradedeck.domain.money import floor_to, text
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.candles import INTERVALS_NS, Candle
from tradedeck.sandbox.delta.listings import Product
from tradedeck.sandbox.delta.wire import Json, contracts, us
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue

MAX_CANDLES = 2_000
SHORT_BOOK = 15
SNAPSHOTS = ("ob_l1", "ob_l2", "ob_updates", "ticker")
"""Channels that begin with how things stand."""
CHECKED = 10
"""Levels of either side that a checksum is over."""
_DEPTH = 20
_S_NS = 1_000_000_000
_WEEK = "1w"

Levels = dict[str, str]


class Market:
    """Books and candles in contracts. Every change is told at once; the venue itself bundles them."""

    def __init__(self, venue: PerpetualVenue, products: Mapping[str, Product]) -> None:
        self._venue = venue
        self._products = products
        self._shown: dict[str, tuple[Levels, Levels]] = {}
        self._sequence: dict[str, int] = {}
        venue.on_market = self.on_event

    def on_event(self, event: Trade | Bar) -> None:
        """A trade or a closed minute: tell it, then everything it moved."""
        publish, symbol = self._venue.hub.publish, event.symbol
        if isinstance(event, Trade):
            publish(f"trades:{symbol}", lambda: self._trade(event))
            publish(f"mark_price:MARK:{symbol}", lambda: self._mark(symbol))
            self.on_orders(symbol)
        publish(f"ticker:{symbol}", lambda: self._ticker_news(symbol))
        for name, length in INTERVALS_NS.items():
            candle = (
                self._venue.candles[symbol].latest(length) if self._followed(f"candlestick_{name}", symbol) else None
            )
            if candle is not None:
                self._tell_candle(symbol, name, candle, event.time_ns)

    def on_orders(self, symbol: str) -> None:
        """The book may have changed."""
        publish, now_us = self._venue.hub.publish, us(self._venue.exchange.now_ns)
        publish(f"ob_l1:{symbol}", lambda: self._best(symbol) | {"type": "ob_l1", "lts": now_us, "ts": now_us})
        publish(f"ob_l2:{symbol}", lambda: self._short_book(symbol, now_us))
        if self._followed("ob_updates", symbol):
            change = self._book_change(symbol)
            publish(f"ob_updates:{symbol}", lambda: change)

    def snapshot(self, channel: str, symbol: str) -> Json | None:
        """What a new follower of a channel is told first."""
        now_us = us(self._venue.exchange.now_ns)
        if channel not in SNAPSHOTS or self._venue.exchange.books[symbol].last is None:
            return None
        if channel == "ob_l1":
            return self._best(symbol) | {"type": "ob_l1", "lts": now_us, "ts": now_us}
        if channel == "ob_l2":
            return self._short_book(symbol, now_us)
        if channel == "ob_updates":
            # Who follows already must not miss the step to what the new one begins with.
            change = self._book_change(symbol)
            self._venue.hub.publish(f"ob_updates:{symbol}", lambda: change)
            asks, bids = self._shown[symbol]
            return self._book_message(symbol, "snapshot", asks, bids)
        return self._ticker_news(symbol)

    def candles(self, symbol: str, resolution: str, start_s: int, end_s: int) -> list[Json] | None:
        """GET history/candles, newest first; None for a resolution that there is not.

        Replayed time is not wall time: a window that ends later than the market is moved back to end with it.
        """
        length = INTERVALS_NS.get(resolution, 7 * INTERVALS_NS["1d"] if resolution == _WEEK else 0)
        if not length:
            return None
        late_s = max(0, end_s - self._venue.exchange.now_ns // _S_NS)
        start_ns, end_ns = ((second - late_s) * _S_NS for second in (start_s, end_s))
        found = self._venue.candles[symbol].history(length, MAX_CANDLES, max(1, start_ns), end_ns)
        return [self._candle(symbol, candle) for candle in reversed(found)]

    def ticker(self, symbol: str) -> Json:
        """GET tickers/{symbol}."""
        day, prices = self._venue.candles[symbol].day(), self._venue.exchange.prices[symbol]
        product, best = self._products[symbol], self._best(symbol)
        low, high = prices.index * Decimal("0.9"), prices.index * Decimal("1.1")
        tick = product.contract.instrument.tick
        return {
            "symbol": symbol,
            "product_id": product.id,
            "contract_type": "perpetual_futures",
            "open": float(day.open) if day else None,
            "high": float(day.high) if day else None,
            "low": float(day.low) if day else None,
            "close": float(prices.last),
            "mark_price": text(prices.mark),
            "spot_price": text(prices.index),
            "funding_rate": text(prices.rate * 100),
            "timestamp": us(self._venue.exchange.now_ns),
            "volume": float(day.volume) if day else 0,
            "turnover": float(day.quote_volume) if day else 0,
            "turnover_symbol": product.contract.instrument.quote,
            "size": contracts(day.volume, product) if day else 0,
            "oi": "0",
            "quotes": {"best_bid": best["bp"], "best_ask": best["ap"], "bid_size": best["bs"], "ask_size": best["as"]},
            "price_band": {"lower_limit": text(low // tick * tick), "upper_limit": text(high // tick * tick)},
        }

    def book(self, symbol: str, depth: int) -> Json:
        """GET l2orderbook/{symbol}."""
        buy, sell = (self._levels(symbol, side, depth) for side in (Side.BUY, Side.SELL))
        return {
            "buy": [{"price": price, "size": int(size), "depth": size} for price, size in buy.items()],
            "sell": [{"price": price, "size": int(size), "depth": size} for price, size in sell.items()],
            "symbol": symbol,
            "last_updated_at": us(self._venue.exchange.now_ns),
        }

    def trades(self, symbol: str) -> list[Json]:
        """GET trades/{symbol}, newest first."""
        product = self._products[symbol]
        return [
            {
                "symbol": symbol,
                "price": text(trade.price),
                "size": contracts(trade.size, product),
                "buyer_role": "taker" if trade.aggressor is Side.BUY else "maker",
                "seller_role": "taker" if trade.aggressor is Side.SELL else "maker",
                "timestamp": us(trade.time_ns),
            }
            for trade in reversed(self._venue.trades[symbol])
        ]

    # Inside

    def _followed(self, channel: str, symbol: str) -> bool:
        return f"{channel}:{symbol}" in self._venue.hub.streams()

    def _trade(self, trade: Trade) -> Json:
        return {
            "type": "trades",
            "sy": trade.symbol,
            "p": text(trade.price),
            "s": max(1, contracts(trade.size, self._products[trade.symbol])),
            "r": "t" if trade.aggressor is Side.BUY else "m",
            "t": us(trade.time_ns),
            "ts": us(trade.time_ns),
        }

    def _mark(self, symbol: str) -> Json:
        prices, now_us = self._venue.exchange.prices[symbol], us(self._venue.exchange.now_ns)
        return {"type": "mark_price", "sy": f"MARK:{symbol}", "p": text(prices.mark), "ts": now_us}

    def _ticker_news(self, symbol: str) -> Json:
        told = self.ticker(symbol)
        prices = [told["open"], told["high"], told["low"], told["close"]]
        quotes = told["quotes"]
        best = [quotes["best_ask"], quotes["ask_size"], quotes["best_bid"], quotes["bid_size"]]
        row: dict[str, Any] = {"i": told["product_id"], "m": told["mark_price"], "ohlc": prices, "oi": [told["oi"]]}
        row |= {"pb": list(told["price_band"].values()), "q": best, "s": symbol, "to": told["turnover"]}
        return {"type": "ticker", "d": [row], "sp": told["spot_price"], "sy": symbol, "ts": told["timestamp"]}

    def _tell_candle(self, symbol: str, name: str, candle: Candle, now_ns: int) -> None:
        """`ts` is when it was said, and never beyond the candle's own time."""
        said_ns = min(max(now_ns, candle.open_ns), candle.open_ns + INTERVALS_NS[name] - 1_000)
        message = {
            "type": f"candlestick_{name}",
            "sy": symbol,
            "res": name,
            "ts": us(said_ns),
        } | {name[0]: value for name, value in self._candle(symbol, candle).items() if name != "time"}
        self._venue.hub.publish(f"candlestick_{name}:{symbol}", lambda: message)

    def _candle(self, symbol: str, candle: Candle) -> Json:
        return {
            "time": candle.open_ns // _S_NS,
            "open": self._price(symbol, candle.open),
            "high": self._price(symbol, candle.high),
            "low": self._price(symbol, candle.low),
            "close": self._price(symbol, candle.close),
            "volume": contracts(candle.volume, self._products[symbol]),
        }

    def _price(self, symbol: str, price: Decimal) -> float:
        """At a whole tick, as trades are: the recorded market may have had finer ones."""
        return float(floor_to(price, self._products[symbol].contract.instrument.tick))

    def _levels(self, symbol: str, side: Side, depth: int) -> Levels:
        product = self._products[symbol]
        levels = self._venue.exchange.books[symbol].levels(side, depth)
        return {text(price): str(contracts(size, product)) for price, size in levels}

    def _best(self, symbol: str) -> Json:
        bid, ask = (next(iter(self._levels(symbol, side, 1).items()), ("", "0")) for side in (Side.BUY, Side.SELL))
        return {"sy": symbol, "bp": bid[0], "bs": bid[1], "ap": ask[0], "as": ask[1]}

    def _short_book(self, symbol: str, now_us: int) -> Json:
        bids, asks = (list(self._levels(symbol, side, SHORT_BOOK).items()) for side in (Side.BUY, Side.SELL))
        return {"type": "ob_l2", "sy": symbol, "a": asks, "b": bids, "lts": now_us, "ts": now_us}

    def _book_change(self, symbol: str) -> Json:
        """The difference to what was shown last; that it is shown now is remembered."""
        asks, bids = self._levels(symbol, Side.SELL, _DEPTH), self._levels(symbol, Side.BUY, _DEPTH)
        old_asks, old_bids = self._shown.get(symbol, (Levels(), Levels()))
        self._shown[symbol] = asks, bids
        self._sequence[symbol] = self._sequence.get(symbol, 0) + 1
        return self._book_message(symbol, "update", _difference(old_asks, asks), _difference(old_bids, bids))

    def _book_message(self, symbol: str, action: str, asks: Levels, bids: Levels) -> Json:
        shown_asks, shown_bids = self._shown[symbol]
        return {
            "type": "ob_updates",
            "action": action,
            "sy": symbol,
            "a": list(asks.items()),
            "b": list(bids.items()),
            "seq": self._sequence[symbol],
            "ts": us(self._venue.exchange.now_ns),
            "cs": checksum(shown_asks, shown_bids),
        }


def checksum(asks: Levels, bids: Levels) -> int:
    """CRC32 over price:size of the best levels, asks first."""
    sides = (",".join(f"{price}:{size}" for price, size in list(side.items())[:CHECKED]) for side in (asks, bids))
    return zlib.crc32("|".join(sides).encode())


def _difference(before: Levels, after: Levels) -> Levels:
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    return changed | {price: "0" for price in before if price not in after}
