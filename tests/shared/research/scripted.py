"""Tiny markets with round prices, and strategies written down bar by bar: figures a reader can check by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.history.series import BarSeries, Floats
from tradedeck.ports.strategy import BarView, FillView, Strategy
from tradedeck.research.result import Run, State, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings

Bar = tuple[float, ...]
"""Open, high, low, close, and the volume (1000 when it is left out)."""
Act = Callable[[Strategy], object]
Plan = Mapping[int, Act]

MIDNIGHT_NS = 1_704_067_200_000_000_000
"""2024-01-01 00:00 UTC."""
COIN = Instrument(
    "COIN", "test", "C", "Q", Decimal(1), Decimal(1), Decimal(1), Decimal(1000), Decimal(5),
    FeeSchedule(Decimal(0), Decimal(0)),
)  # fmt: skip
"""One tick is 1 and one lot is 1, so ticks and lots are what they look like; no fees."""
FLAT: Bar = (100, 100, 100, 100)


def fees(maker: str, taker: str, instrument: Instrument = COIN) -> Instrument:
    """The instrument with fees."""
    return replace(instrument, fees=FeeSchedule(Decimal(maker), Decimal(taker)))


def series(*bars: Bar, symbol: str = "COIN", start_ns: int = MIDNIGHT_NS) -> BarSeries:
    """Minute bars."""
    full = np.array([(*bar, 1000.0)[:5] for bar in bars], np.float64)
    opens = start_ns + np.arange(len(full), dtype=np.int64) * MINUTE_NS
    return BarSeries(symbol, MINUTE_NS, opens, *(full[:, k].copy() for k in range(5)))


def scripted(plan: Plan, on_fill: Callable[[Strategy, FillView], object] | None = None) -> type[Strategy]:
    """A strategy that does what the plan says at the close of each bar, counted from 0."""

    class Scripted(Strategy):
        bar = -1

        def on_bar(self, bar: BarView) -> None:
            self.bar += 1
            if self.bar in plan:
                plan[self.bar](self)

    if on_fill is None:
        return Scripted
    answer = on_fill

    class Answering(Scripted):
        def on_fill(self, fill: FillView) -> None:
            answer(self, fill)

    return Answering


def play(
    bars: Sequence[Bar],
    plan: Plan,
    *,
    on_fill: Callable[[Strategy, FillView], object] | None = None,
    instrument: Instrument = COIN,
    funding: Floats | None = None,
    others: Sequence[tuple[BarSeries, Instrument]] = (),
    start_ns: int = MIDNIGHT_NS,
    account: str = "spot",
    **settings: Any,
) -> Run:
    """Run the plan in Python."""
    return backtest(
        scripted(plan, on_fill), series(*bars, start_ns=start_ns), instrument,
        settings=Settings(account=Account(account), **settings), tier=Tier.INTERPRETED, funding=funding, others=others,
    )  # fmt: skip


def fills(run: Run) -> list[tuple[int, int, int, str]]:
    """Of every fill: its bar, signed lots, price, and who waited."""
    return [
        (int(one["bar"]), int(one["sign"] * one["lots"]), int(one["price"]), "maker" if one["maker"] else "taker")
        for one in run.fills
    ]


def ends(run: Run) -> list[tuple[State, int]]:
    """Of every order: how it ended, and why as `layout` numbers it."""
    return [(State(one["state"]), int(one["reason"])) for one in run.orders]
