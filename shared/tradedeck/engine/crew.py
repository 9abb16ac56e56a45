"""The strategies of an account: who runs, who is woken, and what becomes of their wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.domain.events import MarketEvent, Note, PlaceOrder, StartStrategy, StopStrategy, WarmUp
from tradedeck.domain.fill import Fill
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.engine.desk import Books
from tradedeck.engine.managed import Managed, ManagedOrders
from tradedeck.engine.runner import Runner
from tradedeck.engine.turn import Turn
from tradedeck.ports.strategy import Strategy

_E = TypeVar("_E")


class Office(Books, Protocol):
    """Where orders are made of wishes."""

    @property
    def now_ns(self) -> int:
        """The newest time there was."""
        ...

    @property
    def halted(self) -> str:
        """Why trading is halted; empty when it is not."""
        ...

    def place(self, wish: PlaceOrder, turn: Turn) -> Order:
        """Make an order of a wish, or refuse it; the order."""
        ...

    def count_message(self, source: str) -> None:
        """Count what a strategy wants to send.

        Raises:
            RefusedError: it sends so much that it must be stopped.
        """
        ...

    def cancel(self, client_order_id: str, time_ns: int, turn: Turn) -> None:
        """Ask for an open order's end."""
        ...

    def cancel_all(self, time_ns: int, turn: Turn, *, symbol: str = "", source: str = "") -> None:
        """Ask for the end of every open order, of one symbol or source where given."""
        ...


class Crew:
    """Starts, wakes and stops strategies."""

    def __init__(self, office: Office, kinds: Mapping[str, type[Strategy]]) -> None:
        self.runners: dict[str, Runner] = {}
        self.started: dict[str, StartStrategy] = {}
        self._office = office
        self._kinds = dict(kinds)
        self._retired: dict[str, ManagedOrders] = {}

    def make_runner(self, start: StartStrategy) -> Runner:
        """A strategy, set up and warm.

        Raises:
            RefusedError: unknown name or symbol, wrong parameter, running already, or trading is halted.
        """
        kind = self._kinds.get(start.name)
        if kind is None:
            raise RefusedError(f"there is no strategy {start.name}", code="strategy.unknown")
        if start.strategy_id in self.runners:
            raise RefusedError(f"{start.strategy_id} runs already", code="strategy.running")
        if self._office.halted:
            raise RefusedError(f"trading is halted ({self._office.halted}); resume first", code="risk.halted")
        return Runner(start, kind(), self._office)

    def on_wish(self, wish: StartStrategy | StopStrategy | WarmUp, turn: Turn) -> None:
        """Start or stop a strategy, or show it what it missed."""
        match wish:
            case StartStrategy():
                self.start(wish, turn)
            case StopStrategy():
                self.stop(wish.strategy_id, wish.time_ns, turn)
            case WarmUp():
                self.warm(wish)

    def start(self, start: StartStrategy, turn: Turn) -> None:
        """Start a strategy, or note why not."""
        try:
            self.runners[start.strategy_id] = self.make_runner(start)
            self.started[start.strategy_id] = start
        except TradedeckError as error:
            turn.notes.append(Note(start.time_ns, f"{start.name} not started: {error.message}", "warn"))
            return
        turn.notes.append(Note(start.time_ns, f"{start.name} started on {start.symbol}", source=start.strategy_id))

    def stop(self, strategy_id: str, time_ns: int, turn: Turn) -> None:
        """Stop a strategy; its orders are canceled and nothing follows from them any more."""
        runner = self.runners.pop(strategy_id, None)
        if runner is None:
            turn.notes.append(Note(time_ns, f"{strategy_id} does not run", "warn"))
            return
        self._retired[strategy_id] = runner.orders
        self._office.cancel_all(time_ns, turn, source=strategy_id)
        turn.notes.append(Note(time_ns, f"{runner.start.name} stopped", source=strategy_id))

    def warm(self, event: WarmUp) -> None:
        """Show a strategy bars that it missed."""
        if (runner := self.runners.get(event.strategy_id)) is not None:
            runner.warm(event.history)

    def on_market(self, event: MarketEvent, turn: Turn) -> bool:
        """Show market news to those who follow the symbol; whether anything came of it."""
        kept = False
        for runner in list(self.runners.values()):
            if event.symbol not in runner.symbols:
                continue
            if isinstance(event, Trade):
                kept |= self._wake(runner, runner.on_trade, event, turn)
            elif isinstance(event, Bar):
                kept |= self._wake(runner, runner.on_bar, event, turn)
            elif isinstance(event, FundingRate):
                kept |= self._wake(runner, runner.on_funding, event, turn)
            else:
                kept |= self._wake(runner, runner.on_book, event, turn)
        return kept

    def on_change(self, order: Order, time_ns: int) -> None:
        """An order is in a new state since `time_ns`."""
        if (runner := self.runners.get(order.source)) is not None:
            runner.orders.on_change(order, time_ns)

    def call_off(self, order: Order) -> None:
        """A person cancels an order: nothing is to follow from it."""
        if (runner := self.runners.get(order.source)) is not None:
            runner.orders.call_off(order.client_order_id)

    def on_fill(self, order: Order, fill: Fill, turn: Turn) -> None:
        """An order was filled: whoever asked for it is told."""
        if (runner := self.runners.get(order.source)) is not None:
            self._wake(runner, lambda news: runner.on_fill(order, news), fill, turn)
            return
        retired = self._retired.get(order.source)
        if retired is not None and retired.has_exits(order.client_order_id):
            words = f"{order.client_order_id} filled after its strategy had stopped: no exits are placed for it"
            turn.notes.append(Note(fill.time_ns, words, "warn", order.source))

    def reason_of(self, order: Order) -> str:
        """Why a strategy's order is being canceled; empty when nobody knows."""
        runner = self.runners.get(order.source)
        return "" if runner is None else runner.orders.reason_of(order.client_order_id)

    def gather(self, turn: Turn) -> None:
        """Turn what strategies asked for during this event into orders and cancels."""
        for runner in list(self.runners.values()):
            wishes, notes = runner.take_wishes()
            turn.notes.extend(notes)
            for wish in wishes:
                if not self._may_send(runner, turn):
                    break
                if isinstance(wish, Managed):
                    runner.orders.placed(wish, self._office.place(wish.wish, turn))
                    continue
                order = self._office.open_orders.get(wish.managed.order_id)
                if order is not None and not order.cancel_requested:
                    self._office.cancel(order.client_order_id, self._office.now_ns, turn)

    def _may_send(self, runner: Runner, turn: Turn) -> bool:
        """Whether a strategy may send one more message; one that loops is stopped instead."""
        try:
            self._office.count_message(runner.source)
        except RefusedError as error:
            text = f"{runner.start.name} stopped, it loops: {error.message}"
            turn.notes.append(Note(self._office.now_ns, text, "warn", runner.source, code=error.code))
            self.stop(runner.source, self._office.now_ns, turn)
            return False
        return True

    def _wake(self, runner: Runner, handler: Callable[[_E], bool | None], event: _E, turn: Turn) -> bool:
        """Show an event to a strategy; one that fails is stopped, the account goes on."""
        try:
            return bool(handler(event))
        except Exception as error:
            runner.take_wishes()
            text = f"{runner.start.name} stopped by its own error: {type(error).__name__}: {error}"
            turn.notes.append(Note(self._office.now_ns, text, "warn", runner.source))
            self.stop(runner.source, self._office.now_ns, turn)
            return True
