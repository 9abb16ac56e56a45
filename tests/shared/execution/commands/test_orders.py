"""An order's life is told from the journal: who asked, what the gate and the venue said, what it cost."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from tests.shared.execution.commands.conftest import Shell
from tests.shared.execution.device import Device, buy, filled
from tests.shared.execution.venues import ScriptedVenue, accepts, until
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Canceled, CancelRejected, Expired, Rejected, Unknown
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.execution import Session
from tradedeck.store import Store


@pytest.fixture
async def device(shell: Shell, btc: Instrument) -> AsyncIterator[Device]:
    store = Store(shell.data / "device.db")
    store.put_setting("device_id", "abc123")
    store.close()
    made = Device(store.path, btc)
    yield made
    await made.stop()


async def settled(session: Session, name: str, state: OrderState) -> None:
    await until(lambda: session.engine.orders[name].state is state)


async def test_a_filled_order_tells_its_whole_life(shell: Shell, device: Device, btc: Instrument) -> None:
    venue = ScriptedVenue([btc])
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    order = await buy(session)
    await settled(session, order.client_order_id, OrderState.ACCEPTED)
    fill = filled(order.client_order_id, "9001", "0.4")
    venue.tell(fill, fill, filled(order.client_order_id, "9002", "0.6"))
    await settled(session, order.client_order_id, OrderState.FILLED)
    await device.stop()
    assert shell.run("orders", "explain", order.client_order_id) == 0
    told = shell.out
    for words in (
        f"{order.client_order_id} in live:binance:main",
        "asked by hand: buy 1 BTCUSDT, limit at 90, GTC",
        "the gate let it pass",
        "last price 100, position 0",
        "written to the journal, then sent to the venue once",
        "the venue took it as order 7",
        "filled 0.4 at 90 as maker, fee 0 USDT, trade 9001",
        "it was filled; 1 of 1 traded at 90 on average in 2 fills, fees 0 USDT",
    ):
        assert words in told
    assert told.count("trade 9001") == 1
    assert shell.run("orders", "explain", order.client_order_id, "--json") == 0
    as_json = json.loads(shell.out)
    assert (as_json["state"], len(as_json["fills"]), as_json["session"]) == ("filled", 2, "live:binance:main")
    assert shell.run("orders", "list") == 0
    assert order.client_order_id in shell.out
    assert shell.run("orders", "list", "--json", "--session", "paper:binance:main") == 0
    assert json.loads(shell.out) == []


async def test_refusals_and_rejections_say_who_said_no_and_why(shell: Shell, device: Device, btc: Instrument) -> None:
    venue = ScriptedVenue([btc])
    session = await device.running(venue)
    with pytest.raises(RefusedError):
        await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), price=Decimal(150))
    refused = next(iter(session.engine.orders))
    order = await buy(session)
    venue.tell(Rejected(order.client_order_id, 3 * 10**9, "not enough balance", "-2010"))
    await settled(session, order.client_order_id, OrderState.REJECTED)
    await device.stop()
    assert shell.run("orders", "explain", refused) == 0
    assert "the gate said no: price 150 is more than" in shell.out
    assert "nothing was sent" in shell.out
    assert "our own gate said no; it never left" in shell.out
    assert shell.run("orders", "explain", order.client_order_id) == 0
    assert shell.out.count("the venue did not take it: not enough balance (-2010)") == 1


async def test_an_unknown_fate_and_a_cancel_are_told(shell: Shell, device: Device, btc: Instrument) -> None:
    venue = ScriptedVenue([btc])
    session = await device.running(venue)
    unknown, canceled, expired = [
        await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), price=Decimal(price))
        for price in (90, 91, 92)
    ]
    venue.tell(Unknown(unknown.client_order_id, 2 * 10**9, "the connection broke"))
    venue.on_send = accepts(venue)
    await session.cancel(canceled.client_order_id)
    venue.tell(CancelRejected(canceled.client_order_id, 2 * 10**9, "not yet"))
    venue.tell(Canceled(canceled.client_order_id, 3 * 10**9, "asked"))
    venue.tell(Expired(expired.client_order_id, 3 * 10**9))
    await settled(session, expired.client_order_id, OrderState.EXPIRED)
    await device.stop()
    shell.run("orders", "explain", unknown.client_order_id)
    assert "no clear answer came: the connection broke" in shell.out
    assert "it is never sent again" in shell.out
    shell.run("orders", "explain", canceled.client_order_id)
    assert "a cancel was sent to the venue, asked for by hand" in shell.out
    assert "the venue did not cancel it: not yet" in shell.out
    assert "the venue says it is canceled: asked" in shell.out
    assert "nothing was traded" in shell.out
    shell.run("orders", "explain", expired.client_order_id)
    assert "the venue ended it by its own rules; nothing was traded" in shell.out


async def test_a_kill_and_a_crash_are_part_of_an_orders_life(shell: Shell, device: Device, btc: Instrument) -> None:
    first = await device.running(ScriptedVenue([btc]))
    order = await buy(first)
    await device.stop()
    second = await device.running(ScriptedVenue([btc]))
    await second.halt("enough")
    await device.stop()
    shell.run("orders", "explain", order.client_order_id)
    assert "the program came back; whether this had arrived was not known" in shell.out
    assert "a cancel was sent to the venue, by the kill switch: enough" in shell.out


async def test_one_of_several_sessions_must_be_named(shell: Shell, device: Device, btc: Instrument) -> None:
    order = await buy(await device.running(ScriptedVenue([btc])))
    await device.stop()
    assert (
        await buy(await device.running(ScriptedVenue([btc], name="other")))
    ).client_order_id == order.client_order_id
    await device.stop()
    assert shell.run("orders", "explain", order.client_order_id) == 1
    assert "choose with --session: live:binance:main, live:other:main" in shell.err
    assert shell.run("orders", "explain", order.client_order_id, "--session", "live:other:main") == 0
    assert "in live:other:main" in shell.out


def test_an_order_nobody_knows_is_told_so(shell: Shell) -> None:
    assert shell.run("orders", "list") == 0
    assert "no orders yet" in shell.out
    assert shell.run("orders", "explain", "td123-1") == 1
    assert "no journal here knows the order td123-1" in shell.err
