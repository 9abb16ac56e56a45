"""What parity means: the same strategies on the same recorded minutes, trade by trade.

Two rivals, two worlds:

* backtesting.py fills at the next open, limit orders at the touch or a better open, and takes of two exits in
  one bar the stop: our settings `Touch.AT` and `Path.PESSIMISTIC`, on the bars as recorded.
* nautilus_trader has no next-open mode and fills at the close that decided. On bars that open where the last one
  closed (`continuous`) that is the same price, and the same moment: the close of a bar is the open of the next.
  It walks a bar open, high, low, close: our `Path.HIGH_FIRST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from benchmarks.engine.parity_compare import Outcome, Ties, Trade, ties_of
from tradedeck.history import bundled_week
from tradedeck.history.load import load_bars
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Path as BarPath
from tradedeck.research.settings import Settings, Touch
from tradedeck.sim.listings import instrument_of
from tradedeck.strategies import RsiReversion

KEPT = Path(__file__).parents[2] / "tests" / "data" / "parity"
ETH = Path(__file__).parents[2] / "tests" / "data" / "ETHUSDT_bars_1m.parquet"
FEE = Decimal("0.001")
CASH = Decimal(1_000_000)
MUCH_CASH = 10 * CASH
_LONG = 100_000
"""Bars from which on fees could use up the smaller amount."""


class SmaCross(Strategy):
    """Long above the cross, decided at every close."""

    def setup(self, setup: Setup) -> None:
        """Two averages and a size."""
        self.size = setup.number("size", 1, low=0.001, high=1000)
        self.fast = setup.sma(20)
        self.slow = setup.sma(50)

    def on_bar(self, bar: BarView) -> None:
        """Hold or not."""
        if self.fast.value > self.slow.value:
            self.target(self.size)
        elif self.fast.value < self.slow.value:
            self.close()


class StopAndTake(Strategy):
    """Buy where the fast average crosses above the slow one; leave 0.4 % above or 0.3 % below that close."""

    def setup(self, setup: Setup) -> None:
        """Two averages and a size."""
        self.size = setup.number("size", 1, low=0.001, high=1000)
        fast, slow = setup.sma(20), setup.sma(50)
        self.up = setup.crosses_above(fast, slow)

    def on_bar(self, bar: BarView) -> None:
        """One position at a time."""
        if self.up.value and self.position == 0:
            self.buy(self.size, take=bar.close * 1.004, loss=bar.close * 0.997)


STRATEGIES: dict[str, type[Strategy]] = {
    "sma-cross": SmaCross,
    "rsi-reversion": RsiReversion,
    "stop-and-take": StopAndTake,
}
RIVALS = {
    "backtesting": (BarPath.PESSIMISTIC, "1"),
    "nautilus1": (BarPath.HIGH_FIRST, "0.01"),
}
"""How each walks a bar, and the size: backtesting.py takes whole units only, nautilus fills no more of a bar than
its volume lets it."""


def markets(folder: Path | None = None) -> dict[str, BarSeries]:
    """Recorded minutes by symbol: spot files of `folder`, else a week of BTCUSDT and four days of ETHUSDT."""
    if folder is None:
        paths = {"BTCUSDT": bundled_week(), "ETHUSDT": ETH}
    else:
        paths = {
            symbol: path for symbol in ("BTCUSDT", "ETHUSDT") for path in sorted(folder.glob(f"*spot_{symbol}_1m*"))
        }
    return {symbol: load_bars(path, symbol) for symbol, path in paths.items()}


def continuous(series: BarSeries) -> BarSeries:
    """The same closes, each bar opening where the last one closed, its range widened to hold that open."""
    opens = np.concatenate((series.open[:1], series.close[:-1]))
    return replace(series, open=opens, high=np.maximum(series.high, opens), low=np.minimum(series.low, opens))


def series_for(rival: str, series: BarSeries) -> BarSeries:
    """The bars that both sides get."""
    return continuous(series) if rival == "nautilus1" else series


def cash_for(series: BarSeries) -> Decimal:
    """What both sides begin with: the less it is, the more digits of a float are left for the cents."""
    return CASH if len(series) < _LONG else MUCH_CASH


def ours(rival: str, strategy: str, symbol: str, series: BarSeries, tier: Tier | None = None) -> Outcome:
    """Our trades under the rival's rules."""
    path, size = RIVALS[rival]
    cash = cash_for(series)
    settings = Settings(cash=cash, maker=FEE, taker=FEE, path=path, touch=Touch.AT, volume_share=0)
    run = backtest(
        STRATEGIES[strategy], series, instrument_of(symbol), params={"size": size}, settings=settings, tier=tier
    )
    return Outcome(tuple(_trades(run)), float(cash + run.profit))


def _trades(run: Run) -> Sequence[Trade]:
    made: list[Trade] = []
    fees = Decimal(0)
    for fill in run.fills:
        bar, price = int(fill["bar"]), int(fill["price"])
        fee = run.grid.exact_price(price) * run.grid.exact_size(int(fill["lots"])) * FEE
        if fill["sign"] > 0:
            fees = fee
            made.append(Trade(bar, price, -1, -1, float(fees)))
        else:
            made[-1] = replace(made[-1], exit_bar=bar, exit=price, fees=float(fees + fee))
    return made


def ties_in(rival: str, strategy: str, series: BarSeries) -> Ties | None:
    """Where the strategy's averages are exactly equal; None for a strategy without."""
    if strategy == "rsi-reversion":
        return None
    return ties_of(series.close, 20, 50, 0.01 * float(RIVALS[rival][1]))
