# pyright: basic
# This file runs in a throw-away environment with the rival in it; see benchmarks/engine_bars.py.
"""The SMA 20/50 cross in backtesting.py: `python backtesting_bars.py BARS.csv ROUNDS`, one JSON line out."""

import json
import platform
import sys
import time
import warnings

import backtesting  # pyright: ignore[reportMissingImports]
import pandas as pd  # pyright: ignore[reportMissingImports]
from backtesting import Backtest, Strategy  # pyright: ignore[reportMissingImports]


def sma(values, length):
    """Simple moving average."""
    return pd.Series(values).rolling(length).mean()


class Cross(Strategy):
    """Long one unit while the fast average is above the slow one."""

    def init(self):
        """Declare the averages."""
        self.fast = self.I(sma, self.data.Close, 20)
        self.slow = self.I(sma, self.data.Close, 50)

    def next(self):
        """Trade at this bar's close."""
        if self.fast[-1] > self.slow[-1] and not self.position:
            self.buy(size=1)
        elif self.fast[-1] < self.slow[-1] and self.position:
            # Not position.close(): that one is filled at the next open.
            self.sell(size=1)


def main() -> None:
    """Measure."""
    warnings.filterwarnings("ignore")
    frame = pd.read_csv(sys.argv[1], index_col=0)
    # The rival passes over the first bar that has both averages: one bar more in front, and it starts where we do.
    first = frame.iloc[:1].set_axis([2 * frame.index[0] - frame.index[1]])
    frame = pd.concat([first, frame])
    frame.index = pd.to_datetime(frame.index, unit="ns")
    times = []
    for _ in range(int(sys.argv[2])):
        test = Backtest(frame, Cross, cash=1e8, commission=0.001, trade_on_close=True, finalize_trades=False)
        started = time.perf_counter()
        stats = test.run()
        times.append(time.perf_counter() - started)
    closed = len(stats["_trades"])
    still_open = len(stats["_strategy"].trades)
    print(
        json.dumps(
            {
                "seconds": min(times),
                "fills": 2 * closed + still_open,
                "profit": stats["Equity Final [$]"] - 1e8,
                "versions": {"backtesting.py": backtesting.__version__, "pandas": pd.__version__},
                "python": platform.python_version(),
            }
        )
    )


main()
