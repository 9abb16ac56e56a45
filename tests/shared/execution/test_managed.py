"""Strategies with several markets and with orders that lead to others, over restarts and bad lines."""

from __future__ import annotations

from dataclasses import replace

from tests.shared.engine.bench import bar, trade
from tests.shared.execution.device import Device, filled
from tests.shared.execution.venues import ScriptedVenue, accepts, until
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.events import Cancel, Canceled, Command, Filled
from tradedeck.domain.order import OrderState, Side
from tradedeck.execution import Session
from tradedeck.ports.strategy import Setup, Strategy, TradeView


class Once(Strategy):
    """Buys once, with a take and a stop."""

    def on_trade(self, trade: TradeView) -> None:
        if not self.desk.working and self.position == 0:
            self.buy(1.0, price=90, take=110, loss=80)


class Pair(Strategy):
    """Follows a second market."""

    def setup(self, setup: Setup) -> None:
        self.other = setup.market("other", "ETHUSDT")
        self.line = setup.sma(3, market=self.other)


async def entered(device: Device, venue: ScriptedVenue) -> Session:
    """A session whose strategy has its entry in the market."""
    venue.on_send = accepts(venue)
    session = await device.running(venue, strategies={"once": Once})
    await session.start_strategy("once", "BTCUSDT", {}, warm_up_bars=0)
    venue.tell(trade(2, "100"))
    await until(lambda: "tdabc123-1" in session.engine.orders)
    await until(lambda: session.engine.orders["tdabc123-1"].state is OrderState.ACCEPTED)
    return session


async def test_a_fill_after_a_restart_gets_its_exits_once(device: Device, venue: ScriptedVenue) -> None:
    await entered(device, venue)
    await device.stop()
    again = ScriptedVenue([device.btc])
    again.on_send = accepts(again)
    session = await device.running(again, strategies={"once": Once})
    again.tell(filled("tdabc123-1", "5", "1"), filled("tdabc123-1", "5", "1"))
    await until(lambda: len(again.sent) == 2)
    assert [str(order.stop_price or order.price) for order in session.engine.orders.values()] == ["90", "110", "80"]
    await device.stop()
    third = ScriptedVenue([device.btc])
    session = await device.running(third, strategies={"once": Once})
    assert third.sent == {}
    (runner,) = session.engine.runners.values()
    assert runner.orders.working() == (2, 3)


async def test_a_cancel_that_the_end_of_the_program_swallowed_is_sent_again(
    device: Device, venue: ScriptedVenue
) -> None:
    await entered(device, venue)
    venue.tell(filled("tdabc123-1", "5", "1"))
    await until(lambda: len(venue.sent) == 3)
    session = device.open[-1][0]
    await until(lambda: all(o.state is not OrderState.SUBMITTED for o in session.engine.orders.values()))
    venue.on_send = None
    venue.tell(Filled(replace(filled("tdabc123-2", "6", "1").fill, side=Side.SELL), "72"))
    await until(lambda: session.engine.orders["tdabc123-3"].cancel_requested)
    await device.stop()
    again = ScriptedVenue([device.btc])
    canceled: list[str] = []

    async def cancels(command: Command) -> None:
        if isinstance(command, Cancel):
            canceled.append(command.order.client_order_id)
            again.tell(Canceled(command.order.client_order_id, command.order.updated_ns))

    again.on_send = cancels
    session = await device.running(again, strategies={"once": Once})
    assert canceled == []
    again.tell(bar(5, "100"))
    await until(lambda: session.engine.orders["tdabc123-3"].state is OrderState.CANCELED)
    assert canceled == ["tdabc123-3"]
    assert session.engine.orders["tdabc123-3"].reason == "its partner filled"


async def test_every_market_of_a_strategy_is_warmed_at_its_start_and_after_a_restart(device: Device) -> None:
    listed = [device.btc, replace(device.btc, symbol="ETHUSDT", base="ETH")]

    def history(count: int) -> list[Bar]:
        ours = [bar(number, "100") for number in range(count)]
        return [*ours, *(replace(one, symbol="ETHUSDT") for one in ours)]

    venue = ScriptedVenue(listed, history=history(5))
    session = await device.running(venue, strategies={"pair": Pair})
    name = await session.start_strategy("pair", "BTCUSDT", {})
    assert session.engine.runners[name].symbols == ("BTCUSDT", "ETHUSDT")
    assert {one.symbol for one in session.engine.started[name].history} == {"BTCUSDT", "ETHUSDT"}
    await device.stop()
    again = ScriptedVenue(listed, history=history(9))
    session = await device.running(again, strategies={"pair": Pair})
    await until(lambda: session.engine.runners[name].newest_open_ns == 8 * MINUTE_NS)
