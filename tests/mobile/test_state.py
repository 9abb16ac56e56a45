"""What screens show, with no page: this phone's own state and what the cloud knows of all devices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.execution import Session
from tradedeck.sync import PositionRow
from tradedeck.sync.replica import Checkpoint
from tradedeck.wire.codec import Origin
from tradedeck_mobile.app import Host
from tradedeck_mobile.state import AppState

LIVE = Origin("binance", "main", "live")
FROM_DESKTOP = Order(
    "tdddd111-7", "BTCUSDT", Side.SELL, OrderType.LIMIT, Decimal("0.3"), Decimal(70_000), None, TimeInForce.GTC,
    False, False, "sma-1", 10**18, 10**18, OrderState.ACCEPTED, venue_order_id="99",
)  # fmt: skip
POSITION = PositionRow(
    LIVE, "BTCUSDT", Decimal("-0.3"), Decimal(-21_000), Decimal(69_000), Decimal("12.000001"), Decimal(300),
    Decimal("1.5"), Decimal(21_000), 4,
)  # fmt: skip


def tell(state: AppState, *orders: Order, positions: tuple[PositionRow, ...] = ()) -> None:
    """As if the cloud had told this phone."""
    replica = state.device.sync.replica
    told = tuple((order, LIVE) for order in orders)
    replica.apply(Checkpoint(replica.cursor + 1, told, (), positions, 5 * 10**18))
    state.hear()
    state.show()


@pytest.fixture
async def state(host: Host, session: Session) -> AppState:
    device = await host.device()
    device.user = "ada@example.com"
    made = AppState(device)
    made.show()
    return made


async def test_orders_of_other_devices_are_listed_and_can_not_be_canceled_here(
    state: AppState, session: Session
) -> None:
    mine = await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.01"), price=Decimal(50_000))
    tell(state, FROM_DESKTOP)
    rows = {row.key: row for row in state.orders}
    assert set(rows) == {mine.client_order_id, "tdddd111-7"}
    assert rows[mine.client_order_id].own
    assert not rows["tdddd111-7"].own


async def test_an_orders_own_newer_state_wins_over_an_older_one_from_the_cloud(
    state: AppState, session: Session
) -> None:
    mine = await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.01"), price=Decimal(50_000))
    tell(state, replace(mine, state=OrderState.UNKNOWN, revision=0))
    assert state.orders[0].order.state is not OrderState.UNKNOWN


async def test_a_row_is_the_same_object_while_its_order_lives_so_that_it_alone_is_drawn_anew(state: AppState) -> None:
    tell(state, FROM_DESKTOP)
    row, revision = state.orders[0], state.revision
    tell(state, replace(FROM_DESKTOP, filled=Decimal("0.1"), state=OrderState.PARTIALLY_FILLED, revision=2))
    assert state.orders[0] is row
    assert row.order.filled == Decimal("0.1")
    assert state.revision == revision
    tell(state, replace(FROM_DESKTOP, state=OrderState.CANCELED, revision=3))
    assert state.revision == revision + 1, "lists of open orders have to hear of an end"


async def test_positions_are_the_clouds_to_the_last_digit(state: AppState) -> None:
    tell(state, positions=(POSITION, replace(POSITION, origin=Origin("binance", "main", "paper"))))
    (holding,) = state.purse.holdings
    assert (holding.size, holding.realised, holding.unrealised) == (Decimal("-0.3"), Decimal("12.000001"), 300)
    assert state.purse.from_cloud
    assert state.purse.as_of_ns == 5 * 10**18


async def test_without_a_cloud_account_positions_are_this_phones(state: AppState) -> None:
    tell(state, positions=(POSITION,))
    state.device.user = ""
    state.show()
    assert state.purse.holdings == ()
    assert not state.purse.from_cloud


async def test_prices_and_connection_are_copied(state: AppState, session: Session) -> None:
    quote = state.quote("BTCUSDT")
    assert quote.last is not None
    assert quote.decimals == 2
    assert (state.status.mode, state.status.venue, state.status.ready) == ("live", "live", True)
    assert state.status.generation == 1
