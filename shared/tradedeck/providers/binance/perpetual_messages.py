"""USD-M's JSON to our events and back, where it differs from spot's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Accepted, Canceled, Event, Expired, Filled, Rejected, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.funding import FundingRate, due_ns
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import ZERO, exact, text
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.ports.account import Holding, VenueFill
from tradedeck.ports.broker import Balance
from tradedeck.ports.capabilities import MarginMode
from tradedeck.providers.binance import messages
from tradedeck.providers.binance.messages import MS_NS, Json

_POST_ONLY = "GTX"
_CONDITIONAL = {OrderType.STOP: "STOP_MARKET", OrderType.STOP_LIMIT: "STOP"}
_KINDS = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP_MARKET": OrderType.STOP,
    "STOP": OrderType.STOP_LIMIT,
    # Of others' only: what waits for a price counts as a stop, and its reason names it.
    "TAKE_PROFIT_MARKET": OrderType.STOP,
    "TAKE_PROFIT": OrderType.STOP_LIMIT,
    "TRAILING_STOP_MARKET": OrderType.STOP,
}
_REAL = ("", "MARKET")
"""Trades of the market; the venue's own takeovers say something else."""
_NUMBERED = "algo-"
"""Conditional orders are numbered apart; what they become has an order's number."""


def market_events(raw: Json) -> list[Event]:
    """What a message of a market stream says; funding is told by `FundingClock`."""
    if raw.get("e") == "trade" and (raw.get("X", "") not in _REAL or not exact(raw["q"])):
        return []
    return messages.events_of(raw) if raw.get("e") in ("trade", "kline") else []


def order_params(order: Order) -> dict[str, str]:
    """The parameters of a new order, plain or conditional.

    Raises:
        RefusedError: the venue has no such order.
    """
    if order.post_only and order.type is not OrderType.LIMIT:
        raise RefusedError("only a limit order can be post-only; use a plain limit order", code="order.post_only")
    params = {
        "symbol": order.symbol,
        "side": order.side.upper(),
        "type": _CONDITIONAL.get(order.type, order.type.upper()),
        "quantity": text(order.size),
    }
    if order.stop_price is None:
        params |= {"newClientOrderId": order.client_order_id, "newOrderRespType": "RESULT"}
    else:
        params |= {
            "algoType": "CONDITIONAL",
            "clientAlgoId": order.client_order_id,
            "triggerPrice": text(order.stop_price),
            "workingType": "CONTRACT_PRICE",
        }
    if order.price is not None:
        params["price"] = text(order.price)
        params["timeInForce"] = _POST_ONLY if order.post_only else order.time_in_force.upper()
    if order.reduce_only:
        params["reduceOnly"] = "true"
    return params


def placed(raw: Json, trades: Sequence[Json], order: Order) -> list[Report]:
    """What the answer to a new order says, with the fills that were asked for because of it."""
    time_ns, venue_id = raw["updateTime"] * MS_NS, str(raw["orderId"])
    accepted = Accepted(order.client_order_id, venue_id, time_ns)
    whole = messages.traded_size(trades) == exact(raw["executedQty"])
    # An order must not end before its fills are known; the account's stream tells both.
    return [accepted, *fills_of(trades, order), *(messages.ended(raw, order, time_ns) if whole else ())]


def found(raw: Json, trades: Sequence[Json], order: Order) -> tuple[Report, ...]:
    """What the venue's records say: accepted, the fills, and how it ended if it did."""
    accepted = Accepted(order.client_order_id, str(raw["orderId"]), raw["time"] * MS_NS)
    return (accepted, *fills_of(trades, order), *messages.ended(raw, order, raw["updateTime"] * MS_NS))


def fills_of(trades: Sequence[Json], order: Order) -> list[Report]:
    """The fills of one order."""
    return [Filled(account_fill(trade, order.client_order_id).fill, str(trade["orderId"])) for trade in trades]


# Conditional orders


def conditional_accepted(raw: Json, order: Order) -> Accepted:
    """A conditional order that the venue has."""
    return Accepted(order.client_order_id, conditional_number(raw), int(raw["createTime"]) * MS_NS)


def conditional_number(raw: Json) -> str:
    """The venue's number of a conditional order, not to be taken for an order's."""
    return f"{_NUMBERED}{raw['algoId']}"


def became(raw: Json) -> int:
    """The number of the order that a conditional one has become; 0 while it waits."""
    number = str(raw.get("actualOrderId") or raw.get("ai") or "0")
    return int(number) if number.isdigit() else 0


