"""The same strategy on the same prices gives the same orders and fills: backtest, paper, and live over the wire."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeys.lockstep import Lockstep
from journeys.restless import Careful, Restless

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order
from tradedeck.execution import live
from tradedeck.execution.recovery import Patience
from tradedeck.history import bundled_week, read_bars
from tradedeck.ports.provider import Provider
from tradedeck.ports.strategy import Strategy
from tradedeck.providers.binance import BinanceVenue
from tradedeck.providers.ccxt import CcxtVenue
from tradedeck.research.replay import replay
from tradedeck.sandbox.core import DEFAULT_BALANCES, DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.server import SandboxSettings, running
from tradedeck.sim.listings import instrument_of
from tradedeck.sim.path import replay_bars
from tradedeck.store import Store, StoreWorker
from tradedeck.strategies import RsiReversion, SmaCross

BTC = instrument_of("BTCUSDT")
SKIP = 600
STRATEGIES: dict[str, tuple[type[Strategy], dict[str, str]]] = {
    "sma-cross": (SmaCross, {"fast": "2", "slow": "5"}),
    "rsi-reversion": (RsiReversion, {"length": "5", "oversold": "45", "overbought": "55", "discount": "0"}),
    "restless": (Restless, {}),
    "careful": (Careful, {}),
}
Outcome = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]


def told(orders: Sequence[Order], fills: Sequence[Fill]) -> Outcome:
    """Everything but ids that name a device."""
    number = {order.client_order_id: index for index, order in enumerate(orders)}
    return (
        [
            (
                o.side,
                o.type,
                o.size,
                o.price,
                o.stop_price,
                o.time_in_force,
                o.post_only,
                o.state,
                o.filled,
                o.created_ns,
            )
            for o in orders
        ],
        [(number[f.client_order_id], f.side, f.price, f.size, f.fee, f.maker, f.time_ns) for f in fills],
    )


def by_backtest(name: str, bars: Sequence[Bar]) -> Outcome:
    kind, params = STRATEGIES[name]
    result = replay(kind, replay_bars(bars, BTC), BTC, params=params, balances=DEFAULT_BALANCES)
    return told(result.orders, result.fills)


async def by_wire(name: str, data: Path, skip: int, count: int, folder: Path, make: Callable[..., Provider]) -> Outcome:
    """Live against the sandbox exchange, which waits for us after every market event."""
    worker = StoreWorker(Store(folder / "device.db"))
    # An hour of market in seconds: the venue's limits by the wall clock have tests of their own.
    async with running(SandboxSettings(data=data, speed=None, skip=skip, weight_limit=10**9)) as box:
        events = sum(1 for _ in islice(_market(data, skip, count), None))
        provider = Lockstep(make(DEFAULT_KEY, DEFAULT_SECRET, url=box.url), box.url, DEFAULT_KEY, events)
        strategies = {key: kind for key, (kind, _) in STRATEGIES.items()}
        session = live(
            provider,
            worker,
            account="test",
            device_id="0" * 8,
            symbols=["BTCUSDT"],
            strategies=strategies,
            # The market waits for each answer here: a comparison in between would bring news out of turn.
            patience=Patience(drift_s=3600),
            in_line=True,
        )
        await session.start()
        await session.wait_ready(20)
        await session.start_strategy(name, "BTCUSDT", STRATEGIES[name][1], warm_up_bars=0)
        provider.watch(session)
        provider.go.set()
        await provider.done.wait()
        await session.stop()
        assert session.failure == ""
        outcome = told(list(session.engine.orders.values()), session.engine.fills)
    await worker.close()
    return outcome


def _market(data: Path, skip: int, count: int) -> Any:
    return replay_bars(islice(read_bars(data, BTC), skip, skip + count), BTC)


@pytest.mark.parametrize("make", [BinanceVenue, CcxtVenue])
@pytest.mark.parametrize("name", STRATEGIES)
async def test_live_over_the_wire_does_what_the_backtest_did(name: str, make: Any, tmp_path: Path) -> None:
    count = 80
    bars = list(islice(read_bars(bundled_week(), BTC), SKIP, SKIP + count))
    expected = by_backtest(name, bars)
    assert len(expected[1]) >= 4, "the strategy must trade for this to show anything"
    assert await by_wire(name, bundled_week(), SKIP, count, tmp_path, make) == expected


moves = st.lists(
    st.tuples(st.integers(-400, 400), st.integers(0, 300), st.integers(0, 300), st.integers(1, 50_000)),
    min_size=12,
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["restless", "careful"]), moves=moves)
async def test_they_agree_on_any_prices(
    name: str, moves: list[tuple[int, int, int, int]], tmp_path_factory: Any
) -> None:
    folder: Path = tmp_path_factory.mktemp("any")
    bars = bars_of(moves)
    data = folder / "bars.csv"
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["open_time", "open", "high", "low", "close", "volume"])
        writer.writerows([b.open_ns // 10**6, b.open, b.high, b.low, b.close, b.volume] for b in bars)
    played = bars[2:]
    assert await by_wire(name, data, 2, len(played), folder, BinanceVenue) == by_backtest(name, played)


def bars_of(moves: list[tuple[int, int, int, int]]) -> list[Bar]:
    """Consistent bars from moves in ticks of 0.1: close, upper wick, lower wick, volume in lots."""
    tenth, price = Decimal("0.1"), Decimal(60_000)
    start_ns = 1_709_500_020_000_000_000 // MINUTE_NS * MINUTE_NS
    bars: list[Bar] = []
    for index, (move, up, down, lots) in enumerate(moves):
        close = price + move * tenth
        high, low = max(price, close) + up * tenth, min(price, close) - down * tenth
        bars.append(
            Bar("BTCUSDT", MINUTE_NS, start_ns + index * MINUTE_NS, price, high, low, close, lots * Decimal("0.00004"))
        )
        price = close
    return bars
