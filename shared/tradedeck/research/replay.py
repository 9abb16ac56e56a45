"""The live loop over recorded prices and a simulated venue: what `run.backtest` is held to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.events import Event, MarketEvent, StartStrategy, Step
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order
from tradedeck.engine import Engine, run
from tradedeck.ledger import Totals, totals_of
from tradedeck.ports.risk import Risk
from tradedeck.ports.strategy import Strategy
from tradedeck.sim.exchange import Exchange
from tradedeck.sim.venue import SimVenue, history

ACCOUNT = "replay"
STRATEGY_ID = "s1"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out: every order and fill, and the totals at the last price."""

    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    totals: Totals
    steps: int


class _Forgets:
    """A journal for runs that can be repeated: it keeps only the count."""

    def __init__(self, show: Callable[[Step], None] | None) -> None:
        self.steps = 0
        self._show = show

    async def append(self, step: Step) -> None:
        self.steps += 1
        if self._show is not None:
            self._show(step)


def replay(
    strategy: type[Strategy],
    market: Iterable[MarketEvent],
    instrument: Instrument,
    *,
    params: Mapping[str, str] | None = None,
    timeframe_ns: int = MINUTE_NS,
    balances: Mapping[str, Decimal] | None = None,
    risk: Risk | None = None,
    spread_ticks: int = 1,
    show: Callable[[Step], None] | None = None,
) -> Replayed:
    """Run `strategy` over `market` (trades and closed bars in the order of time) from its first event on.

    `balances` by asset; the default owns 1,000,000 of the quote asset and nothing else.
    `show` sees every kept step, for progress and charts.

    Raises:
        RefusedError: a parameter is wrong.
    """
    exchange = Exchange([instrument], spread_ticks=spread_ticks)
    exchange.open_account(ACCOUNT, balances or {instrument.quote: Decimal(1_000_000)})
    name = strategy.__name__
    engine = Engine([instrument], id_prefix=ACCOUNT, strategies={name: strategy}, risk=risk)
    start = StartStrategy(STRATEGY_ID, name, instrument.symbol, timeframe_ns, 0, dict(params or {}))
    engine.check_start(start)
    journal = _Forgets(show)

    def events() -> Iterable[Event]:
        yield start
        yield from market

    venue = SimVenue(history(events()), exchange, ACCOUNT)
    finish(run(engine, venue, venue, journal))
    totals = totals_of(engine.orders.values(), engine.fills, engine.portfolio.last_prices, engine.instruments)
    return Replayed(tuple(engine.orders.values()), tuple(engine.fills), totals, journal.steps)


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits to its end, without an event loop.

    Raises:
        RuntimeError: it waited for something; recorded feeds must not.
    """
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("a replay may not wait for anything")
