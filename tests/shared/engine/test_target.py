"""Asking for a target again while the venue has not answered must not add to it."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.events import Place, StartStrategy
from tradedeck.domain.instrument import Instrument
from tradedeck.engine import Engine
from tradedeck.ports.strategy import BarView, Strategy


class Wants(Strategy):
    """Wants the same position at every bar, twice."""

    def on_bar(self, bar: BarView) -> None:
        self.target(0.02)
        self.target(0.02)


def bar(index: int) -> Bar:
    price = Decimal(60_000)
    return Bar("BTCUSDT", MINUTE_NS, index * MINUTE_NS, price, price, price, price, Decimal(1))


def test_a_target_is_ordered_once_however_late_the_answer_is(btc: Instrument) -> None:
    engine = Engine([btc], id_prefix="t", strategies={"wants": Wants})
    engine.step(StartStrategy("s", "wants", "BTCUSDT", MINUTE_NS, 0))
    commands = [command for index in range(5) for command in engine.step(bar(index)).commands]
    assert [type(command) for command in commands] == [Place]
    assert commands[0].order.size == Decimal("0.02")
