"""Ccxt's unified shapes, with amounts as text, to ours; and the paging that ccxt leaves to its callers."""

from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.order import OrderState, OrderType, TimeInForce
from tradedeck.ports.account import KeyRights
from tradedeck.ports.capabilities import MarginMode
from tradedeck.providers.ccxt import account
from tradedeck.providers.ccxt.table import LEAST, capabilities_of

ROW: dict[str, Any] = {
    "id": "8", "clientOrderId": "x1", "timestamp": 1, "lastUpdateTimestamp": 2, "type": "limit", "side": "buy",
    "timeInForce": "PO", "postOnly": True, "reduceOnly": None, "price": "64000.10000000", "triggerPrice": None,
    "amount": "0.5", "filled": "0.2", "cost": "12800.02",
}  # fmt: skip


def test_a_working_order_is_exact() -> None:
    order = account.order_of(ROW, "BTCUSDT")
    assert (order.price, order.filled_quote) == (Decimal("64000.1"), Decimal("12800.02"))
    assert (order.post_only, order.time_in_force, order.state) == (True, TimeInForce.GTC, OrderState.PARTIALLY_FILLED)
    assert (order.created_ns, order.updated_ns, order.source) == (1_000_000, 2_000_000, "")


@pytest.mark.parametrize(
    ("kind", "trigger", "type_"),
    [
        ("market", None, OrderType.MARKET),
        ("limit", None, OrderType.LIMIT),
        ("market", "40000", OrderType.STOP),
        ("limit", "40000", OrderType.STOP_LIMIT),
    ],
)
def test_a_trigger_makes_a_stop(kind: str, trigger: str | None, type_: OrderType) -> None:
    assert account.order_of(ROW | {"type": kind, "triggerPrice": trigger}, "BTCUSDT").type is type_


def test_a_fill_without_a_fee_has_none() -> None:
    raw: dict[str, Any] = {
        "id": "5", "order": "8", "side": "sell", "price": "64000.1", "amount": "0.1", "fee": None,
        "takerOrMaker": "maker", "timestamp": 3,
    }  # fmt: skip
    told = account.fill_of(raw, "BTCUSDT")
    assert (told.venue_order_id, told.fill.fee, told.fill.fee_asset, told.fill.maker) == ("8", 0, "", True)


@pytest.mark.parametrize("contracts", ["3", "-3"])
def test_a_short_is_negative_whatever_sign_the_venue_gives(contracts: str) -> None:
    raw = {
        "contracts": contracts, "contractSize": "0.1", "side": "short", "entryPrice": "64000", "markPrice": "63000",
        "collateral": "10", "leverage": "5", "marginMode": "isolated", "liquidationPrice": None,
    }  # fmt: skip
    holding = account.holding_of(raw, "BTCUSDT")
    assert (holding.size, holding.leverage, holding.liquidation) == (Decimal("-0.3"), 5, None)
    assert holding.margin_mode is MarginMode.ISOLATED


async def test_pages_follow_each_other_by_time_and_every_fill_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "MAX_ROWS", 3)
    rows: list[Any] = [{"id": str(number), "timestamp": time} for number, time in enumerate([1, 2, 2, 3, 4, 4])]

    async def page(since_ms: int) -> list[Any]:
        return [row for row in rows if row["timestamp"] >= since_ms][:3]

    assert [row["id"] for row in await account.fills_since(page, 0)] == ["0", "1", "2", "3", "4", "5"]


async def test_more_fills_in_a_moment_than_a_page_holds_are_no_clear_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "MAX_ROWS", 2)

    async def page(since_ms: int) -> list[Any]:
        return [{"id": "1", "timestamp": 7}, {"id": "2", "timestamp": 7}]

    with pytest.raises(UnavailableError, match="in one moment"):
        await account.fills_since(page, 0)


def test_rights_and_budgets_are_what_the_venue_told() -> None:
    assert account.key_rights_of({"enableWithdrawals": True}) == KeyRights(None, True, None)
    assert account.budgets_of(None) == []
    assert account.budgets_of({"x-mbx-used-weight-1m": "26"})[0].used == 26


def test_a_venue_nobody_has_tried_counts_as_the_least_and_delta_is_told_where_to_go() -> None:
    assert capabilities_of("binance").post_only
    assert capabilities_of("some-venue") is LEAST
    with pytest.raises(RefusedError, match="use the provider 'delta'"):
        capabilities_of("delta")
