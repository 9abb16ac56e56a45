"""Binance spot's JSON to our events and back: exact decimals from the text on the wire. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Event, Expired, Filled, Rejected, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.ports.account import KeyRights, VenueFill
from tradedeck.ports.broker import Balance

Json = Mapping[str, Any]

MS_NS = 1_000_000
TIMEFRAMES: dict[int, str] = {
    minutes * MINUTE_NS: name
    for name, minutes in (
        ("1m", 1),
        ("3m", 3),
        ("5m", 5),
        ("15m", 15),
        ("30m", 30),
        ("1h", 60),
        ("2h", 120),
        ("4h", 240),
        ("6h", 360),
        ("8h", 480),
        ("12h", 720),
        ("1d", 1_440),
        ("3d", 4_320),
        ("1w", 10_080),
    )
}
"""Bar lengths the venue has, in nanoseconds, by its own names."""
_LENGTHS = {name: length for length, name in TIMEFRAMES.items()}
_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
_KINDS = {name: kind for kind, name in _TYPES.items()} | {
    "LIMIT_MAKER": OrderType.LIMIT,
    # Of others' only: what waits for a price counts as a stop, and its reason names it.
    "TAKE_PROFIT": OrderType.STOP,
    "TAKE_PROFIT_LIMIT": OrderType.STOP_LIMIT,
}


def events_of(raw: Json) -> list[Event]:
    """What one message of a stream says; empty for what does not concern us."""
    match raw.get("e"):
        case "trade":
            return [_trade(raw)]
        case "kline" if raw["k"]["x"]:
            return [_bar(raw["s"], raw["k"])]
        case "executionReport":
            return list(_reports(raw))
        case _:
            return []


def order_params(order: Order) -> dict[str, str]:
    """The parameters of a new order.

    Raises:
        RefusedError: the venue has no such order.
    """
    params = {
        "symbol": order.symbol,
        "side": order.side.upper(),
        "type": _TYPES[order.type],
        "quantity": text(order.size),
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "FULL",
    }
    if order.post_only:
        if order.type is not OrderType.LIMIT:
            raise RefusedError("only a limit order can be post-only; use a plain limit order", code="order.post_only")
        params["type"] = "LIMIT_MAKER"
    elif order.type.has_price:
        params["timeInForce"] = order.time_in_force.upper()
    if order.price is not None:
        params["price"] = text(order.price)
    if order.stop_price is not None:
        params["stopPrice"] = text(order.stop_price)
    return params


def placed(raw: Json, order: Order) -> list[Report]:
    """What the full answer to a new order says. What trades at once takes liquidity."""
    time_ns, venue_id = raw["transactTime"] * MS_NS, str(raw["orderId"])
    parts = [
        _fill(
            order,
            trade_id=part["tradeId"],
            price=part["price"],
            size=part["qty"],
            fee=part["commission"],
            asset=part["commissionAsset"],
            maker=False,
            time_ns=time_ns,
        )
        for part in raw.get("fills") or ()
    ]
    accepted = Accepted(order.client_order_id, venue_id, time_ns)
    return [accepted, *(Filled(fill, venue_id) for fill in parts), *ended(raw, order, time_ns)]


def found(raw: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
    """What the venue's records say: accepted, the fills, and how it ended if it did."""
    venue_id = str(raw["orderId"])
    parts = [
        _fill(
            order,
            trade_id=trade["id"],
            price=trade["price"],
            size=trade["qty"],
            fee=trade["commission"],
            asset=trade["commissionAsset"],
            maker=trade["isMaker"],
            time_ns=trade["time"] * MS_NS,
        )
        for trade in trades
    ]
    accepted = Accepted(order.client_order_id, venue_id, raw["time"] * MS_NS)
    return (accepted, *(Filled(fill, venue_id) for fill in parts), *ended(raw, order, raw["updateTime"] * MS_NS))


def ended(raw: Json, order: Order, time_ns: int) -> list[Report]:
    """How the order ended, by its `status`; empty while it works or when it is filled."""
    match raw.get("status"):
        case "CANCELED":
            return [Canceled(order.client_order_id, time_ns)]
        case "EXPIRED" | "EXPIRED_IN_MATCH":
            return [Expired(order.client_order_id, time_ns)]
        case "REJECTED":
            return [Rejected(order.client_order_id, time_ns, "rejected by the venue")]
        case _:
            return []


def order_of(row: Json) -> Order:
    """A working order as the venue counts it; `source` is empty."""
    filled, kind = exact(row["executedQty"]), str(row["type"])
    return Order(
        client_order_id=row["clientOrderId"],
        symbol=row["symbol"],
        side=Side(row["side"].lower()),
        type=_KINDS.get(kind, OrderType.STOP),
        size=exact(row["origQty"]),
        price=exact(row["price"]) or None,
        stop_price=exact(row["stopPrice"]) or None,
        time_in_force=TimeInForce(row["timeInForce"].lower()),
        post_only=kind == "LIMIT_MAKER",
        reduce_only=False,
        source="",
        created_ns=row["time"] * MS_NS,
        updated_ns=row["updateTime"] * MS_NS,
        state=OrderState.PARTIALLY_FILLED if filled else OrderState.ACCEPTED,
        filled=filled,
        filled_quote=exact(row["cummulativeQuoteQty"]),
        venue_order_id=str(row["orderId"]),
        reason="" if kind in _TYPES.values() or kind == "LIMIT_MAKER" else f"{kind} at the venue",
    )


