"""The terminal without its window: sessions, models, and one frame that moves news from one to the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal

from tradedeck.domain.bar import SECOND_NS, Bar
from tradedeck.domain.errors import RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import Note, Step
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.execution import Session
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED
from tradedeck_desktop.chart import FillMark, OrderLine
from tradedeck_desktop.kit.frame import Frame
from tradedeck_desktop.kit.tasks import Tasks
from tradedeck_desktop.panels.chart.model import ChartModel
from tradedeck_desktop.panels.fills.model import FillsModel
from tradedeck_desktop.panels.notes.model import NotesModel
from tradedeck_desktop.panels.orders.model import OrdersModel
from tradedeck_desktop.panels.positions.model import Held, PositionsModel
from tradedeck_desktop.panels.strategies.model import Running, Start, StrategiesModel
from tradedeck_desktop.panels.ticket.model import Draft, TicketModel
from tradedeck_desktop.panels.watchlist.model import Watched, WatchlistModel

MAX_MARKS = 500
RETRY_S = 2.0
"""Pause between attempts to open a session whose venue is away."""
GATE_REFUSAL = "order.refused"
"""The engine's own note already tells of these."""


class Terminal:
    """Everything a window shows, for the session that is in front; `open_session` makes one of a mode."""

    def __init__(
        self,
        symbols: tuple[str, ...],
        open_session: Callable[[str], Session],
        strategies: Mapping[str, type[Strategy]] = BUNDLED,
    ) -> None:
        self._open_session = open_session
        self._symbols = symbols
        self._sessions: dict[str, Session] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._changed: dict[str, Order] = {}
        self._notes: list[Note] = []
        self._trading_changed = True
        self._references: dict[str, Decimal] = {}
        self.session: Session | None = None
        self.trouble = ""
        """Why there is no session yet."""
        self.symbol = symbols[0]
        self.chart_changed: Callable[[], None] = lambda: None
        self.session_changed: Callable[[], None] = lambda: None
        self._generation = 0
        self.frame = Frame()
        self.tasks = Tasks(self.say)
        self.watchlist, self.positions, self.notes = WatchlistModel(), PositionsModel(), NotesModel()
        self.orders = OrdersModel(self.price_decimals, self.size_decimals, self._cancel)
        self.fills = FillsModel(self.price_decimals, self.size_decimals)
        self.ticket = TicketModel(self._place)
        self.strategies = StrategiesModel(self._start_strategy, self._stop_strategy, strategies)
        self.chart = ChartModel(self._reload_chart)
        self.frame.listen(self._draw)

    # Sessions

    async def open(self, mode: str) -> None:
        """Like `switch`, again and again until the venue is there."""
        while True:
            try:
                await self.switch(mode)
            except UnavailableError as error:
                self.trouble = error.message
                self.say(f"{error.message}; trying again every {RETRY_S:.0f} s")
                await asyncio.sleep(RETRY_S)
            except RefusedError as error:
                # A wrong key or symbol: asking again won't help.
                self.trouble = error.message
                raise
            else:
                self.trouble = ""
                return

    async def switch(self, mode: str) -> None:
        """Bring the live or the paper session to the front, starting it when it is new.

        It may not be ready yet: orders are refused until it is.

        Raises:
            UnavailableError: the venue was never reached and is not there now.
        """
        session = self._sessions.get(mode)
        if session is None:
            session = self._open_session(mode)
            await session.start()
            self._sessions[mode] = session
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.session = session
        self._unsubscribe = session.subscribe(self._on_step)
        self._generation = 0
        self._reset(session)
        self.session_changed()

    def follow_connection(self) -> None:
        """Load the chart when the session gets ready, and again after each reconnect: bars were missed."""
        session = self.session
        if session is not None and session.ready and (generation := session.health().generation) != self._generation:
            self._generation = generation
            self._reload_chart()

    async def stop(self) -> None:
        """Stop every session; strategies go on at the next start."""
        self.frame.stop()
        await self.tasks.stop()
        for session in self._sessions.values():
            await session.stop()

    def say(self, text: str, level: str = "warn") -> None:
        """Tell the user something, in the log panel."""
        now_ns = self.session.now_ns() if self.session else 0
        self._notes.append(Note(now_ns, text, level))
        self.frame.changed()

    # Wishes

    def kill(self) -> None:
        """The kill switch of the session in front."""
        if self.session is not None:
            self.tasks.start(self.session.halt("kill switch"))

    def resume(self) -> None:
        """Take orders again."""
        if self.session is not None:
            self.tasks.start(self.session.resume())

    def cancel_all(self) -> None:
        """Cancel every open order of the session in front."""
        if self.session is not None:
            self.tasks.start(self.session.cancel_all())

    def _place(self, draft: Draft) -> None:
        if (session := self.session) is None:
            self.say("not connected yet; wait a moment")
            return
        self.tasks.start(self._send(session, draft))

    async def _send(self, session: Session, draft: Draft) -> None:
        try:
            await session.place(
                draft.symbol,
                draft.side,
                draft.type,
                draft.size,
                price=draft.price,
                stop_price=draft.stop_price,
                time_in_force=draft.time_in_force,
                post_only=draft.post_only,
                reduce_only=draft.reduce_only,
            )
        except TradedeckError as error:
            self.ticket.refuse(error.message)
            if error.code != GATE_REFUSAL:
                self.say(error.message)

    def _cancel(self, client_order_id: str) -> None:
        if self.session is not None:
            self.tasks.start(self.session.cancel(client_order_id))

    def _start_strategy(self, start: Start) -> None:
        if (session := self.session) is None:
            self.say("not connected yet; wait a moment")
            return
        symbol = start.symbol or self.symbol
        timeframe_ns = start.timeframe_s * SECOND_NS
        self.tasks.start(session.start_strategy(start.name, symbol, start.params, timeframe_ns=timeframe_ns))

    def _stop_strategy(self, strategy_id: str) -> None:
        if self.session is not None:
            self.tasks.start(self.session.stop_strategy(strategy_id))

    # News

    def price_decimals(self, symbol: str) -> int:
        """Decimals of a price."""
        known = self.session.instruments.get(symbol) if self.session else None
        return known.price_decimals() if known else 2

    def size_decimals(self, symbol: str) -> int:
        """Decimals of a size."""
        known = self.session.instruments.get(symbol) if self.session else None
        return known.size_decimals() if known else 5

    @property
    def quote(self) -> str:
        """What prices and profit of the symbol in front are in."""
        known = self.session.instruments.get(self.symbol) if self.session else None
        return known.quote if known else ""

    def net_profit(self) -> Decimal:
        """Realised and open profit less fees over all positions."""
        return sum((held.net for held in self._all_held()), ZERO)

    def trading_on_chart(self) -> tuple[list[FillMark], list[OrderLine]]:
        """Our newest fills and working orders on the symbol in front."""
        if self.session is None:
            return [], []
        engine = self.session.engine
        fills = [f for f in engine.fills[-MAX_MARKS:] if f.symbol == self.symbol]
        marks = [FillMark(f.time_ns, float(f.price), f.side.sign > 0) for f in fills]
        lines = [
            OrderLine(float(price), o.side.sign > 0, f"{o.side} {o.remaining.normalize():f} {o.type.replace('_', ' ')}")
            for o in engine.open_orders.values()
            if o.symbol == self.symbol and (price := o.price or o.stop_price) is not None
        ]
        return marks, lines

    def _on_step(self, step: Step) -> None:
        event = step.event
        if isinstance(event, Trade | Bar):
            self.chart.on_event(event)
        self._changed.update({order.client_order_id: order for order in step.orders})
        self._notes += step.notes
        self._trading_changed |= bool(step.orders or step.fills)
        self.frame.changed()

    def _draw(self) -> None:
        """One frame: give every model what has changed since the last."""
        if self._notes:
            notes, self._notes = self._notes, []
            self.notes.add(notes)
        session = self.session
        if session is None:
            return
        engine = session.engine
        self.watchlist.show([self._watched(symbol) for symbol in self._symbols])
        if self._changed:
            self.orders.show(list(self._changed.values()))
            self._changed.clear()
        if len(engine.fills) > len(self.fills.rows):
            self.fills.show(engine.fills[len(self.fills.rows) :])
        self.positions.show(self._all_held())
        self.strategies.running.show(self._running(session))
        if (last := engine.last_price(self.symbol)) is not None:
            self.ticket.set_last(last)
        self.chart_changed()

    def take_trading_changed(self) -> bool:
        """Whether fills or working orders changed since the last call."""
        changed, self._trading_changed = self._trading_changed, False
        return changed

    def _reset(self, session: Session) -> None:
        engine = session.engine
        self._changed.clear()
        self._trading_changed = True
        self.orders.reset(list(engine.orders.values()))
        self.fills.reset(engine.fills)
        self.positions.reset(self._all_held())
        self.strategies.running.reset(self._running(session))
        self.strategies.symbol = self.symbol
        if (instrument := session.instruments.get(self.symbol)) is None:
            raise UnavailableError(f"{self.symbol} is not traded at {session.origin.venue}; choose another symbol")
        origin = session.origin
        self.ticket.use(instrument, f"{origin.account} at {origin.venue}" if origin.mode == "live" else "")
        self.chart.clear()
        self.frame.changed()

    def _reload_chart(self) -> None:
        if self.session is not None and self.session.ready:
            self.tasks.start(self._load_chart(self.session))

    async def _load_chart(self, session: Session) -> None:
        try:
            await self.chart.load(session.provider, self.symbol)
        except TradedeckError as error:
            self.say(f"no price history: {error.message}")
        if (bars := self.chart.bars) is not None and len(bars):
            first_open = Decimal(str(bars.window(0, 1, 1)[0].open[0]))
            self._references.setdefault(self.symbol, first_open)
        self.frame.changed()

    def _watched(self, symbol: str) -> Watched:
        last = self.session.engine.last_price(symbol) if self.session else None
        return Watched(symbol, last, self._references.get(symbol), self.price_decimals(symbol))

    def _all_held(self) -> list[Held]:
        if self.session is None:
            return []
        engine = self.session.engine
        return [
            Held(position, engine.last_price(symbol), self.price_decimals(symbol), self.size_decimals(symbol))
            for symbol, position in engine.portfolio.positions.items()
        ]

    def _running(self, session: Session) -> list[Running]:
        engine = session.engine
        rows: list[Running] = []
        for strategy_id, start in engine.started.items():
            position = engine.portfolio.position(start.symbol, strategy_id)
            mark = engine.last_price(start.symbol)
            unrealised = position.unrealised(mark) if mark is not None else ZERO
            params = ", ".join(f"{name} {value}" for name, value in start.params.items()) or "defaults"
            rows.append(
                Running(
                    strategy_id,
                    start.name,
                    start.symbol,
                    params,
                    position.size,
                    self.size_decimals(start.symbol),
                    position.fills,
                    position.realised + unrealised - position.fees,
                    strategy_id in engine.runners,
                )
            )
        return rows
