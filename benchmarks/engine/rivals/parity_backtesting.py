# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""`python parity_backtesting.py STRATEGY BARS.npz CASH`: the parity strategies in backtesting.py, trades as JSON."""

from __future__ import annotations

import sys
import warnings
from typing import ClassVar

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from parity_rules import FEE, averages, say, tick_above, tick_below, ticks, wilder_rsi


class Columns(Strategy):
    """Reads its indicators from arrays, at the bar that has just closed."""

    columns: ClassVar = {}

    def init(self):
        """Nothing is declared: what is declared here delays the first bar."""

    @property
    def bar(self):
        """Its index."""
        return len(self.data) - 1


class SmaCross(Columns):
    """Long above the cross."""

    def next(self):
        """Hold or not."""
        fast, slow = self.columns["fast"][self.bar], self.columns["slow"][self.bar]
        if fast > slow and not self.position:
            self.buy(size=1)
        elif fast < slow and self.position:
            self.position.close()


class RsiReversion(Columns):
    """A bid for one bar where the price has fallen too fast; out at the market when it has recovered."""

    def next(self):
        """One bid at a time."""
        rsi = self.columns["rsi"][self.bar]
        if np.isnan(rsi):
            return
        if self.orders:
            for order in self.orders:
                order.cancel()
        elif rsi < 30 and not self.position:
            self.buy(size=1, limit=tick_below(self.data.Close[-1] * (1 - 0.0005)))
        elif rsi > 60 and self.position:
            self.position.close()


class StopAndTake(Columns):
    """In where the averages cross; out at a limit or a stop."""

    def next(self):
        """One position at a time."""
        i = self.bar
        fast, slow = self.columns["fast"], self.columns["slow"]
        if fast[i] > slow[i] and fast[i - 1] <= slow[i - 1] and not self.position:
            close = self.data.Close[-1]
            self.buy(size=1, tp=tick_above(close * 1.004), sl=tick_below(close * 0.997))


STRATEGIES = {"sma-cross": SmaCross, "rsi-reversion": RsiReversion, "stop-and-take": StopAndTake}


def main():
    """Run one."""
    warnings.filterwarnings("ignore")
    bars = np.load(sys.argv[2])
    frame = pd.DataFrame(
        {name.title(): bars[name] for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(bars["ts_ms"], unit="ms"),
    )
    closes = bars["close"]
    columns = {"fast": averages(closes, 20), "slow": averages(closes, 50), "rsi": wilder_rsi(closes)}
    strategy = type("Chosen", (STRATEGIES[sys.argv[1]],), {"columns": columns})
    stats = Backtest(frame, strategy, cash=float(sys.argv[3]), commission=FEE, finalize_trades=False).run()
    trades = [
        [int(row.EntryBar), ticks(row.EntryPrice), int(row.ExitBar), ticks(row.ExitPrice), float(row.Commission)]
        for row in stats["_trades"].itertuples()
    ]
    trades += [
        [int(one.entry_bar), ticks(one.entry_price), -1, -1, one.entry_price * FEE] for one in stats["_strategy"].trades
    ]
    say(trades, float(stats["Equity Final [$]"]), backtesting.__version__)


if __name__ == "__main__":
    main()
