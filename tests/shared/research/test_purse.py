"""Several markets on one account: one cash, one margin, and no order before the fill that asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.shared.research.scripted import COIN, FLAT, MIDNIGHT_NS, Bar, series
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy
from tradedeck.research.result import Run, State, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Path, Settings
from tradedeck.sim.kernel import layout as at

NOTE = replace(COIN, symbol="NOTE", base="N", tick=Decimal("0.5"), lot=Decimal("0.1"), min_size=Decimal("0.1"))
"""A second market with steps of its own."""


Both = Mapping[int, Callable[[Any, Any], object]]
"""What is done at each bar, with the strategy and its other market."""


def together(
    main: list[Bar], other: list[Bar], plan: Both, *, answer: Any = None, second: Instrument = NOTE,
    step_ns: int = MINUTE_NS, **terms: Any,
) -> Run:  # fmt: skip
    class Pair(Strategy):
        bar = -1

        def setup(self, setup: Setup) -> None:
            self.other = setup.market("other", "NOTE")

        def on_bar(self, bar: BarView) -> None:
            self.bar += 1
            if self.bar in plan:
                plan[self.bar](self, self.other)

        def on_fill(self, fill: FillView) -> None:
            if answer is not None:
                answer(self, self.other, fill)

    opens = MIDNIGHT_NS + np.arange(len(main), dtype=np.int64) * step_ns
    return backtest(
        Pair, replace(series(*main), open_ns=opens), COIN, settings=Settings(**terms), tier=Tier.INTERPRETED,
        others=[(replace(series(*other, symbol="NOTE"), open_ns=opens), second)],
    )  # fmt: skip


def told(run: Run) -> list[tuple[int, int, int]]:
    """Of every fill: market, bar, signed lots."""
    return [(int(f["market"]), int(f["bar"]), int(f["sign"] * f["lots"])) for f in run.fills]


TEN: Bar = (10, 10, 10, 10)


def test_what_one_market_has_spent_is_not_there_for_the_other() -> None:
    # 1000 of cash: 6 at 100 leave 400, which buys 40 at 10 and not 41.
    plan: Both = {0: lambda s, o: s.buy(6), 1: lambda s, o: (s.buy(41, market=o), s.buy(40, market=o))}
    run = together([FLAT] * 3, [TEN] * 3, plan, cash=Decimal(1000))
    assert [State(order["state"]) for order in run.orders] == [State.FILLED, State.REJECTED, State.FILLED]
    assert run.orders[1]["reason"] == at.NO_CASH
    assert run.cash == 0


def test_what_one_market_has_gained_can_be_spent_in_the_other() -> None:
    bars: list[Bar] = [FLAT, FLAT, (150, 150, 150, 150), (150, 150, 150, 150)]
    plan: Both = {
        0: lambda s, o: s.buy(10), 1: lambda s, o: s.close(), 2: lambda s, o: s.buy(150, market=o),
    }  # fmt: skip
    run = together(bars, [TEN] * 4, plan, cash=Decimal(1000))
    assert told(run) == [(0, 1, 10), (0, 2, -10), (1, 3, 1500)]
    assert run.cash == 0
    assert run.profit == 500


@pytest.mark.parametrize("first", [True, False])
def test_a_sale_pays_for_a_purchase_at_the_same_open_whichever_market_it_is_in(first: bool) -> None:
    plan: Both = {
        0: lambda s, o: s.buy(10) if first else s.buy(100, market=o),
        1: lambda s, o: (s.close(), s.buy(100, market=o)) if first else (s.close(market=o), s.buy(10)),
    }
    run = together([FLAT] * 3, [TEN] * 3, plan, cash=Decimal(1000))
    assert {State(order["state"]) for order in run.orders} == {State.FILLED}
    assert len(run.fills) == 3


def test_equity_counts_the_cash_once() -> None:
    seen: list[float] = []
    bars: list[Bar] = [FLAT, FLAT, (120, 120, 120, 120)]
    plan: Both = {
        0: lambda s, o: (seen.append(s.desk.equity), s.buy(3), s.buy(20, market=o)),
        2: lambda s, o: seen.append(s.desk.equity),
    }
    run = together(bars, [TEN, TEN, (12, 12, 12, 12)], plan, cash=Decimal(1000))
    assert seen == [1000.0, 1000 + 60 + 40]
    assert run.equity[-1] == pytest.approx(1100)


def test_both_markets_bind_one_margin() -> None:
    # 1000 at 2 to one carry 2000: 10 at 100 bind half of it, and 101 at 10 would be too many.
    plan: Both = {0: lambda s, o: s.sell(10), 1: lambda s, o: (s.buy(101, market=o), s.buy(100, market=o))}
    run = together(
        [FLAT] * 3, [TEN] * 3, plan, cash=Decimal(1000), leverage=2, account=Account.LINEAR
    )  # fmt: skip
    assert [int(order["reason"]) for order in run.orders] == [0, at.NO_MARGIN, 0]


def test_a_loss_in_one_market_brings_the_others_liquidation_nearer() -> None:
    # 1000 + 200 * (p - 10) = 0.1 * 200 * p + 0.1 * 1000, the last for the 10 at 100 in the main market: p = 6.1.
    bars: list[Bar] = [FLAT, FLAT, FLAT, FLAT]
    other: list[Bar] = [TEN, TEN, (10, 10, 5.5, 5.5), (5.5, 5.5, 5.5, 5.5)]
    plan: Both = {0: lambda s, o: (s.buy(10), s.buy(200, market=o))}
    run = together(
        bars, other, plan, cash=Decimal(1000), leverage=5, maintenance=Decimal("0.1"), account=Account.LINEAR
    )  # fmt: skip
    assert [(int(o["market"]), int(o["reason"])) for o in run.orders] == [(0, 0), (1, 0), (1, at.LIQUIDATION)]
    assert run.fills[-1]["price"] == 12


def test_an_order_for_another_market_at_a_fill_waits_for_that_fill() -> None:
    # The stop at 95 fires an eighth into the minute, the other market is then halfway to its low of 6: at 8.
    def hedge(strategy: Any, other: Any, fill: Any) -> None:
        if fill.symbol == "COIN":
            strategy.buy(5, market=other)

    plan: Both = {0: lambda s, o: s.sell(1, stop=95)}
    run = together(
        [FLAT, (100, 100, 90, 90), FLAT], [TEN, (10, 10, 6, 10), TEN], plan, answer=hedge, account=Account.LINEAR,
        path=Path.LOW_FIRST,
    )  # fmt: skip
    assert told(run) == [(0, 1, -1), (1, 1, 50)]
    assert run.fills[1]["price"] == 16


def test_an_order_for_a_market_that_is_done_with_its_bar_takes_the_next_open() -> None:
    times: list[int] = []

    def hedge(strategy: Any, other: Any, fill: Any) -> None:
        times.append(strategy.desk.now_ns)
        if fill.symbol == "NOTE":
            strategy.sell(5)

    plan: Both = {0: lambda s, o: s.buy(1, stop=12, market=o)}
    run = together(
        [FLAT, FLAT, (103, 103, 103, 103)], [TEN, (10, 14, 10, 10), TEN], plan, answer=hedge, account=Account.LINEAR
    )  # fmt: skip
    assert told(run) == [(1, 1, 10), (0, 2, -5)]
    opened = int(run.series.open_ns[1])
    assert times == [opened + MINUTE_NS // 8, opened + MINUTE_NS]


def test_successors_and_cancels_find_their_market() -> None:
    plan: Both = {
        0: lambda s, o: s.buy(5, price=8, market=o),
        1: lambda s, o: s.replace(s.desk.working[0], price=9),
        2: lambda s, o: s.buy(5, price=90),
        3: lambda s, o: (s.cancel(s.desk.working[0]), s.cancel(99 << 41), s.cancel_all()),
    }
    run = together([FLAT] * 5, [TEN] * 5, plan)
    assert [(int(o["market"]), int(o["price"]), int(o["reason"])) for o in run.orders] == [
        (0, 90, at.BY_STRATEGY), (1, 16, at.SUCCEEDED), (1, 18, at.BY_STRATEGY),
    ]  # fmt: skip


@pytest.mark.parametrize(("second", "account", "words"), [
    (replace(NOTE, quote="OTHER"), Account.SPOT, "quoted in OTHER"),
    (NOTE, Account.INVERSE, "margin in N"),
])  # fmt: skip
def test_markets_of_other_money_are_no_one_account(second: Instrument, account: Account, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        together([FLAT] * 2, [TEN] * 2, {}, second=second, account=account)
