"""An engine with a simulated exchange behind it, turned by hand, and a strategy that does a bit of everything."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import CancelRejected, Command, Event, Place, Rejected, Report, Step
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, LimitGate, Limits
from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy, TradeView
from tradedeck.sim.exchange import Exchange
from tradedeck.sim.venue import ticket_of

ACCOUNT = "a"


class Busy(Strategy):
    """Quotes on bars, chases trades, flips on fills, and breaks on an unlucky price."""

    def setup(self, setup: Setup) -> None:
        self.every = setup.integer("every", 3, low=1, high=100)
        self.size = setup.number("size", 0.5, low=0.1, high=5)
        self.mean = setup.ema(2)
        self.seen = 0

    def on_bar(self, bar: BarView) -> None:
        self.cancel_all()
        if self.mean.value > bar.close:
            self.buy(self.size, price=bar.close - 1)
        self.note(f"bar {bar.open_ns}")

    def on_trade(self, trade: TradeView) -> None:
        self.seen += 1
        if trade.price == 13:
            raise ValueError("unlucky")
        if self.seen % self.every == 0:
            self.target(self.size * (self.seen % 2))

    def on_fill(self, fill: FillView) -> None:
        if fill.maker and fill.side > 0:
            self.sell(fill.size, price=fill.price + 2)


@dataclass
class Bench:
    """`take` an event: the engine steps, commands reach the exchange, its reports come back at once."""

    engine: Engine
    exchange: Exchange
    steps: list[Step] = field(default_factory=list[Step])
    reports: list[Report] = field(default_factory=list[Report])

    def take(self, event: Event) -> Step:
        """Everything that follows from `event`; its own step."""
        waiting: deque[Event] = deque()
        if isinstance(event, Trade):
            waiting.extend(self._told([news.report for news in self.exchange.on_trade(event)]))
        self.exchange.move_time(event.time_ns)
        waiting.append(event)
        own: Step | None = None
        while waiting:
            now = waiting.popleft()
            step = self.engine.step(now)
            own = step if now is event else own
            self.steps.append(step)
            for command in step.commands:
                waiting.extend(self._told(self._answer(command)))
        assert own is not None
        return own

    def _told(self, reports: Sequence[Report]) -> Sequence[Report]:
        self.reports.extend(reports)
        return reports

    def _answer(self, command: Command) -> list[Report]:
        order = command.order
        number = self.exchange.accounts[ACCOUNT].open_by_client_id.get(order.client_order_id, 0)
        try:
            if isinstance(command, Place):
                return [news.report for news in self.exchange.place(ACCOUNT, ticket_of(order))]
            return [news.report for news in self.exchange.cancel(ACCOUNT, number)]
        except TradedeckError as error:
            kind = Rejected if isinstance(command, Place) else CancelRejected
            return [kind(order.client_order_id, self.exchange.now_ns, error.message)]


def new_engine(btc: Instrument, limits: Limits | None = None) -> Engine:
    """An engine that knows one instrument and one strategy."""
    return Engine([btc], id_prefix="td1", strategies={"busy": Busy}, risk=LimitGate(limits or Limits()))


def new_bench(btc: Instrument, limits: Limits | None = None) -> Bench:
    """A fresh engine with a fresh, rich account."""
    exchange = Exchange([btc])
    exchange.open_account(ACCOUNT, {"USDT": Decimal(10**7), "BTC": Decimal(10**4)})
    return Bench(new_engine(btc, limits), exchange)


def trade(number: int, price: str | Decimal, size: str | Decimal = "100") -> Trade:
    """The print of second `number`."""
    return Trade("BTCUSDT", str(number), Decimal(price), Decimal(size), Side.BUY, number * 10**9)


def bar(number: int, close: str | Decimal, *, length_ns: int = MINUTE_NS) -> Bar:
    """The flat bar `number` of its timeframe."""
    price = Decimal(close)
    return Bar("BTCUSDT", length_ns, number * length_ns, price, price, price, price, Decimal(1))
