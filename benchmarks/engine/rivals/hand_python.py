# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""The least that an engine with a Python call for each bar must do: no orders, no accounts, floats."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from serve import Job, serve

CASH, FEE = 1e8, 0.001


class Cross:
    """Told the two averages at each close."""

    def __init__(self):
        self.wants = False

    def on_bar(self, fast, slow):
        """Be long above the cross."""
        self.wants = fast > slow


def sma(closes, length):
    """Simple moving average by a running sum."""
    sums = np.cumsum(closes)
    mean = np.full(closes.size, np.nan)
    mean[length - 1 :] = (sums[length - 1 :] - np.concatenate(([0.0], sums[:-length]))) / length
    return mean.tolist()


def loop(opens: np.ndarray, closes: np.ndarray) -> tuple[list[float], int]:
    """Curve and fills."""
    on_bar = (strategy := Cross()).on_bar
    fast, slow = sma(closes, 20), sma(closes, 50)
    opens, prices = opens.tolist(), closes.tolist()
    cash, held, fills = CASH, 0.0, 0
    curve = [0.0] * len(prices)
    for i, price in enumerate(opens):
        if strategy.wants:
            if held == 0.0:
                held = 1.0
                cash -= price * (1 + FEE)
                fills += 1
        elif held > 0.0:
            cash += price * (1 - FEE)
            held = 0.0
            fills += 1
        on_bar(fast[i], slow[i])
        curve[i] = cash + held * prices[i]
    return curve, fills


def single(data):
    """A million bars."""
    bars = np.load(data)
    opens, closes = bars["open"], bars["close"]
    return Job(
        closes.size,
        lambda: lambda: loop(opens, closes),
        lambda result: {"equity": round(result[0][-1], 2), "fills": result[1]},
    )


if __name__ == "__main__":
    serve({"single": single}, {"numpy": np.__version__})
