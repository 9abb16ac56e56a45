"""Delta Exchange as something to ask: the market, the account, and one order of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import NotFoundError, RefusedError, UnavailableError
from tradedeck.domain.events import Filled
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.order import Order
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.broker import Balance, Finding
from tradedeck.ports.capabilities import Capabilities, MarginMode
from tradedeck.providers.delta import messages, orders
from tradedeck.providers.delta.fills import Names
from tradedeck.providers.delta.outcomes import Outcome, VenueError
from tradedeck.providers.delta.quota import Quota
from tradedeck.providers.delta.rest import Rest
from tradedeck.providers.delta.signer import Signer

PAGE = 50
"""Most rows the venue gives at once of history and fills."""
MAX_PAGES = 200
"""Pages read at most; an account with more is asked for a shorter time."""
HISTORY_PAGES = 4
"""Pages of ended orders read for one that neither the query nor the open orders know."""
MAX_BARS = 2_000
"""Most candles the venue gives at once."""
HEARTBEAT_ID = "tradedeck"
"""The venue's name for our dead-man switch."""
_ORDERS, _HISTORY, _FILLS = "/v2/orders", "/v2/orders/history", "/v2/fills"

Json = Mapping[str, Any]


class DeltaAccount:
    """What can be asked over REST. `DeltaVenue` adds the connection and the orders."""

    name = "delta"

    def __init__(self, signer: Signer, quota: Quota) -> None:
        self._signer = signer
        self._quota = quota
        self._rest: Rest | None = None
        self._instruments: dict[str, Instrument] = {}
        self._left_out: dict[str, str] = {}
        self._names = Names()
        self._guarded: frozenset[str] = frozenset()

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do."""
        return orders.CAPABILITIES

    @property
    def left_out(self) -> Mapping[str, str]:
        """What the venue lists and we do not trade, by symbol, with the reason."""
        return self._left_out

    # The market

    async def instruments(self) -> Sequence[Instrument]:
        """Every linear perpetual that trades."""
        return list(self._instruments.values())

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        """The last closed bars, oldest first, at most `limit`.

        Raises:
            RefusedError: the venue has no bars of this length.
            UnavailableError: no answer.
        """
        now_ns = await self.server_time_ns()
        # One more than asked for, because the newest is usually still open.
        start_ns = now_ns - (min(limit, MAX_BARS - 1) + 1) * timeframe_ns
        return (await self._bars_between(symbol, timeframe_ns, start_ns, now_ns))[-limit:]

    async def server_time_ns(self) -> int:
        """The venue's clock."""
        return int((await ask(self._api.public("/v2/settings")))["server_time"]) * messages.US_NS

    # The account

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        return messages.balances(await ask(self._api.ask("/v2/wallet/balances")))

    async def open_orders(self) -> Sequence[Order]:
        """Every order working on the account, ours or not; those on contracts that we do not trade are left out."""
        found: list[Order] = []
        for row in await self._open_rows():
            instrument = self._instruments.get(row["product_symbol"])
            if instrument is not None:
                found.append(orders.open_order(row, instrument))
        return found

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        return [str(row.get("client_order_id") or "") for row in await self._open_rows()]

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        """Every fill on `symbol` since then, oldest first, all pages."""
        instrument = self._instrument(symbol)
        rows = await self._rows(
            _FILLS, {"product_ids": instrument.venue_id, "start_time": since_ns // messages.US_NS}, MAX_PAGES
        )
        found = [await self._venue_fill(row, instrument) for row in rows]
        return sorted((one for one in found if one.fill.time_ns >= since_ns), key=lambda one: one.fill.order_key)

    async def holdings(self) -> Sequence[Holding]:
        """Every open position in what we trade."""
        found: list[Holding] = []
        for row in await ask(self._api.ask("/v2/positions/margined")):
            instrument = self._instruments.get(row["product_symbol"])
            if instrument is None or not exact(row["size"]):
                continue
            ticker = await ask(self._api.public(f"/v2/tickers/{instrument.symbol}"))
            told = await ask(self._api.ask(f"/v2/products/{instrument.venue_id}/orders/leverage"))
            leverage = int(exact(str(told["leverage"])))
            found.append(messages.holding(row, instrument, exact(str(ticker["mark_price"])), leverage))
        return found

    async def cancel_all(self, symbol: str) -> None:
        """Cancel every order on `symbol` in one request, and see to it that none is left.

        Raises:
            UnavailableError: not known whether all are canceled; ask again.
        """
        instrument = self._instrument(symbol)
        body: dict[str, object] = {
            "product_id": int(instrument.venue_id),
            "cancel_limit_orders": True,
            "cancel_stop_orders": True,
            "cancel_reduce_only_orders": True,
        }
        await ask(self._api.order("DELETE", "/v2/orders/all", body))
        for row in await self._open_rows(instrument.venue_id):
            try:
                await self._api.order("DELETE", _ORDERS, {"id": row["id"], "product_id": int(instrument.venue_id)})
            except VenueError as error:
                if error.outcome is not Outcome.MISSING:
                    raise error.as_error() from error

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        """Have the venue cancel everything on `symbols` unless called again within `seconds`; 0 disarms.

        Raises:
            RefusedError: not within the venue's bounds.
        """
        shortest, longest = orders.CAPABILITIES.dead_man_s or (0.0, 0.0)
        if seconds and not shortest <= seconds <= longest:
            raise RefusedError(
                f"the dead-man switch takes {shortest:g} to {longest:g} seconds, not {seconds:g}", code="dead_man.range"
            )
        wanted = frozenset(self._instrument(symbol).symbol for symbol in symbols)
        if seconds and wanted != self._guarded:
            body = {
                "heartbeat_id": HEARTBEAT_ID,
                "impact": "products",
                "product_symbols": sorted(wanted),
                "config": [{"action": "cancel_orders", "unhealthy_count": 1}],
            }
            await ask(self._api.order("POST", "/v2/heartbeat/create", body))
            self._guarded = wanted
        if seconds or self._guarded:
            ttl_ms = int(seconds * 1_000)
            await ask(self._api.order("POST", "/v2/heartbeat", {"heartbeat_id": HEARTBEAT_ID, "ttl": ttl_ms}))

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        """Set what new positions on `symbol` are backed with.

        Raises:
            RefusedError: not so much leverage, or another margin mode than isolated.
        """
        if mode is not MarginMode.ISOLATED:
            raise RefusedError(
                "Delta Exchange sets the margin mode for the whole account, in its own settings;"
                " choose isolated here, or change it there",
                code="margin.mode",
            )
        path = f"/v2/products/{self._instrument(symbol).venue_id}/orders/leverage"
        await ask(self._api.order("POST", path, {"leverage": str(leverage)}))

    async def amend(self, order: Order, size: Decimal, price: Decimal) -> None:
        """Change a working limit order in place: it keeps its ids. Sent once; the stream tells what became of it.

        Raises:
            RefusedError: the venue does not take it, or it has ended.
            UnavailableError: no answer; look the order up.
        """
        instrument = self._instrument(order.symbol)
        instrument.check_price(price)
        body: dict[str, object] = {
            "id": int(order.venue_order_id),
            "product_id": int(instrument.venue_id),
            "size": messages.contracts(size, instrument),
            "limit_price": text(price),
        }
        await ask(self._api.order("PUT", _ORDERS, body))

    async def key_rights(self) -> KeyRights:
        """What the key may do. The venue has no question for that; it only answers a signed one, or not."""
        await self.balances()
        return KeyRights(
            trade=None,
            withdraw=None,
            ip_bound=True,
            detail="Delta Exchange does not tell a key's rights; keys that trade work from allowed addresses only",
        )

    def budgets(self) -> Sequence[Budget]:
        """The request budget of this key at this host."""
        return [self._quota.budget(self._signer.now_ns())]

    async def look_up(self, order: Order) -> Finding:
        """Ask the order by its client id, then open and ended orders, then the fills.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        instrument = self._instrument(order.symbol)
        record = await self._record(order, instrument)
        if record is None:
            return Finding(False, ())
        venue_id, done = orders.order_id(record), orders.done_size(record, instrument)
        self._names.learn(venue_id, order.client_order_id)
        mine: list[VenueFill] = []
        if done:
            since_ns = messages.time_ns(record["created_at"])
            mine = [one for one in await self.fills(order.symbol, since_ns) if one.venue_order_id == venue_id]
            if sum((one.fill.size for one in mine), ZERO) != done:
                raise UnavailableError("the venue's fills and its order do not agree yet", code="venue.behind")
        filled = [Filled(one.fill, venue_id) for one in mine]
        return Finding(True, orders.reports(record, filled, order.client_order_id))

    # Inside

    @property
    def _api(self) -> Rest:
        if self._rest is None:
            raise UnavailableError("not connected to the venue; wait a moment", code="venue.not_connected")
        return self._rest

    def _instrument(self, symbol: str) -> Instrument:
        known = self._instruments.get(symbol)
        if known is not None:
            return known
        if symbol in self._left_out:
            raise RefusedError(f"{symbol} can't be traded here: {self._left_out[symbol]}", code="symbol.left_out")
        raise NotFoundError(f"{self.name} does not list {symbol}; check the symbol", code="symbol.unknown")

    async def _load_instruments(self) -> None:
        products = await ask(self._api.public("/v2/products"))
        taken, self._left_out = messages.instruments(products, self.name)
        self._instruments = {instrument.symbol: instrument for instrument in taken}

    async def _bars_between(self, symbol: str, timeframe_ns: int, start_ns: int, end_ns: int) -> list[Bar]:
        resolution = messages.TIMEFRAMES.get(timeframe_ns)
        if resolution is None:
            raise RefusedError(f"{self.name} has no bars of {timeframe_ns / 1e9:g} s", code="venue.timeframe")
        rows = await ask(
            self._api.public(
                "/v2/history/candles",
                resolution=resolution,
                symbol=symbol,
                start=start_ns // messages.S_NS,
                end=end_ns // messages.S_NS,
            )
        )
        return messages.bars(rows, self._instrument(symbol), timeframe_ns, end_ns)

    async def _record(self, order: Order, instrument: Instrument) -> Json | None:
        """The venue's record of the order, from the first of its lists that knows it."""
        try:
            return await self._api.ask(f"{_ORDERS}/client_order_id/{order.client_order_id}")
        except VenueError as error:
            if error.outcome is not Outcome.MISSING:
                raise error.as_error() from error
        rows = await self._open_rows(instrument.venue_id)
        rows += await self._rows(_HISTORY, {"product_ids": instrument.venue_id}, HISTORY_PAGES, cut=True)
        return next((row for row in rows if row.get("client_order_id") == order.client_order_id), None)

    async def _venue_fill(self, row: Json, instrument: Instrument) -> VenueFill:
        """A fill with the client order id, which its record does not name: known, or asked for once."""
        venue_id = str(row["order_id"])
        if not self._names.knows(venue_id):
            try:
                record: Json = await self._api.ask(f"{_ORDERS}/{venue_id}")
            except VenueError as error:
                if error.outcome is not Outcome.MISSING:
                    raise error.as_error() from error
                record = dict[str, Any]()
            self._names.learn(venue_id, str(record.get("client_order_id") or ""))
        return VenueFill(messages.fill(row, instrument, self._names.of(venue_id)), venue_id)

    async def _open_rows(self, product_ids: str = "") -> list[Json]:
        params: dict[str, str | int] = {"product_ids": product_ids} if product_ids else {}
        return [row for row in await self._rows(_ORDERS, params, MAX_PAGES) if orders.is_working(row)]

    async def _rows(self, path: str, params: Mapping[str, str | int], pages: int, *, cut: bool = False) -> list[Json]:
        """All pages; with `cut` the newest ones are enough."""
        rows: list[Json] = []
        after = ""
        page: Json
        meta: Json
        for _ in range(pages):
            asked = {**params, "page_size": PAGE} | ({"after": after} if after else {})
            page = await ask(self._api.page(path, asked))
            rows += page["result"]
            meta = page.get("meta") or {}
            after = str(meta.get("after") or "")
            if not after:
                return rows
        if cut:
            return rows
        raise UnavailableError(
            f"the venue has more than {pages * PAGE} rows; ask for a shorter time", code="venue.rows"
        )


async def ask(question: Awaitable[Any]) -> Any:
    """The answer, or one of our errors."""
    try:
        return await question
    except VenueError as error:
        raise error.as_error() from error
