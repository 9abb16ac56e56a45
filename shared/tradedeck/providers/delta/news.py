"""What the streams say, as events: prices, closed bars, and what became of orders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import Event
from tradedeck.domain.instrument import Instrument
from tradedeck.providers.delta import messages, orders
from tradedeck.providers.delta.fills import FillReader, Names

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
ReadBars = Callable[[str, int, int], Awaitable[Sequence[Bar]]]


class News:
    """Takes every message. A gap in the venue's numbering counts as a reconnect."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        names: Names,
        fills: FillReader,
        put: Callable[[Iterable[Event]], None],
        missed: Callable[[str], None],
        read_bars: ReadBars,
    ) -> None:
        self._instruments = instruments
        self._names = names
        self._fills = fills
        self._put = put
        self._missed = missed
        self._read_bars = read_bars
        self._seqs: dict[tuple[str, str], int] = {}
        self._prints: dict[str, tuple[int, int]] = {}
        self._minutes: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._readings: dict[str, asyncio.Task[None]] = {}

    def take(self, raw: Json) -> None:
        """One message."""
        match raw.get("type"):
            case "trades":
                self._on_trade(raw)
            case "ob_l1":
                quote = messages.quote(raw, self._instruments[raw["sy"]])
                self._put([quote] if quote else [])
            case "candlestick_1m":
                self._on_candle(raw)
            case "orders":
                self._on_orders(raw)
            case "v2/user_trades":
                self._on_user_trade(raw)
            case _:
                pass

    def restart(self) -> None:
        """The streams are (again) subscribed: numbers start anew, and what traded meanwhile is read."""
        self._seqs.clear()
        for symbol in self._instruments:
            self._fills.hint(symbol)

    async def stop(self) -> None:
        """End every reading."""
        readings, self._readings = list(self._readings.values()), {}
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)

    # The market

    def _on_trade(self, raw: Json) -> None:
        symbol, time_us = raw["sy"], int(raw["t"])
        last_us, number = self._prints.get(symbol, (0, 0))
        number = number + 1 if time_us == last_us else 0
        self._prints[symbol] = (time_us, number)
        self._put([messages.trade(raw, self._instruments[symbol], number)])

    def _on_candle(self, raw: Json) -> None:
        """A new minute has begun: the one before is closed, and its last word is in the records."""
        symbol, now_ns = raw["sy"], messages.time_ns(raw["ts"])
        minute_ns = now_ns - now_ns % MINUTE_NS
        before_ns = self._minutes.setdefault(symbol, minute_ns)
        self._told.setdefault(symbol, before_ns)
        if minute_ns > before_ns:
            self._minutes[symbol] = minute_ns
            if symbol not in self._readings:
                self._readings[symbol] = asyncio.create_task(self._tell_bars(symbol), name=f"delta bars {symbol}")

    async def _tell_bars(self, symbol: str) -> None:
        try:
            while (start_ns := self._told[symbol]) < (end_ns := self._minutes[symbol]):
                bars = await self._read_bars(symbol, start_ns, end_ns)
                self._told[symbol] = end_ns
                self._put(bar for bar in bars if bar.open_ns >= start_ns)
        except (TradedeckError, KeyError, TypeError, ValueError) as error:
            # The next minute asks for this one too.
            log.warning("delta.bars_not_read", extra={"symbol": symbol, "error": repr(error)})
        finally:
            self._readings.pop(symbol, None)

    # The account

    def _on_orders(self, raw: Json) -> None:
        if raw.get("action") == "snapshot":
            for row in raw["result"]:
                self._know(row)
            if raw.get("symbol"):
                self._seqs["orders", raw["symbol"]] = int(raw["meta"]["seq_no"])
            return
        symbol = _symbol_of(raw)
        instrument = self._instruments.get(symbol)
        if instrument is None:
            return
        client_order_id = self._know(raw)
        if orders.done_size(raw, instrument):
            self._fills.hint(symbol)
        if client_order_id and raw.get("action") == "delete":
            self._put(orders.ended(raw, client_order_id))
        self._count("orders", symbol, int(raw["seq_no"]))

    def _know(self, row: Json) -> str:
        """Learn the order's name and say that the venue has it; its client order id."""
        client_order_id = str(row.get("client_order_id") or "")
        self._names.learn(orders.order_id(row), client_order_id)
        if client_order_id:
            self._put([orders.accepted(row, client_order_id)])
        return client_order_id

    def _on_user_trade(self, raw: Json) -> None:
        self._names.learn(str(raw["o"]), str(raw.get("c") or ""))
        self._fills.hint(raw["sy"], str(raw["f"]))
        self._count("v2/user_trades", raw["sy"], int(raw["se"]))

    def _count(self, channel: str, symbol: str, number: int) -> None:
        """Check that nothing is missing; the numbers start at 1 again when the venue has restarted."""
        last = self._seqs.get((channel, symbol))
        self._seqs[channel, symbol] = number
        if last is not None and number > last + 1:
            self._missed(f"{channel} of {symbol} jumped from {last} to {number}")
        elif last is not None and number < last:
            self._missed(f"the venue has restarted: {channel} of {symbol} begins again")
        else:
            return
        self._seqs[channel, symbol] = number


def _symbol_of(raw: Json) -> str:
    return str(raw.get("symbol") or raw.get("product_symbol") or "")
