"""One strategy, one market: a backtest and a paper session place the same orders and get the same fills."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.shared.engine.bench import Busy
from tests.shared.execution.venues import Clock, ScriptedVenue
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.events import MarketEvent, Step
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order
from tradedeck.execution import paper
from tradedeck.history import bundled_week, read_bars
from tradedeck.ports.strategy import Strategy
from tradedeck.research.replay import Replayed, replay
from tradedeck.sim.path import replay_bars
from tradedeck.store import Store, StoreWorker
from tradedeck.strategies import BUNDLED, RsiReversion, SmaCross

STRATEGIES: dict[str, type[Strategy]] = {**BUNDLED, "busy": Busy}
EAGER: dict[type[Strategy], dict[str, str]] = {
    SmaCross: {"fast": "2", "slow": "5"},
    RsiReversion: {"length": "3", "oversold": "45"},
    Busy: {"every": "2"},
}


async def on_paper(
    folder: Path, kind: type[Strategy], market: Sequence[MarketEvent], btc: Instrument
) -> tuple[Sequence[Order], Sequence[Fill]]:
    venue = ScriptedVenue([btc])
    names = {strategy: name for name, strategy in STRATEGIES.items()}
    worker = StoreWorker(Store(folder / "device.db"))
    session = paper(
        venue, worker, account="main", device_id="d", symbols=["BTCUSDT"], strategies=STRATEGIES, clock=Clock()
    )
    over = asyncio.Event()

    def watch(step: Step) -> None:
        if step.event is market[-1]:
            over.set()

    session.subscribe(watch)
    await session.start()
    await session.wait_ready(5)
    await session.start_strategy(names[kind], "BTCUSDT", EAGER[kind], warm_up_bars=0)
    venue.tell(*market)
    await asyncio.wait_for(over.wait(), timeout=30)
    # The reports that the last event caused come before the end.
    await session.stop()
    await worker.close()
    return list(session.engine.orders.values()), list(session.engine.fills)


def in_research(kind: type[Strategy], market: Sequence[MarketEvent], btc: Instrument) -> Replayed:
    return replay(kind, market, btc, params=EAGER[kind])


def plain(orders: Sequence[Order], fills: Sequence[Fill]) -> tuple[list[Order], list[Fill]]:
    """Without the names that say who ran it."""

    def number(client_order_id: str) -> str:
        return client_order_id.rpartition("-")[2]

    return (
        [replace(order, client_order_id=number(order.client_order_id), source="") for order in orders],
        [replace(fill, client_order_id=number(fill.client_order_id)) for fill in fills],
    )


@pytest.mark.parametrize("kind", [SmaCross, RsiReversion])
async def test_a_real_morning_ends_the_same_in_research_and_on_paper(
    tmp_path: Path, btc: Instrument, kind: type[Strategy]
) -> None:
    bars = list(read_bars(bundled_week(), btc))[:300]
    market = list(replay_bars(bars, btc))
    wanted = in_research(kind, market, btc)
    assert len(wanted.fills) > 3
    orders, fills = await on_paper(tmp_path, kind, market, btc)
    assert plain(orders, fills) == plain(wanted.orders, wanted.fills)


@st.composite
def markets(draw: st.DrawFn) -> list[Bar]:
    """Minutes of a walk around 100, with shadows and thin volume."""
    bars: list[Bar] = []
    before = 10_000
    for minute in range(1, draw(st.integers(5, 40))):
        close = max(before + draw(st.integers(-300, 300)), 5_000)
        high, low = max(before, close) + draw(st.integers(0, 99)), min(before, close) - draw(st.integers(0, 99))
        begun, top, bottom, ended = (Decimal(price) / 100 for price in (before, high, low, close))
        volume = Decimal(draw(st.integers(0, 300))) / 100
        bars.append(Bar("BTCUSDT", MINUTE_NS, minute * MINUTE_NS, begun, top, bottom, ended, volume))
        before = close
    return bars


# Shrinking would run hundreds of sessions.
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(bars=markets(), kind=st.sampled_from([SmaCross, RsiReversion, Busy]))
def test_any_market_ends_the_same_in_research_and_on_paper(
    tmp_path_factory: pytest.TempPathFactory, btc: Instrument, bars: list[Bar], kind: type[Strategy]
) -> None:
    market = list(replay_bars(bars, btc))
    wanted = in_research(kind, market, btc)
    assert in_research(kind, market, btc) == wanted
    orders, fills = asyncio.run(on_paper(tmp_path_factory.mktemp("paper"), kind, market, btc))
    assert plain(orders, fills) == plain(wanted.orders, wanted.fills)
