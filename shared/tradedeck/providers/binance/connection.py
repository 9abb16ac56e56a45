"""What spot and perpetuals at Binance have in common: connecting, the feed, sending once, asking."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import CancelRejected, Command, Event, Place, Rejected, Report, Unknown
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order
from tradedeck.ports.account import Budget
from tradedeck.ports.broker import Finding
from tradedeck.ports.capabilities import Capabilities
from tradedeck.ports.health import Health
from tradedeck.providers.binance import messages
from tradedeck.providers.binance.mailbox import Mailbox
from tradedeck.providers.binance.outcomes import CLOCK, Outcome, VenueError
from tradedeck.providers.binance.rest import Rest, Signer
from tradedeck.providers.binance.streams import Stream, Streams

CONNECT_S = 15.0
"""How long the streams may take to start."""
MAX_ROWS = 1_000
"""Most rows asked for at once: candles, orders, fills."""
MAX_STREAMS = 200
"""Streams of one connection; the venue's own bound for perpetuals, below that of spot."""

Json = Mapping[str, Any]


class Connection(ABC):
    """One account at one market of Binance. Without a key it still gives prices and bars."""

    name: str
    capabilities: Capabilities
    hosts: ClassVar[tuple[str, ...]]
    """REST, and what the streams need."""
    api: ClassVar[str]
    """The path that everything of this market is under, as `/api/v3`."""
    kinds: ClassVar[tuple[str, ...]]
    """What is followed of every symbol."""

    def __init__(self, key: str, secret: str, *, url: str = "") -> None:
        base = url.rstrip("/")
        stream_base = "ws" + base.removeprefix("http")
        self._hosts = (base, *(stream_base for _ in self.hosts[1:])) if base else self.hosts
        self._signer = Signer(key, secret)
        self._mailbox = Mailbox()
        self._rest: Rest | None = None
        self._streams: Streams | None = None
        self._instruments: dict[str, Instrument] = {}
        self._newest_trade: dict[str, tuple[int, int]] = {}

    async def connect(self, symbols: Sequence[str]) -> None:
        """Load instruments and start the streams of `symbols`; returns once they are subscribed.

        Raises:
            UnavailableError: the venue can't be reached.
            UnauthenticatedError: it does not accept the key.
            RefusedError: it does not list a symbol, or there are too many for one connection.
        """
        if len(symbols) * len(self.kinds) > MAX_STREAMS:
            raise RefusedError(f"at most {MAX_STREAMS // len(self.kinds)} symbols at once; leave some out")
        await self._disconnect()
        self._rest = rest = Rest(self._hosts[0], self._signer, time_path=f"{self.api}/time")
        try:
            await ask(rest.set_clock())
            self._instruments = {row.symbol: row for row in await self._load_instruments(symbols)}
            for symbol in symbols:
                self._instrument(symbol)
            self._streams = Streams(rest.session, self._wanted_streams(symbols), self._take)
            await self._streams.start(CONNECT_S)
            if self._signer.key:
                rest.stay_warm()
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
            self._mailbox.put([*await self._placed(command.order)])
        else:
            self._mailbox.put([*await self._canceled(command.order)])

    async def _placed(self, order: Order) -> Sequence[Report]:
        try:
            self._check(order)
            sending = self._send_order(order)
        except TradedeckError as error:
            return [Rejected(order.client_order_id, order.updated_ns, error.message, error.code)]
        try:
            return await sending
        except VenueError as error:
            if error.code in CLOCK:
                with suppress(VenueError):
                    await self._api.set_clock()
            return [not_placed(order, error)]
        except (TradedeckError, KeyError, TypeError, ValueError) as error:
            # The venue has answered: whatever can't be read in it, the order may be there.
            return [Unknown(order.client_order_id, order.updated_ns, f"a garbled answer: {error!r}")]

    async def _canceled(self, order: Order) -> Sequence[Report]:
        try:
            return await self._send_cancel(order)
        except (VenueError, TradedeckError, KeyError, TypeError, ValueError) as error:
            reason = error.reason if isinstance(error, VenueError) else str(error)
            if not isinstance(error, VenueError) or error.outcome is Outcome.UNKNOWN:
                reason = f"the venue did not answer the cancel ({reason}); cancel again if it still works"
            return [CancelRejected(order.client_order_id, order.updated_ns, reason)]

    def _check(self, order: Order) -> None:
        """Refuse here what the venue can't take; what it may take or not, like a balance, it judges itself.

        Raises:
            RefusedError: why not.
        """
        refusal = self.capabilities.refusal(order)
        if refusal:
            raise RefusedError(refusal, code="venue.incapable")
        instrument = self._instruments.get(order.symbol)
        if instrument is not None:
            instrument.check_size(order.size)
            if order.price is not None:
                instrument.check_price(order.price)
            if order.stop_price is not None:
                instrument.check_price(order.stop_price, "stop price")

    @abstractmethod
    def _send_order(self, order: Order) -> Awaitable[Sequence[Report]]:
        """Send it, once; what can't be sent is refused before the first await."""

    @abstractmethod
    async def _send_cancel(self, order: Order) -> Sequence[Report]:
        """Ask for the end of it, once."""

    # Questions

    async def instruments(self) -> Sequence[Instrument]:
        """Every instrument that trades, with this account's fees."""
        return list(self._instruments.values())

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
        rows = await self._public("klines", symbol=symbol, interval=interval, limit=wanted)
        return messages.bars(rows, symbol, timeframe_ns, await self.server_time_ns())[-limit:]

    async def server_time_ns(self) -> int:
        """The venue's clock."""
        return int((await self._public("time"))["serverTime"]) * messages.MS_NS

    def budgets(self) -> Sequence[Budget]:
        """The rate budgets as last told; connections of one address and account share them."""
        return self._api.budget.budgets()

    async def look_up(self, order: Order) -> Finding:
        """Ask order, open orders and all orders, then the fills.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        record = await self._record(order)
        return Finding(False, ()) if record is None else await self._found(record, order)

    async def _record(self, order: Order) -> Json | None:
        """The venue's record of the order, from the first of its lists that knows it."""
        asked = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        try:
            return await self._api.signed("GET", f"{self.api}/order", asked)
        except VenueError as error:
            if error.outcome is not Outcome.MISSING:
                raise error.as_error() from error
        rows: list[Json] = await self._signed("openOrders", symbol=order.symbol)
        rows += await self._signed("allOrders", symbol=order.symbol, limit=MAX_ROWS)
        return next((row for row in rows if row["clientOrderId"] == order.client_order_id), None)

    async def _found(self, record: Json, order: Order) -> Finding:
        trades: list[Json] = []
        executed = messages.exact(record["executedQty"])
        if executed:
            trades = await self._trades_of(record)
            if messages.traded_size(trades) != executed:
                raise UnavailableError("the venue's fills and its order do not agree yet", code="venue.behind")
        return Finding(True, self._reports_of(record, trades, order))

    @abstractmethod
    async def _trades_of(self, record: Json) -> list[Json]:
        """Every fill of one order."""

    @abstractmethod
    def _reports_of(self, record: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
        """What the venue's records of an order say."""

    @abstractmethod
    def _trades_asked(self, symbol: str, **params: str | int) -> Pages:
        """Asks for a page of the account's fills on `symbol`, with more parameters."""

    # Inside

    @property
    def _api(self) -> Rest:
        if self._rest is None:
            raise UnavailableError("not connected to the venue; wait a moment", code="venue.not_connected")
        return self._rest

    def _instrument(self, symbol: str) -> Instrument:
        try:
            return self._instruments[symbol]
        except KeyError:
            raise RefusedError(f"{self.name} does not list {symbol}; check the symbol", code="symbol.unknown") from None

    async def _public(self, path: str, **params: str | int) -> Any:
        return await ask(self._api.public(f"{self.api}/{path}", **params))

    async def _signed(self, path: str, **params: str | int) -> Any:
        return await ask(self._api.signed("GET", f"{self.api}/{path}", params))

    async def _order(self, method: str, path: str, **params: str | int) -> Any:
        return await ask(self._api.signed(method, f"{self.api}/{path}", params))

    def _market_stream(self, name: str, url: str, symbols: Iterable[str], kinds: Iterable[str]) -> Stream:
        names = [f"{symbol.lower()}@{kind}" for symbol in symbols for kind in kinds]
        subscribe = {"method": "SUBSCRIBE", "params": names, "id": 1}
        return Stream(name, fixed(url), lambda: subscribe, {"method": "LIST_SUBSCRIPTIONS", "id": 2})

    def _watch_gaps(self, raw: Json) -> None:
        """A venue counts its trades one by one: a number left out is something that we were not told."""
        generation, symbol, number = self.health().generation, str(raw["s"]), int(raw["t"])
        known_generation, newest = self._newest_trade.get(symbol, (generation, number))
        if generation == known_generation and number > newest + 1 and self._streams is not None:
            self._streams.mark_gap(f"trades {newest + 1} to {number - 1} of {symbol}")
            generation += 1
        self._newest_trade[symbol] = (generation, number)

    @abstractmethod
    async def _load_instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        """Ask for them, and for the account's fees on `symbols`; tell the budget its limits."""

    @abstractmethod
    def _wanted_streams(self, symbols: Sequence[str]) -> list[Stream]:
        """Market news of `symbols`, and with a key the account's."""

    @abstractmethod
    def _take(self, raw: Json) -> None:
        """A message of a stream."""

    async def _disconnect(self) -> None:
        streams, rest, self._streams, self._rest = self._streams, self._rest, None, None
        if streams is not None:
            await streams.stop()
        if rest is not None:
            await rest.close()


Pages = Callable[..., Awaitable[list[Json]]]
"""Asks for one page with parameters of its own, oldest row first; rows have `id` and `time`."""


async def all_pages(page: Pages, *, first: Mapping[str, int]) -> list[Json]:
    """The rows of `first` and every later one, by id."""
    found: dict[int, Json] = {}
    rows = await page(**first)
    while rows:
        found |= {int(row["id"]): row for row in rows}
        if len(rows) < MAX_ROWS:
            break
        rows = await page(fromId=max(found) + 1)
    return [found[number] for number in sorted(found)]


async def pages_since(page: Pages, since_ms: int, window_ms: int) -> list[Json]:
    """Every row since then. The venue answers a start with what lies within `window_ms` of it and no more."""
    start_ms = since_ms
    rows = await page(startTime=start_ms)
    if not rows:
        newest = [row for row in await page() if row["time"] >= since_ms]
        if len(newest) < MAX_ROWS:
            return newest
        while not rows and start_ms < newest[0]["time"]:
            start_ms += window_ms
            rows = await page(startTime=start_ms)
        if not rows:
            return newest
    first_id = int(rows[-1]["id"]) + 1
    later = await all_pages(page, first={"fromId": first_id})
    return [*rows, *(row for row in later if int(row["id"]) >= first_id)]


async def ask(question: Awaitable[Any]) -> Any:
    """The answer, or one of our errors."""
    try:
        return await question
    except VenueError as error:
        raise error.as_error() from error


def not_placed(order: Order, error: VenueError) -> Rejected | Unknown:
    """What an error means for an order that was sent."""
    if error.outcome is Outcome.UNKNOWN:
        return Unknown(order.client_order_id, order.updated_ns, error.reason)
    return Rejected(order.client_order_id, order.updated_ns, error.reason, str(error.code))


def fixed(address: str) -> Callable[[], Awaitable[str]]:
    """An address that is always the same."""

    async def always() -> str:
        await asyncio.sleep(0)
        return address

    return always
