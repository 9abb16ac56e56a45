"""The engine itself: orders, fills, positions and strategies of one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import (
    Accepted,
    Cancel,
    CancelAll,
    Canceled,
    CancelOrder,
    CancelRejected,
    Event,
    Expired,
    Filled,
    Halt,
    MarketEvent,
    Note,
    Outside,
    Place,
    PlaceOrder,
    Rejected,
    Report,
    Restarted,
    Restrict,
    Resume,
    SetLimits,
    StartStrategy,
    Step,
    StopStrategy,
    Unknown,
    WarmUp,
)
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderState
from tradedeck.domain.period import DAY_NS
from tradedeck.domain.position import Position
from tradedeck.domain.trade import Trade
from tradedeck.engine.brakes import Brakes, reduces
from tradedeck.engine.crew import Crew
from tradedeck.engine.portfolio import Portfolio
from tradedeck.engine.risk import LimitGate
from tradedeck.engine.runner import Runner
from tradedeck.engine.turn import Turn
from tradedeck.ports.risk import Risk
from tradedeck.ports.strategy import Strategy


class Engine:
    """Event in, step out. One engine is one account: one risk gate for a person and every strategy.

    `id_prefix` marks the orders this engine owns; ids are prefix-1, prefix-2, ... so that replaying
    the journal gives the same ids again.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        *,
        id_prefix: str,
        strategies: Mapping[str, type[Strategy]] | None = None,
        risk: Risk | None = None,
    ) -> None:
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.orders: dict[str, Order] = {}
        self.open_orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.portfolio = Portfolio(self.instruments)
        self.now_ns = 0
        self.seq = 0
        self.brakes = Brakes()
        self.outside: dict[str, Decimal] = {}
        self._prefix = id_prefix
        self._next_id = 1
        self._crew = Crew(self, strategies or {})
        self.risk: Risk = risk or LimitGate()
        self._known_fills: set[tuple[str, str, str]] = set()
        self._external: set[str] = set()
        self._before: dict[str, MarketEvent] = {}
        self._day_end_ns = 0

    def step(self, event: Event) -> Step:
        """Take one event; tell what changed and what must be sent.

        Raises:
            CorruptError: the event contradicts what is known for certain; nothing may go on.
        """
        turn = Turn()
        self.now_ns = max(self.now_ns, event.time_ns)
        if isinstance(event, MarketEvent):
            self._on_market(event, turn)
        else:
            self._on_other(event, turn)
        self._crew.gather(turn)
        before: tuple[MarketEvent, ...] = ()
        if turn.durable:
            self.seq += 1
            before = tuple(self._before.values())
            self._before.clear()
        elif isinstance(event, Bar | Trade):
            # Quotes and books change nothing here; keeping one would lose the price it came after.
            self._before[event.symbol] = event
        return Step(
            seq=self.seq,
            event=event,
            before=before,
            orders=tuple(turn.orders.values()),
            fills=tuple(turn.fills),
            commands=tuple(turn.commands),
            notes=tuple(turn.notes),
            durable=turn.durable,
        )

    @property
    def halted(self) -> str:
        """Why the whole account is halted; empty when it is not."""
        return self.brakes.halted

    @property
    def prefix(self) -> str:
        """What the ids of this engine's orders start with."""
        return self._prefix

    @property
    def runners(self) -> Mapping[str, Runner]:
        """The strategies that run, by id."""
        return self._crew.runners

    @property
    def started(self) -> Mapping[str, StartStrategy]:
        """Every strategy that was ever started, by id."""
        return self._crew.started

    def check_start(self, start: StartStrategy) -> tuple[str, ...]:
        """The symbols `start` would follow, its own first.

        Raises:
            RefusedError: it would not start: unknown name or symbol, wrong parameter.
        """
        return self._crew.make_runner(start).symbols

    def position(self, symbol: str) -> Position:
        """The account's position."""
        return self.portfolio.position(symbol)

    def last_price(self, symbol: str) -> Decimal | None:
        """The last trade price; None before the first."""
        return self.portfolio.last_prices.get(symbol)

    def reduces(self, wish: PlaceOrder) -> bool:
        """Whether `wish` can only shrink the account's position."""
        return reduces(wish, self.position(wish.symbol).size, self.open_orders)

    def knows_fill(self, client_order_id: str, symbol: str, trade_id: str) -> bool:
        """Whether that execution is counted already."""
        return (client_order_id, symbol, trade_id) in self._known_fills

    # Market news

    def _on_market(self, event: MarketEvent, turn: Turn) -> None:
        is_midnight = False
        if isinstance(event, Trade | Bar):
            is_midnight = event.time_ns >= self._day_end_ns and self._begin_day(event.time_ns)
            self.portfolio.price(event)
        turn.durable = self._crew.on_market(event, turn) or is_midnight

    def _begin_day(self, time_ns: int) -> bool:
        """Before its first price counts; whether replay needs this step to measure from the same prices."""
        self._day_end_ns = (time_ns // DAY_NS + 1) * DAY_NS
        self.risk.begin_day(self)
        return any(position.lots for position in self.portfolio.positions.values())

    # Reports and wishes

    def _on_other(self, event: Event, turn: Turn) -> None:
        match event:
            case PlaceOrder():
                self.place(event, turn)
            case CancelOrder():
                self._call_off(event.client_order_id, event.time_ns, turn)
            case CancelAll():
                self.cancel_all(event.time_ns, turn, symbol=event.symbol, source=event.source)
            case Halt():
                self._halt(event, turn)
            case Resume():
                self.brakes.resume(event)
                turn.notes.append(Note(event.time_ns, "trading resumed"))
            case Restrict():
                self._restrict(event, turn)
            case Outside():
                self.outside |= {held.name: held.amount for held in event.held}
                if event.reason:
                    turn.notes.append(Note(event.time_ns, f"EXTERNAL {event.reason}", "warn"))
            case SetLimits():
                self.risk.set_limits(event.scope, event.limits, self)
                turn.notes.append(Note(event.time_ns, f"limits of {event.scope} set"))
            case StartStrategy() | StopStrategy() | WarmUp():
                self._crew.on_wish(event, turn)
            case Restarted():
                self._restarted(event, turn)
            case Accepted() | Filled() | Canceled() | Expired() | Rejected() | CancelRejected() | Unknown():
                self._on_report(event, turn)
            case _:
                raise AssertionError(f"the engine knows no {type(event).__name__}")

    def _on_report(self, report: Report, turn: Turn) -> None:
        order = self.orders.get(report.client_order_id)
        if order is None:
            self._on_external(report, turn)
            return
        if isinstance(report, Filled):
            self._on_fill(order, report, turn)
            return
        if isinstance(report, CancelRejected):
            if order.cancel_requested:
                self._keep(replace(order, cancel_requested=False, revision=order.revision + 1), turn)
            turn.notes.append(Note(report.time_ns, f"not canceled: {report.reason}", "warn", order.source))
            return
        moved = self._moved(order, report)
        if moved is order:
            turn.durable = False
            return
        self._keep(moved, turn)
        self._crew.on_change(moved, report.time_ns)
        if moved.is_open and not moved.cancel_requested and moved.client_order_id in self.brakes.doomed:
            # It was on its way, or its fate unknown, when trading was halted.
            self.cancel(moved.client_order_id, report.time_ns, turn)
        if isinstance(report, Rejected | Unknown):
            word = "rejected" if isinstance(report, Rejected) else "fate unknown"
            turn.notes.append(
                Note(report.time_ns, f"{order.client_order_id} {word}: {report.reason}", "warn", order.source)
            )

    def _moved(self, order: Order, report: Accepted | Canceled | Expired | Rejected | Unknown) -> Order:
        if isinstance(report, Accepted):
            return order.moved(OrderState.ACCEPTED, report.time_ns, venue_order_id=report.venue_order_id)
        reason = self._crew.reason_of(order) if isinstance(report, Canceled) else ""
        return order.moved(_STATE_AFTER[type(report)], report.time_ns, reason=reason or report.reason)

    def _on_fill(self, order: Order, report: Filled, turn: Turn) -> None:
        fill = report.fill
        # The order too: when two of our own trade with each other, one trade id fills both.
        key = (fill.client_order_id, fill.symbol, fill.trade_id)
        if key in self._known_fills:
            turn.durable = False
            return
        late = not order.is_open
        self._keep(order.with_fill(fill.price, fill.size, fill.time_ns, venue_order_id=report.venue_order_id), turn)
        self._known_fills.add(key)
        self.fills.append(fill)
        turn.fills.append(fill)
        self.portfolio.take(fill, order.source)
        if late:
            turn.notes.append(
                Note(
                    fill.time_ns,
                    f"{order.client_order_id} filled after it was {order.state}",
                    "warn",
                    order.source,
                )
            )
        self._crew.on_fill(self.orders[order.client_order_id], fill, turn)

    def _on_external(self, report: Report, turn: Turn) -> None:
        turn.durable = False
        if report.client_order_id not in self._external and len(self._external) < _MAX_EXTERNAL_IDS:
            self._external.add(report.client_order_id)
            text = f"EXTERNAL order {report.client_order_id}: placed elsewhere, left alone"
            turn.notes.append(Note(report.time_ns, text))

    # Orders

    def place(self, wish: PlaceOrder, turn: Turn) -> Order:
        """Make an order of a wish and send it, or refuse it; the order."""
        order = Order(
            client_order_id=f"{self._prefix}-{self._next_id}",
            symbol=wish.symbol,
            side=wish.side,
            type=wish.type,
            size=wish.size,
            price=wish.price,
            stop_price=wish.stop_price,
            time_in_force=wish.time_in_force,
            post_only=wish.post_only,
            reduce_only=wish.reduce_only,
            source=wish.source,
            created_ns=wish.time_ns,
            updated_ns=wish.time_ns,
        )
        self._next_id += 1
        try:
            self._check(wish)
        except RefusedError as error:
            refused = replace(order, state=OrderState.REFUSED, reason=error.message)
            self._keep(refused, turn)
            turn.notes.append(
                Note(wish.time_ns, f"order refused: {error.message}", "warn", wish.source, code=error.code)
            )
            return refused
        self._keep(order, turn)
        turn.commands.append(Place(order))
        return order

    def _check(self, wish: PlaceOrder) -> None:
        self.brakes.check(wish, reduces=self.reduces(wish))
        instrument = self.instruments.get(wish.symbol)
        if instrument is None:
            raise RefusedError(f"{wish.symbol} is not traded here", code="symbol.unknown")
        self.risk.check(wish, instrument, self)

    def count_message(self, source: str) -> None:
        """Count what a strategy wants to send.

        Raises:
            RefusedError: it sends so much that it must be stopped.
        """
        self.risk.count(source, self)

    def cancel(self, client_order_id: str, time_ns: int, turn: Turn) -> None:
        """Ask for an open order's end."""
        order = self.orders.get(client_order_id)
        if order is None or not order.is_open:
            turn.notes.append(Note(time_ns, f"{client_order_id} is not open, nothing to cancel", "warn"))
            return
        changed = replace(order, cancel_requested=True, revision=order.revision + 1)
        self._keep(changed, turn)
        turn.commands.append(Cancel(changed))

    def cancel_all(self, time_ns: int, turn: Turn, *, symbol: str = "", source: str = "") -> None:
        """Ask for the end of every open order, of one symbol or source where given."""
        for order in list(self.open_orders.values()):
            wanted = (not symbol or order.symbol == symbol) and (not source or order.source == source)
            asked_already = order.client_order_id in turn.orders and order.cancel_requested
            if wanted and not asked_already:
                self._call_off(order.client_order_id, time_ns, turn)

    def _call_off(self, client_order_id: str, time_ns: int, turn: Turn) -> None:
        """Cancel an order by hand: what was to follow from it does not."""
        if (order := self.open_orders.get(client_order_id)) is not None:
            self._crew.call_off(order)
        self.cancel(client_order_id, time_ns, turn)

    def _halt(self, halt: Halt, turn: Turn) -> None:
        self.brakes.halt(halt, self.open_orders.values())
        for strategy_id, runner in list(self.runners.items()):
            if any(halt.covers(strategy_id, symbol) for symbol in runner.symbols):
                self._crew.stop(strategy_id, halt.time_ns, turn)
        self.cancel_all(halt.time_ns, turn, symbol=halt.symbol, source=halt.source)
        scope = " ".join(part for part in (halt.source, halt.symbol) if part)
        words = f"HALT of {scope}: {halt.reason}" if scope else f"HALT: {halt.reason}"
        turn.notes.append(Note(halt.time_ns, words, "warn", halt.source))

    def _restrict(self, event: Restrict, turn: Turn) -> None:
        turn.durable = self.brakes.restrict(event)
        if not turn.durable:
            return
        if event.reason:
            words = f"only orders that reduce a position leave now: {event.reason}"
            turn.notes.append(Note(event.time_ns, words, "warn"))
        else:
            turn.notes.append(Note(event.time_ns, "the venue's records agree; every order may leave again"))

    def _restarted(self, event: Restarted, turn: Turn) -> None:
        for order in list(self.open_orders.values()):
            if order.state is OrderState.SUBMITTED:
                reason = "the program stopped before the venue answered"
                self._keep(order.moved(OrderState.UNKNOWN, event.time_ns, reason=reason), turn)
            if order.cancel_requested:
                # The cancel may not have left; whoever wants the order gone may ask again.
                known = self.orders[order.client_order_id]
                self._keep(replace(known, cancel_requested=False, revision=known.revision + 1), turn)

    def _keep(self, order: Order, turn: Turn) -> None:
        self.orders[order.client_order_id] = order
        turn.orders[order.client_order_id] = order
        if order.is_open:
            self.open_orders[order.client_order_id] = order
        else:
            self.open_orders.pop(order.client_order_id, None)
            self.brakes.doomed.discard(order.client_order_id)


_STATE_AFTER = {
    Canceled: OrderState.CANCELED,
    Expired: OrderState.EXPIRED,
    Rejected: OrderState.REJECTED,
    Unknown: OrderState.UNKNOWN,
}
_MAX_EXTERNAL_IDS = 10_000
"""Foreign order ids remembered so that each is noted once."""
