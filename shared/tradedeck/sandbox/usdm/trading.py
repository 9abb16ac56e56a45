"""Signed operations on orders: account and parameters in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.perpetuals.news import Ticket
from tradedeck.sandbox.refusals import BAD_FORCE, BAD_SIDE, BAD_SYMBOL, BAD_TYPE, WireError, missing, refusal
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.refusals import BAD_POSITION_SIDE, NO_ORDER, NOT_SENT, USE_ALGO, wire_error
from tradedeck.sandbox.usdm.wire import ORDER_TYPES, Json, order_json, trade_json

Operation = Callable[[Front, str, Params], Any]

DEFAULT_ROWS = 500
MAX_ROWS = 1_000
MAX_BATCH = 5
DONE: Json = {"code": 200, "msg": "The operation of cancel all open order is done."}
FORCES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "GTX": TimeInForce.GTC}
_NOT_YET: Json = {
    "status": "NEW",
    "avgPrice": "0.00",
    "executedQty": "0.000",
    "cumQty": "0.000",
    "cumQuote": "0.00000000",
}


def place(front: Front, account: str, params: Params) -> Json:
    """POST order."""
    front.budgets.count_order(account)
    ticket = ticket_of(front, params)
    try:
        order, news = front.exchange.place(account, ticket)
    except TradedeckError as error:
        raise wire_error(error) from error
    front.tell(news)
    shown = _shown(front, account, order)
    return shown if params.get("newOrderRespType") == "RESULT" else shown | _NOT_YET


def test(front: Front, account: str, params: Params) -> Json:
    """POST order/test: everything is checked, nothing happens."""
    ticket = ticket_of(front, params)
    try:
        front.exchange.check(account, ticket)
    except TradedeckError as error:
        raise wire_error(error) from error
    return {}


def amend(front: Front, account: str, params: Params) -> Json:
    """PUT order: the order keeps its number."""
    order = _working(front, account, params)
    if params.text("side") != order.side.upper():
        raise refusal(BAD_SIDE)
    try:
        order, news = front.exchange.amend(
            account, int(order.venue_order_id), size=params.amount("quantity"), price=params.amount("price")
        )
    except TradedeckError as error:
        raise wire_error(error) from error
    front.tell(news)
    return _shown(front, account, order)


def cancel(front: Front, account: str, params: Params) -> Json:
    """DELETE order."""
    order, news = front.exchange.cancel(account, int(_working(front, account, params).venue_order_id))
    front.tell(news)
    return _shown(front, account, order)


def cancel_all(front: Front, account: str, params: Params) -> Json:
    """DELETE allOpenOrders."""
    front.tell(front.exchange.cancel_all(account, symbol_of(front, params)))
    return DONE


def batch(operation: Operation) -> Operation:
    """POST or PUT batchOrders: each is done or refused on its own."""

    def run(front: Front, account: str, params: Params) -> list[Json]:
        try:
            wishes: list[dict[str, Any]] = json.loads(params.text("batchOrders"))
        except ValueError as error:
            raise missing("batchOrders") from error
        if not 0 < len(wishes) <= MAX_BATCH:
            raise WireError(-4082, "Invalid number of batch place orders.")
        return [
            _attempt(operation, front, account, Params({name: _text(value) for name, value in wish.items()}))
            for wish in wishes
        ]

    return run


def cancel_batch(front: Front, account: str, params: Params) -> list[Json]:
    """DELETE batchOrders."""
    name = "orderIdList" if params.get("orderIdList") else "origClientOrderIdList"
    ids: list[object] = json.loads(params.text(name))
    one = "orderId" if name == "orderIdList" else "origClientOrderId"
    return [
        _attempt(cancel, front, account, Params({"symbol": params.text("symbol"), one: str(number)})) for number in ids
    ]


def query(front: Front, account: str, params: Params) -> Json:
    """GET order."""
    return _shown(front, account, _find(front, account, params))


def open_order(front: Front, account: str, params: Params) -> Json:
    """GET openOrder."""
    order = _find(front, account, params)
    if not order.is_open:
        raise refusal(NO_ORDER)
    return _shown(front, account, order)


def open_orders(front: Front, account: str, params: Params) -> list[Json]:
    """GET openOrders."""
    symbol = symbol_of(front, params) if params.get("symbol") else ""
    return [_shown(front, account, order) for order in front.exchange.accounts[account].open_orders(symbol)]


def all_orders(front: Front, account: str, params: Params) -> list[Json]:
    """GET allOrders, oldest first."""
    symbol, first_id = symbol_of(front, params), params.integer("orderId", 0)
    orders = front.exchange.accounts[account].orders
    rows = [
        _shown(front, account, order)
        for number, order in sorted(orders.items())
        if order.symbol == symbol and number >= first_id
    ]
    return page(rows, params, "time", from_start=bool(first_id))


def user_trades(front: Front, account: str, params: Params) -> list[Json]:
    """GET userTrades, oldest first."""
    symbol = symbol_of(front, params)
    order_id, first_id = params.integer("orderId", 0), params.integer("fromId", 0)
    rows = [
        trade_json(done)
        for done in front.exchange.accounts[account].fills
        if done.fill.symbol == symbol and int(done.fill.trade_id) >= first_id and order_id in (0, done.order_id)
    ]
    return page(rows, params, "time", from_start=bool(first_id or order_id))


def countdown(front: Front, account: str, params: Params) -> Json:
    """POST countdownCancelAll."""
    symbol, countdown_ms = symbol_of(front, params), params.integer("countdownTime", 0)
    front.arm(account, symbol, countdown_ms)
    return {"symbol": symbol, "countdownTime": str(countdown_ms)}


def page(rows: list[Json], params: Params, name: str, *, from_start: bool = False) -> list[Json]:
    """Rows within startTime and endTime: the last so many, or the first, when a beginning was named."""
    start, end = params.integer("startTime", 0), params.integer("endTime", 2**63)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    found = [row for row in rows if start <= row[name] <= end]
    return found[:limit] if start or from_start else found[-limit:]


def symbol_of(front: Front, params: Params) -> str:
    """The symbol, which must be listed."""
    symbol = params.text("symbol")
    if symbol not in front.exchange.contracts:
        raise refusal(BAD_SYMBOL)
    return symbol


def side_of(params: Params) -> Side:
    """The side; only one-way positions are held."""
    side = {"BUY": Side.BUY, "SELL": Side.SELL}.get(params.text("side"))
    if side is None:
        raise refusal(BAD_SIDE)
    if params.get("positionSide", "BOTH") != "BOTH":
        raise refusal(BAD_POSITION_SIDE)
    return side


def flag(params: Params, name: str) -> bool:
    """A parameter that is true or false."""
    return params.get(name, "").lower() == "true"


def force_in(params: Params) -> TimeInForce:
    """The time in force of an order with a price."""
    force = FORCES.get(params.text("timeInForce"))
    if force is None:
        raise refusal(BAD_FORCE)
    return force


def ticket_of(front: Front, params: Params) -> Ticket:
    """The order in the parameters, checked as Binance checks its form."""
    symbol, side, name = symbol_of(front, params), side_of(params), params.text("type")
    if name not in ("MARKET", "LIMIT"):
        raise refusal(USE_ALGO if name in ORDER_TYPES else BAD_TYPE)
    limit = name == "LIMIT"
    return Ticket(
        client_order_id=params.client_id("newClientOrderId") or front.invent_id(),
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT if limit else OrderType.MARKET,
        size=params.amount("quantity"),
        price=params.amount("price") if limit else params.without("price"),
        time_in_force=force_in(params) if limit else TimeInForce.GTC,
        post_only=limit and params["timeInForce"] == "GTX",
        reduce_only=flag(params, "reduceOnly"),
    )


def _attempt(operation: Operation, front: Front, account: str, params: Params) -> Json:
    try:
        return operation(front, account, params)
    except WireError as error:
        return error.body()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(front: Front, account: str, order: Order) -> Json:
    return order_json(front.exchange, front.exchange.accounts[account], order)


def _find(front: Front, account: str, params: Params) -> Order:
    """The order that is meant; the newest of a client id."""
    symbol = symbol_of(front, params)
    number, client_id = params.integer("orderId", 0), params.get("origClientOrderId", "")
    if not number and not client_id:
        raise missing("orderId")
    books = front.exchange.accounts[account]
    order = books.orders.get(number or books.client_ids.get(client_id, 0))
    if order is None or order.symbol != symbol:
        raise refusal(NO_ORDER)
    return order


def _working(front: Front, account: str, params: Params) -> Order:
    try:
        order = _find(front, account, params)
    except WireError as error:
        raise (refusal(NOT_SENT) if error.code == NO_ORDER[0] else error) from error
    if not order.is_open:
        raise refusal(NOT_SENT)
    return order
