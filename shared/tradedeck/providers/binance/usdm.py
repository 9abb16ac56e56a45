"""Binance USD-M perpetuals, as a feed, a broker and something to ask."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from decimal import Decimal

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.domain.events import Canceled, Report
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import exact, text
from tradedeck.domain.order import Order, OrderType, TimeInForce
from tradedeck.ports.account import Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.providers.binance import messages
from tradedeck.providers.binance import perpetual_messages as perpetuals
from tradedeck.providers.binance.connection import MAX_ROWS, Connection, Json, Pages, ask, pages_since
from tradedeck.providers.binance.outcomes import Outcome, VenueError
from tradedeck.providers.binance.rest import Rest
from tradedeck.providers.binance.streams import Stream

log = logging.getLogger(__name__)

LIST_PRICE = FeeSchedule(exact("0.0002"), exact("0.0005"))
"""The venue's list price, for a connection without a key and symbols that are not followed."""
RENEW_S = 20 * 60.0
"""How often the account's stream is renewed; the venue ends it after an hour without."""
FUNDING_TRIES = 5
FUNDING_PAUSE_S = 2.0
"""The venue writes a funding down some seconds after it was due."""
MAX_NAMES = 10_000
"""Orders that conditional ones became, remembered by number; beyond, the oldest goes and is asked for again."""
RIGHTS_HOST = "https://api.binance.com"
"""A key's rights are told by spot's address."""
UNCHANGED = -4046
_WEEK_MS = 7 * 86_400_000
_PUBLIC, _MARKET = ("trade",), ("kline_1m", "markPrice@1s")


