"""The algo paths: conditional orders, which wait at the venue until their price comes."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import TimeInForce
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.perpetuals.news import Conditional, ConditionState
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger
from tradedeck.sandbox.refusals import BAD_TYPE, WireError, missing, refusal
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.refusals import NO_ORDER, NOT_SENT, wire_error
from tradedeck.sandbox.usdm.trading import DONE, flag, force_in, page, side_of, symbol_of
from tradedeck.sandbox.usdm.wire import Json, conditional_json

_KINDS = {
    "STOP": ConditionKind.STOP,
    "STOP_MARKET": ConditionKind.STOP,
    "TAKE_PROFIT": ConditionKind.TAKE_PROFIT,
    "TAKE_PROFIT_MARKET": ConditionKind.TAKE_PROFIT,
    "TRAILING_STOP_MARKET": ConditionKind.TRAILING,
}
_WORKING = {"CONTRACT_PRICE": Trigger.LAST, "MARK_PRICE": Trigger.MARK}
_CALLBACKS = Decimal("0.1"), Decimal(10)


def place(front: Front, account: str, params: Params) -> Json:
    """POST algoOrder."""
    front.budgets.count_order(account)
    if params.text("algoType") != "CONDITIONAL":
        raise WireError(-1102, "Mandatory parameter 'algoType' was not sent, was empty/null, or malformed.")
    try:
        one, news = front.exchange.place_conditional(account, _wish(front, params))
    except TradedeckError as error:
        raise wire_error(error) from error
    front.tell(news)
    return _shown(front, account, one)


def cancel(front: Front, account: str, params: Params) -> Json:
    """DELETE algoOrder."""
    one = _find(front, account, params)
    if one.state is not ConditionState.WAITING:
        raise refusal(NOT_SENT)
    one, news = front.exchange.cancel_conditional(account, one.id)
    front.tell(news)
    shown = _shown(front, account, one)
    return {"algoId": one.id, "clientAlgoId": one.client_order_id, "code": "200", "msg": "success"} | shown


def cancel_all(front: Front, account: str, params: Params) -> Json:
    """DELETE algoOpenOrders."""
    symbol = symbol_of(front, params)
    for one in front.exchange.accounts[account].waiting_conditionals(symbol):
        front.tell(front.exchange.cancel_conditional(account, one.id)[1])
    return DONE


def query(front: Front, account: str, params: Params) -> Json:
    """GET algoOrder."""
    try:
        return _shown(front, account, _find(front, account, params))
    except WireError as error:
        raise (refusal(NO_ORDER) if error.code == NOT_SENT[0] else error) from error


def open_orders(front: Front, account: str, params: Params) -> list[Json]:
    """GET openAlgoOrders."""
    symbol = symbol_of(front, params) if params.get("symbol") else ""
    return [_shown(front, account, one) for one in front.exchange.accounts[account].waiting_conditionals(symbol)]


def all_orders(front: Front, account: str, params: Params) -> list[Json]:
    """GET allAlgoOrders, oldest first."""
    symbol, first_id = symbol_of(front, params), params.integer("algoId", 0)
    found = front.exchange.accounts[account].conditionals.values()
    rows = [_shown(front, account, one) for one in found if one.symbol == symbol and one.id >= first_id]
    return page(rows, params, "createTime", from_start=bool(first_id))


def _wish(front: Front, params: Params) -> Conditional:
    symbol, side, name = symbol_of(front, params), side_of(params), params.text("type")
    kind = _KINDS.get(name)
    trigger = _WORKING.get(params.get("workingType") or "CONTRACT_PRICE")
    if kind is None or trigger is None:
        raise refusal(BAD_TYPE)
    priced, trailing = name in ("STOP", "TAKE_PROFIT"), kind is ConditionKind.TRAILING
    close = flag(params, "closePosition")
    if close and (params.get("quantity") or flag(params, "reduceOnly")):
        raise WireError(-4136, "Target strategy invalid for orderType with closePosition.")
    return Conditional(
        id=0,
        client_order_id=params.client_id("clientAlgoId") or front.invent_id(),
        symbol=symbol,
        side=side,
        kind=kind,
        size=ZERO if close else params.amount("quantity"),
        trigger_price=None if trailing else params.amount("triggerPrice"),
        price=params.amount("price") if priced else None,
        trigger=trigger,
        time_in_force=force_in(params) if priced and params.get("timeInForce") else TimeInForce.GTC,
        post_only=params.get("timeInForce") == "GTX",
        reduce_only=flag(params, "reduceOnly"),
        close=close,
        callback=_callback(params) if trailing else ZERO,
        activation=params.amount("activatePrice") if trailing and params.get("activatePrice") else None,
    )


def _callback(params: Params) -> Decimal:
    """A fraction, from a rate in percent."""
    rate = params.amount("callbackRate")
    if not _CALLBACKS[0] <= rate <= _CALLBACKS[1]:
        raise WireError(-2007, "Invalid callBack rate")
    return rate / 100


def _find(front: Front, account: str, params: Params) -> Conditional:
    number, client_id = params.integer("algoId", 0), params.get("clientAlgoId", "")
    if not number and not client_id:
        raise missing("algoId")
    for one in reversed(front.exchange.accounts[account].conditionals.values()):
        if one.id == number or (not number and one.client_order_id == client_id):
            return one
    raise refusal(NOT_SENT)


def _shown(front: Front, account: str, one: Conditional) -> Json:
    return conditional_json(front.exchange.accounts[account], one)