def account_fill(row: Json) -> VenueFill:
    """A fill of the account's, from its list of trades."""
    fill = Fill(
        symbol=row["symbol"],
        trade_id=str(row["id"]),
        client_order_id="",
        side=Side.BUY if row["isBuyer"] else Side.SELL,
        price=exact(row["price"]),
        size=exact(row["qty"]),
        fee=exact(row["commission"]),
        fee_asset=row["commissionAsset"],
        maker=bool(row["isMaker"]),
        time_ns=row["time"] * MS_NS,
    )
    return VenueFill(fill, str(row["orderId"]))


def key_rights(raw: Json, trades: str) -> KeyRights:
    """What a key may do; `trades` is the venue's name of the right to trade here."""
    return KeyRights(raw.get(trades), raw.get("enableWithdrawals"), raw.get("ipRestrict"))


def traded_size(trades: Sequence[Json]) -> Decimal:
    """How much a list of trade records adds up to."""
    return sum((exact(trade["qty"]) for trade in trades), ZERO)


def bars(rows: Sequence[Sequence[Any]], symbol: str, timeframe_ns: int, now_ns: int) -> list[Bar]:
    """The bars of kline rows that have closed by `now_ns`, oldest first."""
    found_bars = [
        Bar(symbol, timeframe_ns, row[0] * MS_NS, *(exact(value) for value in row[1:6]))  # open high low close volume
        for row in rows
    ]
    return [bar for bar in found_bars if bar.time_ns <= now_ns]


def balances(account: Json) -> list[Balance]:
    """Balances with something in them."""
    rows = [Balance(row["asset"], exact(row["free"]), exact(row["locked"])) for row in account["balances"]]
    return [row for row in rows if row.free or row.locked]


def fees(account: Json) -> FeeSchedule:
    """The account's own fees."""
    rates = account["commissionRates"]
    return FeeSchedule(exact(rates["maker"]), exact(rates["taker"]))


def instruments(info: Json, fee_schedule: FeeSchedule, venue: str) -> list[Instrument]:
    """The spot instruments of an exchangeInfo that trade."""
    return [
        _instrument(row, fee_schedule, venue)
        for row in info["symbols"]
        if row["status"] == "TRADING" and row.get("isSpotTradingAllowed", True)
    ]


def _instrument(row: Json, fee_schedule: FeeSchedule, venue: str) -> Instrument:
    rules: dict[str, Json] = {rule["filterType"]: rule for rule in row["filters"]}
    lots = rules["LOT_SIZE"]
    notional: Json = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL") or {"minNotional": "0"}
    return Instrument(
        symbol=row["symbol"],
        venue=venue,
        base=row["baseAsset"],
        quote=row["quoteAsset"],
        tick=exact(rules["PRICE_FILTER"]["tickSize"]),
        lot=exact(lots["stepSize"]),
        min_size=exact(lots["minQty"]),
        max_size=exact(lots["maxQty"]),
        min_notional=exact(notional["minNotional"]),
        fees=fee_schedule,
    )


def _trade(raw: Json) -> Trade:
    # `m`: the buyer was the maker, so the seller took.
    aggressor = Side.SELL if raw["m"] else Side.BUY
    return Trade(raw["s"], str(raw["t"]), exact(raw["p"]), exact(raw["q"]), aggressor, raw["T"] * MS_NS)


def _bar(symbol: str, k: Json) -> Bar:
    prices = (exact(k["o"]), exact(k["h"]), exact(k["l"]), exact(k["c"]))
    return Bar(symbol, _LENGTHS[k["i"]], k["t"] * MS_NS, *prices, exact(k["v"]))


def _reports(raw: Json) -> list[Report]:
    """An executionReport; a cancel has its own id in `c` and the order's in `C`."""
    client_id, time_ns = raw["C"] or raw["c"], raw["T"] * MS_NS
    reason = "" if raw.get("r", "NONE") == "NONE" else str(raw["r"])
    match raw["x"]:
        case "NEW":
            return [Accepted(client_id, str(raw["i"]), time_ns)]
        case "TRADE":
            return [Filled(_reported_fill(raw, client_id, time_ns), str(raw["i"]))]
        case "CANCELED":
            return [Canceled(client_id, time_ns, reason)]
        # Self-trade prevention may only shrink an order; its state says whether it has ended.
        case "EXPIRED" | "TRADE_PREVENTION" if str(raw["X"]).startswith("EXPIRED"):
            return [Expired(client_id, time_ns, reason)]
        case "REJECTED":
            return [Rejected(client_id, time_ns, reason or "rejected by the venue")]
        case _:
            return []


def _reported_fill(raw: Json, client_id: str, time_ns: int) -> Fill:
    return Fill(
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


def _fill(
    order: Order, *, trade_id: int, price: str, size: str, fee: str, asset: str, maker: bool, time_ns: int
) -> Fill:
    return Fill(
        symbol=order.symbol,
        trade_id=str(trade_id),
        client_order_id=order.client_order_id,
        side=order.side,
        price=exact(price),
        size=exact(size),
        fee=exact(fee),
        fee_asset=asset,
        maker=maker,
        time_ns=time_ns,
    )
