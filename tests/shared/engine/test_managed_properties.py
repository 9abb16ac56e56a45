"""What holds for managed orders whatever the market, the strategy and the wire do."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.engine.bench import ACCOUNT, Bench, bar, new_bench, trade
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import CancelRejected, Command, Event, Place, Rejected, StartStrategy
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import OrderType, Side
from tradedeck.engine import Engine, replay
from tradedeck.ports.strategy import BarView, FillView, Strategy, TradeView
from tradedeck.sim.venue import ticket_of

Verb = tuple[str, tuple[Any, ...], dict[str, Any]]

prices = st.integers(80, 120)
sizes = st.integers(1, 40).map(lambda tenths: tenths / 10)
numbers = st.integers(1, 12)


def verb(name: str, *args: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]) -> st.SearchStrategy[Verb]:
    return st.tuples(st.just(name), st.tuples(*args), st.fixed_dictionaries(options))


def exits() -> dict[str, st.SearchStrategy[Any]]:
    return {"take": st.integers(101, 120), "loss": st.integers(80, 100)}


pairs = verb("oco", sizes, **exits())
verbs: st.SearchStrategy[Verb] = st.one_of(
    verb("buy", sizes, price=prices, show=sizes, good_for_hours=st.sampled_from([0, 0.02])),
    verb("buy", sizes, stop=prices, price=prices, tif=st.sampled_from(["gtc", "day"])),
    verb("sell", sizes, trail=st.integers(1, 9)),
    verb("bracket", sizes, **exits()),
    verb("bracket", sizes, price=prices, **exits()),
    pairs,
    verb("trail", sizes, distance=st.integers(1, 9)),
    verb("replace", numbers, price=prices, size=sizes),
    verb("replace", numbers, stop=prices),
    verb("cancel", numbers),
    verb("target", sizes),
    verb("close"),
)


class Scripted(Strategy):
    """Says one verb of the script at each trade or bar it is shown, and keeps count."""

    script: ClassVar[Sequence[Verb]] = ()

    def __init__(self) -> None:
        self.said = 0
        self.pairs: list[tuple[int, float]] = []
        self.filled: dict[int, float] = {}

    def on_trade(self, trade: TradeView) -> None:
        self._say()

    def on_bar(self, bar: BarView) -> None:
        self._say()

    def on_fill(self, fill: FillView) -> None:
        self.filled[fill.order] = self.filled.get(fill.order, 0.0) + fill.size

    def _say(self) -> None:
        if self.said < len(self.script):
            name, args, options = self.script[self.said]
            self.said += 1
            number = getattr(self, name)(*args, **options)
            if name == "oco":
                self.pairs.append((number, args[0]))


KEPT: list[Scripted] = []


class Kept(Scripted):
    """One the test can reach."""

    def __init__(self) -> None:
        super().__init__()
        KEPT[:] = [self]


START = StartStrategy("s1", "scripted", "BTCUSDT", MINUTE_NS, 5)
moves = st.lists(st.tuples(prices, st.booleans()), min_size=4, max_size=40)


def market(path: Sequence[tuple[int, bool]]) -> list[Event]:
    """Trades, each followed by a bar where wanted."""
    events: list[Event] = [trade(0, "100"), START]
    for minute, (price, with_bar) in enumerate(path, 1):
        events.append(trade(minute * 60, str(price), "2"))
        if with_bar:
            events.append(bar(minute, str(price)))
    return events


def bench_of(btc: Instrument, script: Sequence[Verb]) -> Bench:
    Scripted.script = script
    bench = new_bench(btc)
    bench.engine = Engine([btc], id_prefix="td1", strategies={"scripted": Kept})
    return bench


@settings(max_examples=200, deadline=None)
@given(st.lists(verbs, max_size=25), moves)
def test_replaying_the_journal_gives_the_same_orders_and_goes_on_alike(
    btc: Instrument, script: list[Verb], path: list[tuple[int, bool]]
) -> None:
    bench = bench_of(btc, script)
    for event in market(path):
        bench.take(event)
    again = Engine([btc], id_prefix="td1", strategies={"scripted": Scripted})
    replay(again, ((step.before, step.event) for step in bench.steps if step.durable))
    assert again.orders == bench.engine.orders
    assert {name: r.orders.working() for name, r in again.runners.items()} == {
        name: r.orders.working() for name, r in bench.engine.runners.items()
    }
    for minute in (100, 101, 102):
        for event in (trade(minute * 60, "90"), bar(minute, str(minute))):
            first, second = bench.engine.step(event), again.step(event)
            assert (first.orders, first.commands, first.notes) == (second.orders, second.commands, second.notes)


@settings(max_examples=200, deadline=None)
@given(st.lists(pairs | verbs, max_size=25), moves)
def test_a_pair_never_fills_more_than_its_size(
    btc: Instrument, script: list[Verb], path: list[tuple[int, bool]]
) -> None:
    kinds = ("oco", "buy", "bracket", "cancel", "close")
    bench = bench_of(btc, [spoken for spoken in script if spoken[0] in kinds])
    for event in market(path):
        bench.take(event)
    (kept,) = KEPT
    for number, size in kept.pairs:
        assert kept.filled.get(number, 0.0) + kept.filled.get(number + 1, 0.0) <= size + 1e-9


@settings(max_examples=200, deadline=None)
@given(st.lists(verb("bracket", sizes, **exits()), max_size=6), moves)
def test_brackets_alone_always_have_an_exit_at_work_and_never_turn_around(
    btc: Instrument, script: list[Verb], path: list[tuple[int, bool]]
) -> None:
    bench = bench_of(btc, script)
    for event in market(path):
        bench.take(event)
        selling = sum((o.remaining for o in bench.engine.open_orders.values() if o.side is Side.SELL), ZERO)
        assert ZERO <= bench.engine.position("BTCUSDT").size <= selling


changes = verb("replace", numbers, price=st.integers(85, 100)) | verb("replace", numbers, size=sizes)


@settings(max_examples=200, deadline=None)
@given(st.lists(changes, max_size=12), moves, st.randoms(use_true_random=False))
def test_an_order_and_its_successor_are_never_both_at_the_venue(
    btc: Instrument, script: list[Verb], path: list[tuple[int, bool]], chance: random.Random
) -> None:
    first: list[Verb] = [("buy", (3.0,), {"price": 95}), ("trail", (-1.0,), {"distance": 3})]
    bench = bench_of(btc, [*first, *script])
    wire = Wire(bench, chance)
    for event in market(path):
        wire.take(event)
        wire.dawdle()
    wire.finish()
    assert {kind: most for kind, most in wire.most.items() if most > 1} == {}


class Wire:
    """A slow line to the exchange: commands and reports arrive in order, but late."""

    def __init__(self, bench: Bench, chance: random.Random) -> None:
        self._bench, self._chance = bench, chance
        self._commands: deque[Command] = deque()
        self._reports: deque[Event] = deque()
        self.most: dict[OrderType, int] = {}

    def take(self, event: Event) -> None:
        """The market moves, for the exchange and for the engine."""
        exchange = self._bench.exchange
        if isinstance(event, type(trade(0, "1"))):
            self._reports.extend(news.report for news in exchange.on_trade(event))
        exchange.move_time(event.time_ns)
        self._commands.extend(self._bench.engine.step(event).commands)

    def dawdle(self) -> None:
        """Deliver a little, or nothing."""
        for _ in range(self._chance.randrange(4)):
            self._deliver(self._chance.random() < 0.5)

    def finish(self) -> None:
        """Deliver everything."""
        while self._commands or self._reports:
            self._deliver(bool(self._commands))

    def _deliver(self, is_command: bool) -> None:
        if is_command and self._commands:
            self._send(self._commands.popleft())
        elif self._reports:
            self._commands.extend(self._bench.engine.step(self._reports.popleft()).commands)

    def _send(self, command: Command) -> None:
        exchange, order = self._bench.exchange, command.order
        account = exchange.accounts[ACCOUNT]
        try:
            if isinstance(command, Place):
                news = exchange.place(ACCOUNT, ticket_of(order))
            else:
                news = exchange.cancel(ACCOUNT, account.open_by_client_id.get(order.client_order_id, 0))
            self._reports.extend(item.report for item in news)
        except TradedeckError as error:
            kind = Rejected if isinstance(command, Place) else CancelRejected
            self._reports.append(kind(order.client_order_id, exchange.now_ns, error.message))
        open_now = [self._bench.engine.orders[name].type for name in account.open_by_client_id]
        for kind_now in open_now:
            self.most[kind_now] = max(self.most.get(kind_now, 0), open_now.count(kind_now))
