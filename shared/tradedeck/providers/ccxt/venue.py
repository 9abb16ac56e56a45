"""Binance spot through ccxt.pro, as a feed, a broker and something to ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.events import CancelRejected, Command, Event, Place, Rejected, Report, Unknown
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import exact, text
from tradedeck.domain.order import Order
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.ports.health import Health
from tradedeck.providers.ccxt import account, messages
from tradedeck.providers.ccxt.library import load_library, open_exchange, open_session
from tradedeck.providers.ccxt.mailbox import Mailbox
from tradedeck.providers.ccxt.outcomes import Outcome, as_error, code_of, is_missing, outcome_of, reason_of
from tradedeck.providers.ccxt.streams import Streams
from tradedeck.providers.ccxt.table import VENUES, capabilities_of

CONNECT_S = 15.0
"""How long the streams may take to start."""
CLOCK_CODE = -1021
MAX_ROWS = 1_000
"""Most rows asked for at once: candles, orders, fills."""

Json = Mapping[str, Any]


class CcxtVenue:
    """One account at Binance spot. `url` points at a server that speaks its wire; "" is the real venue."""

    name = "binance"

    def __init__(self, key: str, secret: str, *, url: str = "") -> None:
        self._key = key
        self._secret = secret
        self._url = url
        self._mailbox = Mailbox()
        self._session: Any = None
        self._exchange: Any = None
        self._streams: Streams | None = None
        self._instruments: dict[str, Instrument] = {}

    async def connect(self, symbols: Sequence[str]) -> None:
        """Load instruments and start the streams of `symbols`; returns once they are subscribed.

        Raises:
            UnavailableError: the venue can't be reached.
            UnauthenticatedError: it does not accept the key.
            RefusedError: it does not list a symbol, or ccxt is not installed.
        """
        await self._disconnect()
        library = await asyncio.to_thread(load_library)
        self._session = open_session()
        self._exchange = open_exchange(library, self._session, self._key, self._secret, self._url)
        try:
            await self._ask(self._exchange.load_markets())
            fees = messages.fees_of(await self._ask(self._exchange.private_get_account()))
            self._instruments = self._listed(fees)
            self._streams = Streams(self._exchange, [self._unified(s) for s in symbols], self._take)
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
            self._check(order)
        except RefusedError as error:
            self._mailbox.put(Rejected(order.client_order_id, order.updated_ns, error.message, error.code))
            return
        try:
            placed = await self._exchange.create_order(
                self._unified(order.symbol),
                "limit" if order.type.has_price else "market",
                order.side.value,
                text(order.size),
                None if order.price is None else text(order.price),
                messages.order_request(order),
            )
        except Exception as error:
            self._mailbox.put(_not_placed(order, error))
            await self._set_clock(error)
            return
        try:
            reports = messages.placed_reports(placed["info"], order)
        except Exception as error:
            # The venue has answered: whatever can't be read in it, the order may be there.
            reports = [Unknown(order.client_order_id, order.updated_ns, f"a garbled answer: {error!r}")]
        for report in reports:
            self._mailbox.put(report)

    def _check(self, order: Order) -> None:
        """Refuse what the venue can't take; and a price between ticks, which ccxt would round either way."""
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

    async def _cancel(self, order: Order) -> None:
        try:
            canceled = await self._exchange.cancel_order(
                order.venue_order_id,
                self._unified(order.symbol),
                {"origClientOrderId": order.client_order_id},
            )
            reports: Sequence[Report] = messages.canceled_reports(canceled["info"], order)
            if exact(canceled["info"]["executedQty"]):
                # The stream may have missed fills, and nobody looks an order up that has ended.
                reports = (await self.look_up(order)).reports
        except Exception as error:
            reason = reason_of(error)
            if outcome_of(error) is Outcome.UNKNOWN:
                reason = f"the venue did not answer the cancel ({reason}); cancel again if it still works"
            self._mailbox.put(CancelRejected(order.client_order_id, order.updated_ns, reason))
            return
        for report in reports:
            self._mailbox.put(report)

    async def _set_clock(self, error: Exception) -> None:
        """After a refusal because of the time, compare clocks again."""
        if code_of(error) == CLOCK_CODE or type(error).__name__ == "InvalidNonce":
            with suppress(Exception):
                await self._exchange.load_time_difference()

    async def cancel_all(self, symbol: str) -> None:
        """Cancel every order on `symbol`, ours or not, in one request."""
        try:
            await self._exchange.cancel_all_orders(self._unified(symbol))
        except Exception as error:
            # Nothing works there: just what was asked for.
            if not is_missing(error):
                raise as_error(error) from error

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        """Always refused: spot has no such switch.

        Raises:
            RefusedError: always.
        """
        raise RefusedError(
            "Binance spot can't cancel by itself when we fall silent; give orders a stop, or trade where it can",
            code="venue.no_dead_man",
        )

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        """Always refused: spot is paid in full.

        Raises:
            RefusedError: always.
        """
        raise RefusedError("a spot market has no leverage; choose a perpetual", code="venue.no_leverage")

    # Questions

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do, by our own table."""
        return capabilities_of(self.name)

    async def open_orders(self) -> Sequence[Order]:
        """Every order working on the account, ours or not."""
        rows: list[Json] = await self._ask(self._exchange.fetch_open_orders())
        return [account.order_of(row, self._symbol(row)) for row in rows]

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        """Every fill on `symbol` since then, oldest first, all pages."""
        unified = self._unified(symbol)

        async def page(since_ms: int) -> list[Json]:
            return await self._ask(self._exchange.fetch_my_trades(unified, since_ms, MAX_ROWS))

        rows = await account.fills_since(page, since_ns // 1_000_000)
        return [account.fill_of(row, symbol) for row in rows]

    async def holdings(self) -> Sequence[Holding]:
        """Open positions: none on spot."""
        if not self.capabilities.leverage:
            return ()
        rows: list[Json] = await self._ask(self._exchange.fetch_positions())
        return [account.holding_of(row, self._symbol(row)) for row in rows]

    async def key_rights(self) -> KeyRights:
        """What the key may do."""
        ask_rights = getattr(self._exchange, VENUES[self.name].rights)
        return account.key_rights_of(await self._ask(ask_rights()))

    def budgets(self) -> Sequence[Budget]:
        """The weight as last told."""
        return account.budgets_of(getattr(self._exchange, "last_response_headers", None))

    async def instruments(self) -> Sequence[Instrument]:
        """Every spot instrument that trades, with this account's fees."""
        return list(self._instruments.values())

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        """The last closed bars, oldest first, at most `limit`.

        Raises:
            RefusedError: the venue has no bars of this length.
            UnavailableError: no answer.
        """
        frames = {messages.timeframe_of(i): i for i in self._exchange.timeframes if i[-1] in "mhdw"}
        interval = frames.get(timeframe_ns)
        if interval is None:
            raise RefusedError(f"{self.name} has no bars of {timeframe_ns / 1e9:g} s", code="venue.timeframe")
        # One more than asked for, because the newest is usually still open.
        wanted = {"symbol": symbol, "interval": interval, "limit": min(limit + 1, MAX_ROWS)}
        rows = await self._ask(self._exchange.public_get_klines(wanted))
        return messages.bars_of(rows, symbol, timeframe_ns, await self.server_time_ns())[-limit:]

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        return messages.balances_of(await self._ask(self._exchange.private_get_account()))

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        rows: list[Json] = await self._ask(self._exchange.private_get_openorders())
        return [row["clientOrderId"] for row in rows]

    async def server_time_ns(self) -> int:
        """The venue's clock."""
        return int((await self._ask(self._exchange.public_get_time()))["serverTime"]) * 1_000_000

    async def look_up(self, order: Order) -> Finding:
        """Ask order, open orders and all orders, then the fills.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        record = await self._record(order)
        if record is None:
            return Finding(False, ())
        trades: list[Json] = []
        if exact(record["executedQty"]):
            asked = {"symbol": order.symbol, "orderId": record["orderId"], "limit": MAX_ROWS}
            trades = await self._ask(self._exchange.private_get_mytrades(asked))
            if messages.traded_size(trades) != exact(record["executedQty"]):
                raise UnavailableError("the venue's fills and its order do not agree yet", code="venue.behind")
        return Finding(True, messages.found_reports(record, trades, order))

    async def _record(self, order: Order) -> Json | None:
        """The venue's record of the order, from the first of its lists that knows it."""
        asked = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        try:
            return await self._exchange.private_get_order(asked)
        except Exception as error:
            if not is_missing(error):
                raise _unclear(error) from error
        rows: list[Json] = await self._ask(self._exchange.private_get_openorders({"symbol": order.symbol}))
        rows += await self._ask(self._exchange.private_get_allorders({"symbol": order.symbol, "limit": MAX_ROWS}))
        return next((row for row in rows if row["clientOrderId"] == order.client_order_id), None)

    async def _ask(self, question: Awaitable[Any]) -> Any:
        try:
            return await question
        except Exception as error:
            raise as_error(error) from error

    # Inside

    def _take(self, raw: Json) -> None:
        if raw.get("e") == "executionReport":
            for report in messages.reports_of(raw):
                self._mailbox.put(report)
            return
        event = messages.market_event_of(raw)
        if event is not None:
            self._mailbox.put(event)

    def _listed(self, fees: FeeSchedule) -> dict[str, Instrument]:
        found = [
            messages.instrument_of(market["info"], fees, self.name)
            for market in self._exchange.markets.values()
            if market["spot"]
        ]
        return {instrument.symbol: instrument for instrument in found if instrument is not None}

    def _symbol(self, row: Json) -> str:
        return self._exchange.markets[row["symbol"]]["id"]

    def _unified(self, symbol: str) -> str:
        found = self._exchange.markets_by_id.get(symbol)
        if not found:
            raise RefusedError(f"{self.name} does not list {symbol}; check the symbol", code="symbol.unknown")
        return found[0]["symbol"]

    async def _disconnect(self) -> None:
        streams, exchange, session = self._streams, self._exchange, self._session
        self._exchange = self._session = None
        if streams is not None:
            await streams.stop()
        if exchange is not None:
            await exchange.close()
        if session is not None:
            await session.close()


def _not_placed(order: Order, error: Exception) -> Rejected | Unknown:
    reason, code = reason_of(error), code_of(error)
    if outcome_of(error) is Outcome.UNKNOWN:
        return Unknown(order.client_order_id, order.updated_ns, reason)
    return Rejected(order.client_order_id, order.updated_ns, reason, str(code or type(error).__name__))


def _unclear(error: Exception) -> UnavailableError:
    return UnavailableError(f"the venue gave no clear answer: {reason_of(error)}", code="venue.no_answer")
