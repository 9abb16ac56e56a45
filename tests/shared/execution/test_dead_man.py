"""The dead-man switch: set anew while the loop turns, let go when it does not, disarmed at an orderly end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from tests.shared.execution.device import Device, buy
from tests.shared.execution.venues import ScriptedVenue, accepts, until
from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.execution import DeadMan, Policy
from tradedeck.ports.capabilities import Capabilities


@dataclass
class PerpetualVenue(ScriptedVenue):
    """A venue with a dead-man switch; remembers how it was set."""

    armed: list[tuple[tuple[str, ...], float]] = field(default_factory=list[tuple[tuple[str, ...], float]])
    refusal: Exception | None = None
    seconds: tuple[float, float] | None = (0.03, 60.0)

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, dead_man_s=self.seconds)

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        self.armed.append((tuple(symbols), seconds))
        if self.refusal is not None:
            raise self.refusal


def policy(kind: DeadMan) -> Policy:
    return Policy(dead_man=kind, dead_man_s=0.01)


@pytest.fixture
def venue(device: Device) -> PerpetualVenue:
    return PerpetualVenue([device.btc])


ON = (("BTCUSDT",), 0.03)
OFF = (("BTCUSDT",), 0)


async def test_it_is_set_anew_again_and_again_and_disarmed_at_the_end(device: Device, venue: PerpetualVenue) -> None:
    session = await device.running(venue, policy=policy(DeadMan.CANCEL_ALL))
    await until(lambda: len(venue.armed) >= 4)
    assert set(venue.armed) == {ON}
    assert session.dead_man == "armed: 0.03 s"
    await device.stop()
    assert venue.armed[-1] == OFF


async def test_it_is_let_go_when_the_session_has_failed(device: Device, venue: PerpetualVenue) -> None:
    session = await device.running(venue, policy=policy(DeadMan.CANCEL_ALL))
    await until(lambda: bool(venue.armed))
    venue.tell(RuntimeError("bad frame"))
    await until(lambda: "not set anew" in session.dead_man)
    count = len(venue.armed)
    await asyncio.sleep(0.05)
    assert len(venue.armed) == count


async def test_a_symbol_with_a_protective_stop_is_left_out(device: Device, venue: PerpetualVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue, policy=policy(DeadMan.KEEP_STOPS))
    await until(lambda: ON in venue.armed)
    order = await session.place("BTCUSDT", Side.BUY, OrderType.STOP, Decimal(1), stop_price=Decimal(105))
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.ACCEPTED)
    await until(lambda: venue.armed[-1] == OFF)


async def test_off_means_off(device: Device, venue: PerpetualVenue) -> None:
    session = await device.running(venue)
    await buy(session)
    assert venue.armed == []
    assert session.dead_man == "off"


async def test_a_venue_without_one_says_so(device: Device, venue: PerpetualVenue) -> None:
    venue.seconds = None
    session = await device.running(venue, policy=policy(DeadMan.CANCEL_ALL))
    await until(lambda: "no dead-man switch" in session.dead_man)
    assert venue.armed == []


@pytest.mark.parametrize("trouble", [RefusedError("not for you"), UnavailableError("away")])
async def test_a_refusal_is_told_and_tried_again(device: Device, venue: PerpetualVenue, trouble: Exception) -> None:
    venue.refusal = trouble
    session = await device.running(venue, policy=policy(DeadMan.CANCEL_ALL))
    await until(lambda: len(venue.armed) >= 2)
    assert session.dead_man in ("not for you", "off")
    venue.refusal = None
    await until(lambda: session.dead_man.startswith("armed"))