def conditional_ended(raw: Json, order: Order) -> list[Report]:
    """How a conditional order ended that became no order."""
    time_ns = int(raw["updateTime"]) * MS_NS
    match raw["algoStatus"]:
        case "CANCELED":
            return [Canceled(order.client_order_id, time_ns)]
        case "EXPIRED" | "REJECTED" | "FINISHED":
            return [Expired(order.client_order_id, time_ns, "ended by the venue")]
        case _:
            return []


# The account's stream


def reports_of(raw: Json, names: Mapping[int, str]) -> list[Report]:
    """What an ORDER_TRADE_UPDATE says; `names` gives the client ids of orders that conditional ones became."""
    o: Json = raw["o"]
    client_id, venue_id, time_ns = names.get(int(o["i"]), str(o["c"])), str(o["i"]), int(o["T"]) * MS_NS
    match o["x"]:
        case "NEW":
            return [Accepted(client_id, venue_id, time_ns)]
        case "TRADE" | "CALCULATED" if exact(o["l"]):
            return [Filled(_reported_fill(o, client_id, time_ns), venue_id)]
        case "CANCELED":
            return [Canceled(client_id, time_ns)]
        case "EXPIRED" | "TRADE_PREVENTION" if str(o["X"]).startswith("EXPIRED"):
            return [Expired(client_id, time_ns)]
        case "REJECTED":
            return [Rejected(client_id, time_ns, "rejected by the venue")]
        case _:
            return []


def conditional_reports(raw: Json) -> list[Report]:
    """What an ALGO_UPDATE says."""
    o: Json = raw["o"]
    client_id, time_ns, reason = str(o["caid"]), int(raw["T"]) * MS_NS, str(o.get("rm") or "")
    match o["X"]:
        case "NEW":
            return [Accepted(client_id, f"{_NUMBERED}{o['aid']}", time_ns)]
        case "CANCELED":
            return [Canceled(client_id, time_ns)]
        # One that has worked can't be rejected any more: the venue ended it.
        case "EXPIRED" | "REJECTED":
            return [Expired(client_id, time_ns, reason)]
        case _:
            return []


def _reported_fill(o: Json, client_id: str, time_ns: int) -> Fill:
    return Fill(
        symbol=o["s"],
        trade_id=str(o["t"]),
        client_order_id=client_id,
        side=Side(o["S"].lower()),
        price=exact(o["L"]),
        size=exact(o["l"]),
        fee=exact(o.get("n") or "0"),
        fee_asset=o.get("N") or "",
        maker=bool(o["m"]),
        time_ns=time_ns,
    )


# Lists


def order_of(row: Json) -> Order:
    """A working order as the venue counts it; `source` is empty."""
    filled, kind = exact(row["executedQty"]), str(row["type"])
    return _order(
        row,
        client_order_id=row["clientOrderId"],
        kind=kind,
        size=exact(row["origQty"]),
        stop_price=exact(row.get("stopPrice") or "0") or None,
        filled=filled,
        filled_quote=exact(row.get("cumQuote") or "0"),
        created_ms=row["time"],
        venue_order_id=str(row["orderId"]),
    )


def conditional_order_of(row: Json) -> Order:
    """A conditional order that waits."""
    return _order(
        row,
        client_order_id=row["clientAlgoId"],
        kind=row["orderType"],
        size=exact(row.get("quantity") or "0"),
        stop_price=exact(row["triggerPrice"]),
        filled=ZERO,
        filled_quote=ZERO,
        created_ms=row["createTime"],
        venue_order_id=conditional_number(row),
    )


def _order(
    row: Json,
    *,
    client_order_id: str,
    kind: str,
    size: Decimal,
    stop_price: Decimal | None,
    filled: Decimal,
    filled_quote: Decimal,
    created_ms: int,
    venue_order_id: str,
) -> Order:
    force = str(row.get("timeInForce") or "GTC")
    is_known = force.lower() in set(TimeInForce)
    return Order(
        client_order_id=client_order_id,
        symbol=row["symbol"],
        side=Side(row["side"].lower()),
        type=_KINDS.get(kind, OrderType.STOP),
        size=size,
        price=exact(row.get("price") or "0") or None,
        stop_price=stop_price,
        time_in_force=TimeInForce(force.lower()) if is_known else TimeInForce.GTC,
        post_only=force == _POST_ONLY,
        reduce_only=bool(row.get("reduceOnly")),
        source="",
        created_ns=int(created_ms) * MS_NS,
        updated_ns=int(row["updateTime"]) * MS_NS,
        state=OrderState.PARTIALLY_FILLED if filled else OrderState.ACCEPTED,
        filled=filled,
        filled_quote=filled_quote,
        venue_order_id=venue_order_id,
        reason="" if kind in ("MARKET", "LIMIT", *_CONDITIONAL.values()) else f"{kind} at the venue",
    )


