"""Signed operations on the account: balances, positions, leverage and margin."""

from __future__ import annotations

from typing import Any

from tradedeck.domain.errors import TradedeckError
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.params import Params
from tradedeck.sandbox.perpetuals.account import Position
from tradedeck.sandbox.refusals import WireError, refusal
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.refusals import NO_LISTEN_KEY, wire_error
from tradedeck.sandbox.usdm.trading import page, symbol_of
from tradedeck.sandbox.usdm.wire import (
    Json,
    account_json,
    balances_json,
    brackets_json,
    income_json,
    risk_json,
)
from tradedeck.sandbox.wire import amount

_MODES = {"ISOLATED": MarginMode.ISOLATED, "CROSSED": MarginMode.CROSS}
_DONE: Json = {"code": 200, "msg": "success"}


def account(front: Front, name: str, params: Params) -> Json:
    """GET account."""
    del params
    return account_json(front.exchange, front.exchange.accounts[name])


def balance(front: Front, name: str, params: Params) -> list[Json]:
    """GET balance."""
    del params
    return balances_json(front.exchange, front.exchange.accounts[name])


def position_risk(front: Front, name: str, params: Params) -> list[Json]:
    """GET positionRisk, version 3: symbols with a position or an order."""
    books = front.exchange.accounts[name]
    symbols = [symbol_of(front, params)] if params.get("symbol") else list(front.exchange.contracts)
    return [
        risk_json(front.exchange, books, books.position(symbol))
        for symbol in symbols
        if books.position(symbol).size or books.open_orders(symbol)
    ]


def every_position(front: Front, name: str, params: Params) -> list[Json]:
    """GET positionRisk, version 2: every symbol."""
    books = front.exchange.accounts[name]
    symbols = [symbol_of(front, params)] if params.get("symbol") else list(front.exchange.contracts)
    return [risk_json(front.exchange, books, books.positions.get(symbol, Position(symbol))) for symbol in symbols]


def leverage_brackets(front: Front, name: str, params: Params) -> list[Json]:
    """GET leverageBracket."""
    del name
    symbols = [symbol_of(front, params)] if params.get("symbol") else list(front.exchange.contracts)
    return [brackets_json(front.exchange.contracts[symbol]) for symbol in symbols]


def set_leverage(front: Front, name: str, params: Params) -> Json:
    """POST leverage."""
    symbol, leverage = symbol_of(front, params), params.integer("leverage", 0)
    try:
        front.tell(front.exchange.set_leverage(name, symbol, leverage))
    except TradedeckError as error:
        raise wire_error(error) from error
    most = front.exchange.contracts[symbol].most_at(leverage)
    return {"leverage": leverage, "maxNotionalValue": str(int(most)), "symbol": symbol}


def set_margin_type(front: Front, name: str, params: Params) -> Json:
    """POST marginType."""
    symbol, mode = symbol_of(front, params), _MODES.get(params.text("marginType"))
    if mode is None:
        raise WireError(-1102, "Mandatory parameter 'marginType' was not sent, was empty/null, or malformed.")
    books = front.exchange.accounts[name]
    if books.setting(symbol).mode is not mode and books.open_orders(symbol):
        raise WireError(-4047, "Margin type cannot be changed if there exists open orders.")
    try:
        front.tell(front.exchange.set_margin_mode(name, symbol, mode))
    except TradedeckError as error:
        raise wire_error(error) from error
    return _DONE


def add_margin(front: Front, name: str, params: Params) -> Json:
    """POST positionMargin."""
    symbol, change = symbol_of(front, params), params.amount("amount")
    direction = params.integer("type", 0)
    if direction not in (1, 2):
        raise WireError(-1102, "Mandatory parameter 'type' was not sent, was empty/null, or malformed.")
    try:
        front.tell(front.exchange.add_margin(name, symbol, change if direction == 1 else -change))
    except TradedeckError as error:
        raise wire_error(error) from error
    return {"amount": float(change), "code": 200, "msg": "Successfully modify position margin.", "type": direction}


def income(front: Front, name: str, params: Params) -> list[Json]:
    """GET income: funding and liquidation fees, oldest first."""
    kind, symbol = params.get("incomeType", ""), params.get("symbol", "")
    rows = [income_json(charge) for charge in front.exchange.accounts[name].charges]
    found = [row for row in rows if kind in ("", row["incomeType"]) and symbol in ("", row["symbol"])]
    return page(found, params, "time")


def commission_rate(front: Front, name: str, params: Params) -> Json:
    """GET commissionRate."""
    tier = front.exchange.clearing.tier(front.exchange.accounts[name])
    return {
        "symbol": symbol_of(front, params),
        "makerCommissionRate": amount(tier.maker),
        "takerCommissionRate": amount(tier.taker),
    }


def symbol_config(front: Front, name: str, params: Params) -> list[Json]:
    """GET symbolConfig."""
    books = front.exchange.accounts[name]
    symbols = [symbol_of(front, params)] if params.get("symbol") else list(front.exchange.contracts)
    rows: list[Json] = []
    for symbol in symbols:
        setting = books.setting(symbol)
        most = front.exchange.contracts[symbol].most_at(setting.leverage)
        mode = "ISOLATED" if setting.mode is MarginMode.ISOLATED else "CROSSED"
        rows.append(
            {
                "symbol": symbol,
                "marginType": mode,
                "isAutoAddMargin": False,
                "leverage": setting.leverage,
                "maxNotionalValue": str(int(most)),
            }
        )
    return rows


def position_mode(front: Front, name: str, params: Params) -> Json:
    """GET positionSide/dual: positions are one-way."""
    del front, name, params
    return {"dualSidePosition": False}


def set_position_mode(front: Front, name: str, params: Params) -> Any:
    """POST positionSide/dual."""
    del front, name
    if params.text("dualSidePosition").lower() == "true":
        raise WireError(-4068, "Position side cannot be changed: this sandbox holds one-way positions only.")
    raise WireError(-4059, "No need to change position side.")


def multi_assets(front: Front, name: str, params: Params) -> Json:
    """GET multiAssetsMargin."""
    del front, name, params
    return {"multiAssetsMargin": False}


def order_limits(front: Front, name: str, params: Params) -> list[Json]:
    """GET rateLimit/order."""
    del params
    units = {"10S": ("SECOND", 10), "1M": ("MINUTE", 1)}
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": units[window][0],
            "intervalNum": units[window][1],
            "limit": front.budgets.order_limits[window][0],
            "count": count,
        }
        for window, count in front.budgets.order_counts(name).items()
    ]


def open_listen_key(front: Front, name: str) -> Json:
    """POST listenKey."""
    return {"listenKey": front.open_key(name)}


def keep_listen_key(front: Front, name: str) -> Json:
    """PUT listenKey."""
    key = front.key_of(name)
    if not key:
        raise refusal(NO_LISTEN_KEY)
    front.prolong(key)
    return {"listenKey": key}


def close_listen_key(front: Front, name: str) -> Json:
    """DELETE listenKey."""
    front.close_key(front.key_of(name))
    return {}


def key_rights(front: Front, name: str, params: Params) -> Json:
    """GET /sapi/v1/account/apiRestrictions: here trade, everywhere from, and nothing else."""
    return {
        "ipRestrict": False,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableFutures": True,
        "enableSpotAndMarginTrading": False,
    }
