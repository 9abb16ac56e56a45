"""Binance spot's raw JSON to our events: exact decimals from the text on the wire. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, MarketEvent, Rejected, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.ports.broker import Balance

Json = Mapping[str, Any]

_MS_NS = 1_000_000
_UNIT_MINUTES = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}
_ENDED = {"CANCELED": Canceled, "EXPIRED": Expired, "EXPIRED_IN_MATCH": Expired}


def market_event_of(raw: Json) -> MarketEvent | None:
    """A trade, or the bar of a candle that has just closed; None for anything else."""
    kind = raw.get("e")
    if kind == "trade":
        return _trade(raw)
    if kind == "kline" and raw["k"]["x"]:
        return _closed_bar(raw["k"])
    return None


def reports_of(raw: Json) -> list[Report]:
    """What an `executionReport` says."""
    client_id, time_ns = raw["C"] or raw["c"], raw["T"] * _MS_NS
    match raw["x"]:
        case "NEW":
            return [Accepted(client_id, str(raw["i"]), time_ns)]
        case "TRADE":
            return [_filled(raw, client_id, time_ns)]
        case "CANCELED":
            return [Canceled(client_id, time_ns)]
        # Self-trade prevention may only shrink an order; its state says whether it has ended.
        case "EXPIRED" | "TRADE_PREVENTION" if str(raw["X"]).startswith("EXPIRED"):
            return [Expired(client_id, time_ns, _reason(raw))]
        case "REJECTED":
            return [Rejected(client_id, time_ns, _reason(raw))]
        case _:
            return []


def placed_reports(raw: Json, order: Order) -> list[Report]:
    """What the full answer to a new order says. What trades at once takes, and pays the taker's fee."""
    time_ns, venue_id = raw["transactTime"] * _MS_NS, str(raw["orderId"])
    reports: list[Report] = [Accepted(order.client_order_id, venue_id, time_ns)]
    for part in raw.get("fills", ()):
        fill = Fill(
            symbol=order.symbol,
            trade_id=str(part["tradeId"]),
            client_order_id=order.client_order_id,
            side=order.side,
            price=exact(part["price"]),
            size=exact(part["qty"]),
            fee=exact(part["commission"]),
            fee_asset=part["commissionAsset"],
            maker=False,
            time_ns=time_ns,
        )
        reports.append(Filled(fill, venue_id))
    return reports + _ended(raw.get("status", ""), order, time_ns)


