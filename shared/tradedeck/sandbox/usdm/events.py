"""The user stream: what happened, as Binance USD-M tells the account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.floor import SELF_TRADE
from tradedeck.sandbox.perpetuals.news import (
    AccountNews,
    Conditional,
    ConditionalNews,
    FundingNews,
    Happening,
    News,
    OrderNews,
    SettingNews,
    Why,
)
from tradedeck.sandbox.perpetuals.terms import ConditionKind
from tradedeck.sandbox.usdm.wire import (
    ALGO_STATUS,
    Json,
    average_of,
    condition_type,
    conditional_json,
    force_of,
    original_type,
    status_of,
)
from tradedeck.sandbox.wire import amount, ms

_EXECUTIONS = {
    Happening.NEW: "NEW",
    Happening.TRADE: "TRADE",
    Happening.AMENDED: "AMENDMENT",
    Happening.CANCELED: "CANCELED",
    Happening.EXPIRED: "EXPIRED",
    Happening.LIQUIDATION: "CALCULATED",
    Happening.DELEVERAGED: "TRADE",
}
_REASONS = {
    Why.ORDER: "ORDER",
    Why.FUNDING: "FUNDING_FEE",
    Why.LIQUIDATION: "INSURANCE_CLEAR",
    Why.DEPOSIT: "DEPOSIT",
    Why.MARGIN: "MARGIN_TRANSFER",
}


def events_of(exchange: Perpetuals, news: News) -> Iterator[tuple[str, Json]]:
    """The account and the event, of everything that is an account's business."""
    if isinstance(news, OrderNews):
        yield news.account, _order_update(exchange, news)
        if news.fill is not None:
            yield news.account, _trade_lite(news, news.order)
    elif isinstance(news, ConditionalNews):
        yield news.account, _algo_update(exchange, news)
    elif isinstance(news, SettingNews):
        yield (
            news.account,
            {
                "e": "ACCOUNT_CONFIG_UPDATE",
                "E": ms(news.time_ns),
                "T": ms(news.time_ns),
                "ac": {"s": news.symbol, "l": news.leverage},
            },
        )
    elif not isinstance(news, FundingNews):
        yield news.account, _account_update(exchange, news)


def _order_update(exchange: Perpetuals, news: OrderNews) -> Json:
    order, fill = news.order, news.fill
    account = exchange.accounts[news.account]
    asked, parent = original_type(exchange, account, order)
    what = "TRADE_PREVENTION" if news.reason == SELF_TRADE else _EXECUTIONS[news.what]
    detail: Json = {
        "s": order.symbol,
        "c": order.client_order_id,
        "S": order.side.upper(),
        "o": order.type.upper(),
        "f": force_of(order),
        "q": amount(order.size),
        "p": amount(order.price),
        "ap": average_of(order),
        "sp": amount(parent.trigger_price if parent else None),
        "x": what,
        "X": status_of(order),
        "i": int(order.venue_order_id),
        "l": amount(fill.size if fill else None),
        "z": amount(order.filled),
        "L": amount(fill.price if fill else None),
        "T": ms(news.time_ns),
        "t": int(fill.trade_id) if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.maker),
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": asked,
        "ps": "BOTH",
        "cp": bool(parent and parent.close),
        "rp": amount(news.realised),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_TAKER",
        "pm": "NONE",
        "gtd": 0,
        "er": "0",
    }
    if fill is not None:
        detail |= {"N": fill.fee_asset, "n": amount(fill.fee)}
    if parent is not None and parent.kind is ConditionKind.TRAILING:
        detail |= {"AP": amount(parent.activation), "cr": amount(parent.callback * 100)}
    return {"e": "ORDER_TRADE_UPDATE", "E": ms(exchange.now_ns), "T": ms(news.time_ns), "o": detail}


def _trade_lite(news: OrderNews, order: Order) -> Json:
    fill = news.fill
    assert fill is not None
    return {
        "e": "TRADE_LITE",
        "E": ms(news.time_ns),
        "T": ms(news.time_ns),
        "s": order.symbol,
        "q": amount(order.size),
        "p": amount(order.price),
        "m": fill.maker,
        "c": order.client_order_id,
        "S": order.side.upper(),
        "L": amount(fill.price),
        "l": amount(fill.size),
        "t": int(fill.trade_id),
        "i": int(order.venue_order_id),
    }


def _account_update(exchange: Perpetuals, news: AccountNews) -> Json:
    account = exchange.accounts[news.account]
    stands = exchange.clearing.standing(account, news.asset)
    bare = ZERO if news.why is Why.ORDER else news.change
    detail: Json = {
        "m": _REASONS[news.why],
        "B": [
            {
                "a": news.asset,
                "wb": amount(stands.wallet),
                "cw": amount(stands.cross_wallet),
                "bc": amount(bare),
            }
        ],
        "P": [],
    }
    mode = account.setting(news.symbol).mode if news.symbol else MarginMode.CROSS
    if news.symbol and (news.why is not Why.FUNDING or mode is MarginMode.ISOLATED):
        position, mark = account.position(news.symbol), exchange.prices[news.symbol].mark
        entry = amount(position.entry.quantize(Decimal("0.00000001")))
        detail["P"] = [
            {
                "s": news.symbol,
                "pa": amount(position.size),
                "ep": entry,
                "bep": entry,
                "cr": amount(position.realised),
                "up": amount(position.unrealised(mark)),
                "mt": mode.value,
                "iw": amount(position.isolated),
                "ps": "BOTH",
            }
        ]
    return {"e": "ACCOUNT_UPDATE", "E": ms(exchange.now_ns), "T": ms(news.time_ns), "a": detail}


def _algo_update(exchange: Perpetuals, news: ConditionalNews) -> Json:
    one: Conditional = news.conditional
    shown = conditional_json(exchange.accounts[news.account], one)
    detail: Json = {
        "caid": one.client_order_id,
        "aid": one.id,
        "at": "CONDITIONAL",
        "o": condition_type(one),
        "s": one.symbol,
        "S": one.side.upper(),
        "ps": "BOTH",
        "f": force_of(one),
        "q": amount(one.size),
        "X": ALGO_STATUS[one.state],
        "ai": shown["actualOrderId"],
        "ap": shown["actualPrice"],
        "aq": shown["actualQty"],
        "act": shown["actualType"] or "0",
        "tp": amount(one.trigger_price),
        "p": amount(one.price),
        "V": "EXPIRE_TAKER",
        "wt": shown["workingType"],
        "pm": "NONE",
        "cp": one.close,
        "pP": False,
        "R": one.reduce_only,
        "tt": shown["triggerTime"],
        "gtd": 0,
    }
    if one.reason:
        detail["rm"] = one.reason
    return {"e": "ALGO_UPDATE", "T": ms(news.time_ns), "E": ms(exchange.now_ns), "o": detail}