def account_fill(row: Json, client_order_id: str = "") -> VenueFill:
    """A fill of the account's, from its list of trades."""
    fill = Fill(
        symbol=row["symbol"],
        trade_id=str(row["id"]),
        client_order_id=client_order_id,
        side=Side(row["side"].lower()),
        price=exact(row["price"]),
        size=exact(row["qty"]),
        fee=exact(row["commission"]),
        fee_asset=row["commissionAsset"],
        maker=bool(row["maker"]),
        time_ns=row["time"] * MS_NS,
    )
    return VenueFill(fill, str(row["orderId"]))


def balances(account: Json) -> list[Balance]:
    """Wallets with something in them; `locked` backs positions and orders."""
    rows: list[Balance] = []
    for row in account["assets"]:
        wallet = exact(row["walletBalance"])
        free = max(ZERO, min(wallet, exact(row["availableBalance"])))
        if wallet:
            rows.append(Balance(row["asset"], free, wallet - free))
    return rows


def holdings(rows: Sequence[Json]) -> list[Holding]:
    """Open positions."""
    return [_holding(row) for row in rows if exact(row["positionAmt"])]


def _holding(row: Json) -> Holding:
    isolated = exact(row.get("isolatedMargin") or "0")
    initial = exact(row.get("positionInitialMargin") or row["initialMargin"])
    worth = abs(exact(row["notional"]))
    return Holding(
        symbol=row["symbol"],
        size=exact(row["positionAmt"]),
        entry=exact(row["entryPrice"]),
        mark=exact(row["markPrice"]),
        margin=isolated or initial,
        # The venue's list of positions no longer names it; its initial margin is the worth divided by it.
        leverage=max(1, int((worth / initial).to_integral_value())) if initial else 1,
        margin_mode=MarginMode.ISOLATED if isolated else MarginMode.CROSS,
        liquidation=exact(row["liquidationPrice"]) or None,
    )


def instruments(info: Json, fees: Mapping[str, FeeSchedule], list_price: FeeSchedule, venue: str) -> list[Instrument]:
    """The perpetuals of an exchangeInfo that trade; contracts that end are left out."""
    return [
        _instrument(row, fees.get(row["symbol"], list_price), venue)
        for row in info["symbols"]
        if row["status"] == "TRADING" and row["contractType"] == "PERPETUAL"
    ]


def _instrument(row: Json, fees: FeeSchedule, venue: str) -> Instrument:
    rules: dict[str, Json] = {rule["filterType"]: rule for rule in row["filters"]}
    lots = rules["LOT_SIZE"]
    return Instrument(
        symbol=row["symbol"],
        venue=venue,
        base=row["baseAsset"],
        quote=row["quoteAsset"],
        tick=exact(rules["PRICE_FILTER"]["tickSize"]),
        lot=exact(lots["stepSize"]),
        min_size=exact(lots["minQty"]),
        max_size=exact(lots["maxQty"]),
        min_notional=exact(rules["MIN_NOTIONAL"]["notional"]) if "MIN_NOTIONAL" in rules else ZERO,
        fees=fees,
        kind=Kind.LINEAR,
    )


def fees(raw: Json) -> FeeSchedule:
    """The account's fees on one symbol."""
    return FeeSchedule(exact(raw["makerCommissionRate"]), exact(raw["takerCommissionRate"]))


def funding_rates(rows: Sequence[Json]) -> list[FundingRate]:
    """Rates that were charged, oldest first."""
    rates = [FundingRate(row["symbol"], exact(row["fundingRate"]), due_ns(row["fundingTime"] * MS_NS)) for row in rows]
    return sorted(rates, key=lambda rate: rate.time_ns)


class FundingClock:
    """Notices in the mark prices that a funding has passed."""

    def __init__(self) -> None:
        self._next_ms: dict[str, int] = {}

    def passed(self, raw: Mapping[str, Any]) -> int:
        """The time in ms at which funding was due since the last mark price of this symbol; 0 mostly."""
        symbol, next_ms = str(raw["s"]), int(raw["T"])
        known = self._next_ms.get(symbol, next_ms)
        self._next_ms[symbol] = next_ms
        return known if next_ms > known else 0
