"""The venue's records and ours are compared at the start and for ever; what differs stops new risk, not the way out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.shared.execution.floor import PATIENCE, Floor, buy_now, open_floor, rest_bid
from tests.shared.execution.venues import until
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.execution import Policy, Session
from tradedeck.sandbox.core import DEFAULT_KEY

SYMBOL = "BTCUSDT"
LOT = "0.00001"


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as made:
        yield made


def hidden(*paths: str) -> list[dict[str, Any]]:
    """The venue's records show nothing."""
    return [{"path": f"/api/v3/{path}", "method": "GET", "kind": "hide_order", "times": 10**6} for path in paths]


RECORDS = ("order", "openOrders", "allOrders", "myTrades")


async def bought(session: Session, size: str) -> None:
    before = session.engine.position(SYMBOL).size
    await buy_now(session, size)
    await until(lambda: session.engine.position(SYMBOL).size == before + Decimal(size))


async def test_a_trade_of_one_lot_by_somebody_else_is_found_and_stops_new_risk_until_undone(floor: Floor) -> None:
    session = await floor.running()
    await bought(session, "0.01")
    floor.elsewhere(Side.BUY, "0.01")
    floor.elsewhere(Side.SELL, "0.00999")
    await until(lambda: bool(session.restricted))
    assert f"the venue holds +{LOT} BTC against our records" in session.restricted
    assert "was not ours" in session.restricted
    assert LOT in session.health().detail
    await until(lambda: floor.said("only orders that reduce a position leave now"))
    with pytest.raises(RefusedError, match="only orders that reduce"):
        await rest_bid(session)
    await session.place(SYMBOL, Side.SELL, OrderType.MARKET, Decimal("0.005"))
    await until(lambda: session.engine.position(SYMBOL).size == Decimal("0.005"))
    floor.elsewhere(Side.BUY, "0.01")
    floor.elsewhere(Side.SELL, "0.01001")
    await until(lambda: not session.restricted)
    assert session.health().detail == ""
    await rest_bid(session)


async def test_a_difference_can_be_accepted_and_stays_so_after_a_restart(floor: Floor) -> None:
    session = await floor.running()
    floor.elsewhere(Side.BUY, "0.5")
    await until(lambda: bool(session.restricted))
    await session.accept_drift()
    await until(lambda: not session.restricted)
    assert floor.said("EXTERNAL holdings accepted as they are")
    await bought(session, "0.01")
    await floor.stop()
    session = await floor.running()
    assert session.restricted == ""
    await bought(session, "0.01")
    assert session.engine.position(SYMBOL).size == Decimal("0.02")


async def test_on_a_shared_account_others_trades_are_noted_and_trading_goes_on(floor: Floor) -> None:
    session = await floor.running(Policy(shared=True))
    floor.elsewhere(Side.BUY, "0.5")
    await until(lambda: floor.said("counted as another's"))
    assert session.restricted == ""
    await bought(session, "0.01")


async def test_anothers_order_is_shown_as_external_and_never_touched(floor: Floor) -> None:
    session = await floor.running()
    name = floor.elsewhere(Side.BUY, "0.01", "1000")
    await until(lambda: [order.client_order_id for order in session.foreign_orders] == [name])
    assert floor.said(f"EXTERNAL order {name}")
    mine = await rest_bid(session)
    await until(lambda: session.engine.orders[mine.client_order_id].state is OrderState.ACCEPTED)
    await session.halt("enough")
    await until(lambda: not session.engine.open_orders)
    left = [order.client_order_id for order in floor.venue_orders if order.is_open]
    assert left == [name]
    assert name not in session.engine.orders


async def test_fills_missed_in_a_cut_and_followed_by_a_cancel_are_found(floor: Floor) -> None:
    session = await floor.running()
    order = await rest_bid(session, size="10", below="0.01")
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.ACCEPTED)
    books = floor.box.sandbox.exchange.accounts[DEFAULT_KEY]
    floor.cut()
    # Nobody hears what happens now: all of it within one turn of the event loop.
    (known,) = books.orders.values()
    while not books.fills:
        floor.box.sandbox.play(1)
    floor.box.sandbox.cancel(DEFAULT_KEY, int(known.venue_order_id))
    missed = sum((fill.size for fill in books.fills), Decimal(0))
    assert 0 < missed < 10
    await until(lambda: session.engine.position(SYMBOL).size == missed)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.CANCELED)
    await until(lambda: not session.restricted)


async def test_an_order_that_every_list_hides_is_not_lost_while_the_balance_tells_of_it(floor: Floor) -> None:
    session = await floor.running()
    cut = {"path": "/api/v3/order", "method": "POST", "kind": "cut_after"}
    floor.cut()
    await floor.faults(cut, *hidden(*RECORDS))
    order = await buy_now(session)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.UNKNOWN)
    # The stream may have told of it: then there is nothing left to find out.
    await asyncio.sleep(4 * PATIENCE.grace_s)
    assert session.engine.orders[order.client_order_id].state is not OrderState.REJECTED
    await floor.faults()
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.FILLED)
    assert await floor.posts() == {order.client_order_id: 1}


async def test_an_order_that_never_arrived_is_said_to_be_so_once_all_records_agree(floor: Floor) -> None:
    session = await floor.running()
    await floor.faults({"path": "/api/v3/order", "method": "POST", "kind": "cut_before"})
    order = await rest_bid(session)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.REJECTED)
    assert "never reached the venue" in session.engine.orders[order.client_order_id].reason
    assert floor.venue_orders == []


@pytest.mark.parametrize("kind", ["hide_order", "error_500"])
async def test_a_missing_report_at_the_start_is_not_taken_for_an_empty_one(floor: Floor, kind: str) -> None:
    session = await floor.running()
    await bought(session, "0.02")
    order = await rest_bid(session)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.ACCEPTED)
    await floor.stop()
    await floor.faults(*({**fault, "kind": kind} for fault in hidden(*RECORDS)))
    session = floor.session()
    await session.start()
    await asyncio.sleep(8 * PATIENCE.period_s)
    assert not session.ready
    with pytest.raises(RefusedError, match="still finding out"):
        await rest_bid(session)
    # What makes the account smaller may leave, even now.
    sale = await session.place(SYMBOL, Side.SELL, OrderType.MARKET, Decimal("0.01"))
    await session.cancel(order.client_order_id)
    await until(lambda: not any(o.is_open and o.client_order_id == order.client_order_id for o in floor.venue_orders))
    await floor.faults()
    await session.wait_ready(10)
    await until(lambda: session.engine.orders[sale.client_order_id].state is OrderState.FILLED)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.CANCELED)
    await until(lambda: not session.restricted)
    await floor.news()
    await rest_bid(session)


async def test_a_venue_that_falls_silent_stops_new_risk(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradedeck.execution.watch.SILENT_S", 0.2)
    session = await floor.running()
    await floor.faults(*({**fault, "kind": "error_500"} for fault in hidden("openOrders")))
    await until(lambda: "not given a full report" in session.restricted)
    await floor.faults()
    await until(lambda: not session.restricted)


async def test_an_order_of_this_device_that_its_journal_lacks_is_told(floor: Floor) -> None:
    session = await floor.running()
    await rest_bid(session)
    await until(lambda: len(floor.venue_orders) == 1)
    await floor.stop()
    floor.path = floor.path.with_name("restored.db")
    session = await floor.running(patience=replace(PATIENCE, drift_s=0.05))
    assert "works at the venue and is not in this journal; cancel it there" in session.restricted
    assert not session.foreign_orders
