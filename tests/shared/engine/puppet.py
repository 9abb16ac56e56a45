"""A strategy on strings: the test calls its verbs, the engine does the rest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.shared.engine.bench import Bench, bar, new_bench, trade
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.events import Command, Event, Filled, StartStrategy, Step
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import text
from tradedeck.domain.order import Order, Side
from tradedeck.engine import Engine
from tradedeck.ports.strategy import BarView, FillView, Strategy, TradeView

LAST: list[Puppet] = []
START = StartStrategy("s1", "puppet", "BTCUSDT", MINUTE_NS, 5, history=(bar(0, "100"), bar(1, "100")))


class Puppet(Strategy):
    """Does at the next trade what the test has put into `todo`."""

    def __init__(self) -> None:
        LAST[:] = [self]
        self.todo: list[Callable[[], Any]] = []
        self.answers: list[Any] = []
        self.fills: list[FillView] = []
        self.bars: list[BarView] = []

    def on_trade(self, trade: TradeView) -> None:
        todo, self.todo = self.todo, []
        self.answers += [do() for do in todo]

    def on_bar(self, bar: BarView) -> None:
        self.bars.append(bar)

    def on_fill(self, fill: FillView) -> None:
        self.fills.append(fill)


class Stage:
    """An engine with one puppet. With `is_silent` nobody answers: the test tells the venue's reports itself."""

    def __init__(self, btc: Instrument, *, is_silent: bool = False, kind: type[Puppet] = Puppet) -> None:
        self.bench: Bench = new_bench(btc)
        self.bench.engine = self.engine = Engine([btc], id_prefix="td1", strategies={"puppet": kind})
        self.is_silent = is_silent
        self.second = 0
        self.take(trade(0, "100"))
        self.take(START)
        self.puppet = LAST[0]

    def take(self, event: Event) -> Step:
        """One event and, unless silent, all that follows from it."""
        return self.engine.step(event) if self.is_silent else self.bench.take(event)

    def do(self, verb: str, *args: Any, **options: Any) -> Any:
        """Let the puppet say a verb; its answer."""
        self.puppet.todo.append(lambda: getattr(self.puppet, verb)(*args, **options))
        self.price(self.engine.last_price("BTCUSDT") or 100)
        return self.puppet.answers.pop()

    def price(self, price: str | float | Decimal, size: str = "100") -> Step:
        """A trade at `price`."""
        self.second += 1
        return self.take(trade(self.second, str(price), size))

    def close(self, minute: int, price: str) -> Step:
        """A bar closes."""
        return self.take(bar(minute, price))

    @property
    def orders(self) -> list[Order]:
        """All orders of the puppet, oldest first."""
        return [order for order in self.engine.orders.values() if order.source == "s1"]

    def told(self) -> list[str]:
        """Every order in short."""
        return [short(order) for order in self.orders]


def short(order: Order) -> str:
    """Side, type, size, prices and state in a few words."""
    prices = "".join(f" {mark}{text(value)}" for mark, value in (("@", order.price), ("^", order.stop_price)) if value)
    return f"{order.side} {order.type} {text(order.size)}{prices} {order.state}"


def sent(commands: tuple[Command, ...]) -> list[tuple[str, str]]:
    """What left: kind and order id."""
    return [(type(command).__name__, command.order.client_order_id) for command in commands]


def filled(number: int, size: str = "1", *, side: Side = Side.BUY, price: str = "100", trade: str = "") -> Filled:
    """A fill of the order that the engine numbered so."""
    fill = Fill(
        "BTCUSDT", trade or f"t{number}", f"td1-{number}", side, Decimal(price), Decimal(size), Decimal(0), "USDT",
        True, 9,
    )  # fmt: skip
    return Filled(fill, str(number))
