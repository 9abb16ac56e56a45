"""An account through ccxt's unified calls, whose numbers are texts here and so stay exact. Pure but for the paging."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO, exact
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.ports.account import Budget, Holding, KeyRights, VenueFill
from tradedeck.ports.capabilities import MarginMode

Json = Mapping[str, Any]
Page = Callable[[int], Awaitable[list[Json]]]
"""Asks for the fills from a time in ms on, oldest first."""

MAX_ROWS = 1_000
_MS_NS = 1_000_000
_MINUTE_S = 60.0
_WEIGHT_LIMIT = 6_000
_WEIGHT = "X-MBX-USED-WEIGHT-1M"


def order_of(raw: Json, symbol: str) -> Order:
    """A working order as the venue counts it; `source` is empty."""
    filled, stop_price = _amount(raw, "filled"), _amount(raw, "triggerPrice") or None
    limited = raw["type"] == "limit"
    force = str(raw.get("timeInForce") or "GTC").lower()
    time_ns = int(raw["timestamp"] or 0) * _MS_NS
    return Order(
        client_order_id=str(raw.get("clientOrderId") or ""),
        symbol=symbol,
        side=Side(raw["side"]),
        type=_TYPES[limited, stop_price is not None],
        size=exact(raw["amount"]),
        price=_amount(raw, "price") or None,
        stop_price=stop_price,
        # A post-only order calls itself PO here, and waits like any other.
        time_in_force=TimeInForce(force) if force in set(TimeInForce) else TimeInForce.GTC,
        post_only=bool(raw.get("postOnly")),
        reduce_only=bool(raw.get("reduceOnly")),
        source="",
        created_ns=time_ns,
        updated_ns=int(raw.get("lastUpdateTimestamp") or 0) * _MS_NS or time_ns,
        state=OrderState.PARTIALLY_FILLED if filled else OrderState.ACCEPTED,
        filled=filled,
        filled_quote=_amount(raw, "cost"),
        venue_order_id=str(raw["id"]),
    )


_TYPES = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}


def fill_of(raw: Json, symbol: str) -> VenueFill:
    """A fill of the account's; the venue does not say by which client id."""
    fee: Json = raw.get("fee") or {}
    fill = Fill(
        symbol=symbol,
        trade_id=str(raw["id"]),
        client_order_id="",
        side=Side(raw["side"]),
        price=exact(raw["price"]),
        size=exact(raw["amount"]),
        fee=_amount(fee, "cost"),
        fee_asset=str(fee.get("currency") or ""),
        maker=raw.get("takerOrMaker") == "maker",
        time_ns=int(raw["timestamp"]) * _MS_NS,
    )
    return VenueFill(fill, str(raw["order"]))


def holding_of(raw: Json, symbol: str) -> Holding:
    """An open position; contracts times their size, negative for a short whatever sign the venue gives."""
    size = abs(exact(raw["contracts"])) * exact(raw.get("contractSize") or "1")
    return Holding(
        symbol=symbol,
        size=-size if raw["side"] == "short" else size,
        entry=_amount(raw, "entryPrice"),
        mark=_amount(raw, "markPrice"),
        margin=_amount(raw, "collateral"),
        leverage=max(1, int(_amount(raw, "leverage"))),
        margin_mode=MarginMode.ISOLATED if raw.get("marginMode") == "isolated" else MarginMode.CROSS,
        liquidation=_amount(raw, "liquidationPrice") or None,
    )


async def fills_since(page: Page, since_ms: int) -> list[Json]:
    """All pages of fills since then, by time, each once.

    Raises:
        UnavailableError: more fills in one millisecond than a page holds.
    """
    found: dict[str, Json] = {}
    while True:
        rows = await page(since_ms)
        found |= {str(row["id"]): row for row in rows}
        if len(rows) < MAX_ROWS:
            return list(found.values())
        newest_ms = int(rows[-1]["timestamp"])
        if newest_ms == since_ms:
            raise UnavailableError("too many fills in one moment to tell them apart; ask the venue", code="venue.fills")
        since_ms = newest_ms


def key_rights_of(raw: Json) -> KeyRights:
    """What Binance says of a key."""
    return KeyRights(raw.get("enableSpotAndMarginTrading"), raw.get("enableWithdrawals"), raw.get("ipRestrict"))


def budgets_of(headers: Mapping[str, str] | None) -> list[Budget]:
    """The weight that the last answer told; ccxt keeps to it by pausing between requests."""
    used = next((value for name, value in (headers or {}).items() if name.upper() == _WEIGHT), "")
    return [Budget("weight 60s", int(used), _WEIGHT_LIMIT, _MINUTE_S)] if used.isdigit() else []


def _amount(raw: Json, name: str) -> Decimal:
    value = raw.get(name)
    return exact(value) if value is not None else ZERO
