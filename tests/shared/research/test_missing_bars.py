"""A second market without a bar of its own: nothing is matched, time goes by, and its last close stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.shared.research.scripted import COIN, FLAT, Bar, ends, series
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.result import Run, State
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.sim.kernel import layout as at

NOTE = replace(COIN, symbol="NOTE", base="N")
Act = Callable[[Any, Any], object]


def with_bars(bars: Mapping[int, Bar]) -> BarSeries:
    """A second market that has only these of the minutes."""
    whole = series(*(bars.get(i, FLAT) for i in range(max(bars) + 1)), symbol="NOTE")
    there = np.isin(np.arange(len(whole)), list(bars))
    columns = (getattr(whole, name)[there] for name in ("open_ns", "open", "high", "low", "close", "volume"))
    return BarSeries("NOTE", whole.timeframe_ns, *columns)


def play(
    count: int, other: Mapping[int, Bar], plan: Mapping[int, Act], main: Mapping[int, Bar] | None = None,
    **settings: Any,
) -> Run:  # fmt: skip
    """Run a plan over `count` minutes of the main market, all at 100 but for those in `main`, and some of the other."""

    class Pair(Strategy):
        bar = -1

        def setup(self, setup: Setup) -> None:
            self.other = setup.market("other", "NOTE")

        def on_bar(self, bar: BarView) -> None:
            self.bar += 1
            if self.bar in plan:
                plan[self.bar](self, self.other)

    bars = series(*((main or {}).get(i, FLAT) for i in range(count)))
    return backtest(
        Pair, bars, COIN, settings=Settings(**settings), others=[(with_bars(other), NOTE)]
    )  # fmt: skip


def fills(run: Run) -> list[tuple[int, int, int]]:
    return [(int(f["bar"]), int(f["sign"] * f["lots"]), int(f["price"])) for f in run.fills if f["market"] == 1]


def level(price: float) -> Bar:
    return (price, price, price, price)


QUIET = {0: level(10), 1: level(11), 5: (14, 15, 13, 14)}
"""Nothing from the minute 2 to the minute 4."""


def test_a_market_order_waits_for_the_next_bar_there_is_and_fills_at_its_open() -> None:
    run = play(7, QUIET, {2: lambda s, o: s.buy(3, market=o)})
    assert fills(run) == [(5, 3, 14)]


def test_the_order_of_the_last_bar_before_a_gap_waits_too() -> None:
    run = play(7, QUIET, {1: lambda s, o: s.buy(3, market=o)})
    assert fills(run) == [(5, 3, 14)]


def test_a_limit_that_the_last_price_would_fill_waits_as_well() -> None:
    run = play(7, QUIET, {1: lambda s, o: s.buy(3, price=12, market=o), 2: lambda s, o: s.sell(1, stop=11, market=o)})
    assert fills(run) == []
    assert [State(order["state"]) for order in run.orders] == [State.WORKING, State.WORKING]


def test_its_time_runs_all_the_same() -> None:
    plan: Mapping[int, Act] = {1: lambda s, o: s.buy(3, market=o, good_for_hours=2 / 60)}
    run = play(7, QUIET, plan)
    assert ends(run) == [(State.CANCELED, at.TIME_OVER)]
    assert run.orders[0]["ended"] == 3


def test_orders_after_its_last_bar_never_fill() -> None:
    run = play(9, QUIET, {0: lambda s, o: s.buy(3, market=o), 6: lambda s, o: s.close(market=o)})
    assert fills(run) == [(1, 3, 11)]


def test_what_is_held_is_worth_the_last_close_meanwhile() -> None:
    run = play(7, QUIET, {0: lambda s, o: s.buy(3, market=o)}, cash=Decimal(1000))
    assert run.equity.tolist() == [1000, 1000, 1000, 1000, 1000, 1009, 1009]


def test_nothing_is_liquidated_where_nothing_trades() -> None:
    # The main market's fall leaves 150: 150 + 200 * (p - 11) = 0.1 * 200 * p at 11.4, above where the other stands.
    bars = {0: level(10), 1: level(11), 5: level(11)}
    run = play(
        7, bars, {0: lambda s, o: (s.buy(10), s.buy(200, market=o))}, main={3: level(15)}, cash=Decimal(1000),
        account=Account.LINEAR, leverage=5, maintenance=Decimal("0.1"),
    )  # fmt: skip
    assert fills(run) == [(1, 200, 11), (5, -200, 11)]
    assert run.orders[-1]["reason"] == at.LIQUIDATION


def test_the_other_market_goes_on_trading() -> None:
    run = play(7, QUIET, {2: lambda s, o: (s.buy(1), s.buy(1, market=o))})
    assert [(int(f["market"]), int(f["bar"])) for f in run.fills] == [(0, 3), (1, 5)]


COUNT = 30


@given(
    st.sets(st.integers(1, COUNT - 1)),
    st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(-3, 3)), max_size=12),
    st.data(),
)
def test_every_market_order_fills_at_the_first_real_open_after_it(
    real: set[int], asked: Sequence[tuple[int, int]], data: st.DataObject
) -> None:
    bars = {i: level(data.draw(st.integers(5, 50))) for i in sorted({0, *real})}
    wishes = {bar: size for bar, size in asked if size}

    def wish(size: int) -> Act:
        return lambda s, o: s.buy(size, market=o) if size > 0 else s.sell(-size, market=o)

    run = play(COUNT, bars, {bar: wish(size) for bar, size in wishes.items()}, account=Account.LINEAR)
    expected: list[tuple[int, int, int]] = []
    for bar, size in sorted(wishes.items()):
        later = [i for i in bars if i > bar]
        if later:
            expected.append((later[0], size, int(bars[later[0]][0])))
    assert fills(run) == expected
    closes = [bars[max(i for i in bars if i <= bar)][3] for bar in range(COUNT)]
    for bar, close in enumerate(closes):
        done = [(size, price) for when, size, price in expected if when <= bar]
        worth = 1_000_000 - sum(size * price for size, price in done) + sum(size for size, _ in done) * close
        assert run.equity[bar] == worth
