"""The kill switch works at once and at every scope: with a slow venue, with a full disk, and while wishes pile up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shared.execution.device import Device, buy
from tests.shared.execution.floor import Floor, open_floor, rest_bid
from tests.shared.execution.test_session import buys_until_full, fill_the_disk
from tests.shared.execution.venues import ScriptedVenue, accepts, until
from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.events import Accepted, Cancel, Canceled, CancelRejected, Command, Unknown
from tradedeck.domain.order import OrderState
from tradedeck.execution import OnStop, Policy
from tradedeck.execution.inbox import MAX_WAITING_EVENTS


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as made:
        yield made


async def test_cancels_pass_orders_that_a_slow_venue_holds_up(floor: Floor) -> None:
    session = await floor.running()
    resting = await rest_bid(session)
    await until(lambda: session.engine.orders[resting.client_order_id].state is OrderState.ACCEPTED)
    slow = {"path": "/api/v3/order", "method": "POST", "kind": "delay", "times": 100, "ms": 2_000}
    await floor.faults(slow)
    waiting = [await rest_bid(session) for _ in range(12)]
    await session.halt("enough")
    await until(lambda: session.engine.orders[resting.client_order_id].state is OrderState.CANCELED)
    assert {session.engine.orders[order.client_order_id].state for order in waiting} == {OrderState.SUBMITTED}
    # Those that were on their way end too, as soon as the venue has them.
    await until(lambda: not session.engine.open_orders, within_s=10)
    assert not any(order.is_open for order in floor.venue_orders)


async def test_cancels_leave_while_the_disk_is_full(device: Device, venue: ScriptedVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    order = await buy(session)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.ACCEPTED)
    canceled: list[str] = []

    async def hear(command: Command) -> None:
        if isinstance(command, Cancel):
            canceled.append(command.order.client_order_id)

    venue.on_send = hear
    await fill_the_disk(device)
    await buys_until_full(session, [])
    await asyncio.wait_for(session.halt("enough"), timeout=1)
    await until(lambda: order.client_order_id in canceled)
    with pytest.raises(RefusedError, match="is full"):
        await buy(session)


async def test_a_halt_passes_everything_that_waits(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    order = await buy(session)
    venue.tell(*(Canceled("somebody-else", n) for n in range(MAX_WAITING_EVENTS)))
    await session.halt("enough")
    assert session.engine.halted == "enough"
    assert session.engine.orders[order.client_order_id].cancel_requested


async def test_a_symbol_a_strategy_and_the_account_are_halted_by_themselves(
    device: Device, venue: ScriptedVenue
) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    one = await session.start_strategy("sma-cross", "BTCUSDT", {}, warm_up_bars=0)
    two = await session.start_strategy("sma-cross", "BTCUSDT", {}, warm_up_bars=0)
    order = await buy(session)
    await session.halt("wild", source=one)
    assert list(session.engine.runners) == [two]
    assert not session.engine.orders[order.client_order_id].cancel_requested
    await session.halt("thin", symbol="BTCUSDT")
    assert not session.engine.runners
    assert session.engine.orders[order.client_order_id].cancel_requested
    assert session.engine.halted == ""
    with pytest.raises(RefusedError, match=r"halted \(thin\)"):
        await buy(session)
    await session.resume(symbol="BTCUSDT")
    await buy(session)
    await session.halt("all of it")
    with pytest.raises(RefusedError, match=r"halted \(all of it\)"):
        await buy(session)
    await session.resume()
    await buy(session)


async def test_a_halt_outlives_a_restart(device: Device, venue: ScriptedVenue) -> None:
    await (await device.running(venue)).halt("enough")
    await device.stop()
    session = await device.running(ScriptedVenue([device.btc]))
    with pytest.raises(RefusedError, match="enough"):
        await buy(session)


async def test_an_order_of_unknown_fate_is_canceled_when_it_turns_up(device: Device, venue: ScriptedVenue) -> None:
    cancels: list[str] = []

    async def lose(command: Command) -> None:
        order = command.order
        if isinstance(command, Cancel):
            cancels.append(order.client_order_id)
            venue.tell(CancelRejected(order.client_order_id, order.updated_ns, "unknown order"))
        else:
            venue.tell(Unknown(order.client_order_id, order.updated_ns, "timeout"))

    venue.on_send = lose
    session = await device.running(venue)
    order = await buy(session)
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.UNKNOWN)
    await session.halt("enough")
    await until(lambda: len(cancels) == 1)
    await until(lambda: not session.engine.orders[order.client_order_id].cancel_requested)
    venue.tell(Accepted(order.client_order_id, "71", 2 * 10**9))
    # And again, for the venue says no: until it is gone.
    await until(lambda: len(cancels) >= 3)
    venue.tell(Canceled(order.client_order_id, 3 * 10**9))
    await until(lambda: not session.engine.open_orders)


async def test_a_cancel_that_waited_is_not_sent_once_the_order_has_ended(device: Device, venue: ScriptedVenue) -> None:
    sent: list[Command] = []
    answered = asyncio.Event()

    async def slow(command: Command) -> None:
        sent.append(command)
        await answered.wait()

    venue.on_send = slow
    session = await device.running(venue)
    order = await buy(session)
    await session.cancel(order.client_order_id)
    venue.tell(Canceled(order.client_order_id, 3 * 10**9))
    await until(lambda: not session.engine.open_orders)
    answered.set()
    await asyncio.sleep(0.05)
    assert [type(command).__name__ for command in sent] == ["Place"]


@pytest.mark.parametrize("choice", OnStop)
async def test_an_orderly_end_keeps_or_cancels_open_orders_as_chosen(floor: Floor, choice: OnStop) -> None:
    session = await floor.running(Policy(on_stop=choice))
    await session.start_strategy("sma-cross", "BTCUSDT", {}, warm_up_bars=0)
    await rest_bid(session)
    await until(lambda: len(floor.venue_orders) == 1)
    await session.shut_down()
    assert [order.is_open for order in floor.venue_orders] == [choice is OnStop.KEEP]
    assert not session.engine.runners
    with pytest.raises(UnavailableError, match="has stopped"):
        await session.cancel_all()
