"""Binance USD-M's JSON: rules, orders, conditional orders, fills, balances and positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderState, Side
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.account import Account, Charge, Done, Position, order_margin
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.floor import SELF_TRADE
from tradedeck.sandbox.perpetuals.news import Conditional, ConditionState
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Contract, Trigger
from tradedeck.sandbox.wire import amount, ms

Json = dict[str, Any]

FAR_AWAY_MS = 4133404800000
"""The delivery date of what is never delivered."""
ONBOARD_MS = 1569398400000
MAX_NUM_ORDERS = 200
_STATUS = {
    OrderState.ACCEPTED: "NEW",
    OrderState.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}
ALGO_STATUS = {
    ConditionState.WAITING: "NEW",
    ConditionState.TRIGGERED: "TRIGGERED",
    ConditionState.FINISHED: "FINISHED",
    ConditionState.CANCELED: "CANCELED",
    ConditionState.EXPIRED: "EXPIRED",
    ConditionState.REJECTED: "REJECTED",
}
_WORKING = {Trigger.LAST: "CONTRACT_PRICE", Trigger.MARK: "MARK_PRICE"}
ORDER_TYPES = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]
RATE_LIMITS: list[Json] = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
]


def symbol_json(contract: Contract) -> Json:
    """The contract's entry in exchangeInfo."""
    one = contract.instrument
    lots = {"minQty": amount(one.min_size), "maxQty": amount(one.max_size), "stepSize": amount(one.lot)}
    return {
        "symbol": one.symbol,
        "pair": one.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_AWAY_MS,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "marginAsset": one.quote,
        "pricePrecision": one.price_decimals(),
        "quantityPrecision": one.size_decimals(),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": amount(contract.liquidation_fee),
        "marketTakeBound": "0.05",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": amount(one.tick),
                "maxPrice": "100000000",
                "tickSize": amount(one.tick),
            },
            {"filterType": "LOT_SIZE", **lots},
            {"filterType": "MARKET_LOT_SIZE", **lots},
            {"filterType": "MAX_NUM_ORDERS", "limit": MAX_NUM_ORDERS},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MAX_NUM_ORDERS},
            {"filterType": "MIN_NOTIONAL", "notional": amount(one.min_notional)},
        ],
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def assets_json(exchange: Perpetuals) -> list[Json]:
    """The settling assets of exchangeInfo."""
    assets = sorted({contract.instrument.quote for contract in exchange.contracts.values()})
    return [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"} for asset in assets]


def status_of(order: Order) -> str:
    """Binance's name of the order's state."""
    return "EXPIRED_IN_MATCH" if order.reason == SELF_TRADE else _STATUS[order.state]


def force_of(order: Order | Conditional) -> str:
    """Its time in force; GTX is a post-only order."""
    return "GTX" if order.post_only else order.time_in_force.upper()


def average_of(order: Order) -> str:
    """The average fill price, in eight decimals."""
    return amount((order.average_price or ZERO).quantize(Decimal("0.00000001")))


def original_type(exchange: Perpetuals, account: Account, order: Order) -> tuple[str, Conditional | None]:
    """What the order was asked for as, and the conditional order it came from."""
    parent = account.conditionals.get(exchange.parents.get(int(order.venue_order_id), 0))
    return (order.type.upper() if parent is None else condition_type(parent)), parent


def order_json(exchange: Perpetuals, account: Account, order: Order) -> Json:
    """An order as every order path shows it."""
    asked, parent = original_type(exchange, account, order)
    return {
        "orderId": int(order.venue_order_id),
        "symbol": order.symbol,
        "status": status_of(order),
        "clientOrderId": order.client_order_id,
        "price": amount(order.price),
        "avgPrice": average_of(order),
        "origQty": amount(order.size),
        "executedQty": amount(order.filled),
        "cumQty": amount(order.filled),
        "cumQuote": amount(order.filled_quote),
        "timeInForce": force_of(order),
        "type": order.type.upper(),
        "reduceOnly": order.reduce_only,
        "closePosition": bool(parent and parent.close),
        "side": order.side.upper(),
        "positionSide": "BOTH",
        "stopPrice": amount(parent.trigger_price if parent else None),
        "workingType": "CONTRACT_PRICE" if parent is None else _WORKING[parent.trigger],
        "priceProtect": False,
        "origType": asked,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_TAKER",
        "goodTillDate": 0,
        "time": ms(order.created_ns),
        "updateTime": ms(order.updated_ns),
    }


def condition_type(one: Conditional) -> str:
    """Binance's name of what a conditional order is."""
    if one.kind is ConditionKind.TRAILING:
        return "TRAILING_STOP_MARKET"
    name = "STOP" if one.kind is ConditionKind.STOP else "TAKE_PROFIT"
    return name if one.price is not None else f"{name}_MARKET"


def conditional_json(account: Account, one: Conditional) -> Json:
    """A conditional order as the algo paths show it."""
    order = account.orders.get(one.order_id)
    return {
        "algoId": one.id,
        "clientAlgoId": one.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": condition_type(one),
        "symbol": one.symbol,
        "side": one.side.upper(),
        "positionSide": "BOTH",
        "timeInForce": force_of(one),
        "quantity": amount(one.size),
        "algoStatus": ALGO_STATUS[one.state],
        "actualOrderId": str(one.order_id or ""),
        "actualPrice": average_of(order) if order else amount(None),
        "actualType": "" if order is None else order.type.upper(),
        "actualQty": amount(order.filled if order else None),
        "triggerPrice": amount(one.trigger_price),
        "price": amount(one.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_TAKER",
        "workingType": _WORKING[one.trigger],
        "priceMatch": "NONE",
        "closePosition": one.close,
        "priceProtect": False,
        "reduceOnly": one.reduce_only,
        "activatePrice": amount(one.activation),
        "callbackRate": amount(one.callback * 100),
        "createTime": ms(one.created_ns),
        "updateTime": ms(one.updated_ns),
        "triggerTime": ms(order.created_ns) if order else 0,
        "goodTillDate": 0,
        "tpTriggerPrice": amount(None),
        "slTriggerPrice": amount(None),
        "tpOrderType": "",
        "failReason": one.reason,
    }


def trade_json(done: Done) -> Json:
    """A fill as userTrades shows it."""
    fill = done.fill
    return {
        "symbol": fill.symbol,
        "id": int(fill.trade_id),
        "orderId": done.order_id,
        "side": fill.side.upper(),
        "price": amount(fill.price),
        "qty": amount(fill.size),
        "quoteQty": amount(fill.notional),
        "realizedPnl": amount(done.realised),
        "marginAsset": fill.fee_asset,
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.time_ns),
        "positionSide": "BOTH",
        "buyer": fill.side is Side.BUY,
        "maker": fill.maker,
    }


def income_json(charge: Charge) -> Json:
    """A change of the wallet as GET income shows it."""
    return {
        "symbol": charge.symbol,
        "incomeType": charge.kind,
        "income": amount(charge.amount),
        "asset": charge.asset,
        "info": charge.kind,
        "time": ms(charge.time_ns),
        "tranId": charge.id,
        "tradeId": "",
    }


def balances_json(exchange: Perpetuals, account: Account) -> list[Json]:
    """GET balance."""
    rows: list[Json] = []
    for asset in sorted(account.wallets):
        stands = exchange.clearing.standing(account, asset)
        rows.append(
            {
                "accountAlias": "Sandbox",
                "asset": asset,
                "balance": amount(stands.wallet),
                "crossWalletBalance": amount(stands.cross_wallet),
                "crossUnPnl": amount(stands.cross_unrealised),
                "availableBalance": amount(stands.available),
                "maxWithdrawAmount": amount(min(stands.available, max(ZERO, stands.wallet))),
                "marginAvailable": True,
                "updateTime": ms(exchange.now_ns),
            }
        )
    return rows


def account_json(exchange: Perpetuals, account: Account) -> Json:
    """GET account, version 3."""
    assets: list[Json] = []
    for asset in sorted(account.wallets):
        stands = exchange.clearing.standing(account, asset)
        assets.append(
            {
                "asset": asset,
                "walletBalance": amount(stands.wallet),
                "unrealizedProfit": amount(stands.unrealised),
                "marginBalance": amount(stands.wallet + stands.unrealised),
                "maintMargin": amount(stands.maintenance),
                "initialMargin": amount(stands.position_margin + stands.order_margin),
                "positionInitialMargin": amount(stands.position_margin),
                "openOrderInitialMargin": amount(stands.order_margin),
                "crossWalletBalance": amount(stands.cross_wallet),
                "crossUnPnl": amount(stands.cross_unrealised),
                "availableBalance": amount(stands.available),
                "maxWithdrawAmount": amount(min(stands.available, max(ZERO, stands.wallet))),
                "marginAvailable": True,
                "updateTime": ms(exchange.now_ns),
            }
        )
    usdt = next((row for row in assets if row["asset"] == "USDT"), assets[0] if assets else {})
    totals = {
        "totalInitialMargin": "initialMargin",
        "totalMaintMargin": "maintMargin",
        "totalWalletBalance": "walletBalance",
        "totalUnrealizedProfit": "unrealizedProfit",
        "totalMarginBalance": "marginBalance",
        "totalPositionInitialMargin": "positionInitialMargin",
        "totalOpenOrderInitialMargin": "openOrderInitialMargin",
        "totalCrossWalletBalance": "crossWalletBalance",
        "totalCrossUnPnl": "crossUnPnl",
        "availableBalance": "availableBalance",
        "maxWithdrawAmount": "maxWithdrawAmount",
    }
    held = [position for position in account.positions.values() if position.size]
    shown = ("symbol", "positionSide", "positionAmt", "unrealizedProfit", "isolatedMargin", "notional")
    more = ("isolatedWallet", "initialMargin", "maintMargin", "updateTime")
    positions = [risk_json(exchange, account, position) for position in held]
    rows = [{name: row.get(name, row["unRealizedProfit"]) for name in (*shown, *more)} for row in positions]
    return {name: usdt.get(key, amount(None)) for name, key in totals.items()} | {
        "assets": assets,
        "positions": rows,
    }


def risk_json(exchange: Perpetuals, account: Account, position: Position) -> Json:
    """A position as positionRisk shows it, with what older versions added."""
    symbol = position.symbol
    contract, mark = exchange.contracts[symbol], exchange.prices[symbol].mark
    setting = account.setting(symbol)
    margin = exchange.clearing.margin_of(account, symbol)
    liquidation = exchange.liquidation_price(account.name, symbol) or ZERO
    orders = order_margin(account, symbol, mark)
    isolated = setting.mode is MarginMode.ISOLATED
    profit = position.unrealised(mark)
    return {
        "symbol": symbol,
        "positionSide": "BOTH",
        "positionAmt": amount(position.size),
        "entryPrice": amount(position.entry.quantize(Decimal("0.00000001"))),
        "breakEvenPrice": amount(position.entry.quantize(Decimal("0.00000001"))),
        "markPrice": amount(mark),
        "unRealizedProfit": amount(profit),
        "liquidationPrice": amount(liquidation.quantize(Decimal("0.00000001"))),
        "isolatedMargin": amount(position.isolated + profit if isolated else None),
        "notional": amount(position.size * mark),
        "marginAsset": contract.instrument.quote,
        "isolatedWallet": amount(position.isolated),
        "initialMargin": amount((margin + orders).quantize(Decimal("0.00000001"))),
        "maintMargin": amount(contract.maintenance(abs(position.size) * mark)),
        "positionInitialMargin": amount(margin.quantize(Decimal("0.00000001"))),
        "openOrderInitialMargin": amount(orders.quantize(Decimal("0.00000001"))),
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "leverage": str(setting.leverage),
        "marginType": setting.mode.value,
        "updateTime": ms(position.updated_ns),
    }


def brackets_json(contract: Contract) -> Json:
    """A contract's entry in leverageBracket."""
    return {
        "symbol": contract.instrument.symbol,
        "brackets": [
            {
                "bracket": number,
                "initialLeverage": one.max_leverage,
                "notionalCap": int(one.cap),
                "notionalFloor": int(one.floor),
                "maintMarginRatio": float(one.rate),
                "cum": float(one.deduction),
            }
            for number, one in enumerate(contract.brackets, 1)
        ],
    }
