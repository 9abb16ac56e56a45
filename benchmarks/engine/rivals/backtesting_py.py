# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""backtesting.py: signals at a close, filled at the next open; its statistics are part of its run."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from serve import Job, serve


def sma(values, length):
    """Simple moving average."""
    return pd.Series(values).rolling(length).mean()


class Cross(Strategy):
    """One unit long above the cross."""

    def init(self):
        """Declare the averages."""
        self.fast = self.I(sma, self.data.Close, 20)
        self.slow = self.I(sma, self.data.Close, 50)

    def next(self):
        """Decide at a close."""
        up = self.fast[-1] > self.slow[-1]
        if up and not self.position:
            self.buy(size=1)
        elif not up and self.position:
            self.position.close()


def single(data):
    """A million bars."""
    bars = np.load(data)
    frame = pd.DataFrame(
        {name.title(): bars[name] for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(bars["ts_ms"], unit="ms"),
    )

    def run():
        return Backtest(frame, Cross, cash=1e8, commission=0.001, finalize_trades=False).run()

    def check(stats):
        fills = 2 * len(stats["_trades"]) + len(stats["_strategy"].trades)
        return {"equity": round(float(stats["Equity Final [$]"]), 2), "fills": fills}

    return Job(len(frame), lambda: run, check)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    serve(
        {"single": single},
        {"backtesting": backtesting.__version__, "pandas": pd.__version__, "numpy": np.__version__},
    )
