"""Binance spot, as a feed, a broker and something to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.events import CancelRejected, Command, Event, Place, Rejected, Unknown
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import exact
from tradedeck.domain.order import Order
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.health import Health
from tradedeck.providers.binance import messages
from tradedeck.providers.binance.mailbox import Mailbox
from tradedeck.providers.binance.outcomes import CLOCK, Outcome, VenueError
from tradedeck.providers.binance.rest import Rest, Signer
from tradedeck.providers.binance.streams import Stream, Streams

HOSTS = ("https://api.binance.com", "wss://stream.binance.com:9443", "wss://ws-api.binance.com:443")
"""REST, market streams and the websocket API of the real venue."""
CONNECT_S = 15.0
"""How long the streams may take to start."""
MAX_ROWS = 1_000
"""Most rows asked for at once: candles, orders, fills."""
PUBLIC_FEES = FeeSchedule(exact("0.001"), exact("0.001"))
"""The venue's list price, for a connection without a key."""
_ORDER = "/api/v3/order"

Json = Mapping[str, Any]


class BinanceVenue:
    """One account at Binance spot. `url` points at a server that speaks its wire; "" is the real venue.

    Without a key it still gives prices and bars, enough to watch and to trade on paper.
    """

    name = "binance"

    def __init__(self, key: str, secret: str, *, url: str = "") -> None:
        base = url.rstrip("/")
        stream_base = "ws" + base.removeprefix("http")
        self._hosts = (base, stream_base, stream_base) if base else HOSTS
        self._signer = Signer(key, secret)
        self._mailbox = Mailbox()
        self._rest: Rest | None = None
        self._streams: Streams | None = None
        self._instruments: list[Instrument] = []

    async def connect(self, symbols: Sequence[str]) -> None:
        """Load instruments and start the streams of `symbols`; returns once they are subscribed.

        Raises:
            UnavailableError: the venue can't be reached.
            UnauthenticatedError: it does not accept the key.
            RefusedError: it does not list a symbol.
        """
        await self._disconnect()
        self._rest = rest = Rest(self._hosts[0], self._signer)
        try:
            await _ask(rest.set_clock())
            self._instruments = await self._load_instruments()
            listed = {instrument.symbol for instrument in self._instruments}
            for symbol in symbols:
                if symbol not in listed:
                    raise RefusedError(f"{self.name} does not list {symbol}; check the symbol", code="symbol.unknown")
            self._streams = Streams(rest.session, self._wanted_streams(symbols), self._take)
            await self._streams.start(CONNECT_S)
        except BaseException:
            await self._disconnect()
            raise

    def __aiter__(self) -> AsyncIterator[Event]:
        """Market news and reports until the venue is closed."""
        return self._mailbox.__aiter__()

    def health(self) -> Health:
        """How the connection is doing."""
        return self._streams.health() if self._streams else Health("connecting")

    async def close(self) -> None:
        """End every connection; the feed ends."""
        await self._disconnect()
        self._mailbox.close()

    # Orders

    async def send(self, command: Command) -> None:
        """Place or cancel, once. The answer is in the feed when this returns."""
        if isinstance(command, Place):
            await self._place(command.order)
        else:
            await self._cancel(command.order)

    async def _place(self, order: Order) -> None:
        try:
            api, params = self._api, messages.order_params(order)
        except (RefusedError, UnavailableError) as error:
            self._mailbox.put([Rejected(order.client_order_id, order.updated_ns, error.message, error.code)])
            return
        try:
            self._mailbox.put(messages.placed(await api.signed("POST", _ORDER, params), order))
        except VenueError as error:
            self._mailbox.put([_not_placed(order, error)])
            if error.code == CLOCK:
                with suppress(VenueError):
                    await self._api.set_clock()
        except (RefusedError, KeyError, TypeError, ValueError) as error:
            # The venue has answered: whatever can't be read in it, the order may be there.
            self._mailbox.put([Unknown(order.client_order_id, order.updated_ns, f"a garbled answer: {error!r}")])

    async def _cancel(self, order: Order) -> None:
        asked = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        try:
            raw = await self._api.signed("DELETE", _ORDER, asked)
            reports: Iterable[Event] = messages.ended(raw, order, raw["transactTime"] * messages.MS_NS)
            if exact(raw["executedQty"]):
                # The stream may have missed fills, and nobody looks an order up that has ended.
                reports = (await self.look_up(order)).reports
            self._mailbox.put(reports)
        except (VenueError, UnavailableError, RefusedError, KeyError, TypeError, ValueError) as error:
            reason = error.reason if isinstance(error, VenueError) else str(error)
            if not isinstance(error, VenueError) or error.outcome is Outcome.UNKNOWN:
                reason = f"the venue did not answer the cancel ({reason}); cancel again if it still works"
            self._mailbox.put([CancelRejected(order.client_order_id, order.updated_ns, reason)])

    # Questions

    async def instruments(self) -> Sequence[Instrument]:
        """Every spot instrument that trades, with this account's fees."""
        return list(self._instruments)

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        """The last closed bars, oldest first, at most `limit`.

        Raises:
            RefusedError: the venue has no bars of this length.
            UnavailableError: no answer.
        """
        interval = messages.TIMEFRAMES.get(timeframe_ns)
        if interval is None:
            raise RefusedError(f"{self.name} has no bars of {timeframe_ns / 1e9:g} s", code="venue.timeframe")
        # One more than asked for, because the newest is usually still open.
        wanted = min(limit + 1, MAX_ROWS)
        rows = await _ask(self._api.public("/api/v3/klines", symbol=symbol, interval=interval, limit=wanted))
        return messages.bars(rows, symbol, timeframe_ns, await self.server_time_ns())[-limit:]

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        return messages.balances(await self._signed("/api/v3/account"))

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        return [row["clientOrderId"] for row in await self._signed("/api/v3/openOrders")]

    async def server_time_ns(self) -> int:
        """The venue's clock."""
        return int((await _ask(self._api.public("/api/v3/time")))["serverTime"]) * messages.MS_NS

    async def look_up(self, order: Order) -> Finding:
        """Ask order, open orders and all orders, then the fills.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        record = await self._record(order)
        if record is None:
            return Finding(False, ())
        executed, trades = exact(record["executedQty"]), list[Json]()
        if executed:
            trades = await self._signed(
                "/api/v3/myTrades", symbol=order.symbol, orderId=record["orderId"], limit=MAX_ROWS
            )
            if messages.traded_size(trades) != executed:
                raise UnavailableError("the venue's fills and its order do not agree yet", code="venue.behind")
        return Finding(True, messages.found(record, trades, order))

    async def _record(self, order: Order) -> Json | None:
        """The venue's record of the order, from the first of its lists that knows it."""
        asked = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        try:
            return await self._api.signed("GET", _ORDER, asked)
        except VenueError as error:
            if error.outcome is not Outcome.MISSING:
                raise error.as_error() from error
        rows: list[Json] = await self._signed("/api/v3/openOrders", symbol=order.symbol)
        rows += await self._signed("/api/v3/allOrders", symbol=order.symbol, limit=MAX_ROWS)
        return next((row for row in rows if row["clientOrderId"] == order.client_order_id), None)

    # Inside

    @property
    def _api(self) -> Rest:
        if self._rest is None:
            raise UnavailableError("not connected to the venue; wait a moment", code="venue.not_connected")
        return self._rest

    async def _signed(self, path: str, **params: str | int) -> Any:
        return await _ask(self._api.signed("GET", path, params))

    async def _load_instruments(self) -> list[Instrument]:
        fees = messages.fees(await self._signed("/api/v3/account")) if self._signer.key else PUBLIC_FEES
        return messages.instruments(await _ask(self._api.public("/api/v3/exchangeInfo")), fees, self.name)

    def _wanted_streams(self, symbols: Sequence[str]) -> list[Stream]:
        names = [f"{symbol.lower()}@{kind}" for symbol in symbols for kind in ("trade", "kline_1m")]
        subscribe = {"method": "SUBSCRIBE", "params": names, "id": 1}
        streams = [Stream("market", f"{self._hosts[1]}/stream", lambda: subscribe)]
        if self._signer.key:
            streams.append(Stream("account", f"{self._hosts[2]}/ws-api/v3", self._account_hello))
        return streams

    def _account_hello(self) -> Json:
        params = {"apiKey": self._signer.key, **self._signer.stamp()}
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        signed = {**params, "signature": self._signer.sign(payload)}
        return {"id": "account", "method": "userDataStream.subscribe.signature", "params": signed}

    def _take(self, raw: Json) -> None:
        self._mailbox.put(messages.events_of(raw))

    async def _disconnect(self) -> None:
        streams, rest, self._streams, self._rest = self._streams, self._rest, None, None
        if streams is not None:
            await streams.stop()
        if rest is not None:
            await rest.close()


async def _ask(question: Awaitable[Any]) -> Any:
    try:
        return await question
    except VenueError as error:
        raise error.as_error() from error


def _not_placed(order: Order, error: VenueError) -> Rejected | Unknown:
    if error.outcome is Outcome.UNKNOWN:
        return Unknown(order.client_order_id, order.updated_ns, error.reason)
    return Rejected(order.client_order_id, order.updated_ns, error.reason, str(error.code))
