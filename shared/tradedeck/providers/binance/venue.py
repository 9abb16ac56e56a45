"""Binance spot, as a feed, a broker and something to ask."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Report
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import exact
from tradedeck.domain.order import Order, OrderType, TimeInForce
from tradedeck.ports.account import Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.providers.binance import messages
from tradedeck.providers.binance.connection import MAX_ROWS, Connection, Json, Pages, all_pages, ask, fixed, pages_since
from tradedeck.providers.binance.outcomes import Outcome, VenueError
from tradedeck.providers.binance.rest import Rest
from tradedeck.providers.binance.streams import Stream

PUBLIC_FEES = FeeSchedule(exact("0.001"), exact("0.001"))
"""The venue's list price, for a connection without a key."""
_DAY_MS = 86_400_000
_CAPABILITIES = Capabilities(
    order_types=frozenset(OrderType),
    times_in_force=frozenset(TimeInForce),
    client_id_length=36,
    settles_s=5.0,
)


class BinanceVenue(Connection):
    """One account at Binance spot. `url` points at a server that speaks its wire; "" is the real venue."""

    name = "binance"
    capabilities = _CAPABILITIES
    hosts = ("https://api.binance.com", "wss://stream.binance.com:9443", "wss://ws-api.binance.com:443")
    api = "/api/v3"
    kinds = ("trade", "kline_1m")

    # Orders

    def _send_order(self, order: Order) -> Awaitable[Sequence[Report]]:
        return self._post(self._api, order, messages.order_params(order))

    async def _post(self, api: Rest, order: Order, params: dict[str, str]) -> Sequence[Report]:
        return messages.placed(await api.signed("POST", f"{self.api}/order", params), order)

    async def _send_cancel(self, order: Order) -> Sequence[Report]:
        asked = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        raw = await self._api.signed("DELETE", f"{self.api}/order", asked)
        if exact(raw["executedQty"]):
            # The stream may have missed fills, and nobody looks an order up that has ended.
            return (await self.look_up(order)).reports
        return messages.ended(raw, order, raw["transactTime"] * messages.MS_NS)

    async def cancel_all(self, symbol: str) -> None:
        """Cancel every order on `symbol`, ours or not, in one request."""
        try:
            await self._api.signed("DELETE", f"{self.api}/openOrders", {"symbol": symbol})
        except VenueError as error:
            # Nothing works there: just what was asked for.
            if error.outcome is not Outcome.MISSING:
                raise error.as_error() from error

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

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        return messages.balances(await self._signed("account"))

    async def open_orders(self) -> Sequence[Order]:
        """Every order working on the account, ours or not."""
        return [messages.order_of(row) for row in await self._signed("openOrders")]

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        return [row["clientOrderId"] for row in await self._signed("openOrders")]

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        """Every fill on `symbol` since then, oldest first, all pages; the venue does not say by which client id."""
        rows = await pages_since(self._trades_asked(symbol), since_ns // messages.MS_NS, _DAY_MS)
        return [messages.account_fill(row) for row in rows]

    async def holdings(self) -> Sequence[Holding]:
        """None: a spot account has balances and no positions."""
        return ()

    async def key_rights(self) -> KeyRights:
        """What the key may do."""
        raw = await ask(self._api.signed("GET", "/sapi/v1/account/apiRestrictions", {}))
        return messages.key_rights(raw, "enableSpotAndMarginTrading")

    async def _trades_of(self, record: Json) -> list[Json]:
        return await all_pages(self._trades_asked(record["symbol"], orderId=record["orderId"]), first={"fromId": 0})

    def _reports_of(self, record: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
        return messages.found(record, trades, order)

    def _trades_asked(self, symbol: str, **params: str | int) -> Pages:
        async def page(**more: int) -> list[Json]:
            return await self._signed("myTrades", symbol=symbol, limit=MAX_ROWS, **params, **more)

        return page

    # Inside

    async def _load_instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        fees = messages.fees(await self._signed("account")) if self._signer.key else PUBLIC_FEES
        info = await self._public("exchangeInfo")
        self._api.budget.learn(info.get("rateLimits") or ())
        return messages.instruments(info, fees, self.name)

    def _wanted_streams(self, symbols: Sequence[str]) -> list[Stream]:
        streams = [self._market_stream("market", f"{self._hosts[1]}/stream", symbols, self.kinds)]
        if self._signer.key:
            address = fixed(f"{self._hosts[2]}/ws-api/v3")
            streams.append(Stream("account", address, self._account_hello, {"id": "alive", "method": "ping"}))
        return streams

    def _account_hello(self) -> Json:
        params = {"apiKey": self._signer.key, **self._signer.stamp()}
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        signed = {**params, "signature": self._signer.sign(payload)}
        return {"id": "account", "method": "userDataStream.subscribe.signature", "params": signed}

    def _take(self, raw: Json) -> None:
        if raw.get("e") == "trade":
            self._watch_gaps(raw)
        self._mailbox.put(messages.events_of(raw))