def found_reports(raw: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
    """What the venue's records say of an order: accepted, its fills, and how it ended if it did."""
    venue_id, client_id = str(raw["orderId"]), order.client_order_id
    accepted = Accepted(client_id, venue_id, raw["time"] * _MS_NS)
    fills = [Filled(_recorded_fill(trade, order), venue_id) for trade in trades]
    ended: list[Report] = _ended(raw["status"], order, raw["updateTime"] * _MS_NS)
    if raw["status"] == "REJECTED":
        ended = [Rejected(client_id, raw["updateTime"] * _MS_NS, "rejected by the venue")]
    return (accepted, *fills, *ended)


def order_request(order: Order) -> dict[str, str | bool]:
    """Ccxt's extra parameters for a new order: our id, and how long, how passive, from which price on.

    Raises:
        RefusedError: the venue has no such order.
    """
    request: dict[str, str | bool] = {"newClientOrderId": order.client_order_id}
    if order.post_only and order.type is not OrderType.LIMIT:
        raise RefusedError("only a limit order can be post-only; use a plain limit order", code="order.post_only")
    if order.post_only:
        request["postOnly"] = True
    elif order.type.has_price:
        request["timeInForce"] = order.time_in_force.upper()
    if order.stop_price is not None:
        request["stopLossPrice"] = text(order.stop_price)
    return request


def canceled_reports(raw: Json, order: Order) -> list[Report]:
    """What the answer to a cancel says."""
    return _ended(raw["status"], order, raw["transactTime"] * _MS_NS)


def bars_of(rows: Sequence[Sequence[Any]], symbol: str, timeframe_ns: int, now_ns: int) -> list[Bar]:
    """Closed bars from kline rows, oldest first."""
    bars = [
        Bar(
            symbol,
            timeframe_ns,
            row[0] * _MS_NS,
            exact(row[1]),
            exact(row[2]),
            exact(row[3]),
            exact(row[4]),
            exact(row[5]),
        )
        for row in rows
    ]
    return [bar for bar in bars if bar.time_ns <= now_ns]


def balances_of(account: Json) -> list[Balance]:
    """Balances with something in them."""
    rows = [Balance(b["asset"], exact(b["free"]), exact(b["locked"])) for b in account["balances"]]
    return [row for row in rows if row.free or row.locked]


def fees_of(account: Json) -> FeeSchedule:
    """The account's own fees."""
    rates = account["commissionRates"]
    return FeeSchedule(maker=exact(rates["maker"]), taker=exact(rates["taker"]))


def instrument_of(raw: Json, fees: FeeSchedule, venue: str) -> Instrument | None:
    """The instrument in an exchangeInfo entry; None when it can't be traded."""
    if raw["status"] != "TRADING" or not raw.get("isSpotTradingAllowed", True):
        return None
    rules: dict[str, Json] = {rule["filterType"]: rule for rule in raw["filters"]}
    notional: Json = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL") or {}
    return Instrument(
        symbol=raw["symbol"],
        venue=venue,
        base=raw["baseAsset"],
        quote=raw["quoteAsset"],
        tick=exact(rules["PRICE_FILTER"]["tickSize"]),
        lot=exact(rules["LOT_SIZE"]["stepSize"]),
        min_size=exact(rules["LOT_SIZE"]["minQty"]),
        max_size=exact(rules["LOT_SIZE"]["maxQty"]),
        min_notional=exact(notional.get("minNotional", "0")),
        fees=fees,
    )


def timeframe_of(interval: str) -> int:
    """Nanoseconds of an interval like 1m, 4h, 1d."""
    return int(interval[:-1]) * _UNIT_MINUTES[interval[-1]] * MINUTE_NS


def _trade(raw: Json) -> Trade:
    return Trade(
        symbol=raw["s"],
        trade_id=str(raw["t"]),
        price=exact(raw["p"]),
        size=exact(raw["q"]),
        aggressor=Side.SELL if raw["m"] else Side.BUY,
        time_ns=raw["T"] * _MS_NS,
    )


def _closed_bar(k: Json) -> Bar:
    return Bar(
        k["s"],
        timeframe_of(k["i"]),
        k["t"] * _MS_NS,
        exact(k["o"]),
        exact(k["h"]),
        exact(k["l"]),
        exact(k["c"]),
        exact(k["v"]),
    )


def _filled(raw: Json, client_id: str, time_ns: int) -> Filled:
    fill = Fill(
        symbol=raw["s"],
        trade_id=str(raw["t"]),
        client_order_id=client_id,
        side=Side(raw["S"].lower()),
        price=exact(raw["L"]),
        size=exact(raw["l"]),
        fee=exact(raw["n"] or "0"),
        fee_asset=raw["N"] or "",
        maker=bool(raw["m"]),
        time_ns=time_ns,
    )
    return Filled(fill, str(raw["i"]))


def _recorded_fill(trade: Json, order: Order) -> Fill:
    return Fill(
        symbol=trade["symbol"],
        trade_id=str(trade["id"]),
        client_order_id=order.client_order_id,
        side=Side.BUY if trade["isBuyer"] else Side.SELL,
        price=exact(trade["price"]),
        size=exact(trade["qty"]),
        fee=exact(trade["commission"]),
        fee_asset=trade["commissionAsset"],
        maker=bool(trade["isMaker"]),
        time_ns=trade["time"] * _MS_NS,
    )


def _ended(status: str, order: Order, time_ns: int) -> list[Report]:
    make = _ENDED.get(status)
    return [make(order.client_order_id, time_ns)] if make else []


def _reason(raw: Json) -> str:
    reason = str(raw.get("r", "NONE"))
    return "" if reason == "NONE" else reason


def traded_size(trades: Sequence[Json]) -> Decimal:
    """How much a list of trade records adds up to."""
    return sum((exact(trade["qty"]) for trade in trades), ZERO)
