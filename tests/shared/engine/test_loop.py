"""The loop: kept before it leaves, shown after it is kept, and repeatable from what was kept."""

from collections.abc import AsyncIterator
from decimal import Decimal

from tests.shared.engine.bench import new_engine, trade
from tradedeck.domain.events import Command, Event, PlaceOrder, Step
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderType, Side
from tradedeck.engine import run


class Diary:
    """A feed, a journal, a broker and a screen that write down what happens to them."""

    def __init__(self, *events: Event) -> None:
        self.lines: list[str] = []
        self._events = events

    async def __aiter__(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event

    async def append(self, step: Step) -> None:
        self.lines.append(f"kept {step.seq}")

    async def send(self, command: Command) -> None:
        self.lines.append(f"sent {command.order.client_order_id}")

    def show(self, step: Step) -> None:
        self.lines.append(f"shown {type(step.event).__name__}")


async def test_a_step_is_kept_then_shown_then_sent(btc: Instrument) -> None:
    wish = PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 5, price=Decimal(90))
    diary = Diary(trade(0, "100"), wish)
    await run(new_engine(btc), diary, diary, diary, diary.show)
    assert diary.lines == ["shown Trade", "kept 1", "shown PlaceOrder", "sent td1-1"]
    quiet = Diary(trade(0, "100"), wish)
    await run(new_engine(btc), quiet, quiet, quiet)
    assert quiet.lines == ["kept 1", "sent td1-1"]