class BinanceUsdm(Connection):
    """One account at Binance USD-M, one-way positions. `url` points at a server that speaks its wire.

    Stops are conditional orders, which the venue keeps apart: such an order has a number of its own, and becomes an
    order with another number when it triggers. Both are told under the one client id.
    """

    name = "binance-usdm"
    capabilities = Capabilities(
        order_types=frozenset(OrderType),
        times_in_force=frozenset(TimeInForce),
        client_id_length=36,
        reduce_only=True,
        amend=True,
        dead_man_s=(1.0, 3_600.0),
        settles_s=5.0,
        leverage=True,
        margin_modes=frozenset(MarginMode),
    )
    hosts = ("https://fapi.binance.com", "wss://fstream.binance.com")
    api = "/fapi/v1"
    kinds = (*_PUBLIC, *_MARKET)

    def __init__(self, key: str, secret: str, *, url: str = "") -> None:
        super().__init__(key, secret, url=url)
        self._rights_base = self._hosts[0] if url else RIGHTS_HOST
        self._names: OrderedDict[int, str] = OrderedDict()
        self._fundings = perpetuals.FundingClock()
        self._asking: set[asyncio.Task[None]] = set()

    # Orders

    def _send_order(self, order: Order) -> Awaitable[Sequence[Report]]:
        params = perpetuals.order_params(order)
        post = self._post if order.stop_price is None else self._post_conditional
        return post(self._api, order, params)

    async def _post(self, api: Rest, order: Order, params: dict[str, str]) -> Sequence[Report]:
        raw = await api.signed("POST", f"{self.api}/order", params)
        trades: list[Json] = []
        if exact(raw["executedQty"]):
            # The answer has no fills. Without an answer to this either, the account's stream tells them.
            try:
                trades = await self._trades_asked(order.symbol, orderId=raw["orderId"])()
            except TradedeckError as error:
                log.info("binance.fills_not_told", extra={"reason": error.message})
        return perpetuals.placed(raw, trades, order)

    async def _post_conditional(self, api: Rest, order: Order, params: dict[str, str]) -> Sequence[Report]:
        raw = await api.signed("POST", f"{self.api}/algoOrder", params)
        return [perpetuals.conditional_accepted(raw, order)]

    async def _send_cancel(self, order: Order) -> Sequence[Report]:
        asked: dict[str, str | int] = {"symbol": order.symbol, "origClientOrderId": order.client_order_id}
        if order.stop_price is not None:
            record = await self._conditional(order)
            number = perpetuals.became(record) if record is not None else 0
            if not number:
                await self._api.signed("DELETE", f"{self.api}/algoOrder", {"clientAlgoId": order.client_order_id})
                return [Canceled(order.client_order_id, order.updated_ns)]
            asked = {"symbol": order.symbol, "orderId": number}
        raw = await self._api.signed("DELETE", f"{self.api}/order", asked)
        if exact(raw["executedQty"]):
            # The stream may have missed fills, and nobody looks an order up that has ended.
            return (await self.look_up(order)).reports
        return messages.ended(raw, order, raw["updateTime"] * messages.MS_NS)

    async def amend(self, order: Order, *, size: Decimal, price: Decimal) -> None:
        """Change a working limit order, which keeps its number; once, and the account's stream tells.

        Raises:
            RefusedError: the venue says no, and the order works on as it was.
            UnavailableError: no clear answer; it may have been changed.
        """
        instrument = self._instrument(order.symbol)
        instrument.check_price(price)
        instrument.check_size(size)
        await self._order(
            "PUT",
            "order",
            symbol=order.symbol,
            side=order.side.upper(),
            origClientOrderId=order.client_order_id,
            quantity=text(size),
            price=text(price),
        )

    async def cancel_all(self, symbol: str) -> None:
        """Cancel every order on `symbol`, ours or not: one request for plain orders, one for conditional ones."""
        for path in ("allOpenOrders", "algoOpenOrders"):
            try:
                await self._api.signed("DELETE", f"{self.api}/{path}", {"symbol": symbol})
            except VenueError as error:
                # Nothing works there: just what was asked for.
                if error.outcome is not Outcome.MISSING:
                    raise error.as_error() from error

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        """Have the venue cancel everything on `symbols` unless called again within `seconds`; 0 disarms."""
        assert self.capabilities.dead_man_s is not None
        shortest, longest = self.capabilities.dead_man_s
        if seconds and not shortest <= seconds <= longest:
            raise RefusedError(f"the venue waits {shortest:g} to {longest:g} s; choose within", code="venue.dead_man")
        for symbol in symbols:
            await self._order("POST", "countdownCancelAll", symbol=symbol, countdownTime=round(seconds * 1_000))

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        """Set what new positions on `symbol` are backed with."""
        wished = "CROSSED" if mode is MarginMode.CROSS else "ISOLATED"
        try:
            await self._api.signed("POST", f"{self.api}/marginType", {"symbol": symbol, "marginType": wished})
        except VenueError as error:
            if error.code != UNCHANGED:
                raise error.as_error() from error
        await self._order("POST", "leverage", symbol=symbol, leverage=leverage)

    # Questions

    async def balances(self) -> Sequence[Balance]:
        """What the account's wallets hold, without what open positions have gained."""
        return perpetuals.balances(await ask(self._api.signed("GET", "/fapi/v3/account", {})))

    async def holdings(self) -> Sequence[Holding]:
        """Every open position."""
        return perpetuals.holdings(await ask(self._api.signed("GET", "/fapi/v3/positionRisk", {})))

    async def open_orders(self) -> Sequence[Order]:
        """Every order working on the account, ours or not, with the conditional ones that wait."""
        plain, waiting = await self._signed("openOrders"), await self._signed("openAlgoOrders")
        orders = [perpetuals.order_of(row) for row in plain]
        return [*orders, *(perpetuals.conditional_order_of(row) for row in waiting)]

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        return [order.client_order_id for order in await self.open_orders()]

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        """Every fill on `symbol` since then, oldest first, all pages; the client id where it was a conditional one."""
        rows = await pages_since(self._trades_asked(symbol), since_ns // messages.MS_NS, _WEEK_MS)
        if any(int(row["orderId"]) not in self._names for row in rows):
            for record in await self._signed("allAlgoOrders", symbol=symbol, limit=MAX_ROWS):
                self._remember(perpetuals.became(record), record["clientAlgoId"])
        return [perpetuals.account_fill(row, self._names.get(int(row["orderId"]), "")) for row in rows]

    async def key_rights(self) -> KeyRights:
        """What the key may do."""
        rest = Rest(self._rights_base, self._signer)
        try:
            raw = await ask(rest.signed("GET", "/sapi/v1/account/apiRestrictions", {}))
        finally:
            await rest.close()
        return messages.key_rights(raw, "enableFutures")

    async def look_up(self, order: Order) -> Finding:
        """Ask order, open orders and all orders, then the fills; of a stop the conditional order first.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        if order.stop_price is None:
            return await super().look_up(order)
        record = await self._conditional(order)
        if record is None:
            return Finding(False, ())
        accepted, number = perpetuals.conditional_accepted(record, order), perpetuals.became(record)
        if not number:
            return Finding(True, (accepted, *perpetuals.conditional_ended(record, order)))
        self._remember(number, order.client_order_id)
        found = await self._found(await self._signed("order", symbol=order.symbol, orderId=number), order)
        return Finding(True, (accepted, *found.reports[1:]))

    async def _conditional(self, order: Order) -> Json | None:
        """The venue's record of a conditional order, from the first of its lists that knows it."""
        try:
            return await self._api.signed("GET", f"{self.api}/algoOrder", {"clientAlgoId": order.client_order_id})
        except VenueError as error:
            if error.outcome is not Outcome.MISSING:
                raise error.as_error() from error
        rows: list[Json] = await self._signed("openAlgoOrders", symbol=order.symbol)
        rows += await self._signed("allAlgoOrders", symbol=order.symbol, limit=MAX_ROWS)
        return next((row for row in rows if row["clientAlgoId"] == order.client_order_id), None)

    async def _trades_of(self, record: Json) -> list[Json]:
        page = self._trades_asked(record["symbol"], orderId=record["orderId"])
        rows = await page()
        if len(rows) < MAX_ROWS:
            return rows
        # The venue can't turn the pages of one order: take those of the symbol since then.
        rows = await pages_since(self._trades_asked(record["symbol"]), record["time"], _WEEK_MS)
        return [row for row in rows if row["orderId"] == record["orderId"]]

    def _reports_of(self, record: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
        return perpetuals.found(record, trades, order)

    def _trades_asked(self, symbol: str, **params: str | int) -> Pages:
        async def page(**more: int) -> list[Json]:
            return await self._signed("userTrades", symbol=symbol, limit=MAX_ROWS, **params, **more)

        return page

    # Inside

    async def _load_instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        info = await self._public("exchangeInfo")
        self._api.budget.learn(info.get("rateLimits") or ())
        if self._signer.key and (await self._signed("positionSide/dual"))["dualSidePosition"]:
            raise RefusedError(
                "this account holds long and short side by side; set it to one-way positions at the venue",
                code="venue.hedged",
            )
        listed = {row["symbol"] for row in info["symbols"]}
        fees: dict[str, FeeSchedule] = {}
        for symbol in (symbol for symbol in symbols if self._signer.key and symbol in listed):
            fees[symbol] = perpetuals.fees(await self._signed("commissionRate", symbol=symbol))
        return perpetuals.instruments(info, fees, LIST_PRICE, self.name)

    def _wanted_streams(self, symbols: Sequence[str]) -> list[Stream]:
        base = self._hosts[1]
        streams = [
            self._market_stream("public", f"{base}/public/ws", symbols, _PUBLIC),
            self._market_stream("market", f"{base}/market/ws", symbols, _MARKET),
        ]
        if self._signer.key:
            streams.append(Stream("account", self._account_address, upkeep=self._renew, upkeep_s=RENEW_S))
        return streams

    async def _account_address(self) -> str:
        key = (await self._api.keyed("POST", f"{self.api}/listenKey"))["listenKey"]
        return f"{self._hosts[1]}/private/ws?listenKey={key}"

    async def _renew(self) -> None:
        await self._api.keyed("PUT", f"{self.api}/listenKey")

    def _take(self, raw: Json) -> None:
        match raw.get("e"):
            case "ORDER_TRADE_UPDATE":
                self._mailbox.put(perpetuals.reports_of(raw, self._names))
            case "ALGO_UPDATE":
                self._remember(perpetuals.became(raw["o"]), raw["o"]["caid"])
                self._mailbox.put(perpetuals.conditional_reports(raw))
            case "markPriceUpdate":
                due_ms = self._fundings.passed(raw)
                if due_ms:
                    self._ask_funding(raw["s"], due_ms)
            case _:
                self._mailbox.put(perpetuals.market_events(raw))

    def _remember(self, number: int, client_order_id: str) -> None:
        if number:
            self._names[number] = client_order_id
            while len(self._names) > MAX_NAMES:
                self._names.popitem(last=False)

    def _ask_funding(self, symbol: str, due_ms: int) -> None:
        task = asyncio.create_task(self._tell_funding(symbol, due_ms), name=f"funding of {symbol}")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _tell_funding(self, symbol: str, due_ms: int) -> None:
        """What was charged is asked for: the rate in the mark prices is an estimate until then."""
        for _ in range(FUNDING_TRIES):
            rows: list[Json] = []
            with suppress(TradedeckError):
                rows = await self._public("fundingRate", symbol=symbol, startTime=due_ms, limit=MAX_ROWS)
            if rows:
                self._mailbox.put(perpetuals.funding_rates(rows))
                return
            await asyncio.sleep(FUNDING_PAUSE_S)
        log.warning("binance.funding_not_told", extra={"symbol": symbol, "due_ms": due_ms})

    async def _disconnect(self) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await super()._disconnect()
