"""Signed operations, the same for REST and for the websocket API: account and parameters in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.sandbox.core import Sandbox
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import (
    BAD_FORCE,
    BAD_SIDE,
    BAD_SYMBOL,
    BAD_TYPE,
    NOT_OPEN,
    WireError,
    missing,
    refusal,
    wire_error,
)
from tradedeck.sandbox.wire import (
    Json,
    account_json,
    canceled_json,
    my_trade_json,
    order_json,
    placed_json,
)
from tradedeck.sim.exchange import Ticket

Operation = Callable[[Sandbox, str, Params], Any]

DEFAULT_ROWS = 500
MAX_ROWS = 1_000
_FULL_BY_DEFAULT = ("MARKET", "LIMIT")
_FORMS = ("ACK", "RESULT", "FULL")
_CANCEL_FAILED, _NEW_FAILED = -2022, -2021


def place(sandbox: Sandbox, account: str, params: Params) -> Json:
    """POST order."""
    ticket = _ticket(sandbox, params)
    form = params.get("newOrderRespType") or ("FULL" if params["type"] in _FULL_BY_DEFAULT else "ACK")
    if form not in _FORMS:
        raise WireError(-1100, "Illegal characters found in parameter 'newOrderRespType'.")
    order, fills = sandbox.place(account, ticket)
    return placed_json(order, fills, form)


def test(sandbox: Sandbox, account: str, params: Params) -> Json:
    """POST order/test: everything is checked, nothing happens."""
    sandbox.check(account, _ticket(sandbox, params))
    return {}


def cancel(sandbox: Sandbox, account: str, params: Params) -> Json:
    """DELETE order."""
    _symbol(sandbox, params)
    order = _working(sandbox, account, params, "orderId", "origClientOrderId")
    return canceled_json(*sandbox.cancel(account, int(order.venue_order_id), params.client_id("newClientOrderId")))


def cancel_all(sandbox: Sandbox, account: str, params: Params) -> list[Json]:
    """DELETE openOrders."""
    orders = sandbox.exchange.open_orders(account, _symbol(sandbox, params))
    if not orders:
        raise refusal(NOT_OPEN)
    return [canceled_json(*sandbox.cancel(account, int(order.venue_order_id))) for order in orders]


def replace(sandbox: Sandbox, account: str, params: Params) -> Json:
    """POST order/cancelReplace."""
    mode = params.text("cancelReplaceMode")
    ticket = _ticket(sandbox, params)
    result: Json = {
        "cancelResult": "SUCCESS",
        "newOrderResult": "NOT_ATTEMPTED",
        "cancelResponse": None,
        "newOrderResponse": None,
    }
    try:
        order = _working(sandbox, account, params, "cancelOrderId", "cancelOrigClientOrderId")
        canceled = sandbox.cancel(account, int(order.venue_order_id), params.client_id("cancelNewClientOrderId"))
        result["cancelResponse"] = canceled_json(*canceled)
    except WireError as error:
        result |= {"cancelResult": "FAILURE", "cancelResponse": error.body()}
        if mode != "ALLOW_FAILURE":
            raise WireError(_CANCEL_FAILED, "Order cancel-replace failed.", data=result) from error
    try:
        order, fills = sandbox.place(account, ticket)
        result |= {"newOrderResult": "SUCCESS", "newOrderResponse": placed_json(order, fills, "FULL")}
    except WireError as error:
        result |= {"newOrderResult": "FAILURE", "newOrderResponse": error.body()}
    if "FAILURE" in (result["cancelResult"], result["newOrderResult"]):
        both = result["cancelResult"] == result["newOrderResult"]
        if both:
            raise WireError(_CANCEL_FAILED, "Order cancel-replace failed.", data=result)
        raise WireError(_NEW_FAILED, "Order cancel-replace partially failed.", status=409, data=result)
    return result


def query(sandbox: Sandbox, account: str, params: Params) -> Json:
    """GET order."""
    _symbol(sandbox, params)
    return order_json(_find(sandbox, account, params, "orderId", "origClientOrderId"))


def open_orders(sandbox: Sandbox, account: str, params: Params) -> list[Json]:
    """GET openOrders."""
    symbol = _symbol(sandbox, params) if params.get("symbol") else ""
    return [order_json(order) for order in sandbox.exchange.open_orders(account, symbol)]


def all_orders(sandbox: Sandbox, account: str, params: Params) -> list[Json]:
    """GET allOrders, oldest first."""
    symbol = _symbol(sandbox, params)
    first_id, limit = params.integer("orderId", 0), params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    start, end = params.integer("startTime", 0), params.integer("endTime", 2**63)
    rows = [
        order_json(order)
        for order_id, order in sandbox.books(account).orders.items()
        if order.symbol == symbol and order_id >= first_id
    ]
    rows = [row for row in rows if start <= row["time"] <= end]
    return rows[:limit] if first_id or start else rows[-limit:]


def my_trades(sandbox: Sandbox, account: str, params: Params) -> list[Json]:
    """GET myTrades, oldest first."""
    symbol = _symbol(sandbox, params)
    order_id, first_id = params.integer("orderId", 0), params.integer("fromId", 0)
    start, end = params.integer("startTime", 0), params.integer("endTime", 2**63)
    limit = params.integer("limit", DEFAULT_ROWS, most=MAX_ROWS)
    rows = [
        my_trade_json(fill, sandbox.order_of_trade[fill.trade_id])
        for fill in sandbox.books(account).fills
        if fill.symbol == symbol and int(fill.trade_id) >= first_id
    ]
    rows = [row for row in rows if start <= row["time"] <= end and order_id in (0, row["orderId"])]
    return rows[:limit] if first_id or start or order_id else rows[-limit:]


def account(sandbox: Sandbox, account: str, params: Params) -> Json:
    """GET account."""
    body = account_json(sandbox.books(account), sandbox.instrument, sandbox.exchange.now_ns)
    if params.get("omitZeroBalances", "").lower() == "true":
        body["balances"] = [b for b in body["balances"] if Decimal(b["free"]) or Decimal(b["locked"])]
    return body


def _symbol(sandbox: Sandbox, params: Params) -> str:
    symbol = params.text("symbol")
    if symbol not in sandbox.exchange.instruments:
        raise refusal(BAD_SYMBOL)
    return symbol


def _ticket(sandbox: Sandbox, params: Params) -> Ticket:
    """The order in the parameters, checked as Binance checks its form."""
    symbol = _symbol(sandbox, params)
    side = {"BUY": Side.BUY, "SELL": Side.SELL}.get(params.text("side"))
    if side is None:
        raise refusal(BAD_SIDE)
    kind, post_only = _kind(params)
    price = params.amount("price") if kind.has_price else params.without("price")
    stop = params.amount("stopPrice") if kind.has_stop else params.without("stopPrice")
    return Ticket(
        client_order_id=params.client_id("newClientOrderId") or sandbox.invent_id(),
        symbol=symbol,
        side=side,
        type=kind,
        size=params.amount("quantity"),
        price=price,
        stop_price=stop,
        time_in_force=_force(params, kind, post_only=post_only),
        post_only=post_only,
    )


def _kind(params: Params) -> tuple[OrderType, bool]:
    name = params.text("type")
    if params.get("trailingDelta"):
        raise WireError(-1013, "Trailing stop orders are not supported for this symbol.")
    if params.get("quoteOrderQty"):
        raise WireError(-1013, "Quote order qty market orders are not supported for this symbol.")
    if name.startswith("TAKE_PROFIT"):
        raise WireError(-1013, "Take profit orders are not supported for this symbol.")
    kinds = {
        "MARKET": OrderType.MARKET,
        "LIMIT": OrderType.LIMIT,
        "LIMIT_MAKER": OrderType.LIMIT,
        "STOP_LOSS": OrderType.STOP,
        "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    }
    if name not in kinds:
        raise refusal(BAD_TYPE)
    return kinds[name], name == "LIMIT_MAKER"


def _force(params: Params, kind: OrderType, *, post_only: bool) -> TimeInForce:
    if post_only or not kind.has_price:
        params.without("timeInForce")
        return TimeInForce.GTC
    forces = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
    force = forces.get(params.text("timeInForce"))
    if force is None:
        raise refusal(BAD_FORCE)
    return force


def _find(sandbox: Sandbox, account: str, params: Params, id_name: str, client_name: str) -> Order:
    order_id = params.integer(id_name, 0)
    client_id = params.get(client_name, "")
    if not order_id and not client_id:
        raise missing(id_name)
    try:
        if order_id:
            return sandbox.exchange.order(account, order_id=order_id)
        return sandbox.exchange.order(account, client_order_id=client_id)
    except TradedeckError as error:
        raise wire_error(error) from error


def _working(sandbox: Sandbox, account: str, params: Params, id_name: str, client_name: str) -> Order:
    """The working order that is meant; a client id is unique among those."""
    order_id, client_id = params.integer(id_name, 0), params.get(client_name, "")
    if not order_id and not client_id:
        raise missing(id_name)
    books = sandbox.books(account)
    number = order_id or books.open_by_client_id.get(client_id, 0)
    order = books.orders.get(number)
    if order is None or not order.is_open:
        raise refusal(NOT_OPEN)
    return order
