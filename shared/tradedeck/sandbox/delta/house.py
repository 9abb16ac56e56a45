"""The venue's own room: orders in Delta's fields to the exchange, its news to the account's channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.money import ZERO, floor_to, text
from tradedeck.sandbox.delta.listings import QUOTE, Product
from tradedeck.sandbox.delta.refusals import NOT_FOUND, DeltaError, bad_schema, wire_error
from tradedeck.sandbox.delta.tickets import conditional_of, is_stop, ticket_of, whole
from tradedeck.sandbox.delta.wire import Json, Record, contracts, order_json, order_news, records, us
from tradedeck.sandbox.perpetuals.account import Account
from tradedeck.sandbox.perpetuals.news import (
    AccountNews,
    ConditionalNews,
    ConditionState,
    Happening,
    News,
    OrderNews,
)
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue

BY_USER = "cancelled_by_user"
BY_HEARTBEAT = "heartbeat"
_UPDATES = {Happening.TRADE: "fill", Happening.LIQUIDATION: "liquidation", Happening.DELEVERAGED: "liquidation"}
_KINDS = {Happening.TRADE: "normal", Happening.LIQUIDATION: "liquidation", Happening.DELEVERAGED: "adl"}


class House:
    """Accounts and orders as Delta counts them.

    `trading_status` is that of all products; `not_allowed` are keys whose list of addresses lacks this one.
    """

    def __init__(self, venue: PerpetualVenue, products: Mapping[str, Product]) -> None:
        self.venue = venue
        self.products = dict(products)
        self.by_id = {product.id: product for product in products.values()}
        self.trading_status = "operational"
        self.not_allowed: set[str] = set()
        self.beats: dict[tuple[str, str], Heartbeat] = {}
        self._numbers = 0
        self._sequences: dict[tuple[str, str, str], int] = {}
        venue.on_news = self.tell

    def account(self, key: str) -> Account:
        """An account's books."""
        return self.venue.exchange.accounts[key]

    def product(self, body: Mapping[str, Any]) -> Product:
        """The product that a body names by number or symbol.

        Raises:
            DeltaError: there is none.
        """
        number, symbol = str(body.get("product_id", "")), str(body.get("product_symbol", ""))
        product = self.by_id.get(int(number)) if number.isdigit() else self.products.get(symbol)
        if product is None:
            raise DeltaError("invalid_contract")
        return product

    # Orders

    def records(self, key: str) -> dict[int, Record]:
        """Every order by its number, oldest first."""
        return records(self.account(key), self.products, dict(self.venue.exchange.parents))

    def record_id(self, number: int) -> int:
        """What Delta calls the exchange's order: an order that came from a stop keeps the stop's number."""
        return self.venue.exchange.parents.get(number, number)

    def place(self, key: str, body: Mapping[str, Any]) -> Json:
        """POST orders.

        Raises:
            DeltaError: the venue refuses it.
        """
        product = self.product(body)
        self._numbers += 1
        try:
            if is_stop(body):
                self._check_status(post_only=False)
                stop, news = self.venue.exchange.place_conditional(key, conditional_of(body, product, self._numbers))
                number = stop.id
            else:
                ticket = ticket_of(body, product, self._numbers)
                self._check_status(post_only=ticket.post_only)
                order, news = self.venue.exchange.place(key, ticket)
                number = int(order.venue_order_id)
        except TradedeckError as error:
            raise wire_error(error) from error
        self.tell(news)
        return order_json(self.records(key)[number], self.account(key))

    def cancel(self, key: str, body: Mapping[str, Any], reason: str = BY_USER) -> Json:
        """DELETE orders.

        Raises:
            DeltaError: it does not work (any more).
        """
        record = self._working(key, body)
        self._end(key, record, reason)
        return order_json(self.records(key)[record.id], self.account(key))

    def cancel_all(self, key: str, body: Mapping[str, Any], reason: str = BY_USER) -> None:
        """DELETE orders/all."""
        symbols = (
            {self.product(body).symbol} if body.get("product_id") or body.get("product_symbol") else {*self.products}
        )
        limits, stops = (
            body.get(name) in (None, True, "true") for name in ("cancel_limit_orders", "cancel_stop_orders")
        )
        for record in self.records(key).values():
            wanted = stops if record.state == "pending" else limits
            if record.product.symbol in symbols and record.state in ("open", "pending") and wanted:
                self._end(key, record, reason)

    def edit(self, key: str, body: Mapping[str, Any]) -> Json:
        """PUT orders: size and limit price of a working limit order.

        Raises:
            DeltaError: it does not work, or must not become so.
        """
        record = self._working(key, body)
        order = record.order
        if order is None or order.price is None:
            raise bad_schema("id", "only limit orders that are open can be edited")
        self._check_status(post_only=order.post_only)
        size = whole(body, "size") * record.product.each if "size" in body else order.size
        price = Decimal(str(body.get("limit_price") or text(order.price)))
        try:
            _, news = self.venue.exchange.amend(key, int(order.venue_order_id), size=size, price=price)
        except TradedeckError as error:
            raise wire_error(error) from error
        self.tell(news)
        return order_json(self.records(key)[record.id], self.account(key))

    def set_leverage(self, key: str, product: Product, leverage: int) -> Json:
        """POST products/{id}/orders/leverage.

        Raises:
            DeltaError: not so much, or not now.
        """
        try:
            self.tell(self.venue.exchange.set_leverage(key, product.symbol, leverage))
        except TradedeckError as error:
            raise wire_error(error) from error
        return self.leverage(key, product)

    def leverage(self, key: str, product: Product) -> Json:
        """GET products/{id}/orders/leverage."""
        leverage = self.account(key).setting(product.symbol).leverage
        return {"leverage": str(leverage), "order_margin": "0", "product_id": product.id}

    def close(self) -> None:
        """Let go of every timer."""
        for heartbeat in self.beats.values():
            heartbeat.beat(0)

    # The account

    def position(self, key: str, product: Product) -> Json:
        """A position; size 0 when flat."""
        position = self.account(key).position(product.symbol)
        tick, liquidation = product.contract.instrument.tick, self.venue.exchange.liquidation_price(key, product.symbol)
        return {
            "product_id": product.id,
            "product_symbol": product.symbol,
            "size": contracts(position.size, product),
            "entry_price": text(position.entry.quantize(Decimal("0.00000001"))) if position.size else None,
            "margin": text(position.isolated),
            "margin_mode": "isolated",
            "liquidation_price": None if liquidation is None else text(floor_to(liquidation, tick)),
            "bankruptcy_price": None,
            "realized_pnl": text(position.realised),
            "commission": "0",
        }

    def wallet(self, key: str, asset: str = QUOTE) -> Json:
        """A wallet."""
        stands = self.venue.exchange.clearing.standing(self.account(key), asset)
        blocked = stands.position_margin + stands.order_margin
        return {
            "asset_symbol": asset,
            "balance": text(stands.wallet),
            "available_balance": text(max(ZERO, stands.wallet - blocked)),
            "blocked_margin": text(blocked),
            "order_margin": text(stands.order_margin),
            "position_margin": text(stands.position_margin),
        }

    # News

    def tell(self, news: Sequence[News]) -> None:
        """Put what happened on the channels of whom it happened to."""
        for item in news:
            if isinstance(item, OrderNews):
                self._tell_order(item)
            elif isinstance(item, ConditionalNews):
                self._tell_stop(item)
            elif isinstance(item, AccountNews):
                self._tell_account(item)

    def sequence(self, channel: str, key: str, symbol: str) -> int:
        """The number of the last message."""
        return self._sequences.get((channel, key, symbol), 0)

    def restart_numbers(self) -> None:
        """Begin every numbering again, as after a restart of the venue."""
        self._sequences.clear()

    def skip_number(self, channel: str, key: str, symbol: str) -> None:
        """Lose a message."""
        self._next(channel, key, symbol)

    def _tell_order(self, item: OrderNews) -> None:
        order, number = item.order, int(item.order.venue_order_id)
        record_id = self.record_id(number)
        stop = self.account(item.account).conditionals.get(record_id)
        product = self.products[order.symbol]
        record = Record(record_id, product, order, stop)
        if item.what is Happening.NEW:
            action, reason = ("create", "") if stop is None else ("update", "stop_trigger")
        elif order.is_open:
            action, reason = "update", _UPDATES.get(item.what, "")
        else:
            action, reason = "delete", _UPDATES.get(item.what, "self_trade" if item.reason == "SELF_TRADE" else "")
        self._tell_record(item.account, record, action, reason, item.time_ns)
        if item.fill is not None:
            self._tell_fill(item, record)

    def _tell_fill(self, item: OrderNews, record: Record) -> None:
        fill, product, channel = item.fill, record.product, "v2/user_trades"
        assert fill is not None
        number = self._next(channel, item.account, product.symbol)
        message = {
            "type": channel,
            "sy": product.symbol,
            "f": fill.trade_id,
            "R": _KINDS[item.what],
            "o": record.id,
            "S": str(fill.side),
            "s": contracts(fill.size, product),
            "p": text(fill.price),
            "po": contracts(self.account(item.account).position(product.symbol).size, product),
            "r": "maker" if fill.maker else "taker",
            "c": record.client_order_id,
            "t": us(item.time_ns),
            "se": number,
        }
        self.venue.hub.publish(private(channel, product.symbol, item.account), lambda: message)

    def _tell_stop(self, item: ConditionalNews) -> None:
        stop = item.conditional
        if stop.state in (ConditionState.TRIGGERED, ConditionState.FINISHED):
            return
        action, reason = ("create", "") if stop.state is ConditionState.WAITING else ("delete", "stop_cancel")
        record = Record(stop.id, self.products[stop.symbol], None, stop)
        self._tell_record(item.account, record, action, reason, item.time_ns)

    def _tell_record(self, key: str, record: Record, action: str, reason: str, now_ns: int) -> None:
        symbol = record.product.symbol
        message = order_news(record, action, reason, self._next("orders", key, symbol), now_ns)
        self.venue.hub.publish(private("orders", symbol, key), lambda: message)

    def _tell_account(self, item: AccountNews) -> None:
        publish, key = self.venue.hub.publish, item.account
        product = self.products.get(item.symbol)
        if product is not None:
            body = {"type": "positions", "action": "update", "symbol": product.symbol} | self.position(key, product)
            publish(private("positions", product.symbol, key), lambda: body)
        publish(
            private("margins", "", key),
            lambda: {"type": "margins", "action": "update"} | self.wallet(key, item.asset),
        )

    def _next(self, channel: str, key: str, symbol: str) -> int:
        number = self._sequences[channel, key, symbol] = self.sequence(channel, key, symbol) + 1
        return number

    # Inside

    def _working(self, key: str, body: Mapping[str, Any]) -> Record:
        number, name = str(body.get("id") or ""), str(body.get("client_order_id") or "")
        for record in reversed(self.records(key).values()):
            meant = str(record.id) == number if number else record.client_order_id == name
            if meant and record.state in ("open", "pending"):
                return record
        raise DeltaError(NOT_FOUND, 404)

    def _end(self, key: str, record: Record, reason: str) -> None:
        exchange = self.venue.exchange
        if record.state == "pending":
            _, news = exchange.cancel_conditional(key, record.id)
            stop = replace(self.account(key).conditionals[record.id], reason=reason)
            self.account(key).conditionals[record.id] = stop
            news = [replace(one, conditional=stop) if isinstance(one, ConditionalNews) else one for one in news]
        else:
            assert record.order is not None
            _, news = exchange.cancel(key, int(record.order.venue_order_id), reason)
        self.tell(news)

    def _check_status(self, *, post_only: bool) -> None:
        if self.trading_status == "disrupted_cancel_only":
            raise DeltaError("market_disrupted_cancel_only_mode")
        if self.trading_status == "disrupted_post_only" and not post_only:
            raise DeltaError("market_disrupted_post_only_mode")


class Heartbeat:
    """A dead-man switch: unless it beats in time, `stop` is called. Wall-clock time, as at the venue."""

    def __init__(self, symbols: Sequence[str], stop: Callable[[], None]) -> None:
        self.symbols = tuple(symbols)
        self._stop = stop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def armed(self) -> bool:
        """Whether it will stop something unless it beats."""
        return self._timer is not None

    def beat(self, ttl_ms: int) -> None:
        """Live for so long; 0 ends the watch."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(ttl_ms / 1_000, self._stop) if ttl_ms else None


def private(channel: str, symbol: str, key: str) -> str:
    """The hub's name of an account's channel; margins are of no symbol."""
    return f"{channel}:{symbol}:{key}"
