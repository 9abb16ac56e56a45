"""An order is sent once; what became of it is found out, never guessed."""

from decimal import Decimal

import pytest

from tests.shared.engine.bench import trade
from tests.shared.execution.device import Device, buy, filled
from tests.shared.execution.venues import ScriptedVenue, accepts, found, until
from tradedeck.domain.errors import RateLimitedError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.domain.events import Accepted, Canceled, Command, Unknown
from tradedeck.domain.order import Order, OrderState
from tradedeck.execution import Session
from tradedeck.execution.recovery import LOOKUPS_AT_ONCE

GRACE_NS = 31 * 10**9


def now(session: Session, order: Order) -> Order:
    return session.engine.orders[order.client_order_id]


async def never_answers(session: Session, venue: ScriptedVenue) -> Order:
    """An order whose answer got lost."""

    async def lose(command: Command) -> None:
        venue.tell(Unknown(command.order.client_order_id, command.order.updated_ns, "timeout"))

    venue.on_send = lose
    order = await buy(session)
    await until(lambda: now(session, order).state is OrderState.UNKNOWN)
    return order


async def test_not_found_decides_nothing_before_the_grace_is_over(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    order = await never_answers(session, venue)
    await until(lambda: venue.looked_up[order.client_order_id] >= 8)
    assert now(session, order).state is OrderState.UNKNOWN
    device.clock.time_ns += GRACE_NS
    await until(lambda: now(session, order).state is OrderState.REJECTED)
    assert "never reached the venue" in now(session, order).reason
    assert venue.sent == {order.client_order_id: 1}


async def test_a_clock_alone_decides_nothing_look_ups_must_agree(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    venue.findings["tdabc123-1"] = UnavailableError("no answer")
    order = await never_answers(session, venue)
    device.clock.time_ns += GRACE_NS
    await until(lambda: venue.looked_up[order.client_order_id] >= 5)
    assert now(session, order).state is OrderState.UNKNOWN
    assert session.ready


async def test_a_found_order_goes_on_and_its_fills_count_once(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    order = await never_answers(session, venue)
    part = filled(order.client_order_id, "5", "0.4")
    venue.findings[order.client_order_id] = found(part, Accepted(order.client_order_id, "71", 2 * 10**9))
    await until(lambda: now(session, order).state is OrderState.PARTIALLY_FILLED)
    venue.tell(part, Accepted(order.client_order_id, "71", 2 * 10**9), trade(5, "101"))
    await until(lambda: session.engine.last_price("BTCUSDT") == 101)
    assert session.engine.position("BTCUSDT").size == Decimal("0.4")
    assert venue.sent == {order.client_order_id: 1}


async def test_a_venue_that_shows_an_order_late_is_believed(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    order = await never_answers(session, venue)
    await until(lambda: venue.looked_up[order.client_order_id] >= 3)
    device.clock.time_ns += GRACE_NS
    await until(lambda: now(session, order).state is OrderState.REJECTED)
    venue.tell(Accepted(order.client_order_id, "71", 3 * 10**9))
    await until(lambda: now(session, order).is_open)


async def test_a_reconnect_brings_the_fills_that_were_missed(device: Device, venue: ScriptedVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    order = await buy(session)
    await until(lambda: now(session, order).state is OrderState.ACCEPTED)
    assert venue.looked_up[order.client_order_id] == 0
    venue.findings[order.client_order_id] = found(filled(order.client_order_id, "5", "1"))
    venue.generation += 1
    await until(lambda: now(session, order).state is OrderState.FILLED)


async def test_a_reconnect_is_checked_until_the_venue_answers(device: Device, venue: ScriptedVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    order = await buy(session)
    await until(lambda: now(session, order).state is OrderState.ACCEPTED)
    for trouble in (UnavailableError("away"), RefusedError("odd"), KeyError("status")):
        venue.looked_up.clear()
        venue.findings[order.client_order_id] = trouble
        venue.generation += 1
        await until(lambda: venue.looked_up[order.client_order_id] >= 3)
    venue.findings[order.client_order_id] = found(Canceled(order.client_order_id, 3 * 10**9, "by the venue"))
    await until(lambda: now(session, order).state is OrderState.CANCELED)


async def test_after_a_restart_no_order_leaves_before_the_earlier_ones_are_known(
    device: Device, venue: ScriptedVenue
) -> None:
    order = await buy(await device.running(venue))
    await until(lambda: venue.sent[order.client_order_id] == 1)
    await device.stop()
    again = ScriptedVenue([device.btc])
    again.findings[order.client_order_id] = UnavailableError("no answer")
    session = device.session(again)
    await session.start()
    await until(lambda: again.looked_up[order.client_order_id] >= 1)
    assert now(session, order).state is OrderState.UNKNOWN
    with pytest.raises(RefusedError, match="still finding out"):
        await buy(session)
    with pytest.raises(UnavailableError):
        await session.wait_ready(0.05)
    again.findings[order.client_order_id] = found(Accepted(order.client_order_id, "71", 2 * 10**9))
    await session.wait_ready(5)
    await until(lambda: now(session, order).state is OrderState.ACCEPTED)
    assert again.sent == {}
    assert (await buy(session)).client_order_id == "tdabc123-2"


@pytest.mark.parametrize("trouble", [UnavailableError("away"), RateLimitedError("slow down")])
async def test_a_venue_that_is_away_or_busy_is_waited_for(
    device: Device, venue: ScriptedVenue, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradedeck.execution.watch.RETRY_S", 0.01)
    await device.running(venue)
    await device.stop()
    again = ScriptedVenue([device.btc], trouble=[trouble, trouble])
    session = device.session(again)
    await session.start()
    await session.wait_ready(5)
    assert again.trouble == []


async def test_a_wrong_key_is_told_and_nothing_is_tried_again(device: Device, venue: ScriptedVenue) -> None:
    await device.running(venue)
    await device.stop()
    trouble = UnauthenticatedError("the venue does not know the key")
    session = device.session(ScriptedVenue([device.btc], trouble=[trouble]))
    await session.start()
    with pytest.raises(UnavailableError, match="does not know the key"):
        await session.wait_ready(5)
    with pytest.raises(RefusedError, match="does not know the key"):
        await buy(session)


async def test_one_order_without_an_answer_does_not_hide_the_others(device: Device, venue: ScriptedVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    orders = [await buy(session) for _ in range(LOOKUPS_AT_ONCE + 1)]
    first, last = orders[0].client_order_id, orders[-1].client_order_id
    await until(lambda: all(now(session, order).state is OrderState.ACCEPTED for order in orders))
    venue.findings = {first: UnavailableError("behind"), last: found(Canceled(last, 3 * 10**9))}
    venue.generation += 1
    await until(lambda: now(session, orders[-1]).state is OrderState.CANCELED)
    venue.looked_up.clear()
    venue.findings[first] = RateLimitedError("slow down")
    await until(lambda: venue.looked_up[first] >= 2)
    assert venue.looked_up[last] == 0


async def test_records_that_can_not_be_read_are_told_and_do_not_leave_one_waiting(
    device: Device, venue: ScriptedVenue
) -> None:
    order = await buy(await device.running(venue))
    await device.stop()
    garbled = ScriptedVenue([device.btc], findings={order.client_order_id: KeyError("status")})
    session = device.session(garbled)
    await session.start()
    with pytest.raises(UnavailableError, match="can't be read"):
        await session.wait_ready(5)


async def test_a_broker_that_breaks_leaves_the_order_unknown(device: Device, venue: ScriptedVenue) -> None:
    async def breaks(command: Command) -> None:
        raise AttributeError("no session")

    venue.on_send = breaks
    session = await device.running(venue)
    order = await buy(session)
    await until(lambda: now(session, order).state is OrderState.UNKNOWN)
    await session.cancel(order.client_order_id)
    await until(lambda: not now(session, order).cancel_requested)


async def test_a_venue_never_reached_before_must_be_there_at_the_first_start(
    device: Device, venue: ScriptedVenue
) -> None:
    venue.trouble.append(UnavailableError("the venue is away"))
    session = device.session(venue)
    with pytest.raises(UnavailableError, match="not started"):
        _ = session.engine
    with pytest.raises(UnavailableError, match="the venue is away"):
        await session.start()
