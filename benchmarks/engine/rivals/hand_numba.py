# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""The physical limit: loops written by hand for just this strategy, without orders, accounts or rules."""

from __future__ import annotations

import sys
from pathlib import Path

import numba
import numpy as np
from numba import njit, prange

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pairs import PAIRS, summed
from serve import Job, serve

CASH, FEE = 1e8, 0.001


@njit
def cross(opens, closes, fast, slow):
    """Final equity and fills: one unit long above the cross, decided at a close, filled at the next open."""
    fast_sum = slow_sum = held = 0.0
    cash = CASH
    fills = 0
    wants = False
    for i in range(closes.size):
        if wants and held == 0.0:
            held = 1.0
            cash -= opens[i] * (1.0 + FEE)
            fills += 1
        elif not wants and held > 0.0:
            cash += opens[i] * (1.0 - FEE)
            held = 0.0
            fills += 1
        fast_sum += closes[i]
        slow_sum += closes[i]
        if i >= fast:
            fast_sum -= closes[i - fast]
        if i >= slow:
            slow_sum -= closes[i - slow]
        if i >= slow - 1:
            wants = fast_sum / fast > slow_sum / slow
    return cash + held * closes[-1], fills


@njit
def cross_logged(opens, closes, fast, slow, curve, log):
    """The same with an equity curve and a log of fills (bar, side, price, size, fee)."""
    fast_sum = slow_sum = held = 0.0
    cash = CASH
    fills = 0
    wants = False
    for i in range(closes.size):
        if wants != (held > 0.0):
            side = 1.0 if wants else -1.0
            log[fills, 0] = i
            log[fills, 1] = side
            log[fills, 2] = opens[i]
            log[fills, 3] = 1.0
            log[fills, 4] = opens[i] * FEE
            fills += 1
            cash -= side * opens[i] + opens[i] * FEE
            held += side
        fast_sum += closes[i]
        slow_sum += closes[i]
        if i >= fast:
            fast_sum -= closes[i - fast]
        if i >= slow:
            slow_sum -= closes[i - slow]
        if i >= slow - 1:
            wants = fast_sum / fast > slow_sum / slow
        curve[i] = cash + held * closes[i]
    return curve[-1], fills


@njit(parallel=True)
def cross_sweep(opens, closes, fasts, slows, out):
    """Every pair of lengths, on all cores."""
    for k in prange(fasts.size):
        equity, fills = cross(opens, closes, fasts[k], slows[k])
        out[k, 0] = equity
        out[k, 1] = fills


def single(data):
    """A million bars, with the curve and the log."""
    bars = np.load(data)
    opens, closes = bars["open"], bars["close"]

    def run():
        return cross_logged(opens, closes, 20, 50, np.empty(closes.size), np.empty((closes.size, 5)))

    return Job(closes.size, lambda: run, lambda result: {"equity": round(result[0], 2), "fills": result[1]})


def sweep(data):
    """A thousand pairs over 100,000 bars, equity and fills of each."""
    bars = np.load(data)
    opens, closes = bars["open"][:100_000].copy(), bars["close"][:100_000].copy()
    fasts, slows = (np.array(lengths) for lengths in zip(*PAIRS, strict=True))

    def run():
        out = np.empty((len(PAIRS), 2))
        cross_sweep(opens, closes, fasts, slows, out)
        return out

    return Job(closes.size * len(PAIRS), lambda: run, lambda out: summed(out[:, 0], out[:, 1], closes))


if __name__ == "__main__":
    serve({"single": single, "sweep": sweep}, {"numba": numba.__version__, "numpy": np.__version__})
